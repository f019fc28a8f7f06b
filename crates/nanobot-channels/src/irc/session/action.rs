//! What the state machine wants done, as data.

use nanobot_core::event::ChatKind;

use crate::irc::wire::OutLine;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::irc) enum Action {
    /// Send this at once.
    Send(OutLine),
    /// Somebody said something to us.
    Heard(Heard),
    /// From now on messages can be sent.
    Ready,
    /// The server has handled everything that was sent before this token.
    Pong(String),
    /// A message to this target was refused.
    Refused {
        /// The nick or channel, as the server wrote it.
        target: String,
        /// Why.
        code: &'static str,
    },
    /// We are no longer in this channel.
    Left(String),
    /// We could not get into this channel.
    NotJoined {
        /// Its name.
        channel: String,
        /// The server's numeric.
        numeric: String,
    },
    /// Something that a person should know.
    Warn(&'static str),
    /// The connection is of no use any more.
    Close(Down),
}

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::irc) enum Down {
    /// The server has closed it.
    Closed,
    /// It said nothing for too long.
    Silent,
    /// It did not let us in in time.
    NotRegistered,
    /// No nick could be had.
    NoNick,
    /// It does not take what we send.
    Stuck,
}

impl Down {
    /// For the log.
    pub(in crate::irc) fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "the server closed the connection",
            Self::Silent => "the server is silent",
            Self::NotRegistered => "the server did not let us in in time",
            Self::NoNick => "neither the nick nor a substitute can be had",
            Self::Stuck => "the server does not read",
        }
    }
}

/// What somebody said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::irc) struct Heard {
    /// The channel, or whoever said it, in lower case.
    pub(in crate::irc) chat: String,
    /// Channel or query.
    pub(in crate::irc) kind: ChatKind,
    /// `nick!user@host`.
    pub(in crate::irc) sender: String,
    /// Whether that is an owner.
    pub(in crate::irc) is_owner: bool,
    /// Whether we are named.
    pub(in crate::irc) mentions_us: bool,
    /// The words.
    pub(in crate::irc) text: String,
}
