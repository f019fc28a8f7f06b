//! The ids of tool calls as Anthropic accepts them: letters, digits, `_` and `-`.
//!
//! Calls in a conversation may come from another provider, whose ids hold anything. The same conversation gives the
//! same ids, so that the provider's prompt cache hits.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use nanobot_core::model::ChatMessage;

/// The ids of one conversation.
#[derive(Debug)]
pub(super) struct WireIds<'a>(BTreeMap<&'a str, String>);

impl<'a> WireIds<'a> {
    /// Finds an id for every call whose own does not fit.
    pub(super) fn of(conversation: &'a [ChatMessage]) -> Self {
        let calls = || {
            conversation.iter().flat_map(|message| match message {
                ChatMessage::Assistant { tool_calls, .. } => tool_calls.as_slice(),
                ChatMessage::System(_) | ChatMessage::User { .. } | ChatMessage::ToolResult { .. } => &[],
            })
        };
        let mut taken: BTreeSet<String> =
            calls().map(|call| call.id.as_str()).filter(|id| fits(id)).map(str::to_owned).collect();
        let mut changed = BTreeMap::new();
        for id in calls().map(|call| call.id.as_str()).filter(|id| !fits(id)) {
            changed.entry(id).or_insert_with(|| free_name(id, &mut taken));
        }
        Self(changed)
    }

    /// The id to send for one of ours.
    pub(super) fn wire(&self, id: &'a str) -> Cow<'a, str> {
        match self.0.get(id) {
            Some(changed) => Cow::Owned(changed.clone()),
            None if fits(id) => Cow::Borrowed(id),
            // Of a result whose call is not in the conversation.
            None => Cow::Owned(fitted(id)),
        }
    }
}

fn fits(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(is_allowed)
}

fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn fitted(id: &str) -> String {
    id.bytes().map(|byte| if is_allowed(byte) { char::from(byte) } else { '_' }).collect()
}

/// Ends: every round tries another name, and only finitely many are taken.
fn free_name(id: &str, taken: &mut BTreeSet<String>) -> String {
    let fitted = fitted(id);
    let mut name = fitted.clone();
    let mut number = 1;
    while !taken.insert(name.clone()) {
        number += 1;
        name = format!("{fitted}_{number}");
    }
    name
}

#[cfg(test)]
mod tests {
    use nanobot_core::Labels;
    use nanobot_core::ids::ToolCallId;
    use nanobot_core::model::ToolCall;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn conversation(ids: &[&str]) -> Vec<ChatMessage> {
        let call = |id: &&str| ToolCall {
            id: ToolCallId::new(*id).unwrap(),
            name: "t".to_owned(),
            arguments: json!({}),
        };
        let tool_calls = ids.iter().map(call).collect();
        vec![ChatMessage::Assistant { text: String::new(), tool_calls, labels: Labels::NONE }]
    }

    #[test]
    fn only_ids_that_do_not_fit_are_changed() {
        let ids = ["toolu_01-a", "functions.read:0", "functions_read_0", "functions/read/0"];
        let asked = conversation(&ids);
        let wire = WireIds::of(&asked);
        assert_eq!(
            ids.map(|id| wire.wire(id).into_owned()),
            ["toolu_01-a", "functions_read_0_2", "functions_read_0", "functions_read_0_3"]
        );
        assert_eq!(wire.wire("gone.1"), "gone_1");
    }

    proptest! {
        #[test]
        fn different_ids_stay_different(ids in proptest::collection::btree_set("[a-c._:é]{1,3}", 1..8)) {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            let asked = conversation(&ids);
            let wire = WireIds::of(&asked);
            let sent: BTreeSet<String> = ids.iter().map(|id| wire.wire(id).into_owned()).collect();
            prop_assert_eq!(sent.len(), ids.len());
            prop_assert!(sent.iter().all(|id| fits(id)));
        }
    }
}
