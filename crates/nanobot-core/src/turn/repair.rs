//! Repair of a conversation before it goes to a provider: every tool call is followed by its one result,
//! every result follows its call.

use crate::ids::ToolCallId;
use crate::model::{ChatMessage, ToolCall};

/// What a call without a recorded result gets.
const NO_RESULT: &str = "Error: no result of this call was recorded";

/// Puts results behind their calls, makes up the missing ones, drops the rest. A conversation that is in
/// order comes back unchanged.
pub fn repair(messages: Vec<ChatMessage>) -> Vec<ChatMessage> {
    let mut out = Vec::with_capacity(messages.len());
    let mut rest = messages.into_iter().peekable();
    while let Some(message) = rest.next() {
        match message {
            ChatMessage::ToolResult { .. } => {}
            ChatMessage::Assistant { text, tool_calls, labels } => {
                let tool_calls = without_repeats(tool_calls);
                let mut results = Vec::new();
                while let Some(result) = rest.next_if(|m| matches!(m, ChatMessage::ToolResult { .. })) {
                    results.push(result);
                }
                let answered: Vec<ChatMessage> = tool_calls
                    .iter()
                    .map(|call| {
                        let found = results.iter().position(|r| answers(r, &call.id));
                        found.map_or_else(|| missing(call), |index| results.swap_remove(index))
                    })
                    .collect();
                out.push(ChatMessage::Assistant { text, tool_calls, labels });
                out.extend(answered);
            }
            message @ (ChatMessage::System(_) | ChatMessage::User { .. }) => out.push(message),
        }
    }
    out
}

/// A call id counts once.
pub(super) fn without_repeats(calls: Vec<ToolCall>) -> Vec<ToolCall> {
    let mut seen: Vec<ToolCallId> = Vec::new();
    calls
        .into_iter()
        .filter(|call| {
            let new = !seen.contains(&call.id);
            seen.push(call.id.clone());
            new
        })
        .collect()
}

fn answers(message: &ChatMessage, id: &ToolCallId) -> bool {
    matches!(message, ChatMessage::ToolResult { call, .. } if call == id)
}

fn missing(call: &ToolCall) -> ChatMessage {
    ChatMessage::ToolResult {
        call: call.id.clone(),
        name: call.name.clone(),
        content: NO_RESULT.to_owned(),
        labels: crate::label::Labels::NONE,
    }
}
