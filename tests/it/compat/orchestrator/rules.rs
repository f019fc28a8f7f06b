//! The wanted differences of the pipeline: each a name, and how it changes what was recorded. The conditions
//! look at the row's input only.

use nanobot_core::ids::{ChannelName, ChatId};
use nanobot_core::notice;
use nanobot_core::text::trim;
use nanobot_security::Action;
use serde_json::{Value, json};

use super::archive::{Found, found};
use super::input::{Said, decision, text, truthy};
use super::run::{FAILURE, Given, rules};
use super::shape;

/// What was recorded for one message.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Recorded {
    /// None where the original raised.
    pub(super) intents: Option<Vec<Value>>,
    pub(super) given: Option<Given>,
}

/// One message of a row, as a rule sees it.
pub(super) struct Case<'a> {
    pub(super) row: &'a Value,
    pub(super) messages: &'a [Said],
    pub(super) index: usize,
    /// Calls of the recorded typing notifier.
    pub(super) typing_calls: &'a Value,
}

impl Case<'_> {
    fn said(&self) -> &Said {
        &self.messages[self.index]
    }

    fn found(&self) -> Found {
        found(self.row, self.messages, self.index)
    }

    fn reply(&self) -> &str {
        text(self.row, "responder_reply")
    }
}

/// What the original's default tells a chat whose message is blocked.
const BLOCKED: &str = "😂";

