//! A model that answers by script, so that a resumed turn asks for the same thing, and a campaign knows what to expect.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::ids::ToolCallId;
use nanobot_core::model::{
    ChatMessage, FinishReason, ModelCall, ModelError, ModelErrorKind, ModelReply, ToolCall, Usage,
};
use nanobot_core::ports::{DeltaSink, ModelClient, ModelInfo};

use crate::ledger::Ledger;
use crate::tools;

/// Calls the tools that the last message asks for, one after the other, and answers when all have answered.
pub(crate) struct ScriptedModel {
    /// Gets a line for each call.
    pub(crate) ledger: Option<Arc<Ledger>>,
    /// How long a call takes.
    pub(crate) delay: Duration,
}

/// What is to be done next.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Call(&'static str),
    Answer(String),
}

/// A message as the script reads it.
#[derive(Debug, PartialEq, Eq)]
struct Asked<'a> {
    /// `msg-7`
    id: &'a str,
    /// Tools that were called for it already.
    answered: usize,
    next: Next,
}

fn read(messages: &[ChatMessage]) -> Option<Asked<'_>> {
    let is_user = |message: &&ChatMessage| matches!(message, ChatMessage::User { .. });
    let Some(ChatMessage::User { text, .. }) = messages.iter().rfind(is_user) else { return None };
    let is_id = |word: &&str| {
        word.strip_prefix("msg-").is_some_and(|number| {
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
        })
    };
    let id = text.split_whitespace().rfind(is_id)?;
    let after = messages.iter().rev().take_while(|message| !is_user(message));
    let answers: Vec<&str> = after
        .filter_map(|message| match message {
            ChatMessage::ToolResult { content, .. } => Some(content.as_str()),
            ChatMessage::System(_) | ChatMessage::User { .. } | ChatMessage::Assistant { .. } => None,
        })
        .collect();
    let mut wanted = text.split_whitespace().filter_map(|word| match word {
        "once" => Some(tools::ONCE),
        "idem" => Some(tools::IDEMPOTENT),
        _ => None,
    });
    let next = match wanted.nth(answers.len()) {
        Some(tool) => Next::Call(tool),
        None if answers.iter().any(|answer| answer.contains("outcome unknown")) => {
            Next::Answer(format!("re: {id} unknown"))
        }
        None => Next::Answer(format!("re: {id}")),
    };
    Some(Asked { id, answered: answers.len(), next })
}

#[async_trait]
impl ModelClient for ScriptedModel {
    fn info(&self) -> ModelInfo {
        ModelInfo {
            provider: "scripted".to_owned(),
            model: "scripted".to_owned(),
            endpoint: None,
            is_language_model: true,
        }
    }

    async fn complete(
        &self,
        call: &ModelCall<'_>,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        let request = call.request;
        let asked = read(&request.messages).ok_or_else(|| ModelError::new(ModelErrorKind::BadRequest))?;
        if let Some(ledger) = &self.ledger {
            ledger
                .note(&["model", asked.id, &asked.answered.to_string()])
                .map_err(|error| ModelError::caused_by(ModelErrorKind::Server, error))?;
        }
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        let (text, tool_calls) = match asked.next {
            Next::Answer(text) => (text, Vec::new()),
            Next::Call(tool) => {
                let id = ToolCallId::new(format!("call-{}-{}", asked.id, asked.answered))
                    .map_err(|error| ModelError::caused_by(ModelErrorKind::BadAnswer, error))?;
                let arguments = serde_json::json!({ "id": asked.id });
                (String::new(), vec![ToolCall { id, name: tool.to_owned(), arguments }])
            }
        };
        if !text.is_empty() {
            deltas.text(&text);
        }
        let finish = if tool_calls.is_empty() { FinishReason::Stop } else { FinishReason::ToolCalls };
        Ok(ModelReply { text, tool_calls, finish, usage: Usage::default(), served: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nanobot_core::label::Labels;

    fn user(text: &str) -> ChatMessage {
        ChatMessage::User { text: text.to_owned(), images: Vec::new(), labels: Labels::NONE }
    }

    fn result(content: &str) -> ChatMessage {
        ChatMessage::ToolResult {
            call: ToolCallId::new("c").unwrap(),
            name: "count_once".to_owned(),
            content: content.to_owned(),
            labels: Labels::NONE,
        }
    }

    #[test]
    fn tools_are_called_in_the_order_asked_for_and_then_there_is_an_answer() {
        let mut messages = vec![user("msg-1 once"), result("done"), user("msg-2-30 idem once")];
        let next = |messages: &[ChatMessage]| {
            let asked = read(messages).unwrap();
            assert_eq!(asked.id, "msg-2-30");
            asked.next
        };
        assert_eq!(next(&messages), Next::Call(tools::IDEMPOTENT));
        messages.push(result("done"));
        assert_eq!(next(&messages), Next::Call(tools::ONCE));
        messages.push(result("Error: outcome unknown: …"));
        assert_eq!(next(&messages), Next::Answer("re: msg-2-30 unknown".to_owned()));
    }

    #[test]
    fn what_is_no_numbered_message_is_not_understood() {
        assert_eq!(read(&[user("hello msg- there")]), None);
        assert_eq!(read(&[]), None);
    }
}
