//! The parts of a recorded turn as people and programs read them: a name, one line about it, fields, and its
//! words apart, since they are shown only where somebody asks for them.

use nanobot_channels::console::clean_line;
use nanobot_core::content::ContentBlock;
use nanobot_core::event::InboundEvent;
use nanobot_core::intent::SessionLine;
use nanobot_core::label::Labels;
use nanobot_core::ports::{Delivery, Outgoing, SessionWrite};
use nanobot_core::record::{RecordedStep, ReplyRecord, StepAnswer, StepKind};
use nanobot_journal::{DeliveryFate, DeliveryState, LinesFate};
use serde_json::{Map, Value, json};

use crate::output;

/// One part.
pub(super) struct Part {
    /// Such as `step 1`.
    pub(super) name: String,
    /// One line for people, without a word of the chat.
    pub(super) summary: String,
    /// The same for programs.
    fields: Map<String, Value>,
    /// Its words.
    pub(super) words: String,
}

impl Part {
    fn new(name: impl Into<String>, summary: String, fields: Value, words: impl Into<String>) -> Self {
        let fields = if let Value::Object(fields) = fields { fields } else { Map::new() };
        Self { name: name.into(), summary, fields, words: words.into() }
    }

    /// As a JSON object, with or without its words.
    pub(super) fn to_json(&self, with_text: bool) -> Value {
        let mut fields = self.fields.clone();
        if with_text {
            fields.insert("text".to_owned(), json!(self.words));
        }
        Value::Object(fields)
    }
}

/// What was heard.
pub(super) fn message(event: &InboundEvent) -> Part {
    let words = event.text();
    let (chars, labels) = (words.chars().count(), event.labels().to_string());
    let files = event.blocks.iter().filter_map(ContentBlock::media).count();
    let summary = format!("from {}, {}, {}", event.author(), size(chars, files), shown(event.labels()));
    let fields = json!({
        "sender": event.author().as_str(),
        "sent": event.at.to_string(),
        "text_chars": chars,
        "media": files,
        "labels": labels,
    });
    Part::new("message", summary, fields, words)
}

/// What a model or a tool was asked, and what it said.
pub(super) fn step(step: &RecordedStep) -> Part {
    let End { state, summary, fields: end, words } = End::of(step);
    let index = step.started.index;
    let (what, mut fields, words) = match &step.started.step {
        StepKind::Model { labels, .. } => {
            ("model".to_owned(), json!({"index": index, "kind": "model", "asked_with": labels}), words)
        }
        StepKind::Brake => ("brake".to_owned(), json!({"index": index, "kind": "brake"}), words),
        StepKind::Tool { call, class } => (
            format!("tool {} ({class})", clean_line(&call.name)),
            json!({"index": index, "kind": "tool", "tool": call.name, "class": class}),
            format!("{}\n{words}", call.arguments),
        ),
    };
    if let Some(fields) = fields.as_object_mut() {
        fields.insert("state".to_owned(), json!(state));
        fields.extend(end);
    }
    // People count from one, here as where a part is named that was changed.
    Part::new(format!("step {}", u64::from(index) + 1), format!("{what}: {summary}"), fields, words)
}

/// How a step ended.
struct End {
    /// A word for programs.
    state: &'static str,
    summary: String,
    fields: Map<String, Value>,
    words: String,
}

impl End {
    fn of(step: &RecordedStep) -> Self {
        let Some(done) = &step.done else {
            return Self::without_words("open", "started; how it ended was not written down".to_owned());
        };
        match &done.answer {
            StepAnswer::Model(reply) => Self::answered(reply),
            StepAnswer::ModelFailed { code } => {
                let end = Self::without_words("failed", format!("failed ({code})"));
                end.with("code", json!(code))
            }
            StepAnswer::Brake { text } => Self::said("answered", text),
            StepAnswer::Tool { content, labels, failed } => {
                let end = Self::said(if *failed { "failed" } else { "answered" }, content);
                end.with("labels", json!(labels))
            }
            StepAnswer::OutcomeUnknown => {
                let summary = "started, and not again: whether it took effect is not known".to_owned();
                Self::without_words("outcome_unknown", summary)
            }
            StepAnswer::Stopped { shown } => Self::said("stopped", shown),
        }
    }

