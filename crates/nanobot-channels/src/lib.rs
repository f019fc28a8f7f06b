//! Chat networks of nanobot: each module is one channel, or what several of them share.
//!
//! There are two: [`local`], the operator's own channel on this machine, with its user interface in [`console`];
//! and [`irc`], one connection to an IRC network. Channels hand messages to [`Ingest`](nanobot_core::ports::Ingest) and take deliveries as
//! [`ChannelSender`](nanobot_core::ports::ChannelSender); they decide nothing about a message.

pub mod console;
mod error;
pub mod irc;
pub mod local;

pub use error::{ClientError, ConsoleError, IrcSettingsError, ServerError};

#[cfg(test)]
mod testing;
