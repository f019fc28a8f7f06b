//! The chat that a command names.

use std::collections::BTreeSet;
use std::fmt;

use nanobot_core::ids::ChatId;
use nanobot_core::text::trim;

/// The channel whose groups the original administers, and that of commands from a shell.
pub(super) const WHATSAPP: &str = "whatsapp";

/// The end of the id of a group on it.
pub(super) const GROUP: &str = "@g.us";

/// Whether a channel is the one of the original.
pub(super) fn is_whatsapp(channel: &str) -> bool {
    channel == WHATSAPP
}

/// One chat of one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The channel.
    pub channel: String,
    /// The chat's id, as the policy names it.
    pub chat: String,
}

impl Target {
    /// A chat to be changed.
    ///
    /// # Errors
    /// What is wrong with the id.
    pub(super) fn parse(
        argument: &str,
        speakers: &str,
        channels: &BTreeSet<String>,
    ) -> Result<Self, &'static str> {
        let (channel, chat) = Self::split(argument, speakers, channels);
        if is_whatsapp(channel) && !is_group(chat) {
            return Err("chat id must be a WhatsApp group id ending in @g.us");
        }
        if !is_whatsapp(channel) && !is_id(chat) {
            return Err("chat id must be one word of at most 512 bytes");
        }
        Ok(Self { channel: channel.to_owned(), chat: chat.to_owned() })
    }

    /// A chat that a notice has announced: any chat, not groups alone.
    pub(super) fn announced(argument: &str, speakers: &str, channels: &BTreeSet<String>) -> Option<Self> {
        let (channel, chat) = Self::split(argument, speakers, channels);
        let is_named = is_id(chat) && (!is_whatsapp(channel) || is_jid(chat));
        is_named.then(|| Self { channel: channel.to_owned(), chat: chat.to_owned() })
    }

    /// The channel that an argument means, and what stands behind it. Only the name of a governed channel parts, as
    /// ids of chats may hold a colon themselves.
    pub(super) fn split<'a>(
        argument: &'a str,
        speakers: &'a str,
        channels: &BTreeSet<String>,
    ) -> (&'a str, &'a str) {
        let argument = trim(argument);
        match argument.split_once(':') {
            Some((channel, chat)) if channels.contains(channel) => (channel, trim(chat)),
            _ => (speakers, argument),
        }
    }
}

/// Whether this names a WhatsApp group. A tab or a line break passes, as in the original; a blank does not.
pub(super) fn is_group(chat: &str) -> bool {
    chat.ends_with(GROUP) && !chat.contains(' ')
}

/// Whether this has the form of any id on WhatsApp, so that a slip of the pen does not open a chat that is none.
fn is_jid(chat: &str) -> bool {
    chat.split_once('@').is_some_and(|(user, server)| !user.is_empty() && !server.is_empty())
}

/// Whether this can be the id of any chat.
pub(super) fn is_id(chat: &str) -> bool {
    !chat.contains(char::is_whitespace) && ChatId::new(chat).is_ok()
}

/// Word for word as the original's for WhatsApp; elsewhere with the channel, since ids are known there alone.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_whatsapp(&self.channel) {
            f.write_str(&self.chat)
        } else {
            write!(f, "{}:{}", self.channel, self.chat)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(argument: &str, speakers: &str) -> Result<String, &'static str> {
        let channels = ["irc", "matrix", "whatsapp"].map(str::to_owned).into();
        Target::parse(argument, speakers, &channels)
            .map(|target| format!("{}|{}", target.channel, target.chat))
    }

    #[test]
    fn an_argument_names_a_chat_of_the_speakers_channel_or_of_another() {
        for (argument, speakers, target) in [
            (" 1203-4@g.us ", "whatsapp", "whatsapp|1203-4@g.us"),
            ("@g.us", "whatsapp", "whatsapp|@g.us"),
            ("irc:#ops", "whatsapp", "irc|#ops"),
            ("#ops", "irc", "irc|#ops"),
            ("!room:server", "matrix", "matrix|!room:server"),
            ("matrix:!room:server", "irc", "matrix|!room:server"),
            ("whatsapp:1@g.us", "irc", "whatsapp|1@g.us"),
        ] {
            assert_eq!(parse(argument, speakers).as_deref(), Ok(target), "{argument:?} on {speakers}");
        }
    }

    #[test]
    fn what_names_no_chat_is_refused() {
        for (argument, speakers) in [
            ("abc", "whatsapp"),
            ("a b@g.us", "whatsapp"),
            ("", "whatsapp"),
            ("", "irc"),
            ("#a b", "irc"),
            ("irc:", "whatsapp"),
        ] {
            assert!(parse(argument, speakers).is_err(), "{argument:?} on {speakers}");
        }
    }
}
