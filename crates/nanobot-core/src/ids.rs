//! Identifiers. Each is a type of its own, built by a checked constructor, so that a chat id can never
//! stand where a sender id is meant.
//!
//! Nothing here is minted: ids come from channels, from providers, or from an
//! [`IdGenerator`](crate::ports::IdGenerator).

use std::borrow::Cow;
use std::fmt;

/// Longest accepted identifier, in bytes. The longest real ones (Matrix event ids, WhatsApp group ids)
/// stay under 256 bytes; the rest is head room.
pub const MAX_ID_BYTES: usize = 512;

/// Why a text is no identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// Nothing but white space.
    #[error("{kind} is blank")]
    Blank {
        /// Which identifier was asked for.
        kind: &'static str,
    },
    /// Longer than [`MAX_ID_BYTES`].
    #[error("{kind} has {found} bytes, at most {MAX_ID_BYTES} are accepted")]
    TooLong {
        /// Which identifier was asked for.
        kind: &'static str,
        /// Its length in bytes.
        found: usize,
    },
    /// A character that the identifier does not allow.
    #[error("{kind} contains {found:?}, which is not allowed there")]
    BadCharacter {
        /// Which identifier was asked for.
        kind: &'static str,
        /// The first offending character.
        found: char,
    },
}

fn checked(kind: &'static str, text: &str) -> Result<(), IdError> {
    if text.trim().is_empty() {
        return Err(IdError::Blank { kind });
    }
    if text.len() > MAX_ID_BYTES {
        return Err(IdError::TooLong { kind, found: text.len() });
    }
    match text.chars().find(|c| c.is_control()) {
        Some(found) => Err(IdError::BadCharacter { kind, found }),
        None => Ok(()),
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Checks and wraps a text.
            ///
            /// # Errors
            /// When it is blank, longer than [`MAX_ID_BYTES`] or contains a control character.
            pub fn new(text: impl Into<String>) -> Result<Self, IdError> {
                let text = text.into();
                checked($kind, &text)?;
                Ok(Self(text))
            }

            /// The text as the other side wrote it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// A conversation, as its network names it: `120363…@g.us`, `-1001987654321`, `#garden`, `default`.
    ChatId,
    "chat id"
);
text_id!(
    /// Who sent a message, as the network names them. A Telegram sender is `<number>|<username>`.
    SenderId,
    "sender id"
);
text_id!(
    /// A message, unique within (channel, account, chat).
    MessageId,
    "message id"
);
text_id!(
    /// One of the assistant's own accounts on a channel; `default` where there is only one.
    AccountId,
    "account id"
);
text_id!(
    /// One run of the pipeline over one inbound message.
    TurnId,
    "turn id"
);
text_id!(
    /// A tool call inside a turn, as the model named it.
    ToolCallId,
    "tool call id"
);
text_id!(
    /// The stable key of one outgoing message: the same after every restart, so that a receiver can
    /// recognise a repeat.
    DeliveryKey,
    "delivery key"
);

impl AccountId {
    /// The account of a channel that has only one.
    pub fn sole() -> Self {
        Self("default".to_owned())
    }
}

impl DeliveryKey {
    /// The key of the `index`-th message that `turn` sends.
    pub fn of(turn: &TurnId, index: usize) -> Self {
        Self(format!("{turn}/{index}"))
    }
}

/// A chat network or pseudo channel: lower-case ASCII letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelName(Cow<'static, str>);

impl ChannelName {
    /// WhatsApp.
    pub const WHATSAPP: Self = Self(Cow::Borrowed("whatsapp"));
    /// Telegram.
    pub const TELEGRAM: Self = Self(Cow::Borrowed("telegram"));
    /// The operator's own terminal, over the local socket or inside the process.
    pub const CLI: Self = Self(Cow::Borrowed("cli"));
    /// Messages that the assistant sends to itself; the chat id names the real target.
    pub const SYSTEM: Self = Self(Cow::Borrowed("system"));

    /// Checks and wraps a name.
    ///
    /// # Errors
    /// When it is blank, too long, or has a character outside `a-z 0-9 - _`.
    pub fn new(name: impl Into<String>) -> Result<Self, IdError> {
        let name = name.into();
        checked("channel name", &name)?;
        match name.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-' | '_')) {
            Some(found) => Err(IdError::BadCharacter { kind: "channel name", found }),
            None => Ok(Self(Cow::Owned(name))),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the operator's own terminal: its peer is checked by user id, so whoever speaks
    /// there owns the home.
    pub fn is_operator(&self) -> bool {
        *self == Self::CLI
    }

    /// Whether messages come from another machine. The pseudo channels of the original (`cli`, `system`,
    /// `cron`, `heartbeat`) are the only ones that do not.
    pub fn is_network(&self) -> bool {
        !matches!(self.as_str(), "cli" | "system" | "cron" | "heartbeat")
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The key of a session file and of a lane: `<channel>:<chat id>`, or a plain word such as `heartbeat`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionKey(String);

impl SessionKey {
    /// The key of a chat.
    pub fn of(channel: &ChannelName, chat: &ChatId) -> Self {
        Self(format!("{channel}:{chat}"))
    }

    /// A key as a person or a file names it.
    ///
    /// # Errors
    /// When it is blank, too long or contains a control character.
    pub fn new(text: impl Into<String>) -> Result<Self, IdError> {
        let text = text.into();
        // A key joins two identifiers, so it may be as long as both.
        if text.len() > 2 * MAX_ID_BYTES {
            return Err(IdError::TooLong { kind: "session key", found: text.len() });
        }
        if text.trim().is_empty() {
            return Err(IdError::Blank { kind: "session key" });
        }
        match text.chars().find(|c| c.is_control()) {
            Some(found) => Err(IdError::BadCharacter { kind: "session key", found }),
            None => Ok(Self(text)),
        }
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Channel and chat, when the key has both parts.
    pub fn parts(&self) -> Option<(ChannelName, ChatId)> {
        let (channel, chat) = self.0.split_once(':')?;
        Some((ChannelName::new(channel).ok()?, ChatId::new(chat).ok()?))
    }
}

impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_and_control_characters_are_refused() {
        assert_eq!(ChatId::new("  "), Err(IdError::Blank { kind: "chat id" }));
        assert_eq!(SenderId::new("a\nb"), Err(IdError::BadCharacter { kind: "sender id", found: '\n' }));
        assert!(MessageId::new("x".repeat(MAX_ID_BYTES + 1)).is_err());
    }

    #[test]
    fn a_channel_name_is_lower_case_ascii() {
        assert!(ChannelName::new("irc").is_ok());
        assert!(ChannelName::new("IRC").is_err());
        assert!(ChannelName::new("a:b").is_err());
    }

    #[test]
    fn a_session_key_splits_at_its_first_colon() {
        let key = SessionKey::new("system:whatsapp:49@s.whatsapp.net").unwrap();
        let (channel, chat) = key.parts().unwrap();
        assert_eq!((channel.as_str(), chat.as_str()), ("system", "whatsapp:49@s.whatsapp.net"));
        assert_eq!(SessionKey::new("heartbeat").unwrap().parts(), None);
    }
}
