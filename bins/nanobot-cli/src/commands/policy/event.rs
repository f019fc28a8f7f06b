//! A message as a line of a batch describes it. What it leads to is the engine's business.

use nanobot_core::text::trim;
use nanobot_policy::Asked;
use serde_json::Value;

use crate::commands::batch::BadLine;

/// The message of a line. Who took part in it (`participant`) and all further members count for nothing.
pub(super) fn asked(line: &Value) -> Result<Asked<'_>, BadLine> {
    let event = match line.get("event") {
        Some(event @ Value::Object(_)) => event,
        Some(_) => return Err(BadLine::input("event must be an object")),
        None => return Err(BadLine::input("event is missing")),
    };
    let metadata = event.get("raw_metadata").unwrap_or(&Value::Null);
    if !matches!(metadata, Value::Null | Value::Object(_)) {
        return Err(BadLine::input("event.raw_metadata must be an object"));
    }
    let media_kind = metadata.get("media_kind").and_then(Value::as_str).unwrap_or_default();
    Ok(Asked {
        channel: text(event, "channel", Absent::IsAFault)?,
        chat: text(event, "chat_id", Absent::IsAFault)?,
        sender: text(event, "sender_id", Absent::IsAFault)?,
        text: text(event, "content", Absent::IsEmpty)?.into(),
        is_group: truth(event, "is_group")?,
        mentioned_bot: truth(event, "mentioned_bot")?,
        reply_to_bot: truth(event, "reply_to_bot")?,
        is_voice: metadata.get("is_voice").is_some_and(is_true) || trim(media_kind) == "audio",
        // What a channel knows of its users stands in no line: the policy alone is asked.
        owner_by_channel: false,
    })
}

enum Absent {
    IsAFault,
    IsEmpty,
}

fn text<'v>(event: &'v Value, key: &str, absent: Absent) -> Result<&'v str, BadLine> {
    match (event.get(key), absent) {
        (Some(Value::String(text)), _) => Ok(text),
        (None | Some(Value::Null), Absent::IsEmpty) => Ok(""),
        (None, Absent::IsAFault) => Err(BadLine::input(format!("event.{key} is missing"))),
        (Some(_), _) => Err(BadLine::input(format!("event.{key} must be a text"))),
    }
}

fn truth(event: &Value, key: &str) -> Result<bool, BadLine> {
    match event.get(key) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(truth)) => Ok(*truth),
        Some(_) => Err(BadLine::input(format!("event.{key} must be true or false"))),
    }
}

/// Whether Python takes a value for true. Channels of the original filled the metadata with whatever they had.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is_voice(metadata: &Value) -> bool {
        let line = json!({"event": {
            "channel": "whatsapp", "chat_id": "c", "sender_id": "s", "raw_metadata": metadata,
        }});
        asked(&line).unwrap().is_voice
    }

    #[test]
    fn a_voice_note_is_what_python_takes_for_one() {
        for metadata in [
            json!({"is_voice": true}),
            json!({"is_voice": "false"}),
            json!({"is_voice": 0.1}),
            json!({"is_voice": [0]}),
            json!({"media_kind": "\u{85} audio\u{1c}"}),
        ] {
            assert!(is_voice(&metadata), "{metadata}");
        }
        for metadata in [
            json!({}),
            json!(null),
            json!({"is_voice": ""}),
            json!({"is_voice": -0.0}),
            json!({"is_voice": {}}),
            json!({"media_kind": "Audio"}),
            json!({"media_kind": ["audio"]}),
        ] {
            assert!(!is_voice(&metadata), "{metadata}");
        }
    }

    #[test]
    fn what_is_missing_or_of_another_kind_is_named() {
        let fault = |event: Value| asked(&json!({"event": event})).unwrap_err().message;
        assert_eq!(fault(json!({"chat_id": "c"})), "event.channel is missing");
        assert_eq!(fault(json!({"channel": 7})), "event.channel must be a text");
        let event = json!({"channel": "irc", "chat_id": "c", "sender_id": "s", "is_group": 1});
        assert_eq!(fault(event), "event.is_group must be true or false");
        assert_eq!(asked(&json!({})).unwrap_err().message, "event is missing");
    }
}
