//! The client against a server that says exactly what it is told. How answers are read in general, limits and broken
//! connections among it, is tested with the client of chat completions: it is the same code.

use nanobot_core::Label;
use nanobot_core::Secret;
use nanobot_core::model::{ChatMessage, FinishReason, ToolClass, ToolSpec, Usage};
use nanobot_core::testing::CollectedDeltas;
use nanobot_core::testing::contract::model_client_contract;
use serde_json::json;

use super::*;
use crate::alone::Alone;
use crate::endpoint::Endpoint;
use crate::scripted_server::{Act, ScriptedServer, response};

const SHORT: Duration = Duration::from_millis(80);
const LONG: Duration = Duration::from_secs(20);
const PATIENCE: Duration = Duration::from_mins(1);
const STREAM: &str = "text/event-stream";
const HELLO: &str = include_str!("samples/llama_server_text.sse");
const WHOLE: &str = include_str!("samples/llama_server_text.json");
const CLAUDE: &str = include_str!("samples/claude_thinking_tool_use.sse");

fn request() -> ModelRequest {
    ModelRequest {
        messages: vec![
            ChatMessage::System("Be brief.".to_owned()),
            ChatMessage::User { text: "Ping".to_owned(), images: Vec::new(), labels: Label::Owner.into() },
        ],
        tools: vec![ToolSpec {
            name: "get_weather".to_owned(),
            description: "Tells the weather.".to_owned(),
            parameters: json!({"type": "object", "properties": {}}),
            class: ToolClass::Pure,
        }],
        ..ModelRequest::default()
    }
}

fn client(base: Endpoint) -> AnthropicClient {
    client_within(base, Limits { connect: LONG, first_byte: LONG, idle: LONG, whole_answer: LONG })
}

fn client_within(base: Endpoint, limits: Limits) -> AnthropicClient {
    let mut settings = ProviderSettings::new("anthropic", "anthropic/claude-opus-4-5", base);
    settings.wire_model = "claude-opus-4-5".to_owned();
    settings.key = Some(Secret::new("sk-ant-4711".to_owned()));
    settings.limits = limits;
    AnthropicClient::new(settings).unwrap()
}

async fn ask(server: &ScriptedServer) -> Result<(ModelReply, String), ModelError> {
    let mut heard = CollectedDeltas::default();
    let asked = client(server.base()).ask(&request(), PATIENCE, &mut heard).await;
    if let Err(error) = &asked {
        assert!(!format!("{error} {error:?}").contains("4711"), "the key shows in {error:?}");
    }
    asked.map(|reply| (reply, heard.0.concat()))
}

#[tokio::test]
async fn a_streamed_answer_arrives_with_its_usage() {
    let server = ScriptedServer::answering("200 OK", STREAM, HELLO).await;
    let (reply, heard) = ask(&server).await.unwrap();
    assert_eq!(
        (reply.text.as_str(), heard.as_str()),
        ("pong from the tiny model", "pong from the tiny model")
    );
    assert_eq!(reply.finish, FinishReason::Stop);
    let expected = Usage { input: Some(32), cached_input: Some(31), output: Some(6), ..Usage::default() };
    assert_eq!(reply.usage, expected);
}

#[tokio::test]
async fn an_answer_in_one_piece_and_one_byte_by_byte_are_read_as_well() {
    let whole = ScriptedServer::answering("200 OK", "application/json", WHOLE).await;
    assert_eq!(ask(&whole).await.unwrap().0.text, "pong from the tiny model");
    let trickle = ScriptedServer::start([Act::Trickle(response("200 OK", STREAM, CLAUDE))]).await;
    let (reply, heard) = ask(&trickle).await.unwrap();
    assert_eq!(reply.text, heard);
    assert_eq!(reply.tool_calls.len(), 2);
}

#[tokio::test]
async fn the_client_keeps_the_promises_of_its_port() {
    let server = ScriptedServer::answering("200 OK", STREAM, HELLO).await;
    model_client_contract(async || Alone(client(server.base()))).await;
}

