//! The control plane of nanobot over HTTP, and the fences around it.
//!
//! This slice reads only: `GET /health` for anybody, `GET /metrics` for whoever holds the token. It knows the ports
//! of the core and nothing else; whether a daemon has it at all is decided where a binary depends on this crate.
//! No TLS, no CORS, no `X-Forwarded-For`: what stands in front of it is not believed.
//!
//! Read in this order: `api.rs`, `gate.rs`, `problem.rs`, `server.rs`.

mod address;
mod api;
mod audit;
mod error;
mod fence;
mod gate;
mod limits;
mod problem;
mod rates;
mod routes;
mod server;
#[cfg(test)]
mod tests;
mod token;

pub use address::{ApiAddress, DEFAULT_ADDRESS};
pub use api::{Api, ApiParts};
pub use error::{ApiError, TokenError};
pub use limits::{ApiLimits, MAX_HEADER_BYTES, MAX_HEADERS, Rate};
pub use rates::MAX_PEERS;
pub use token::{ApiToken, MAX_TOKEN_FILE_BYTES, MIN_TOKEN_CHARS, MIN_TOKEN_VARIETY};
