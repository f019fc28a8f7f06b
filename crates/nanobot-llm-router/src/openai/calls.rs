//! Tool calls as a stream writes them: in fragments, several at once, with or without ids.
//!
//! Whether a tool exists or may run is not known here.

use std::collections::BTreeMap;

use nanobot_core::model::ToolCall;
use serde_json::Value;

use crate::answering::{CallIds, TOOL_CALL_LIMIT, arguments};
use crate::error::AnswerError;
use crate::openai::answer::ToolCallDelta;

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
    /// Bytes of all ids, names and arguments so far.
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
            self.bytes += id.len();
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