type Rule = fn(&Case<'_>, &mut Recorded);

/// In the order in which they are applied; the first that changes anything names the difference.
pub(super) const RULES: [(&str, Rule); 14] = [
    ("admin_facts_are_typed", drop_admin_facts),
    ("responder_error_is_answered", answer_errors),
    ("typing_is_always_an_intent", list_typing),
    ("session_follows_route", follow_route),
    ("route_names_are_checked", check_route),
    ("no_lookup_across_chats", |case, recorded| {
        take_ours(case, recorded, |found| found.is_known_elsewhere);
    }),
    ("quote_has_no_sender", |case, recorded| {
        take_ours(case, recorded, |found| found.has_quotes);
    }),
    ("archive_in_order_of_arrival", |case, recorded| {
        take_ours(case, recorded, |found| found.is_out_of_order);
    }),
    ("quote_is_trimmed", trim_quote),
    ("blank_answer_is_none", drop_blank_answer),
    ("blank_reaction_is_text", send_blank_reaction),
    ("notes_mode_is_known", know_notes_mode),
    (READ_THROUGH, block_more),
    ("reactions_are_judged", redact_reactions),
];

/// The rule under which a turn ends otherwise than it was recorded.
pub(super) const READ_THROUGH: &str = "attacks_are_read_through";

/// What the recorded gate let pass, ours blocks.
fn block_more(case: &Case<'_>, recorded: &mut Recorded) {
    let said = case.said();
    let report = rules().input(trim(&said.content));
    if !truthy(&case.row["security"]) || recorded.given.is_none() || report.action != Action::Block {
        return;
    }
    let (channel, chat) = (said.channel.as_str(), said.chat.as_str());
    let told = match said.id.as_deref() {
        Some(id) => json!({
            "intent": "SendReactionIntent", "channel": channel, "chat_id": chat, "message_id": id,
            "emoji": BLOCKED, "participant_jid": said.participant,
        }),
        None => shape::sent(channel, chat, BLOCKED),
    };
    let counted =
        shape::counter("security_input_blocked", &[("channel", channel), ("reason", &report.reason)]);
    *recorded = Recorded { intents: Some([counted, told].map(shape::plain).into()), given: None };
}

/// The original lets a reaction leave unseen.
fn redact_reactions(case: &Case<'_>, recorded: &mut Recorded) {
    let is_reaction = |intent: &Value| intent["intent"] == "SendReactionIntent";
    let Some(intents) = recorded.intents.as_mut().filter(|_| truthy(&case.row["security"])) else { return };
    let Some(at) = intents.iter().position(is_reaction) else { return };
    let Some(clean) = rules().output(text(&intents[at], "emoji")).text else { return };
    intents[at]["emoji"] = json!(clean);
    for intent in intents.iter_mut().filter(|intent| intent["intent"] == "PersistSessionIntent") {
        intent["assistant_content"] = json!(format!("[reacted with {clean}]"));
    }
    let channel = text(&intents[at], "channel").to_owned();
    intents.insert(at, shape::plain(shape::counter("security_output_sanitized", &[("channel", &channel)])));
}

/// What the recorded desk counted by itself, under any name, is a typed fact of ours.
fn drop_admin_facts(case: &Case<'_>, recorded: &mut Recorded) {
    let counted = case.row["admin"]["metric_events"].as_array().into_iter().flatten();
    let names: Vec<&str> = counted.map(|metric| text(metric, "name")).collect();
    if let Some(intents) = &mut recorded.intents {
        intents.retain(|intent| !names.contains(&text(intent, "name")));
    }
}

/// The original raised and left the chat to a text with the error in it. Ours is one line of its own.
fn answer_errors(case: &Case<'_>, recorded: &mut Recorded) {
    if recorded.intents.is_some() {
        return;
    }
    let said = case.said();
    let (channel, chat) = (said.channel.as_str(), said.chat.as_str());
    let (to_channel, to_chat) = said.target();
    let line = notice::of_failure(FAILURE);
    assert!(!line.trim().is_empty() && line.lines().count() == 1, "one clear line");
    let looked_up = case.found().hit.map(|hit| shape::lookup(channel, hit));
    let typing = |on| said.is_whatsapp().then(|| shape::typing(channel, chat, on));
    let between = [
        shape::failed(channel, FAILURE.code()),
        shape::sent(to_channel, to_chat, line),
        shape::persisted(&format!("{channel}:{chat}"), trim(&said.content), line),
    ];
    let all = looked_up.into_iter().chain(typing(true)).chain(between).chain(typing(false));
    recorded.intents = Some(all.map(shape::plain).collect());
}

/// Behind the notifier's back nothing was listed; ours lists it and shows it at once.
fn list_typing(case: &Case<'_>, recorded: &mut Recorded) {
    let Some(intents) = recorded.intents.as_mut().filter(|_| truthy(&case.row["typing_notifier"])) else {
        return;
    };
    if intents.iter().any(|intent| intent["intent"] == "SetTypingIntent") {
        return;
    }
    let is_lookup = |intent: &Value| text(intent, "name").starts_with("reply_ctx_archive_");
    for call in case.typing_calls.as_array().into_iter().flatten() {
        let (channel, chat) = (call[0].as_str().unwrap_or_default(), call[1].as_str().unwrap_or_default());
        let shown = shape::typing(channel, chat, call[2] == json!(true));
        let behind_lookups = intents.iter().take_while(|intent| is_lookup(intent)).count();
        let at = if call[2] == json!(true) { behind_lookups } else { intents.len() };
        intents.insert(at, shown);
    }
}

/// What a helper reports belongs into the conversation in which it is told.
fn follow_route(case: &Case<'_>, recorded: &mut Recorded) {
    let said = case.said();
    if (said.channel.as_str(), said.chat.as_str()) == said.target() {
        return;
    }
    for intent in recorded.intents.iter_mut().flatten() {
        if intent["intent"] == "PersistSessionIntent" {
            intent["session_key"] = json!(said.chat);
        }
    }
}

/// A target whose parts are no names is no target: the answer stays in the system's own chat.
fn check_route(case: &Case<'_>, recorded: &mut Recorded) {
    let said = case.said();
    let (channel, chat) = said.target();
    if said.channel != "system" || (ChannelName::new(channel).is_ok() && ChatId::new(chat).is_ok()) {
        return;
    }
    for intent in recorded.intents.iter_mut().flatten() {
        match text(intent, "intent") {
            "SendOutboundIntent" => {
                intent["event"]["channel"] = json!(said.channel);
                intent["event"]["chat_id"] = json!(said.chat);
            }
            "PersistSessionIntent" => {
                intent["session_key"] = json!(format!("{}:{}", said.channel, said.chat));
            }
            _ => {}
        }
    }
}

/// The windows that the facts and our wanted differences together give.
fn take_ours(case: &Case<'_>, recorded: &mut Recorded, applies: fn(&Found) -> bool) {
    let found = case.found();
    if !applies(&found) {
        return;
    }
    for intent in recorded.intents.iter_mut().flatten() {
        if let (true, Some(hit)) = (text(intent, "name").starts_with("reply_ctx_archive_"), found.hit) {
            *intent = shape::plain(shape::lookup(&case.said().channel, hit));
        }
    }
    if let Some(given) = &mut recorded.given {
        *given = Given { content: given.content.clone(), ..found.given };
    }
}

/// White space around a quote, or a quote of nothing else, says nothing.
fn trim_quote(case: &Case<'_>, recorded: &mut Recorded) {
    let is_padded = |text: &str| text.is_empty() || trim(text) != text;
    let padded = case
        .messages
        .iter()
        .any(|said| said.reply_text.as_deref().is_some_and(is_padded) || is_padded(&said.content));
    if let (true, Some(given)) = (padded, &mut recorded.given) {
        given.quoted = given.quoted.take().map(|text| trim(&text).to_owned()).filter(|text| !text.is_empty());
    }
}

/// An answer of nothing but white space is none.
fn drop_blank_answer(case: &Case<'_>, recorded: &mut Recorded) {
    let sends =
        |intent: &Value| matches!(text(intent, "intent"), "SendOutboundIntent" | "PersistSessionIntent");
    if case.reply().is_empty() || !trim(case.reply()).is_empty() {
        return;
    }
    let Some(intents) = &mut recorded.intents else { return };
    intents.retain(|intent| !sends(intent));
    for intent in intents.iter_mut().filter(|intent| text(intent, "name") == "response_sent") {
        intent["name"] = json!("responder_empty");
    }
}

/// A marker without anything behind it is an ordinary text.
fn send_blank_reaction(case: &Case<'_>, recorded: &mut Recorded) {
    if trim(case.reply()) != "::reaction::" {
        return;
    }
    let said = case.said();
    for intent in recorded.intents.iter_mut().flatten() {
        match (text(intent, "intent"), text(intent, "name")) {
            ("SendReactionIntent", _) => {
                let (channel, chat) = said.target();
                *intent = shape::plain(shape::sent(channel, chat, case.reply()));
            }
            ("PersistSessionIntent", _) => intent["assistant_content"] = json!(case.reply()),
            (_, "reaction_sent") => intent["name"] = json!("response_sent"),
            _ => {}
        }
    }
}

/// The policy's modes are a closed set.
fn know_notes_mode(case: &Case<'_>, recorded: &mut Recorded) {
    let given = &case.row["decision"];
    let known = shape::notes_mode(decision(given).notes.mode);
    if text(given, "notes_mode") == known {
        return;
    }
    for intent in recorded.intents.iter_mut().flatten() {
        if intent["intent"] == "QueueMemoryNotesCaptureIntent" {
            intent["mode"] = json!(known);
        }
    }
}
