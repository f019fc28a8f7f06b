//! The operator's channel: a line protocol over a Unix socket or a stream inside the process, its server
//! side, and its client.

mod client;
mod control;
mod frames;
mod hub;
mod inbox;
mod lagging;
mod lines;
mod mailbox;
pub mod protocol;
mod server;
mod session;

pub use client::{ClientOptions, LocalClient, ServerInfo};
pub use hub::{LocalHub, LocalLimits};
pub use inbox::ClientEvent;
pub(crate) use lines::{BoundedLines, Line};
pub use server::LocalServer;
pub use session::{LocalDeps, OPERATOR, Peer, serve_stream};
