//! The ids and arguments of an answer's tool calls, whatever the wire.

use std::collections::BTreeSet;

use nanobot_core::ids::ToolCallId;
use nanobot_core::model::{ChatMessage, ModelRequest};
use serde_json::{Map, Value, json};

/// Most tool calls of one answer.
pub(crate) const TOOL_CALL_LIMIT: usize = 128;

/// Arguments as an object; blank ones are the empty object, anything else that is none becomes `{"raw": …}`.
pub(crate) fn arguments(text: &str) -> Value {
    if text.trim().is_empty() {
        return Value::Object(Map::new());
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => Value::Object(fields),
        _ => json!({ "raw": text }),
    }
}

/// Gives each call an id that is unique within its conversation.
///
/// A provider's id stays as it is. Where it is missing, unusable or taken, the call gets `call_<n>`, `n` counting
/// all calls of the conversation from 0, so that the same request and answer give the same ids.
#[derive(Debug)]
pub(crate) struct CallIds {
    taken: BTreeSet<String>,
    next: usize,
}

impl CallIds {
    /// Knows the calls that the conversation already holds.
    pub(crate) fn after(request: &ModelRequest) -> Self {
        let earlier = request.messages.iter().flat_map(|message| match message {
            ChatMessage::Assistant { tool_calls, .. } => tool_calls.as_slice(),
            ChatMessage::System(_) | ChatMessage::User { .. } | ChatMessage::ToolResult { .. } => &[],
        });
        let taken: Vec<String> = earlier.map(|call| call.id.to_string()).collect();
        Self { next: taken.len(), taken: taken.into_iter().collect() }
    }

    /// The id of the next call, given the provider's.
    pub(crate) fn settle(&mut self, proposed: String) -> ToolCallId {
        let count = self.next;
        self.next += 1;
        if !self.taken.contains(&proposed)
            && let Ok(id) = ToolCallId::new(proposed)
        {
            self.taken.insert(id.to_string());
            return id;
        }
        // Ends: every round tries another name, and only finitely many are taken.
        let mut number = count;
        loop {
            let name = format!("call_{number}");
            number += 1;
            if self.taken.insert(name.clone())
                && let Ok(id) = ToolCallId::new(name)
            {
                return id;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use nanobot_core::Labels;
    use nanobot_core::model::ToolCall;
    use proptest::prelude::*;

    use super::*;

    fn ids(earlier: &[&str]) -> CallIds {
        let call = |id: &&str| ToolCall {
            id: ToolCallId::new(*id).unwrap(),
            name: "t".to_owned(),
            arguments: json!({}),
        };
        let tool_calls = earlier.iter().map(call).collect();
        let asked = ChatMessage::Assistant { text: String::new(), tool_calls, labels: Labels::NONE };
        CallIds::after(&ModelRequest { messages: vec![asked], ..ModelRequest::default() })
    }

    #[test]
    fn a_missing_or_taken_id_is_replaced_by_a_counted_one() {
        let mut ids = ids(&["call_1", "x"]);
        let settled = ["", "x", "fresh", "fresh", "\u{7}"].map(|id| ids.settle(id.to_owned()).to_string());
        assert_eq!(settled, ["call_2", "call_3", "fresh", "call_5", "call_6"]);
    }

    #[test]
    fn arguments_that_are_no_object_are_kept_as_text() {
        assert_eq!(arguments(r#" {"a":1} "#), json!({"a": 1}));
        assert_eq!(arguments(" "), json!({}));
        for text in ["[1]", "nope", "{\"cut\":", "\"{}\"", "null"] {
            assert_eq!(arguments(text), json!({"raw": text}));
        }
    }

    proptest! {
        #[test]
        fn ids_are_unique_in_a_conversation(
            earlier in proptest::collection::btree_set("call_[0-9]|[a-c]", 0..5),
            proposed in proptest::collection::vec("(call_[0-9]|[a-c])?", 0..8),
        ) {
            let earlier: Vec<&str> = earlier.iter().map(String::as_str).collect();
            let mut ids = ids(&earlier);
            let mut seen: BTreeSet<String> = earlier.iter().map(|id| (*id).to_owned()).collect();
            for id in proposed {
                prop_assert!(seen.insert(ids.settle(id).to_string()));
            }
        }
    }
}
