//! Tool calls as a stream writes them: in fragments, several at once, with or without ids.
//!
//! Whether a tool exists or may run is not known here.

use std::collections::{BTreeMap, BTreeSet};

use nanobot_core::ids::ToolCallId;
use nanobot_core::model::{ChatMessage, ModelRequest, ToolCall};
use serde_json::{Map, Value, json};

use crate::error::AnswerError;
use crate::openai::answer::ToolCallDelta;

/// Most tool calls of one answer.
const TOOL_CALL_LIMIT: usize = 128;

/// The tool calls of one answer, by their place.
#[derive(Debug, Default)]
pub(super) struct CallsBeingWritten {
    calls: BTreeMap<Place, Draft>,
    bytes: usize,
}

/// The index that the provider wrote, and how many calls before this one had the same: Gemini numbers every
/// call of an answer 0.
type Place = (u64, usize);

#[derive(Debug, Default)]
struct Draft {
    id: String,
    name: String,
    arguments: String,
}

impl CallsBeingWritten {
    /// Bytes of all names and arguments so far.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a fragment. Ids and names count once, however often they are repeated; arguments add up.
    ///
    /// # Errors
    /// [`AnswerError::TooManyTools`] beyond 128 calls.
    pub(super) fn take(&mut self, delta: ToolCallDelta) -> Result<(), AnswerError> {
        let place = self.place_of(&delta);
        if !self.calls.contains_key(&place) && self.calls.len() == TOOL_CALL_LIMIT {
            return Err(AnswerError::TooManyTools { limit: TOOL_CALL_LIMIT });
        }
        let draft = self.calls.entry(place).or_default();
        if let Some(id) = delta.id.filter(|_| draft.id.is_empty()) {
            draft.id = id;
        }
        let function = delta.function.unwrap_or_default();
        if let Some(name) = function.name.filter(|_| draft.name.is_empty()) {
            self.bytes += name.len();
            draft.name = name;
        }
        let fragment = match function.arguments {
            None | Some(Value::Null) => return Ok(()),
            Some(Value::String(text)) => text,
            Some(written_out) => written_out.to_string(),
        };
        self.bytes += fragment.len();
        draft.arguments.push_str(&fragment);
        Ok(())
    }

    /// Where a fragment belongs. With an index: to the latest call of that index, unless its id is another
    /// one's. Without: to the call of the same id; with an unknown id, to a new call; without an id, to the
    /// latest.
    fn place_of(&self, delta: &ToolCallDelta) -> Place {
        let id = delta.id.as_deref().filter(|id| !id.is_empty());
        if let Some(index) = delta.index {
            return self.place_at(index, id, delta.names_a_tool());
        }
        let latest = self.calls.keys().next_back().copied();
        match id {
            Some(id) => match self.calls.iter().find(|(_, draft)| draft.id == id) {
                Some((place, _)) => *place,
                None => latest.map_or((0, 0), |(index, _)| (index.saturating_add(1), 0)),
            },
            None => latest.unwrap_or((0, 0)),
        }
    }

    /// Where a fragment with an index belongs. Another id opens another call only together with the tool's
    /// name; alone it is a provider that makes up an id for every fragment.
    fn place_at(&self, index: u64, id: Option<&str>, named: bool) -> Place {
        let mut here = self.calls.range((index, 0)..=(index, usize::MAX));
        let Some((&latest, draft)) = here.clone().next_back() else { return (index, 0) };
        match id {
            Some(id) if !draft.id.is_empty() && draft.id != id => {
                let known = here.find(|(_, draft)| draft.id == id).map(|(place, _)| *place);
                let next = if named { (index, latest.1.saturating_add(1)) } else { latest };
                known.unwrap_or(next)
            }
            _ => latest,
        }
    }

    /// The finished calls, in the order of their indices, those of one index as they came.
    ///
    /// # Errors
    /// [`AnswerError::NamelessTool`] when one does not say which tool it means.
    pub(super) fn into_calls(self, ids: &mut CallIds) -> Result<Vec<ToolCall>, AnswerError> {
        let finish = |draft: Draft| {
            if draft.name.trim().is_empty() {
                return Err(AnswerError::NamelessTool);
            }
            let arguments = arguments(&draft.arguments);
            Ok(ToolCall { id: ids.settle(draft.id), name: draft.name, arguments })
        };
        self.calls.into_values().map(finish).collect()
    }
}

/// Arguments as an object; blank ones are the empty object, anything else that is none becomes `{"raw": …}`.
fn arguments(text: &str) -> Value {
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
pub(super) struct CallIds {
    taken: BTreeSet<String>,
    next: usize,
}

impl CallIds {
    /// Knows the calls that the conversation already holds.
    pub(super) fn after(request: &ModelRequest) -> Self {
        let earlier = request.messages.iter().flat_map(|message| match message {
            ChatMessage::Assistant { tool_calls, .. } => tool_calls.as_slice(),
            ChatMessage::System(_) | ChatMessage::User { .. } | ChatMessage::ToolResult { .. } => &[],
        });
        let taken: Vec<String> = earlier.map(|call| call.id.to_string()).collect();
        Self { next: taken.len(), taken: taken.into_iter().collect() }
    }

    fn settle(&mut self, proposed: String) -> ToolCallId {
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
        CallIds::after(&ModelRequest { messages: vec![asked], tools: Vec::new() })
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
