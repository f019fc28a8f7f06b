//! What a message of a row should find in the archive under our wanted differences, by the rules of the
//! facts and not by our code: where the recorded windows differ, ours must be these.

use std::collections::BTreeSet;

use nanobot_core::text::{collapse, cut, trim};
use nanobot_core::time::Timestamp;
use serde_json::Value;

use super::input::{Said, truthy};
use super::run::Given;

/// Messages of the window before a quote, of the ambient window, and characters of a line (defaults).
const REPLY_MESSAGES: usize = 6;
const AMBIENT_MESSAGES: usize = 8;
const LINE_CHARS: usize = 256;

/// What one message should find.
pub(super) struct Found {
    /// Whether the quoted message was found; none when nothing was looked up.
    pub(super) hit: Option<bool>,
    /// What the responder should be given.
    pub(super) given: Given,
    /// The quoted message is known in another chat of the channel only.
    pub(super) is_known_elsewhere: bool,
    /// The chat holds words that are known as a quote only.
    pub(super) has_quotes: bool,
    /// The chat's messages did not arrive in the order in which they were sent.
    pub(super) is_out_of_order: bool,
}

struct Kept<'a> {
    channel: &'a str,
    chat: &'a str,
    id: &'a str,
    who: Option<&'a str>,
    is_quote: bool,
    text: &'a str,
    at: Timestamp,
}

/// What the message at `index` should find, after all before it.
pub(super) fn found(row: &Value, messages: &[Said], index: usize) -> Found {
    let said = &messages[index];
    let quoted = said.quote().map(str::to_owned);
    let given = Given { content: trim(&said.content).to_owned(), quoted, ..Given::default() };
    let mut found =
        Found { hit: None, given, is_known_elsewhere: false, has_quotes: false, is_out_of_order: false };
    if !truthy(&row["archive"]) || !said.is_whatsapp() {
        return found;
    }
    let kept = kept(&messages[..=index]);
    let here: Vec<&Kept<'_>> =
        kept.iter().filter(|kept| (kept.channel, kept.chat) == (&said.channel, &said.chat)).collect();
    found.has_quotes = here.iter().any(|kept| kept.is_quote);
    found.is_out_of_order = !here.is_sorted_by_key(|kept| kept.at);
    if let Some(at) = said.id.as_deref().and_then(|id| position(&here, id)) {
        found.given.ambient = lines(&here[..at], AMBIENT_MESSAGES);
    }
    if let Some(id) = said.reply_id.as_deref() {
        look_up(&mut found, &here, id);
        found.is_known_elsewhere = found.hit == Some(false)
            && kept.iter().any(|kept| (kept.channel, kept.id) == (&said.channel, id));
    }
    found
}

fn look_up(found: &mut Found, here: &[&Kept<'_>], id: &str) {
    let at = position(here, id);
    found.hit = Some(at.is_some());
    found.given.source = found.given.quoted.as_ref().map(|_| "payload".to_owned());
    let Some(at) = at else { return };
    if found.given.quoted.is_none() {
        found.given.quoted = Some(here[at].text.to_owned());
        found.given.source = Some("archive".to_owned());
    }
    if !here[at].is_quote {
        found.given.window = lines(&here[..at], REPLY_MESSAGES);
    }
}

fn position(here: &[&Kept<'_>], id: &str) -> Option<usize> {
    here.iter().position(|kept| kept.id == id)
}

fn lines(before: &[&Kept<'_>], limit: usize) -> Vec<String> {
    let last = &before[before.len().saturating_sub(limit)..];
    let line = |kept: &&Kept<'_>| {
        format!("[{}] {}", kept.who.unwrap_or("unknown"), cut(&collapse(kept.text), LINE_CHARS))
    };
    last.iter().map(line).collect()
}

/// What the messages put into the archive: each first itself, then what it quotes; the first one stays.
fn kept(messages: &[Said]) -> Vec<Kept<'_>> {
    let mut kept: Vec<Kept<'_>> = Vec::new();
    let mut seen = BTreeSet::new();
    for said in messages {
        let is_repeat = |id| !seen.insert((&said.channel, &said.chat, id));
        if trim(&said.content).is_empty()
            || said.event().is_err()
            || said.id.as_deref().is_some_and(is_repeat)
        {
            continue;
        }
        let entry = |id, who, is_quote, text| Kept {
            channel: &said.channel,
            chat: &said.chat,
            id,
            who,
            is_quote,
            text,
            at: said.at,
        };
        let own = said.id.as_deref().map(|id| entry(id, Some(&*said.sender), false, trim(&said.content)));
        let quote = said.reply_id.as_deref().zip(said.quote());
        let quote = quote.map(|(id, text)| entry(id, said.reply_participant.as_deref(), true, text));
        for new in own.into_iter().chain(quote) {
            let is_known =
                |old: &Kept<'_>| (old.channel, old.chat, old.id) == (new.channel, new.chat, new.id);
            if !kept.iter().any(is_known) {
                kept.push(new);
            }
        }
    }
    kept
}
