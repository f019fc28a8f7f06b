//! What the stand-in says, and what it does on request.

use nanobot_core::model::{ToolClass, ToolSpec};
use nanobot_core::testing::CollectedDeltas;
use nanobot_core::testing::contract::model_client_contract;
use nanobot_core::{Label, Labels};
use proptest::prelude::*;

use super::*;
use crate::alone::Alone;

const PATIENCE: Duration = Duration::from_mins(1);

fn user(text: &str) -> ChatMessage {
    ChatMessage::User { text: text.to_owned(), images: Vec::new(), labels: Label::Owner.into() }
}

fn assistant(text: &str) -> ChatMessage {
    ChatMessage::Assistant { text: text.to_owned(), tool_calls: Vec::new(), labels: Labels::NONE }
}

fn tools() -> Vec<ToolSpec> {
    ["list_dir", "read_file"]
        .map(|name| ToolSpec {
            name: name.to_owned(),
            description: String::new(),
            parameters: json!({"type": "object"}),
            class: ToolClass::Pure,
        })
        .to_vec()
}

fn request(messages: Vec<ChatMessage>) -> ModelRequest {
    ModelRequest { messages, tools: tools(), ..ModelRequest::default() }
}

async fn ask(request: &ModelRequest) -> (ModelReply, Vec<String>) {
    let mut pieces = CollectedDeltas::default();
    let reply = OfflineModel.ask(request, PATIENCE, &mut pieces).await.unwrap();
    (reply, pieces.0)
}

#[tokio::test]
async fn a_message_is_repeated_with_what_came_before() {
    let asked = request(vec![
        ChatMessage::System("You are nanobot.".to_owned()),
        user("Hallo"),
        assistant("Guten Tag"),
        user("Wie wird das Wetter?"),
    ]);
    let (reply, pieces) = ask(&asked).await;
    insta::assert_snapshot!(reply.text, @"
    (offline stand-in, not a language model)

    I heard: Wie wird das Wetter?

    Messages of this chat that came before: 2. Tools on offer: list_dir, read_file. Send `help` to see what I can do.
    ");
    assert_eq!(pieces.concat(), reply.text);
    assert!(pieces.len() > 20 && pieces.iter().all(|piece| !piece.is_empty()));
    assert!(!OfflineModel.info().is_language_model);
}

#[tokio::test]
async fn the_stand_in_keeps_the_promises_of_its_port() {
    model_client_contract(async || Alone(OfflineModel)).await;
}

#[tokio::test]
async fn the_first_answer_says_at_length_what_answers() {
    let (reply, _) = ask(&request(vec![user("Hallo")])).await;
    assert!(reply.text.starts_with(DISCLAIMER), "{}", reply.text);
    let (reply, _) = ask(&request(vec![user("Hallo"), assistant("Guten Tag"), user("und?")])).await;
    assert!(reply.text.starts_with(REMINDER) && !reply.text.contains(DISCLAIMER), "{}", reply.text);
}

#[tokio::test]
async fn help_lists_the_requests() {
    let (reply, _) = ask(&request(vec![user("Hallo"), assistant("Guten Tag"), user("help")])).await;
    assert!(reply.text.starts_with(DISCLAIMER), "{}", reply.text);
    assert!(reply.text.contains("`list files`") && reply.text.contains("`read PATH`"), "{}", reply.text);
}

#[tokio::test]
async fn a_request_for_a_file_calls_the_tool_and_reports_its_result() {
    let mut messages = vec![user("read AGENTS.md")];
    let (reply, _) = ask(&request(messages.clone())).await;
    assert_eq!((reply.finish, reply.text.as_str()), (FinishReason::ToolCalls, ""));
    let call = reply.tool_calls[0].clone();
    assert_eq!(
        format!("{} {} {}", call.id, call.name, call.arguments),
        r#"offline_0 read_file {"path":"AGENTS.md"}"#
    );

    messages.push(ChatMessage::Assistant {
        text: reply.text,
        tool_calls: reply.tool_calls,
        labels: Labels::NONE,
    });
    messages.push(ChatMessage::ToolResult {
        call: call.id,
        name: call.name,
        content: "x".repeat(2_500),
        labels: Label::File.into(),
    });
    let (reply, _) = ask(&request(messages.clone())).await;
    assert_eq!(reply.finish, FinishReason::Stop);
    let expected = format!("{DISCLAIMER}\n\nThe tool read_file answered:\n{}…", "x".repeat(2_000));
    assert_eq!(reply.text, expected);

    messages.push(assistant(&reply.text));
    messages.push(user("list files"));
    let (reply, _) = ask(&request(messages.clone())).await;
    assert_eq!(reply.tool_calls[0].id.as_str(), "offline_1");

    let call = reply.tool_calls[0].clone();
    messages.push(ChatMessage::Assistant {
        text: String::new(),
        tool_calls: reply.tool_calls,
        labels: Labels::NONE,
    });
    messages.push(ChatMessage::ToolResult {
        call: call.id,
        name: call.name,
        content: "AGENTS.md".to_owned(),
        labels: Label::File.into(),
    });
    let (reply, _) = ask(&request(messages)).await;
    assert_eq!(reply.text, format!("{REMINDER}\n\nThe tool list_dir answered:\nAGENTS.md"));
}

#[tokio::test]
async fn a_tool_that_is_not_on_offer_is_not_called() {
    let asked = ModelRequest { messages: vec![user("list files")], ..ModelRequest::default() };
    let (reply, _) = ask(&asked).await;
    assert!(reply.tool_calls.is_empty());
    assert!(reply.text.ends_with("The tool list_dir is not on offer in this chat."), "{}", reply.text);
}

#[tokio::test]
async fn a_long_message_is_cut() {
    let (reply, _) = ask(&request(vec![user(&"ä".repeat(401))])).await;
    assert!(reply.text.contains(&format!("I heard: {}…\n", "ä".repeat(400))));
    let (reply, _) = ask(&request(Vec::new())).await;
    assert!(reply.text.contains("I heard nothing."), "{}", reply.text);
}

proptest! {
    #[test]
    fn every_answer_says_that_it_is_no_model_and_stays_short(texts in proptest::collection::vec("\\PC{0,40}|list .{0,5}", 0..6)) {
        let asked = request(texts.iter().map(|text| user(text)).collect());
        let reply = answer(&asked).unwrap();
        let says_so = [DISCLAIMER, REMINDER].iter().any(|begin| reply.text.starts_with(begin));
        prop_assert!(says_so || !reply.tool_calls.is_empty());
        prop_assert!(reply.text.chars().count() < 3_000);
        prop_assert_eq!(answer(&asked).unwrap(), reply);
    }
}
