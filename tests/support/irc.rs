//! A real IRC server on loopback, and a client that says and hears raw lines.
//!
//! Both need a tokio runtime with I/O and time. They know nothing of our channel, and make no assertions: what is
//! not as it should be is an error for the caller to show.

mod client;
mod server;

pub use client::IrcClient;
pub use server::Ngircd;
