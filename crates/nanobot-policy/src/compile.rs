//! From what a policy says to what can be asked quickly. Nothing is refused here; whether a policy makes sense is
//! looked at before.

use std::collections::{BTreeSet, HashMap};

use nanobot_core::ids::{ChannelName, SenderId};
use nanobot_core::text::trim;

use crate::chat::{Chat, Overlays, Place};
use crate::document::Document;
use crate::document::schema::{ChannelPolicy, Policy};
use crate::engine::Engine;
use crate::senders::Senders;

/// What a policy does not know itself.
#[derive(Debug, Clone, Default)]
pub struct CompileOptions {
    /// The channels that it governs. The operator's own channel is never among them.
    pub apply_channels: BTreeSet<String>,
    /// All tools that there are.
    pub known_tools: BTreeSet<String>,
    /// How decisions name their source: the path of the file.
    pub source: String,
}

/// The chats of one channel.
#[derive(Debug)]
pub(crate) struct Channel {
    /// The policy governs it.
    pub(crate) is_applied: bool,
    default: Chat,
    chats: HashMap<String, Chat>,
}

impl Channel {
    fn of(place: Place<'_>, policy: &Policy, is_applied: bool) -> Self {
        let outer = Chat::of(place, &policy.defaults);
        let Some(ChannelPolicy { default, chats }) = policy.channels.get(place.channel) else {
            return Self { is_applied, default: outer, chats: HashMap::new() };
        };
        let default = Overlays::over(&outer, place).chat(default);
        let mut overlays = Overlays::over(&default, place);
        let chats = chats.0.iter().map(|(id, over)| (id.clone(), overlays.chat(over))).collect();
        Self { is_applied, default, chats }
    }

    /// A chat. One that is not named is like the channel.
    pub(crate) fn chat(&self, id: &str) -> &Chat {
        self.chats.get(id).unwrap_or(&self.default)
    }
}

/// The owners on one channel.
#[derive(Debug)]
pub(crate) struct Owners {
    pub(crate) senders: Senders,
    /// As they are written, white space at the ends removed.
    pub(crate) written: Vec<SenderId>,
}

impl Engine {
    /// A policy, ready to be asked.
    pub fn compile(document: &Document, options: &CompileOptions) -> Self {
        let policy = document.policy();
        let is_applied =
            |channel: &str| options.apply_channels.contains(channel) && channel != ChannelName::CLI.as_str();
        let sections = policy.channels.0.keys().chain(&options.apply_channels);
        let channels = sections.collect::<BTreeSet<_>>().into_iter().map(|channel| {
            let place = Place { channel, known_tools: &options.known_tools };
            (channel.clone(), Channel::of(place, policy, is_applied(channel)))
        });
        let owners =
            policy.owners.0.iter().map(|(channel, owners)| (channel.clone(), self::owners(channel, owners)));
        Self {
            known_tools: options.known_tools.clone().into(),
            source: options.source.clone(),
            channels: channels.collect(),
            owners: owners.collect(),
            notes: policy.memory_notes.clone(),
        }
    }
}

fn owners(channel: &str, owners: &[String]) -> Owners {
    // What is no identifier can be written to by nobody.
    let written = owners.iter().filter_map(|owner| SenderId::new(trim(owner)).ok()).collect();
    Owners { senders: Senders::of(channel, owners), written }
}
