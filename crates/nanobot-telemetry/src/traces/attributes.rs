//! Which spans leave, with which attributes, and what these are called outside.
//!
//! Names of model calls and tools follow the GenAI semantic conventions of OpenTelemetry (status "development", read in
//! November 2026); what they have no name for begins with `nanobot.`.

use opentelemetry::trace::SpanKind;
use opentelemetry::{Key, KeyValue, Value};

/// The spans of the house.
const SPANS: [&str; 5] = [TURN, MODEL, TOOL, "policy.evaluate", "channel.send"];
const TURN: &str = "turn.run";
const MODEL: &str = "llm.request";
const TOOL: &str = "tool.call";

/// What a span of ours is called whose name was overridden with something else.
const OTHER: &str = "other";

/// Our fields and their names outside. A field that stands in no row does not leave.
const FIELDS: &[(&str, &str)] = &[
    ("turn", "nanobot.turn"),
    ("channel", "nanobot.channel"),
    ("attempt", "nanobot.attempt"),
    ("outcome", "nanobot.outcome"),
    ("reason", "nanobot.reason"),
    ("task", "nanobot.task"),
    ("bytes", "nanobot.bytes"),
    ("parts", "nanobot.parts"),
    ("operation", "gen_ai.operation.name"),
    ("provider", "gen_ai.provider.name"),
    ("model", "gen_ai.request.model"),
    ("served_model", "gen_ai.response.model"),
    ("input_tokens", "gen_ai.usage.input_tokens"),
    ("output_tokens", "gen_ai.usage.output_tokens"),
    ("tool", "gen_ai.tool.name"),
    ("error", ERROR),
];

/// What went wrong, as a code.
const ERROR: &str = "error.type";

const OPERATION: &str = "gen_ai.operation.name";

/// No word of ours is longer; ids of turns and names of models are shorter.
const LONGEST_WORD: usize = 128;

/// What stands for a text that could be more than a word.
const WITHHELD: &str = "withheld";

pub(super) fn is_ours(span: &str) -> bool {
    SPANS.contains(&span)
}

/// The name under which a span leaves.
pub(super) fn name(span: &str) -> &'static str {
    SPANS.into_iter().find(|known| *known == span).unwrap_or(OTHER)
}

/// How a span stands to the outside.
pub(super) const fn kind(is_model_call: bool) -> SpanKind {
    if is_model_call { SpanKind::Client } else { SpanKind::Internal }
}

pub(super) fn is_model_call(span: &str) -> bool {
    span == MODEL
}

/// Whether attributes that leave name an error.
pub(super) fn has_error(attributes: &[KeyValue]) -> bool {
    attributes.iter().any(|attribute| attribute.key.as_str() == ERROR)
}

/// The attributes that leave with a span.
pub(super) fn outside(span: &str, attributes: Vec<KeyValue>) -> Vec<KeyValue> {
    let mut kept: Vec<KeyValue> = attributes.into_iter().filter_map(one).collect();
    let has_operation = kept.iter().any(|attribute| attribute.key.as_str() == OPERATION);
    if let (Some(operation), false) = (usual_operation(span, &kept), has_operation) {
        kept.push(KeyValue::new(OPERATION, operation));
    }
    kept
}

fn one(attribute: KeyValue) -> Option<KeyValue> {
    let key = attribute.key.as_str();
    let &(_, name) = FIELDS.iter().find(|(ours, outside)| *ours == key || *outside == key)?;
    Some(KeyValue::new(Key::from_static_str(name), word(attribute.value)?))
}

/// Numbers, and texts that are one word: a message hardly ever is.
fn word(value: Value) -> Option<Value> {
    match value {
        Value::Bool(_) | Value::I64(_) | Value::F64(_) => Some(value),
        Value::String(text) => {
            let text = text.as_str();
            let is_word =
                text.len() <= LONGEST_WORD && !text.chars().any(|c| c.is_whitespace() || c.is_control());
            Some(Value::from(if is_word { text.to_owned() } else { WITHHELD.to_owned() }))
        }
        _ => None,
    }
}

/// The operation of a span that does not name it.
fn usual_operation(span: &str, attributes: &[KeyValue]) -> Option<&'static str> {
    let embeds = || {
        let task = attributes.iter().find(|attribute| attribute.key.as_str() == "nanobot.task");
        task.is_some_and(|task| task.value.as_str() == "embed")
    };
    match span {
        MODEL if embeds() => Some("embeddings"),
        MODEL => Some("chat"),
        TOOL => Some("execute_tool"),
        TURN => Some("invoke_agent"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(span: &str, attributes: &[(&'static str, &str)]) -> Vec<(String, String)> {
        let given = attributes.iter().map(|&(key, value)| KeyValue::new(key, value.to_owned())).collect();
        let sent = outside(span, given).into_iter();
        sent.map(|kept| (kept.key.to_string(), kept.value.as_str().into_owned())).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn fields_leave_under_the_names_of_the_conventions() {
        let seen = sent("llm.request", &[("provider", "openai"), ("gen_ai.response.model", "gpt-4o")]);
        let wanted = [
            ("gen_ai.provider.name", "openai"),
            ("gen_ai.response.model", "gpt-4o"),
            ("gen_ai.operation.name", "chat"),
        ];
        assert_eq!(seen, pairs(&wanted));
    }

    #[test]
    fn unknown_fields_and_sentences_stay_here() {
        let seen =
            sent("tool.call", &[("arguments", "ls"), ("tool", "read the diary"), ("gen_ai.prompt", "x")]);
        assert_eq!(
            seen,
            pairs(&[("gen_ai.tool.name", "withheld"), ("gen_ai.operation.name", "execute_tool")])
        );
    }

    #[test]
    fn the_operation_follows_the_task_unless_it_is_named() {
        assert!(sent("llm.request", &[("task", "embed")]).contains(&pairs(&[(OPERATION, "embeddings")])[0]));
        assert_eq!(sent("llm.request", &[("operation", "text_completion")]).len(), 1);
    }

    #[test]
    fn a_span_that_took_another_name_leaves_without_it() {
        assert_eq!(name("policy.evaluate"), "policy.evaluate");
        assert_eq!(name("meet me at noon"), "other");
    }
}
