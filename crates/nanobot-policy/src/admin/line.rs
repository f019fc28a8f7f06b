//! A message that begins with a slash: its words, and whom of ours they call.
//!
//! Who may call it is not known here.

use nanobot_core::text::trim;

use super::words::{Unreadable, split};

/// A message that begins with a slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Nothing stands behind the slash.
    Empty,
    /// Its quoting is broken.
    Unreadable(Unreadable),
    /// The first word, in small letters, and the others.
    Words {
        /// The first word.
        name: String,
        /// The others.
        arguments: Vec<String>,
    },
}

impl Line {
    /// Reads a message; none when it does not begin with a slash.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = match split(trim(text).strip_prefix('/')?) {
            Ok(words) => words.into_iter(),
            Err(why) => return Some(Self::Unreadable(why)),
        };
        let name = words.next().map(|name| trim(&name).to_lowercase()).unwrap_or_default();
        if name.is_empty() {
            return Some(Self::Empty);
        }
        Some(Self::Words { name, arguments: words.collect() })
    }
}

/// The commands that exist, by their first word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Policy,
    Panic,
    VoiceMessages,
    Reset,
    Commands,
    /// One of the answers to the notice of a new chat.
    Quick(Quick),
}

/// The answers to the notice of a new chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quick {
    Approve,
    ApproveMention,
    Deny,
}

impl Quick {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::ApproveMention => "approve-mention",
            Self::Deny => "deny",
        }
    }
}

impl Verb {
    /// By its first word.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "policy" => Self::Policy,
            "panic" => Self::Panic,
            "voicemessages" => Self::VoiceMessages,
            "reset" => Self::Reset,
            "commands" | "help" => Self::Commands,
            "approve" => Self::Quick(Quick::Approve),
            "approve-mention" => Self::Quick(Quick::ApproveMention),
            "deny" => Self::Quick(Quick::Deny),
            _ => return None,
        })
    }

    /// Whether it is heard in direct chats alone: what others should not read over a shoulder.
    pub(super) const fn is_direct_only(self) -> bool {
        matches!(self, Self::Policy | Self::Panic | Self::Quick(_))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_word_names_the_command() {
        let words = |name: &str, arguments: &[&str]| Line::Words {
            name: name.to_owned(),
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
        };
        for (text, line) in [
            ("policy help", None),
            ("  /POLICY  set 'a b' c", Some(words("policy", &["set", "a b", "c"]))),
            ("/ policy x", Some(words("policy", &["x"]))),
            ("//policy", Some(words("/policy", &[]))),
            ("/policy\nnl arg", Some(words("policy", &["nl", "arg"]))),
            ("/", Some(Line::Empty)),
            ("/\"\" x", Some(Line::Empty)),
            ("/policy 'x", Some(Line::Unreadable(Unreadable::NoClosingQuotation))),
        ] {
            assert_eq!(Line::parse(text), line, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_not_and_never_breaks(text in "\\PC{0,60}|[/'\"\\\\ a]{0,20}") {
            prop_assert_eq!(Line::parse(&text).is_some(), trim(&text).starts_with('/'));
        }
    }
}
