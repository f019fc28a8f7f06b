//! Who talks, where, and how: chats whose addresses are as easy to mix up as addresses can be, and messages
//! of every shape.

use std::collections::HashSet;

use nanobot_core::content::{AudioKind, Body, ContentBlock, Media};
use nanobot_core::event::{ChatKind, InboundEvent, QuotedMessage};
use nanobot_core::ids::{AccountId, ChannelName, MessageId, SenderId};
use nanobot_core::label::Label;
use nanobot_core::pipeline::Route;
use nanobot_core::testing::event::SENT_AT;
use proptest::prelude::*;

use crate::support::{channel, chat};

/// Addresses of chats. Session files of 1 and 2, of 5 and 6 and of 8, 9 and 10 have one name in the original.
const ADDRESSES: [(&str, &str, ChatKind); 12] = [
    ("cli", "default", ChatKind::Direct),
    ("cli", "a:b", ChatKind::Direct),
    ("cli", "a_b", ChatKind::Direct),
    ("whatsapp", "49170@s.whatsapp.net", ChatKind::Direct),
    ("whatsapp", "1203-1@g.us", ChatKind::Group),
    ("whatsapp", "1203:1@g.us", ChatKind::Group),
    ("whatsapp", "1203_1@g.us", ChatKind::Group),
    ("telegram", "-100777", ChatKind::Group),
    ("irc", "net:#garden", ChatKind::Group),
    ("irc_net", "#garden", ChatKind::Group),
    ("irc", "net_#garden", ChatKind::Group),
    ("system", "plain", ChatKind::Direct),
];

/// What a message is made of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    Text,
    Voice,
    Picture,
    Film,
    Sticker,
    Paper,
    TextAndPicture,
}

/// What the model does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Echo,
    React,
    ReadFile,
    UnknownTool,
    Fail,
    /// The turn breaks, and what broke it quotes the words, as a bad cut of a text does.
    Break,
}

impl Mood {
    pub(super) const ALL: [Self; 6] =
        [Self::Echo, Self::React, Self::ReadFile, Self::UnknownTool, Self::Fail, Self::Break];

    /// The word in a message that asks for it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Echo => "please-echo",
            Self::React => "please-react",
            Self::ReadFile => "please-read",
            Self::UnknownTool => "please-invent",
            Self::Fail => "please-fail",
            Self::Break => "please-break",
        }
    }
}

/// One message.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) room: usize,
    /// By the assistant to itself, for this chat.
    by_system: bool,
    shape: Shape,
    mood: Mood,
    /// One of a few ids that all chats share; none for a network without ids.
    id: Option<u8>,
    second_account: bool,
    /// It answers a message that may or may not be of this chat; the quote may or may not have words.
    quotes: Option<(u8, bool)>,
}

/// A conversation of everybody at the same time.
#[derive(Debug, Clone)]
pub(super) struct Talk {
    /// Makes the words of this run unlike those of any other.
    seed: u64,
    pub(super) said: Vec<Said>,
}

/// Any conversation.
pub(super) fn talk() -> impl Strategy<Value = Talk> {
    let shape = prop_oneof![
        3 => Just(Shape::Text),
        1 => Just(Shape::Voice),
        1 => Just(Shape::Picture),
        1 => Just(Shape::Film),
        1 => Just(Shape::Sticker),
        1 => Just(Shape::Paper),
        1 => Just(Shape::TextAndPicture),
    ];
    let mood = prop_oneof![
        12 => Just(Mood::Echo),
        2 => Just(Mood::React),
        2 => Just(Mood::ReadFile),
        2 => Just(Mood::UnknownTool),
        1 => Just(Mood::Fail),
        1 => Just(Mood::Break),
    ];
    let id = prop::option::weighted(0.8, 0..8_u8);
    let quotes = prop::option::weighted(0.4, (0..8_u8, any::<bool>()));
    let said =
        (0..ADDRESSES.len(), prop::bool::weighted(0.1), shape, mood, id, prop::bool::weighted(0.1), quotes)
            .prop_map(|(room, by_system, shape, mood, id, second_account, quotes)| Said {
                room,
                by_system: by_system && ADDRESSES[room].0 != "system",
                shape,
                mood,
                id,
                second_account,
                quotes,
            });
    (any::<u64>(), prop::collection::vec(said, 1..48)).prop_map(|(seed, said)| Talk { seed, said })
}

/// Everybody says three things under ids of their own and quotes what only others have said.
pub(super) fn everybody_talks() -> Talk {
    let mut said = Vec::new();
    for turn in 0..3_u8 {
        for room in 0..ADDRESSES.len() {
            let number = u8::try_from(room).unwrap() * 3;
            let others = (number + 33) % 36;
            said.push(Said {
                room,
                by_system: false,
                shape: Shape::Text,
                mood: Mood::Echo,
                id: Some(number + turn),
                second_account: false,
                quotes: (turn > 0).then_some((others, false)),
            });
        }
    }
    Talk { seed: 7, said }
}

