//! Requests as they go over the wire.

use nanobot_core::ids::ToolCallId;
use nanobot_core::model::{ChatMessage, ImagePart, ToolCall, ToolClass};
use nanobot_core::{Label, Labels};
use serde_json::json;

use super::*;
use crate::endpoint::Endpoint;

fn user(text: &str) -> ChatMessage {
    ChatMessage::User { text: text.to_owned(), images: Vec::new(), labels: Label::Owner.into() }
}

fn system(text: &str) -> ChatMessage {
    ChatMessage::System(text.to_owned())
}

fn said(text: &str, calls: &[&str]) -> ChatMessage {
    let call = |id: &&str| ToolCall {
        id: ToolCallId::new(*id).unwrap(),
        name: "read_file".to_owned(),
        arguments: json!({"path": "ä.md"}),
    };
    ChatMessage::Assistant {
        text: text.to_owned(),
        tool_calls: calls.iter().map(call).collect(),
        labels: Labels::NONE,
    }
}

fn result(id: &str, content: &str) -> ChatMessage {
    ChatMessage::ToolResult {
        call: ToolCallId::new(id).unwrap(),
        name: "read_file".to_owned(),
        content: content.to_owned(),
        labels: Label::File.into(),
    }
}

fn tool(name: &str) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        description: "Reads.".to_owned(),
        parameters: json!({"type": "object"}),
        class: ToolClass::Pure,
    }
}

fn settings() -> ProviderSettings {
    let base = Endpoint::parse("https://api.anthropic.com/v1").unwrap();
    let mut settings = ProviderSettings::new("anthropic", "anthropic/claude-sonnet-4-5", base);
    settings.wire_model = "claude-sonnet-4-5".to_owned();
    settings
}

fn written(request: &ModelRequest, settings: &ProviderSettings) -> Value {
    serde_json::to_value(MessagesRequest::new(request, settings)).unwrap()
}

fn conversation(messages: Vec<ChatMessage>) -> Value {
    let request = ModelRequest { messages, ..ModelRequest::default() };
    written(&request, &settings())["messages"].clone()
}

/// `user: text | tool_result x` for every message.
fn outline(messages: Vec<ChatMessage>) -> Vec<String> {
    let block = |block: &Value| match block["type"].as_str().unwrap() {
        "text" => block["text"].as_str().unwrap().to_owned(),
        "tool_use" => format!("use {}", block["id"].as_str().unwrap()),
        "tool_result" => format!("result of {}", block["tool_use_id"].as_str().unwrap()),
        other => other.to_owned(),
    };
    let line = |message: &Value| {
        let blocks: Vec<String> = message["content"].as_array().unwrap().iter().map(block).collect();
        format!("{}: {}", message["role"].as_str().unwrap(), blocks.join(" | "))
    };
    conversation(messages).as_array().unwrap().iter().map(line).collect()
}

#[test]
fn a_whole_turn_is_written_as_the_interface_wants_it() {
    let request = ModelRequest {
        messages: vec![
            system("Be brief."),
            system("You are at home."),
            user("Read it."),
            said("", &["functions.read:0"]),
            result("functions.read:0", "hello"),
        ],
        tools: vec![tool("list_dir"), tool("read_file")],
        ..ModelRequest::default()
    };
    let mut settings = settings();
    settings.max_tokens = Some(300);
    settings.temperature = Temperature::Value(0.7);
    let written = serde_json::to_string(&MessagesRequest::new(&request, &settings)).unwrap();
    insta::assert_snapshot!(written, @r#"{"model":"claude-sonnet-4-5","max_tokens":300,"tools":[{"name":"list_dir","description":"Reads.","input_schema":{"type":"object"}},{"name":"read_file","description":"Reads.","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral"}}],"system":[{"type":"text","text":"Be brief."},{"type":"text","text":"You are at home.","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":[{"type":"text","text":"Read it."}]},{"role":"assistant","content":[{"type":"tool_use","id":"functions_read_0","name":"read_file","input":{"path":"ä.md"}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"functions_read_0","content":"hello"}]}],"temperature":0.7,"stream":true}"#);
}

#[test]
fn what_need_not_be_said_is_left_out_but_the_limit_of_tokens_is_not() {
    let request = ModelRequest { messages: vec![user("x")], ..ModelRequest::default() };
    let mut settings = settings();
    let plain = written(&request, &settings);
    let fields: Vec<&String> = plain.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["model", "max_tokens", "messages", "stream"]);
    assert_eq!((&plain["max_tokens"], &plain["stream"]), (&json!(4096), &json!(true)));
    settings.delivery = Delivery::Whole;
    assert_eq!(written(&request, &settings)["stream"], false);
}

