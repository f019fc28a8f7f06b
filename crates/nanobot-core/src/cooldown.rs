//! The brake for people who talk about one thing without end: counts a streak per session and says when the
//! canned answer is due.
//!
//! The rules are recorded in the original's cases (`topic_tokens`, `topic_overlap`, `is_german`,
//! `talkative`); the words of the answer are our own.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use crate::event::ChatKind;
use crate::model::ChatMessage;
use crate::responder::TurnInput;
use crate::text::is_space;
use crate::time::Timestamp;

/// Sessions that are watched; beyond this the state of all is forgotten, which costs a streak and no more.
const MAX_SESSIONS: usize = 10_000;

/// The state of the brake, for all sessions.
#[derive(Debug, Default)]
pub struct Cooldown {
    sessions: Mutex<HashMap<String, Streak>>,
}

/// Who talks about what, and how often in a row.
#[derive(Debug, Clone, Default)]
struct Streak {
    sender: String,
    topic: BTreeSet<String>,
    count: u32,
    quiet_until: Option<Timestamp>,
}

impl Cooldown {
    /// Counts one message. Answers the language of the canned text when it is due.
    pub fn observe(&self, turn: &TurnInput<'_>, now: Timestamp) -> Option<Language> {
        let policy = &turn.decision.cooldown;
        if !policy.enabled || turn.event.chat_kind != ChatKind::Group {
            return None;
        }
        let topic = topic_tokens(turn.text);
        if topic.is_empty() {
            return None;
        }
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if sessions.len() >= MAX_SESSIONS {
            sessions.clear();
        }
        let streak = sessions.entry(turn.route.session().as_str().to_owned()).or_default();
        streak.take(turn.event.sender.as_str(), topic, policy.topic_overlap);
        if streak.quiet_until.is_some_and(|until| until > now) || streak.count < policy.streak_threshold {
            return None;
        }
        streak.quiet_until = now.checked_add(policy.cooldown).ok();
        streak.count = 0;
        Some(Language::of(turn.text))
    }

    /// The length of a session's streak; none for a session that was never counted.
    pub fn streak(&self, session: &str) -> Option<u32> {
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.get(session).map(|streak| streak.count)
    }
}

impl Streak {
    fn take(&mut self, sender: &str, topic: BTreeSet<String>, overlap: f64) {
        if self.sender == sender && !self.topic.is_empty() && topic_overlap(&topic, &self.topic) >= overlap {
            self.count += 1;
            self.topic = self.topic.union(&topic).take(MAX_TOKENS).cloned().collect();
        } else {
            *self = Self { sender: sender.to_owned(), topic, count: 1, quiet_until: self.quiet_until };
        }
    }
}

/// Words that are kept of one topic, and of one that has short words only (figures of the original).
const MAX_TOKENS: usize = 40;
const MAX_SHORT_TOKENS: usize = 24;

/// The words that make a topic: lower case, addresses removed, of at least four characters; if there are
/// none, of at least two. Numbers do not count.
pub fn topic_tokens(text: &str) -> BTreeSet<String> {
    let plain = without_addresses(&text.to_lowercase());
    let plain: String = plain
        .chars()
        .map(|c| if matches!(c, 'a'..='z' | '0'..='9' | '_') || is_space(c) { c } else { ' ' })
        .collect();
    let words = |least: usize, most: usize| -> BTreeSet<String> {
        let all =
            plain.split(is_space).filter(|w| w.len() >= least && !w.bytes().all(|b| b.is_ascii_digit()));
        all.map(str::to_owned).collect::<BTreeSet<_>>().into_iter().take(most).collect()
    };
    let long = words(4, MAX_TOKENS);
    if long.is_empty() { words(2, MAX_SHORT_TOKENS) } else { long }
}

fn without_addresses(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = ["http://", "https://"].iter().filter_map(|scheme| rest.find(scheme)).min() {
        let (before, address) = rest.split_at(start);
        let scheme = address.find("://").map_or(0, |colon| colon + 3);
        let after = address.get(scheme..).unwrap_or_default();
        let end = after.find(is_space).unwrap_or(after.len());
        out.push_str(before);
        // A bare scheme is no address: the pattern of the original wants at least one character behind it.
        out.push_str(if end == 0 { address.get(..scheme).unwrap_or_default() } else { " " });
        rest = after.get(end..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Jaccard index of two topics, 0..1; 0 when one is empty.
#[expect(clippy::cast_precision_loss, reason = "at most 80 words")]
pub fn topic_overlap(left: &BTreeSet<String>, right: &BTreeSet<String>) -> f64 {
    if left.is_empty() || right.is_empty() {
        return 0.0;
    }
    left.intersection(right).count() as f64 / left.union(right).count() as f64
}

/// The language of the canned text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// German.
    German,
    /// English.
    English,
}

/// Words that tell the two languages apart, as the original counts them.
const GERMAN: [&str; 13] =
    ["und", "der", "die", "das", "ist", "nicht", "was", "wie", "heute", "kann", "kannst", "bitte", "danke"];
const ENGLISH: [&str; 10] = ["the", "and", "is", "not", "what", "how", "today", "can", "please", "thanks"];

impl Language {
    /// German when at least as many of its words stand in the text; so without any, German.
    pub fn of(text: &str) -> Self {
        let text = format!(" {} ", text.to_lowercase());
        let count = |words: &[&str]| words.iter().filter(|word| text.contains(&format!(" {word} "))).count();
        if count(&GERMAN) >= count(&ENGLISH) { Self::German } else { Self::English }
    }

    /// The canned text.
    pub const fn text(self) -> &'static str {
        match self {
            Self::German => {
                "Du hast heute viel zu diesem einen Thema zu sagen. Ich lege eine kurze Pause ein; wer rund um \
                 die Uhr plaudern will, ist mit einem eigenen Abo bei einem Modellanbieter besser dran."
            }
            Self::English => {
                "You have a lot to say about this one topic today. I am taking a short break; for chat around \
                 the clock, a subscription of your own with a model provider serves you better."
            }
        }
    }

    /// What a model is asked, when the policy wants the text to be worded afresh.
    pub fn request(self) -> Vec<ChatMessage> {
        let language = match self {
            Self::German => "German",
            Self::English => "English",
        };
        vec![
            ChatMessage::System(
                "You write a single good-humoured line for a group chat: at most two sentences and 160 \
                 characters, plain text, nobody offended, nothing claimed."
                    .to_owned(),
            ),
            ChatMessage::User {
                text: format!(
                    "Somebody has been talking about the same thing for a long while. Tell them, with a wink, \
                     that the assistant takes a short break and that a subscription of their own would let \
                     them chat all day. Language: {language}."
                ),
                images: Vec::new(),
                labels: crate::label::Labels::NONE,
            },
        ]
    }
}