    fn answered(reply: &ReplyRecord) -> Self {
        let calls = reply.tool_calls.len();
        let chars = reply.text.chars().count();
        let asked = match calls {
            0 => String::new(),
            1 => " and one tool call".to_owned(),
            several => format!(" and {several} tool calls"),
        };
        let [read, cached, written] = reply.usage;
        Self {
            state: "answered",
            summary: format!("answered, {chars} chars{asked} ({})", reply.finish),
            fields: Map::new(),
            words: reply.text.clone(),
        }
        .with("text_chars", json!(chars))
        .with("tool_calls", json!(calls))
        .with("finish", json!(reply.finish))
        .with("tokens", json!({"read": read, "read_from_cache": cached, "written": written}))
    }

    fn said(state: &'static str, words: &str) -> Self {
        let chars = words.chars().count();
        let summary = format!("{state}, {chars} chars");
        Self { state, summary, fields: Map::new(), words: words.to_owned() }.with("text_chars", json!(chars))
    }

    fn without_words(state: &'static str, summary: String) -> Self {
        Self { state, summary, fields: Map::new(), words: String::new() }
    }

    fn with(mut self, field: &str, value: Value) -> Self {
        self.fields.insert(field.to_owned(), value);
        self
    }
}

/// What went into a session, line by line, and whether its file has it; one part without words where they were
/// forgotten.
pub(super) fn lines(fate: &LinesFate, write: Option<&SessionWrite>) -> Vec<Part> {
    let session = &fate.session;
    let state = if fate.is_settled { "in its file" } else { "waits for its file" };
    let Some(write) = write else {
        let fields = json!({"session": session.as_str(), "in_file": fate.is_settled});
        return vec![Part::new("line", format!("in {session}: {state}"), fields, "")];
    };
    let part = |line: &SessionLine| {
        let (role, chars) = (line.role.name(), line.content.chars().count());
        let summary = format!("{role} in {session}, {}, {}: {state}", size(chars, 0), shown(line.labels));
        let fields = json!({
            "session": session.as_str(),
            "role": role,
            "text_chars": chars,
            "labels": line.labels.to_string(),
            "in_file": fate.is_settled,
        });
        Part::new("line", summary, fields, &*line.content)
    };
    write.append.lines.iter().map(part).collect()
}

/// What went out, and how far it came; only the latter where its words were forgotten.
pub(super) fn delivery(fate: &DeliveryFate, delivery: Option<&Delivery>) -> Part {
    let key = &fate.key;
    let mut fields = json!({
        "key": key.as_str(),
        "state": fate.state.name(),
        "attempts": fate.attempts,
        "not_before": fate.not_before.map(|instant| instant.to_string()),
        "why": fate.why,
    });
    let state = state(fate);
    let Some(delivery) = delivery else {
        return Part::new("delivery", format!("{key}: {state}"), fields, "");
    };
    let (channel, chat) = delivery.outgoing.target();
    let (kind, words, files) = match &delivery.outgoing {
        Outgoing::Message(message) => ("message", &message.text, message.media.len()),
        Outgoing::Reaction(reaction) => ("reaction", &reaction.emoji, 0),
    };
    let chars = words.chars().count();
    if let Some(fields) = fields.as_object_mut() {
        fields.insert("kind".to_owned(), json!(kind));
        fields.insert("channel".to_owned(), json!(channel.as_str()));
        fields.insert("chat".to_owned(), json!(chat.as_str()));
        fields.insert("text_chars".to_owned(), json!(chars));
        fields.insert("media".to_owned(), json!(files));
    }
    let summary = format!("{key}, {kind} to {channel}:{chat}, {}: {state}", size(chars, files));
    Part::new("delivery", summary, fields, words)
}

fn state(fate: &DeliveryFate) -> String {
    let why = fate.why.as_deref().map(|why| format!(" ({})", clean_line(why))).unwrap_or_default();
    match (fate.state, fate.not_before) {
        (DeliveryState::Waiting, None) => format!("waits{why}"),
        (DeliveryState::Waiting, Some(until)) => {
            format!("waits until {}{why}", output::local_time(&until.to_string()))
        }
        (DeliveryState::Parked, _) => format!("put aside{why}"),
        (DeliveryState::Delivered, _) => "delivered".to_owned(),
        (DeliveryState::Dropped, _) => format!("dropped{why}"),
    }
}

fn shown(labels: Labels) -> String {
    if labels == Labels::NONE { "no label".to_owned() } else { labels.to_string() }
}

/// How much it is.
fn size(chars: usize, files: usize) -> String {
    match files {
        0 => format!("{chars} chars"),
        1 => format!("{chars} chars, 1 file"),
        several => format!("{chars} chars, {several} files"),
    }
}
