//! Language models behind [`ModelClient`](nanobot_core::ports::ModelClient): a client for every server that
//! speaks OpenAI's chat completions, the table of known providers, and the stand-in that needs none.
//!
//! ```text
//! registry ──▶ resolve(model, accounts) ──▶ ProviderSettings ──▶ OpenAiClient ──▶ ModelReply
//!                                                                OfflineModel ──▶ ModelReply
//! probe_local ──▶ what onboarding offers
//! ```
//!
//! Nothing here reads the environment, a clock or a file of ours, and nothing retries: who asks again, and
//! whom, is decided above.

mod endpoint;
mod error;
mod http;
mod offline;
mod openai;
mod probe;
mod registry;
mod resolve;
#[cfg(test)]
mod scripted_server;
mod settings;

pub use endpoint::Endpoint;
pub use error::SetupError;
pub use offline::OfflineModel;
pub use openai::{ANSWER_LIMIT, ERROR_BODY_LIMIT, OpenAiClient, SSE_LINE_LIMIT};
pub use probe::{Candidate, Found, LocalKind, PROBE_LIMIT, models_at, probe_local, usual_candidates};
pub use registry::{PROVIDERS, Provider, ProviderKind, provider_named};
pub use resolve::{ProviderAccount, Resolved, resolve};
pub use settings::{Limits, ProviderSettings, SystemMessages, Temperature, TokenLimitField};