#[tokio::test]
async fn the_request_is_what_the_interface_wants() {
    let server = ScriptedServer::answering("200 OK", STREAM, HELLO).await;
    ask(&server).await.unwrap();
    let asked = server.requests().remove(0);
    let steady = |line: &&str| !line.starts_with("host:") && !line.starts_with("user-agent: nanobot/");
    let mut head: Vec<&str> = asked.head.lines().filter(steady).collect();
    head.sort_unstable();
    insta::assert_snapshot!(head.join("\n"), @"
    POST /v1/messages HTTP/1.1
    accept: text/event-stream, application/json
    anthropic-version: 2023-06-01
    content-length: 367
    content-type: application/json
    x-api-key: sk-ant-4711
    ");
    insta::assert_snapshot!(asked.body.to_string(), @r#"{"model":"claude-opus-4-5","max_tokens":4096,"tools":[{"name":"get_weather","description":"Tells the weather.","input_schema":{"type":"object","properties":{}},"cache_control":{"type":"ephemeral"}}],"system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":[{"type":"text","text":"Ping"}]}],"stream":true}"#);
}

#[tokio::test]
async fn a_version_of_the_settings_is_the_one_that_is_sent() {
    let server = ScriptedServer::answering("200 OK", STREAM, HELLO).await;
    let mut settings = ProviderSettings::new("vllm", "tiny", server.base());
    settings.headers = vec![("Anthropic-Version".to_owned(), Secret::new("2099-01-01".to_owned()))];
    let client = AnthropicClient::new(settings).unwrap();
    client.ask(&request(), PATIENCE, &mut CollectedDeltas::default()).await.unwrap();
    let head = server.requests().remove(0).head;
    assert!(head.contains("anthropic-version: 2099-01-01") && !head.contains(VERSION), "{head}");
    assert!(!head.contains("x-api-key"), "{head}");
}

#[tokio::test]
async fn refusals_are_typed_and_say_how_long_to_wait() {
    let body = r#"{"type":"error","error":{"type":"rate_limit_error","message":"m"}}"#;
    let head = "HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\n\
        date: Thu, 26 Nov 2026 21:14:32 GMT\r\nanthropic-ratelimit-requests-remaining: 0\r\n\
        anthropic-ratelimit-requests-reset: 2026-11-26T21:14:39Z\r\nconnection: close\r\n\r\n";
    let server = ScriptedServer::start([Act::Send(format!("{head}{body}").into_bytes())]).await;
    let error = ask(&server).await.unwrap_err();
    assert_eq!((error.kind, error.retry_after), (ModelErrorKind::RateLimited, Some(Duration::from_secs(7))));
    let overloaded = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    let server = ScriptedServer::answering("529 Overloaded", "application/json", overloaded).await;
    assert_eq!(ask(&server).await.unwrap_err().kind, ModelErrorKind::Overloaded);
}

#[tokio::test]
async fn a_stream_that_breaks_in_the_middle_is_no_answer() {
    let cut = CLAUDE.split_once("event: message_delta").unwrap().0;
    let server = ScriptedServer::answering("200 OK", STREAM, cut).await;
    assert_eq!(ask(&server).await.unwrap_err().kind, ModelErrorKind::Network);
    let failed = format!(
        "{cut}event: error\ndata: {{\"type\":\"error\",\"error\":{{\"type\":\"overloaded_error\"}}}}\n\n"
    );
    let server = ScriptedServer::answering("200 OK", STREAM, &failed).await;
    assert_eq!(ask(&server).await.unwrap_err().kind, ModelErrorKind::Overloaded);
}

#[tokio::test]
async fn an_error_behind_the_start_of_a_message_may_have_been_charged() {
    let start = CLAUDE.split_once("event: content_block_start").unwrap().0;
    let failed = format!(
        "{start}event: error\ndata: {{\"type\":\"error\",\"error\":{{\"type\":\"overloaded_error\"}}}}\n\n"
    );
    let server = ScriptedServer::answering("200 OK", STREAM, &failed).await;
    let error = ask(&server).await.unwrap_err();
    assert_eq!((error.kind, error.is_free), (ModelErrorKind::Overloaded, false));
}

#[tokio::test]
async fn pings_are_no_part_of_an_answer() {
    let ping = b"event: ping\ndata: {\"type\": \"ping\"}\n\n".to_vec();
    let start = CLAUDE.split_once("event: content_block_start").unwrap().0;
    let limits = Limits { connect: 5 * SHORT, first_byte: SHORT, idle: SHORT, whole_answer: LONG };
    for (before, expected) in [("", ModelErrorKind::FirstByteTimeout), (start, ModelErrorKind::IdleTimeout)] {
        let acts = [Act::Send(response("200 OK", STREAM, before)), Act::Forever(ping.clone())];
        let server = ScriptedServer::start(acts).await;
        let asked = client_within(server.base(), limits);
        let error = asked.ask(&request(), PATIENCE, &mut CollectedDeltas::default()).await.unwrap_err();
        assert_eq!(error.kind, expected);
    }
}

#[tokio::test]
async fn patience_bounds_the_waits() {
    let server = ScriptedServer::start([Act::Hang]).await;
    let asked = client(server.base());
    let error = asked.ask(&request(), SHORT, &mut CollectedDeltas::default()).await.unwrap_err();
    assert_eq!(error.kind, ModelErrorKind::FirstByteTimeout);
}

#[test]
fn nothing_secret_shows_in_debug_output_or_info() {
    let base = Endpoint::parse("https://user:4711@host.example/v1?key=4711").unwrap();
    let asked = client(base);
    let shown = format!("{asked:?} {:?}", asked.info());
    assert!(!shown.contains("4711"), "{shown}");
    assert_eq!(asked.info().endpoint.as_deref(), Some("https://host.example/v1"));
}
