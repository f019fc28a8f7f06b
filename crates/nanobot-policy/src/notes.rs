//! Quiet notes of a chat, and which setting said so. They ask neither who may talk nor whether the policy applies to
//! the channel.

use std::fmt;
use std::time::Duration;

use nanobot_core::decision::{NotesMode as Mode, NotesPolicy};
use nanobot_core::text::trim;

use crate::document::Integer;
use crate::document::schema::{MemoryNotes, NotesMode, NotesOverride};

/// Which settings decided about notes, as dotted paths of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotesSource {
    /// Why there are notes or none: a path, or what keeps the channel out.
    pub enabled: String,
    /// Where the mode comes from; none when there are no notes on this channel at all.
    pub mode: Option<String>,
    /// Where that comes from; none when there are no notes on this channel at all.
    pub allow_blocked_senders: Option<String>,
}

/// Notes of a chat.
pub(crate) struct Notes<'a> {
    settings: &'a MemoryNotes,
    place: (&'a str, &'a str),
    is_group: bool,
    said: Said,
}

/// What says whether.
enum Said {
    /// Nowhere.
    Off,
    /// Not on this channel.
    NotHere,
    /// The layers.
    Layers { enabled: (bool, Layer), mode: (NotesMode, Layer), allow_blocked: (bool, Layer) },
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layer {
    Defaults,
    Channel,
    Chat,
}

impl<'a> Notes<'a> {
    /// In this chat.
    pub(crate) fn of(settings: &'a MemoryNotes, channel: &'a str, chat: &'a str, is_group: bool) -> Self {
        Self { settings, place: (channel, chat), is_group, said: said(settings, channel, chat, is_group) }
    }

    /// What is done.
    pub(crate) fn policy(&self) -> NotesPolicy {
        let batch = &self.settings.batch;
        let (enabled, mode, allow_blocked_senders) = match self.said {
            Said::Off | Said::NotHere => (false, NotesMode::Adaptive, false),
            Said::Layers { enabled, mode, allow_blocked } => (enabled.0, mode.0, allow_blocked.0),
        };
        NotesPolicy {
            enabled,
            allow_blocked_senders,
            mode: match mode {
                NotesMode::Adaptive => Mode::Adaptive,
                NotesMode::Heuristic => Mode::Heuristic,
                NotesMode::Hybrid => Mode::Hybrid,
            },
            batch_interval: seconds(&batch.interval_seconds),
            batch_max_messages: count(&batch.max_messages),
        }
    }

    /// Who said so.
    pub(crate) fn source(&self) -> NotesSource {
        let only = |enabled| NotesSource { enabled, mode: None, allow_blocked_senders: None };
        match self.said {
            Said::Off => only("memoryNotes.enabled=false".to_owned()),
            Said::NotHere => only(format!("memoryNotes.applyChannels excludes {}", self.place.0)),
            Said::Layers { enabled, mode, allow_blocked } => {
                let default = if self.is_group { "groupsEnabled" } else { "dmsEnabled" };
                let by_kind = if enabled.1 == Layer::Defaults { default } else { "enabled" };
                let allow_blocked = self.path(allow_blocked.1, "allowBlockedSenders");
                NotesSource {
                    enabled: self.path(enabled.1, by_kind),
                    mode: Some(self.path(mode.1, "mode")),
                    allow_blocked_senders: Some(allow_blocked),
                }
            }
        }
    }

    fn path(&self, layer: Layer, key: impl fmt::Display) -> String {
        let (channel, chat) = self.place;
        match layer {
            Layer::Defaults => format!("memoryNotes.defaults.{key}"),
            Layer::Channel => format!("memoryNotes.channels.{channel}.default.{key}"),
            Layer::Chat => format!("memoryNotes.channels.{channel}.chats.{chat}.{key}"),
        }
    }
}

fn said(settings: &MemoryNotes, channel: &str, chat: &str, is_group: bool) -> Said {
    if !settings.enabled {
        return Said::Off;
    }
    if !settings.apply_channels.iter().any(|applied| trim(applied) == channel) {
        return Said::NotHere;
    }
    let nothing = NotesOverride::default();
    let section = settings.channels.get(channel);
    let channel = section.map_or(&nothing, |section| &section.default);
    let chat = section.and_then(|section| section.chats.get(chat)).unwrap_or(&nothing);
    let defaults = &settings.defaults;
    let enabled = if is_group { defaults.groups_enabled } else { defaults.dms_enabled };
    Said::Layers {
        enabled: innermost(enabled, channel.enabled, chat.enabled),
        mode: innermost(defaults.mode, channel.mode, chat.mode),
        allow_blocked: innermost(
            defaults.allow_blocked_senders,
            channel.allow_blocked_senders,
            chat.allow_blocked_senders,
        ),
    }
}

fn innermost<T>(defaults: T, channel: Option<T>, chat: Option<T>) -> (T, Layer) {
    match (chat, channel) {
        (Some(said), _) => (said, Layer::Chat),
        (None, Some(said)) => (said, Layer::Channel),
        (None, None) => (defaults, Layer::Defaults),
    }
}

/// A number of things. A policy may state more than we can count; it means "without end" then.
pub(crate) fn count(number: &Integer) -> u32 {
    number.get().map_or(u32::MAX, |number| u32::try_from(number.max(0)).unwrap_or(u32::MAX))
}

/// A time in whole seconds, likewise.
pub(crate) fn seconds(number: &Integer) -> Duration {
    Duration::from_secs(number.get().map_or(u64::MAX, |number| u64::try_from(number).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Map;
    use crate::document::schema::NotesChannel;

    #[test]
    fn the_innermost_layer_that_says_something_counts_member_by_member() {
        let chat = NotesOverride { mode: Some(NotesMode::Hybrid), ..NotesOverride::default() };
        let default = NotesOverride {
            enabled: Some(true),
            mode: Some(NotesMode::Heuristic),
            ..NotesOverride::default()
        };
        let channel = NotesChannel { default, chats: Map::of([("c", chat)]) };
        let settings = MemoryNotes {
            apply_channels: vec![" irc ".to_owned()],
            channels: Map::of([("irc", channel)]),
            ..MemoryNotes::default()
        };
        let notes = Notes::of(&settings, "irc", "c", false);
        assert_eq!((notes.policy().enabled, notes.policy().mode), (true, Mode::Hybrid));
        let source = notes.source();
        assert_eq!(source.enabled, "memoryNotes.channels.irc.default.enabled");
        assert_eq!(source.mode.as_deref(), Some("memoryNotes.channels.irc.chats.c.mode"));
        let rest = "memoryNotes.defaults.allowBlockedSenders";
        assert_eq!(source.allow_blocked_senders.as_deref(), Some(rest));
        assert!(!Notes::of(&settings, "whatsapp", "c", true).policy().enabled, "not among the channels");
    }

    #[test]
    fn a_number_beyond_counting_is_the_largest() {
        let policy = MemoryNotes { enabled: false, ..MemoryNotes::default() };
        assert_eq!(Notes::of(&policy, "irc", "c", true).policy(), NotesPolicy::default());
        assert_eq!((count(&Integer::from(i64::MAX)), count(&Integer::from(7))), (u32::MAX, 7));
    }
}
