//! Requests as they go over the wire.

use nanobot_core::ids::ToolCallId;
use nanobot_core::model::{AnswerFormat, ToolClass};
use nanobot_core::{Label, Labels};
use serde_json::json;

use super::*;
use crate::endpoint::Endpoint;
use crate::registry::StructuredOutput;

fn user(text: &str) -> ChatMessage {
    ChatMessage::User { text: text.to_owned(), images: Vec::new(), labels: Label::Owner.into() }
}

fn system(text: &str) -> ChatMessage {
    ChatMessage::System(text.to_owned())
}

fn settings(base: &str) -> ProviderSettings {
    ProviderSettings::new("p", "m", Endpoint::parse(base).unwrap())
}

fn written(messages: Vec<ChatMessage>, settings: &ProviderSettings) -> Value {
    let request = ModelRequest { messages, ..ModelRequest::default() };
    serde_json::to_value(CompletionRequest::new(&request, settings)).unwrap()
}

fn first_only(messages: Vec<ChatMessage>) -> Vec<String> {
    let written = written(messages, &settings("http://127.0.0.1:1"));
    let line = |m: &Value| format!("{}: {}", m["role"].as_str().unwrap(), m["content"].as_str().unwrap());
    written["messages"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn a_whole_turn_is_written_as_the_interface_wants_it() {
    let call = ToolCall {
        id: ToolCallId::new("c1").unwrap(),
        name: "read_file".to_owned(),
        arguments: json!({"path": "ä.md"}),
    };
    let request = ModelRequest {
        messages: vec![
            system("Be brief."),
            user("Read it."),
            ChatMessage::Assistant {
                text: String::new(),
                tool_calls: vec![call.clone()],
                labels: Labels::NONE,
            },
            ChatMessage::ToolResult {
                call: call.id,
                name: call.name,
                content: "hello".to_owned(),
                labels: Label::File.into(),
            },
        ],
        tools: vec![ToolSpec {
            name: "read_file".to_owned(),
            description: "Reads a file.".to_owned(),
            parameters: json!({"type": "object"}),
            class: ToolClass::Pure,
        }],
        ..ModelRequest::default()
    };
    let mut settings = settings("https://api.example/v1");
    settings.wire_model = "wire".to_owned();
    settings.max_tokens = Some(300);
    settings.temperature = Temperature::Value(0.7);
    let written = serde_json::to_string(&CompletionRequest::new(&request, &settings)).unwrap();
    insta::assert_snapshot!(written, @r#"{"model":"wire","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Read it."},{"role":"assistant","content":"","tool_calls":[{"id":"c1","type":"function","function":{"name":"read_file","arguments":"{\"path\":\"ä.md\"}"}}]},{"role":"tool","tool_call_id":"c1","name":"read_file","content":"hello"}],"tools":[{"type":"function","function":{"name":"read_file","description":"Reads a file.","parameters":{"type":"object"}}}],"tool_choice":"auto","max_tokens":300,"temperature":0.7,"stream":true,"stream_options":{"include_usage":true}}"#);
}

#[test]
fn pictures_become_data_addresses() {
    let seen = ChatMessage::User {
        text: "What is it?".to_owned(),
        images: vec![ImagePart { mime: "image/png".to_owned(), bytes: vec![0, 1, 255] }],
        labels: Label::Stranger.into(),
    };
    let written = written(vec![seen], &settings("https://api.example/v1"));
    assert_eq!(
        written["messages"][0]["content"],
        json!([
            {"type": "text", "text": "What is it?"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAH/"}},
        ])
    );
}

#[test]
fn optional_settings_are_left_out_unless_the_server_is_local() {
    let remote = written(vec![user("x")], &settings("https://api.example/v1"));
    let fields: Vec<&String> = remote.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["model", "messages", "stream", "stream_options"]);
    let local = written(vec![user("x")], &settings("http://127.0.0.1:8080/v1"));
    assert_eq!(local["max_tokens"], 4096);
}

#[test]
fn the_limit_of_tokens_goes_into_the_field_that_the_server_knows() {
    let mut settings = settings("https://api.openai.com/v1");
    settings.max_tokens = Some(9);
    settings.token_limit_field = TokenLimitField::MaxCompletionTokens;
    let written = written(vec![user("x")], &settings);
    assert_eq!((&written["max_completion_tokens"], &written["max_tokens"]), (&json!(9), &Value::Null));
}

#[test]
fn later_instructions_move_in_front_of_the_next_user_message() {
    let lines = first_only(vec![
        system("A"),
        system("B"),
        user("one"),
        system("C"),
        ChatMessage::Assistant { text: "two".to_owned(), tool_calls: Vec::new(), labels: Labels::NONE },
        system("D"),
        user("three"),
        system("E"),
    ]);
    assert_eq!(
        lines,
        [
            "system: A\n\nB",
            "user: one",
            "assistant: two",
            "user: [instructions]\nC\n\nD\n[/instructions]\n\nthree",
            "user: [instructions]\nE\n[/instructions]",
        ]
    );
}

#[test]
fn elsewhere_system_messages_stay_where_they_are() {
    let written = written(vec![user("x"), system("C")], &settings("https://api.example/v1"));
    assert_eq!(written["messages"][1], json!({"role": "system", "content": "C"}));
}

#[test]
fn a_document_is_asked_for_as_the_server_knows_it() {
    let schema = json!({"type": "object", "properties": {"mood": {"type": "string"}}, "required": ["mood"],
        "additionalProperties": false});
    let mut request = ModelRequest {
        messages: vec![system("A"), user("x")],
        format: AnswerFormat::Json { name: "mood".to_owned(), schema: schema.clone() },
        ..ModelRequest::default()
    };
    let mut settings = settings("https://api.example/v1");
    let of = |request: &ModelRequest, settings: &ProviderSettings| {
        serde_json::to_value(CompletionRequest::new(request, settings)).unwrap()
    };

    let in_general = of(&request, &settings);
    assert_eq!(in_general["response_format"], json!({"type": "json_object"}));
    let said = in_general["messages"][1]["content"].as_str().unwrap();
    assert!(said.contains("JSON Schema") && said.ends_with(&schema.to_string()), "{said}");
    assert_eq!(in_general["messages"][2]["role"], "user");

    settings.structured_output = StructuredOutput::Schema;
    let by_schema = of(&request, &settings);
    let named = json!({"name": "mood", "strict": true, "schema": schema});
    assert_eq!(by_schema["response_format"], json!({"type": "json_schema", "json_schema": named}));
    assert_eq!(by_schema["messages"].as_array().unwrap().len(), 2);

    // A schema that a server may refuse to promise is sent without the demand to.
    request.format = AnswerFormat::Json { name: "any".to_owned(), schema: json!({"type": "object"}) };
    assert_eq!(of(&request, &settings)["response_format"]["json_schema"]["strict"], false);

    // Beside tools only words ask.
    settings.structured_output = StructuredOutput::Object;
    request.tools = vec![ToolSpec {
        name: "f".to_owned(),
        description: String::new(),
        parameters: json!({"type": "object"}),
        class: ToolClass::Pure,
    }];
    let beside_tools = of(&request, &settings);
    assert_eq!(beside_tools["response_format"], Value::Null);
    assert!(beside_tools["messages"][1]["content"].as_str().unwrap().contains("JSON"));
}

#[test]
fn words_about_the_format_join_the_one_system_message_of_a_local_server() {
    let request = ModelRequest {
        messages: vec![system("A"), user("x")],
        format: AnswerFormat::Json { name: "any".to_owned(), schema: json!({}) },
        ..ModelRequest::default()
    };
    let mut settings = settings("http://127.0.0.1:1");
    assert_eq!(settings.structured_output, StructuredOutput::Schema);
    settings.structured_output = StructuredOutput::Object;
    let written = serde_json::to_value(CompletionRequest::new(&request, &settings)).unwrap();
    let first = written["messages"][0]["content"].as_str().unwrap();
    assert!(first.starts_with("A\n\nAnswer with one JSON document"), "{first}");
    assert_eq!(written["messages"].as_array().unwrap().len(), 2);
}

#[test]
fn an_answer_in_one_piece_is_asked_for_without_a_stream() {
    let mut settings = settings("https://api.example/v1");
    settings.delivery = Delivery::Whole;
    let written = written(vec![user("x")], &settings);
    assert_eq!((&written["stream"], &written["stream_options"]), (&json!(false), &Value::Null));
}
