//! Policies made up at random, and as many ways to write one down.

use std::collections::BTreeMap;

use proptest::prelude::*;

/// A piece of a policy file.
#[derive(Debug, Clone)]
pub(super) enum Json {
    Text(String),
    List(Vec<Json>),
    /// With keys of the schema, in canonical spelling.
    Section(Vec<(&'static str, Json)>),
    /// With keys of the file's own.
    Map(Vec<(String, Json)>),
}

/// How it is written: what a person or another program may do differently without meaning anything by it.
#[derive(Debug, Clone)]
pub(super) struct Style {
    /// Turns the order of keys.
    turn: usize,
    snake_case: bool,
    space: &'static str,
}

/// As we write it ourselves.
pub(super) const PLAIN: Style = Style { turn: 0, snake_case: false, space: "" };

impl Json {
    pub(super) fn written(&self, style: &Style) -> String {
        let Style { space, .. } = style;
        match self {
            Self::Text(text) => format!("{text:?}"),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(|item| item.written(style)).collect();
                format!("[{space}{}{space}]", items.join(&format!(",{space}")))
            }
            Self::Section(members) => object(
                members.iter().map(|(key, value)| {
                    let key = if style.snake_case { snake(key) } else { (*key).to_owned() };
                    (key, value)
                }),
                style,
            ),
            Self::Map(members) => object(members.iter().map(|(key, value)| (key.clone(), value)), style),
        }
    }
}

fn object<'j>(members: impl Iterator<Item = (String, &'j Json)>, style: &Style) -> String {
    let Style { turn, space, .. } = style;
    let mut members: Vec<String> =
        members.map(|(key, value)| format!("{key:?}{space}:{space}{}", value.written(style))).collect();
    if !members.is_empty() {
        let turn = turn % members.len();
        members.rotate_left(turn);
        if turn % 2 == 1 {
            members.reverse();
        }
    }
    format!("{{{space}{}{space}}}", members.join(&format!("{space},{space}")))
}

fn snake(key: &str) -> String {
    key.chars().fold(String::new(), |mut snake, c| {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
        snake
    })
}

/// Few, so that rules and messages meet.
pub(super) const SENDERS: [&str; 6] = ["ann", "@Ann", "+49151", "49151@lid", "bob", "7|bob"];
pub(super) const CHATS: [&str; 3] = ["#garden", "49151@lid", "ann"];
pub(super) const CHANNELS: [&str; 3] = ["irc", "whatsapp", "telegram"];
const TALK: [&str; 3] = ["everyone", "allowlist", "owner_only"];
const REPLY: [&str; 5] = ["all", "mention_only", "allowed_senders", "owner_only", "off"];

/// Choices, made beforehand: quicker than a strategy for each member, and it still shrinks. At its end every choice is
/// the first one.
#[derive(Debug, Clone)]
pub(super) struct Tape(std::vec::IntoIter<u8>);

pub(super) fn tape() -> impl Strategy<Value = Tape> {
    prop::collection::vec(any::<u8>(), 0..250).prop_map(|bytes| Tape(bytes.into_iter()))
}

/// A chat, and what it says.
type Chat = (&'static str, Json);
/// A channel, what it says, and its chats.
type Channel = (&'static str, Json, Vec<Chat>);
/// Makes a member of a section.
type Make<'a> = &'a dyn Fn(&mut Tape) -> Json;

/// The parts of a whole policy: owners, defaults, one layer for each channel and each of its chats.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) owners: Json,
    pub(super) defaults: Json,
    pub(super) channels: Vec<Channel>,
}

impl Tape {
    fn number(&mut self, below: usize) -> usize {
        usize::from(self.0.next().unwrap_or(0)) % below
    }

    pub(super) fn choice(&mut self) -> bool {
        self.number(2) == 1
    }

    pub(super) fn one_of(&mut self, all: &[&'static str]) -> &'static str {
        all[self.number(all.len())]
    }

    fn word(&mut self, all: &[&'static str]) -> Json {
        Json::Text(self.one_of(all).to_owned())
    }

    fn list(&mut self, of: &[&'static str]) -> Json {
        Json::List((0..self.number(3)).map(|_| self.word(of)).collect())
    }

    /// Each member may be left out.
    fn section<const N: usize>(&mut self, members: [(&'static str, Make<'_>); N]) -> Json {
        let mut section = Vec::new();
        for (key, member) in members {
            if self.choice() {
                section.push((key, member(self)));
            }
        }
        Json::Section(section)
    }

    fn rule(&mut self, modes: &[&'static str]) -> Json {
        self.section([("mode", &|tape| tape.word(modes)), ("senders", &|tape| tape.list(&SENDERS))])
    }

    fn access(&mut self) -> Json {
        // A tool has one rule in each layer: of two, the order of the keys would decide.
        let rules: BTreeMap<_, _> =
            (0..self.number(3)).map(|_| (self.one_of(&super::TOOLS), self.rule(&TALK))).collect();
        Json::Map(rules.into_iter().map(|(tool, rule)| (tool.to_owned(), rule)).collect())
    }

    /// What one layer says.
    pub(super) fn layer(&mut self) -> Json {
        self.section([
            ("whoCanTalk", &|tape| tape.rule(&TALK)),
            ("whenToReply", &|tape| tape.rule(&REPLY)),
            ("blockedSenders", &|tape| tape.section([("senders", &|tape| tape.list(&SENDERS))])),
            ("allowedTools", &|tape| {
                tape.section([
                    ("mode", &|tape| tape.word(&["all", "allowlist"])),
                    ("tools", &|tape| tape.list(&super::TOOLS)),
                    ("deny", &|tape| tape.list(&super::TOOLS)),
                ])
            }),
            ("toolAccess", &Self::access),
            ("personaFile", &|tape| tape.word(&["", "personas/a.md"])),
            ("voice", &|tape| {
                let phrases = |tape: &mut Self| tape.list(&["hey nano", "Nano!", "?"]);
                tape.section([("input", &|tape| tape.section([("wakePhrases", &phrases)]))])
            }),
        ])
    }

    pub(super) fn policy(&mut self) -> Written {
        let mut channels = Vec::new();
        for channel in ["irc", "whatsapp"] {
            if self.choice() {
                let chats: Vec<&str> = CHATS.into_iter().filter(|_| self.choice()).collect();
                let chats = chats.into_iter().map(|id| (id, self.layer())).collect();
                channels.push((channel, self.layer(), chats));
            }
        }
        Written { owners: self.list(&SENDERS), defaults: self.layer(), channels }
    }

    pub(super) fn style(&mut self) -> Style {
        let space = self.one_of(&["", " ", "\n\t", "\r\n  "]);
        Style { turn: self.number(5), snake_case: self.choice(), space }
    }
}

impl Written {
    pub(super) fn json(&self) -> Json {
        let chats = |chats: &[Chat]| {
            Json::Map(chats.iter().map(|(id, chat)| ((*id).to_owned(), chat.clone())).collect())
        };
        let channel = |(name, default, of): &Channel| {
            ((*name).to_owned(), Json::Section(vec![("default", default.clone()), ("chats", chats(of))]))
        };
        let owners = CHANNELS.map(|channel| (channel.to_owned(), self.owners.clone()));
        Json::Section(vec![
            ("owners", Json::Map(owners.into())),
            ("defaults", self.defaults.clone()),
            ("channels", Json::Map(self.channels.iter().map(channel).collect())),
        ])
    }

    pub(super) fn plain(&self) -> String {
        self.json().written(&PLAIN)
    }
}