#[test]
fn neighbours_of_one_role_are_one_message_and_roles_alternate() {
    let lines = outline(vec![
        system("A"),
        user("one"),
        user("two"),
        said("three", &["a", "b"]),
        result("a", "x"),
        result("b", ""),
        system("C"),
        user("four"),
        said("five", &[]),
        said("six", &[]),
        system("D"),
    ]);
    assert_eq!(
        lines,
        [
            "user: one | two",
            "assistant: three | use a | use b",
            "user: result of a | result of b | [instructions]\nC\n[/instructions] | four",
            "assistant: five | six",
            "user: [instructions]\nD\n[/instructions]",
        ]
    );
}

#[test]
fn blank_texts_and_empty_messages_are_left_out() {
    assert_eq!(outline(vec![user("one"), said(" \n", &[]), user(""), user("two")]), ["user: one | two"]);
    let request = ModelRequest { messages: vec![system(" "), user("x")], ..ModelRequest::default() };
    assert_eq!(written(&request, &settings())["system"], Value::Null);
}

#[test]
fn a_conversation_whose_beginning_is_cut_off_begins_with_a_person_all_the_same() {
    let lines = outline(vec![said("so I said", &[]), user("two")]);
    assert_eq!(
        lines,
        ["user: [the beginning of this conversation is left out]", "assistant: so I said", "user: two"]
    );
}

#[test]
fn pictures_are_blocks_of_their_own() {
    let seen = ChatMessage::User {
        text: String::new(),
        images: vec![ImagePart { mime: "image/png".to_owned(), bytes: vec![0, 1, 255] }],
        labels: Label::Stranger.into(),
    };
    assert_eq!(
        conversation(vec![seen]),
        json!([{"role": "user", "content": [
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAH/"}}]}])
    );
}

#[test]
fn a_document_is_asked_for_by_schema_or_else_in_words() {
    let asked = |schema: Value| ModelRequest {
        messages: vec![system("A"), user("x")],
        format: AnswerFormat::Json { name: "mood".to_owned(), schema },
        ..ModelRequest::default()
    };
    let object = json!({"type": "object", "properties": {"mood": {"type": "string", "maxLength": 9}}});
    let by_schema = written(&asked(object.clone()), &settings());
    assert_eq!(
        by_schema["output_config"],
        json!({"format": {"type": "json_schema", "schema": {
            "type": "object", "properties": {"mood": {"type": "string"}}, "additionalProperties": false}}})
    );
    assert_eq!(by_schema["system"].as_array().unwrap().len(), 1);
    let mut settings = settings();
    let open = json!({"type": "object", "additionalProperties": {"type": "string"}});
    let in_words = written(&asked(open), &settings);
    settings.structured_output = StructuredOutput::Object;
    for request in [in_words, written(&asked(object), &settings)] {
        assert_eq!(request["output_config"], Value::Null);
        let said = request["system"][1]["text"].as_str().unwrap();
        assert!(said.contains("JSON Schema") && said.contains("\"type\":\"object\""), "{said}");
        assert_eq!(request["system"][1]["cache_control"], json!({"type": "ephemeral"}));
        assert_eq!(request["system"][0]["cache_control"], Value::Null);
    }
}

#[test]
fn a_temperature_goes_to_models_that_take_one_and_never_above_one() {
    let sent = |model: &str, value: f64| {
        let mut settings = settings();
        settings.wire_model = model.to_owned();
        settings.temperature = Temperature::Value(value);
        let request = ModelRequest { messages: vec![user("x")], ..ModelRequest::default() };
        written(&request, &settings)["temperature"].as_f64()
    };
    for takes in [
        "claude-3-5-sonnet-latest",
        "claude-2.1",
        "claude-instant-1",
        "claude-opus-4-20250514",
        "claude-opus-4-6",
        "claude-sonnet-4-5-20250929",
        "claude-haiku-4-5",
        "tiny",
        "MiniMax-M2",
    ] {
        assert_eq!(sent(takes, 1.7), Some(1.0), "{takes}");
        assert_eq!(sent(takes, -1.0), Some(0.0), "{takes}");
    }
    for refuses in [
        "claude-opus-4-7",
        "claude-opus-4-8",
        "claude-sonnet-5",
        "claude-haiku-5-5",
        "claude-fable-5-1",
        "claude-opus-5-20260801",
        "claude-mythos-preview",
        "claude-",
    ] {
        assert_eq!(sent(refuses, 0.3), None, "{refuses}");
    }
    assert_eq!(sent("tiny", f64::NAN), None);
}
