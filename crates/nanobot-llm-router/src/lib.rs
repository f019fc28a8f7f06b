//! Language models behind [`ModelClient`](nanobot_core::ports::ModelClient): clients for every server that speaks
//! OpenAI's chat completions or Anthropic's messages, the table of known providers, and the stand-in that needs none.
//!
//! ```text
//! registry ──▶ resolve(model, accounts) ──▶ ProviderSettings ──▶ OpenAiClient ──────▶ ModelReply
//!                                                                AnthropicClient ──▶ ModelReply
//!                                                                OfflineModel ─────▶ ModelReply
//!                                                                EmbeddingClient ──▶ vectors
//! probe_local ──▶ what onboarding offers
//!
//! Routes ─▶ Chain of Hops ─▶ Router (a ModelClient) ──▶ one ChatProvider after the other
//! ```
//!
//! Each client asks once; who asks again, whom, and whether there is money for it, decides the [`Router`] alone. Nothing
//! here reads the environment or a file of ours; time and chance come through ports.

mod alone;
mod answering;
mod anthropic;
mod chat;
mod connect;
mod conversation;
mod embeddings;
mod endpoint;
mod error;
mod http;
mod offline;
mod openai;
mod price;
mod probe;
mod registry;
mod resolve;
mod router;
mod routes;
mod schema;
#[cfg(test)]
mod scripted_server;
mod settings;

pub use alone::Alone;
pub use answering::{ANSWER_LIMIT, SSE_LINE_LIMIT};
pub use anthropic::AnthropicClient;
pub use chat::ChatProvider;
pub use connect::provider_for;
pub use embeddings::{BATCH_BYTES, BATCH_TEXTS, Embedded, EmbeddingClient};
pub use endpoint::Endpoint;
pub use error::SetupError;
pub use http::ERROR_BODY_LIMIT;
pub use offline::OfflineModel;
pub use openai::OpenAiClient;
pub use price::{DearerOn, Dearness, PerToken, Price, PriceBook, PriceSource, Seller, worst_input_tokens};
pub use probe::{Candidate, Found, LocalKind, PROBE_LIMIT, models_at, probe_local, usual_candidates};
pub use registry::{Interface, PROVIDERS, Provider, ProviderKind, StructuredOutput, provider_named};
pub use resolve::{ProviderAccount, Resolved, resolve};
pub use router::{
    AfterFirstToken, Budgets, CHAIN_LIMIT, Chain, ChainError, CircuitReport, Escalation, Hop, Manners,
    PriceInForce, Router, RouterParts, Seat, Share, StepRefusal, Then, Trips, Trust, Verdict, verdict,
};
pub use routes::{Route, Routes};
pub use settings::{Delivery, Limits, ProviderSettings, SystemMessages, Temperature, TokenLimitField};