impl Talk {
    pub(super) fn rooms() -> usize {
        ADDRESSES.len()
    }

    /// The chats of the local terminal.
    pub(super) fn local_chats() -> impl Iterator<Item = (usize, &'static str)> {
        ADDRESSES
            .iter()
            .enumerate()
            .filter(|(_, (channel, ..))| *channel == "cli")
            .map(|(room, (_, chat, _))| (room, *chat))
    }

    /// The networks.
    pub(super) fn networks() -> HashSet<ChannelName> {
        ADDRESSES.iter().map(|(name, ..)| channel(name)).filter(ChannelName::is_network).collect()
    }

    /// Which chat an address belongs to; messages that the assistant sends to itself count as the chat that
    /// they name.
    pub(super) fn room_at(channel_name: &str, chat_name: &str) -> Option<usize> {
        let (name, room) = match (channel_name, chat_name.split_once(':')) {
            ("system", Some(named)) => named,
            _ => (channel_name, chat_name),
        };
        ADDRESSES.iter().position(|(channel, chat, _)| *channel == name && *chat == room)
    }

    /// The word that stands in everything that is said in a chat, and nowhere else.
    pub(super) fn word(&self, room: usize) -> String {
        format!("word{room:02}x{:016x}", self.seed)
    }

    /// The name of a person of a chat, who is in no other one.
    pub(super) fn name(&self, room: usize) -> String {
        format!("name{room:02}x{:016x}", self.seed)
    }

    /// The messages as their channels hand them over, in order.
    pub(super) fn events(&self) -> Vec<(usize, InboundEvent)> {
        self.said.iter().enumerate().map(|(index, said)| (said.room, self.event(index, said))).collect()
    }

    /// How many answers each chat is to get: one for each message that is no repeat; one that
    /// breaks is told so.
    pub(super) fn answers_per_room(&self) -> Vec<usize> {
        let mut answers = vec![0; ADDRESSES.len()];
        let mut known = HashSet::new();
        for said in &self.said {
            let is_new =
                said.id.is_none_or(|id| known.insert((said.room, said.by_system, said.second_account, id)));
            if is_new {
                answers[said.room] += 1;
            }
        }
        answers
    }

    fn event(&self, index: usize, said: &Said) -> InboundEvent {
        let (channel_name, chat_name, chat_kind) = ADDRESSES[said.room];
        let sender = SenderId::new(self.name(said.room)).unwrap();
        let event = InboundEvent {
            channel: channel(channel_name),
            account: if said.second_account { AccountId::new("second").unwrap() } else { AccountId::sole() },
            chat: chat(chat_name),
            chat_kind,
            participant: (chat_kind == ChatKind::Group).then(|| sender.clone()),
            sender,
            message_id: said.id.map(message_id),
            at: SENT_AT.parse().unwrap(),
            blocks: self.blocks(index, said),
            mentioned_bot: index.is_multiple_of(2),
            reply: said.quotes.map(|(id, with_words)| QuotedMessage {
                message_id: Some(message_id(id)),
                participant: Some(SenderId::new(self.name(said.room)).unwrap()),
                text: with_words.then(|| format!("quoted {}", self.word(said.room))),
                from_bot: false,
            }),
        };
        if !said.by_system {
            return event;
        }
        let named = format!("{channel_name}:{chat_name}");
        let to_itself = InboundEvent { channel: ChannelName::SYSTEM, chat: chat(&named), ..event };
        assert_eq!(Route::of(&to_itself).chat, chat(chat_name), "the address is the one that was meant");
        to_itself
    }

    fn blocks(&self, index: usize, said: &Said) -> Vec<ContentBlock> {
        let word = self.word(said.room);
        let words = format!("{} {word} no {index}", said.mood.word());
        let media = |caption: Option<String>, transcript: Option<String>| Media {
            path: format!("/media/{word}-{index}.bin").into(),
            mime: Some("application/octet-stream".to_owned()),
            caption,
            transcript,
            description: index.is_multiple_of(3).then(|| format!("shows {word}")),
            ..Media::default()
        };
        let captioned = || media(Some(words.clone()), None);
        let bodies = match said.shape {
            Shape::Text => vec![Body::Text(words.clone())],
            Shape::Voice => vec![Body::Audio(media(None, Some(words.clone())), AudioKind::VoiceNote)],
            Shape::Picture => vec![Body::Image(captioned())],
            Shape::Film => vec![Body::Video(captioned())],
            Shape::Sticker => vec![Body::Sticker(captioned())],
            Shape::Paper => vec![Body::File(captioned())],
            Shape::TextAndPicture => vec![Body::Text(words.clone()), Body::Image(media(None, None))],
        };
        bodies.into_iter().map(|body| ContentBlock { body, labels: Label::Stranger.into() }).collect()
    }
}

fn message_id(number: u8) -> MessageId {
    MessageId::new(format!("m{number}")).unwrap()
}
