//! The stages, one file each, in the order in which `orchestrator.rs` runs them.

mod access;
mod admin_command;
mod archive;
mod dedupe;
mod input_security;
mod new_chat;
mod no_reply;
mod normalise;
mod notes;
mod outbound;
mod output_security;
mod policy;
mod reaction;
mod reply_context;
mod respond;
mod routing;
#[cfg(test)]
mod tests;
mod typing;

pub use access::Access;
pub use admin_command::AdminCommand;
pub(crate) use admin_command::RecordedDesk;
pub use archive::Archive;
pub use dedupe::Dedupe;
pub use input_security::InputSecurity;
pub use new_chat::{NewChat, owner_chat};
pub use no_reply::NoReply;
pub use normalise::Normalise;
pub use outbound::Outbound;
pub use output_security::OutputSecurity;
pub use policy::Policy;
pub(crate) use reaction::MARKER;
pub use reaction::ReactionReply;
pub(crate) use reply_context::RecordedContext;
pub use reply_context::ReplyContextStage;
pub use respond::Respond;
pub use routing::Routing;
pub use typing::Typing;
