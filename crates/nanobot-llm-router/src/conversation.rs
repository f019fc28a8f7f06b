//! What every wire needs to know about a conversation: where instructions may stand, and how an answer's shape is
//! asked for in words.
//!
//! It writes no wire format.

use std::borrow::Cow;

use nanobot_core::model::ChatMessage;
use serde_json::Value;

/// Marks around instructions that had to move into a user message.
const INSTRUCTIONS_START: &str = "[instructions]\n";
const INSTRUCTIONS_END: &str = "\n[/instructions]";

/// The instructions at the start, and all that follows the last of them.
pub(crate) fn split_instructions(
    conversation: &[ChatMessage],
) -> (impl Iterator<Item = &str>, &[ChatMessage]) {
    let leading = conversation.iter().take_while(|each| matches!(each, ChatMessage::System(_))).count();
    let (start, rest) = conversation.split_at(leading);
    let texts = start.iter().filter_map(|message| match message {
        ChatMessage::System(text) => Some(text.as_str()),
        ChatMessage::User { .. } | ChatMessage::Assistant { .. } | ChatMessage::ToolResult { .. } => None,
    });
    (texts, rest)
}

/// Takes instructions that came in the middle, and writes them between marks, for the user message that follows.
pub(crate) fn marked_instructions(waiting: &mut Vec<&str>) -> Option<String> {
    joined(waiting.drain(..)).map(|text| format!("{INSTRUCTIONS_START}{text}{INSTRUCTIONS_END}"))
}

/// The texts as one, a blank line between them; none when there is none.
pub(crate) fn joined<'a>(mut texts: impl Iterator<Item = &'a str>) -> Option<Cow<'a, str>> {
    let first = Cow::Borrowed(texts.next()?);
    Some(texts.fold(first, |whole, text| Cow::Owned(format!("{whole}\n\n{text}"))))
}

/// Asks for a document in words, where the interface has no field that does. The word JSON stands in it because
/// some servers refuse their JSON mode otherwise.
pub(crate) fn format_in_words(schema: &Value) -> String {
    format!(
        "Answer with one JSON document and nothing else: no words around it, no code fence. \
         It has to fit this JSON Schema:\n{schema}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_instructions_at_the_start_lead() {
        let system = |text: &str| ChatMessage::System(text.to_owned());
        let said = ChatMessage::Assistant {
            text: "x".to_owned(),
            tool_calls: Vec::new(),
            labels: nanobot_core::Labels::NONE,
        };
        let conversation = [system("A"), system("B"), said, system("C")];
        let (start, rest) = split_instructions(&conversation);
        assert_eq!((start.collect::<Vec<_>>(), rest.len()), (vec!["A", "B"], 2));
    }

    #[test]
    fn waiting_instructions_are_taken_once() {
        let mut waiting = vec!["C", "D"];
        assert_eq!(marked_instructions(&mut waiting).unwrap(), "[instructions]\nC\n\nD\n[/instructions]");
        assert_eq!(marked_instructions(&mut waiting), None);
    }
}
