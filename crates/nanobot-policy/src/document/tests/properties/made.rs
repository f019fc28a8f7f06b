//! Policies by chance: any member may be there or not. Names that are free hold no capital letter, so that
//! `spelled.rs` can tell them from the keys of the schema.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::json::{Integer, Node, Object, Value};

type Made = BoxedStrategy<Value<'static>>;

/// A whole policy.
pub(super) fn policy() -> Made {
    object(vec![
        ("version", integer(-3, 9)),
        ("owners", map(texts())),
        ("runtime", runtime()),
        ("defaults", chat(false)),
        ("channels", map(object(vec![("default", chat(true)), ("chats", map(chat(true)))]))),
        ("memoryNotes", notes()),
        ("fileAccess", file_access()),
    ])
}

fn chat(is_override: bool) -> Made {
    let comment = if is_override { vec![("comment", text())] } else { Vec::new() };
    let members = vec![
        ("whoCanTalk", ruled(&["everyone", "allowlist", "owner_only"])),
        ("whenToReply", ruled(&["all", "mention_only", "allowed_senders", "owner_only", "off"])),
        ("blockedSenders", object(vec![("senders", texts())])),
        (
            "allowedTools",
            object(vec![("mode", word(&["all", "allowlist"])), ("tools", texts()), ("deny", texts())]),
        ),
        ("toolAccess", map(ruled(&["everyone", "allowlist", "owner_only"]))),
        ("groupTags", texts()),
        ("personaFile", text()),
        ("voice", object(vec![("input", object(vec![("wakePhrases", texts())])), ("output", speech())])),
        ("talkativeCooldown", brake()),
    ];
    object([members, comment].concat())
}

fn ruled(modes: &'static [&'static str]) -> Made {
    object(vec![("mode", word(modes)), ("senders", texts())])
}

fn speech() -> Made {
    object(vec![
        ("mode", word(&["text", "in_kind", "always", "off"])),
        ("ttsRoute", text()),
        ("maxSentences", integer(1, 9)),
        ("maxChars", integer(1, 9_999)),
    ])
}

fn brake() -> Made {
    object(vec![
        ("enabled", any::<bool>().prop_map(Value::Bool).boxed()),
        ("streakThreshold", integer(3, 30)),
        ("topicOverlapThreshold", float(0.0, 1.0)),
        ("delaySeconds", float(0.0, 30.0)),
    ])
}

fn runtime() -> Made {
    object(vec![
        ("reloadCheckIntervalSeconds", float(0.1, 1e20)),
        ("featureFlags", map(any::<bool>().prop_map(Value::Bool).boxed())),
        ("adminCommandRateLimitPerMinute", integer(1, i64::MAX)),
    ])
}

fn notes() -> Made {
    let notes = || {
        object(vec![
            ("enabled", select(vec![Value::Null, Value::Bool(true)]).boxed()),
            ("mode", word(&["hybrid", "heuristic"])),
        ])
    };
    object(vec![
        ("applyChannels", texts()),
        ("channels", map(object(vec![("default", notes()), ("chats", map(notes()))]))),
    ])
}

fn file_access() -> Made {
    let path = "/[a-z./]{0,8}".prop_map(|path| Value::Text(path.into()));
    let grants = vec(path.clone(), 0..3).prop_map(|paths| {
        let grant = |(index, path): (usize, Value<'static>)| {
            let mut grant = Object::default();
            grant.push("id", Node::made(Value::Text(index.to_string().into())));
            grant.push("path", Node::made(path));
            Node::made(Value::Object(grant))
        };
        Value::List(paths.into_iter().enumerate().map(grant).collect())
    });
    object(vec![
        ("grants", grants.boxed()),
        ("blockedPaths", list(path.boxed())),
        ("ownerOnly", any::<bool>().prop_map(Value::Bool).boxed()),
    ])
}

/// Some of these members.
fn object(members: Vec<(&'static str, Made)>) -> Made {
    let (keys, values): (Vec<_>, Vec<_>) =
        members.into_iter().map(|(key, value)| (key, option::weighted(0.3, value))).unzip();
    let made = move |values: Vec<Option<Value<'static>>>| {
        let mut object = Object::default();
        for (key, value) in keys.iter().zip(values) {
            if let Some(value) = value {
                object.push(*key, Node::made(value));
            }
        }
        Value::Object(object)
    };
    values.prop_map(made).boxed()
}

/// Up to two members under names of any kind.
fn map(value: Made) -> Made {
    let made = |(keys, values): (Vec<&'static str>, Vec<Value<'static>>)| {
        let mut object = Object::default();
        for (key, value) in keys.into_iter().zip(values) {
            object.push(key, Node::made(value));
        }
        Value::Object(object)
    };
    (subsequence(&TEXTS[..], 0..3), vec(value, 2)).prop_map(made).boxed()
}

fn list(item: Made) -> Made {
    vec(item.prop_map(Node::made), 0..3).prop_map(Value::List).boxed()
}

fn texts() -> Made {
    list(text())
}

/// Names and texts that have caused trouble somewhere; picked from a list, as making them takes ten times as long.
const TEXTS: [&str; 16] = [
    "",
    " ",
    "1",
    "a_b",
    "+49151",
    "@name",
    "7|bob",
    "123@g.us",
    "a\"b",
    "back\\slash",
    "two\nlines\t",
    "\u{1}\u{7f}",
    "äß",
    "😀",
    "\u{10ffff}\u{feff}",
    "~/x",
];

fn text() -> Made {
    select(&TEXTS[..]).prop_map(|text| Value::Text(text.into())).boxed()
}

fn word(words: &'static [&'static str]) -> Made {
    select(words).prop_map(|word| Value::Text(word.into())).boxed()
}

fn integer(least: i64, most: i64) -> Made {
    (least..=most).prop_map(|integer| Value::Integer(Integer::from(integer))).boxed()
}

fn float(least: f64, most: f64) -> Made {
    (least..=most).prop_map(Value::Float).boxed()
}
