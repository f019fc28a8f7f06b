//! The client against a server that says exactly what it is told.
//!
//! Limits under test are short; all others are long enough never to be met.

use nanobot_core::Label;
use nanobot_core::Secret;
use nanobot_core::model::{ChatMessage, FinishReason, ToolClass, ToolSpec, Usage};
use nanobot_core::testing::CollectedDeltas;
use nanobot_core::testing::contract::model_client_contract;
use serde_json::json;
use tokio::time::timeout;

use super::*;
use crate::alone::Alone;
use crate::endpoint::Endpoint;
use crate::scripted_server::{Act, ScriptedServer, response};
use crate::settings::{Limits, Temperature};

const SHORT: Duration = Duration::from_millis(80);
const LONG: Duration = Duration::from_secs(20);
const PATIENCE: Duration = Duration::from_mins(1);
const KEY: &str = "sk-test-4711";
const STREAM: &str = "text/event-stream";
const HELLO: &str = include_str!("stream/samples/llama_server_text.sse");

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

fn limits() -> Limits {
    Limits { connect: LONG, first_byte: LONG, idle: LONG, whole_answer: LONG }
}

fn client(base: Endpoint, limits: Limits) -> OpenAiClient {
    let mut settings = ProviderSettings::new("vllm", "hosted_vllm/tiny", base);
    settings.wire_model = "tiny".to_owned();
    settings.key = Some(Secret::new(KEY.to_owned()));
    settings.limits = limits;
    OpenAiClient::new(settings).unwrap()
}

/// The first-byte limit is short. It counts from the connection, which gets time enough to come about.
fn short_first_byte() -> Limits {
    Limits { connect: 5 * SHORT, first_byte: SHORT, ..limits() }
}

/// Asks a server and answers the reply and the streamed text. A failure is checked for secrets on the way.
async fn ask(server: &ScriptedServer, limits: Limits) -> Result<(ModelReply, String), ModelError> {
    let mut heard = CollectedDeltas::default();
    match client(server.base(), limits).ask(&request(), PATIENCE, &mut heard).await {
        Ok(reply) => Ok((reply, heard.0.concat())),
        Err(error) => {
            assert!(!format!("{error} {error:?}").contains("4711"), "the key shows in {error:?}");
            Err(error)
        }
    }
}

/// The kind of failure, and the innermost cause in words.
async fn failure(acts: impl IntoIterator<Item = Act>, limits: Limits) -> (ModelErrorKind, String) {
    let server = ScriptedServer::start(acts).await;
    let error = ask(&server, limits).await.unwrap_err();
    (error.kind, error.source.map(|source| source.to_string()).unwrap_or_default())
}

fn send(status: &str, content_type: &str, body: &str) -> Vec<Act> {
    vec![Act::Send(response(status, content_type, body))]
}

fn chunked(head_and: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-type: {STREAM}\r\ntransfer-encoding: chunked\r\n\r\n{head_and}")
        .into_bytes()
}

const ONE_PIECE: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"par\"}}]}\n\n";
const FINISHED: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";

#[tokio::test]
async fn a_streamed_answer_arrives_with_its_usage() {
    let server = ScriptedServer::answering("200 OK", STREAM, HELLO).await;
    let (reply, heard) = ask(&server, limits()).await.unwrap();
    assert_eq!(reply.text, "pong from the tiny model");
    assert_eq!(heard, reply.text);
    assert_eq!(reply.finish, FinishReason::Stop);
    assert_eq!(
        reply.usage,
        Usage { input: Some(43), cached_input: Some(9), output: Some(6), ..Usage::default() }
    );
}

#[tokio::test]
async fn the_client_keeps_the_promises_of_its_port() {
    let server = ScriptedServer::answering("200 OK", STREAM, HELLO).await;
    model_client_contract(async || Alone(client(server.base(), limits()))).await;
}

#[tokio::test]
async fn the_request_is_what_the_interface_wants() {
    let server = ScriptedServer::answering("200 OK", STREAM, HELLO).await;
    ask(&server, limits()).await.unwrap();
    let asked = server.requests().remove(0);
    let steady = |line: &&str| !line.starts_with("host:") && !line.starts_with("user-agent: nanobot/");
    let mut head: Vec<&str> = asked.head.lines().filter(steady).collect();
    head.sort_unstable();
    insta::assert_snapshot!(head.join("\n"), @"
    POST /v1/chat/completions HTTP/1.1
    accept: text/event-stream, application/json
    authorization: Bearer sk-test-4711
    content-length: 341
    content-type: application/json
    ");
    insta::assert_snapshot!(asked.body.to_string(), @r#"{"model":"tiny","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Ping"}],"tools":[{"type":"function","function":{"name":"get_weather","description":"Tells the weather.","parameters":{"type":"object","properties":{}}}}],"tool_choice":"auto","max_tokens":4096,"stream":true,"stream_options":{"include_usage":true}}"#);
}

#[tokio::test]
async fn without_a_key_no_authorization_is_sent() {
    let server = ScriptedServer::answering("200 OK", STREAM, HELLO).await;
    for key in [None, Some(Secret::new("  ".to_owned()))] {
        let mut settings = ProviderSettings::new("openai", "tiny", server.base());
        settings.key = key;
        let client = OpenAiClient::new(settings).unwrap();
        client.ask(&request(), PATIENCE, &mut CollectedDeltas::default()).await.unwrap();
    }
    let asked = server.requests();
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|each| !each.head.to_lowercase().contains("authorization")), "{asked:?}");
}

#[tokio::test]
async fn chunk_borders_at_every_byte_do_not_matter() {
    let chunks: String = HELLO.chars().flat_map(|letter| ['1', '\r', '\n', letter, '\r', '\n']).collect();
    let server = ScriptedServer::start([Act::Trickle(chunked(&format!("{chunks}0\r\n\r\n")))]).await;
    let (reply, heard) = ask(&server, limits()).await.unwrap();
    assert_eq!(
        (reply.text.as_str(), heard.as_str()),
        ("pong from the tiny model", "pong from the tiny model")
    );
}

#[tokio::test]
async fn a_plain_json_answer_counts_whatever_its_content_type() {
    let body = json!({"choices": [{"message": {"content": "whole"}, "finish_reason": "stop"}]}).to_string();
    for content_type in ["application/json", "text/plain", STREAM] {
        let server = ScriptedServer::answering("200 OK", content_type, &body).await;
        let (reply, heard) = ask(&server, limits()).await.unwrap();
        assert_eq!((reply.text.as_str(), heard.as_str()), ("whole", "whole"));
    }
}

#[tokio::test]
async fn a_stream_under_a_wrong_content_type_is_read_all_the_same() {
    let server = ScriptedServer::answering("200 OK", "application/json", HELLO).await;
    assert_eq!(ask(&server, limits()).await.unwrap().0.text, "pong from the tiny model");
}

#[tokio::test]
async fn a_server_that_never_shakes_hands_runs_into_the_connect_limit() {
    let server = ScriptedServer::start([Act::HangBeforeReading]).await;
    let client = client(server.encrypted_base(), Limits { connect: SHORT, ..limits() });
    let error = client.ask(&request(), PATIENCE, &mut CollectedDeltas::default()).await.unwrap_err();
    assert_eq!((error.kind, error.is_free), (ModelErrorKind::ConnectTimeout, true), "nothing was sent");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_network_failure() {
    let base = ScriptedServer::start([]).await.base();
    let error =
        client(base, limits()).ask(&request(), PATIENCE, &mut CollectedDeltas::default()).await.unwrap_err();
    assert_eq!((error.kind, error.is_free), (ModelErrorKind::Network, true), "nothing was sent");
}

#[tokio::test]
async fn only_what_is_refused_before_any_work_is_free() {
    for (status, is_free) in [
        ("307 Temporary Redirect", true),
        ("400 Bad Request", true),
        ("401 Unauthorized", true),
        ("404 Not Found", true),
        ("429 Too Many Requests", true),
        ("498 No Capacity", true),
        ("503 Service Unavailable", true),
        ("529 Overloaded", true),
        ("500 Internal Server Error", false),
        ("502 Bad Gateway", false),
        ("504 Gateway Timeout", false),
    ] {
        let server = ScriptedServer::answering(status, "text/html", "<html>").await;
        assert_eq!(ask(&server, limits()).await.unwrap_err().is_free, is_free, "{status}");
    }
    // An interface that says itself that it failed has no answer to charge for; a gateway knows only of itself.
    let own = "{\"error\":{\"type\":\"server_error\"}}";
    for (status, is_free) in [("500 Internal Server Error", true), ("502 Bad Gateway", false)] {
        let server = ScriptedServer::answering(status, "application/json", own).await;
        assert_eq!(ask(&server, limits()).await.unwrap_err().is_free, is_free, "{status}");
    }
}

#[tokio::test]
async fn an_error_inside_of_an_answer_may_have_been_charged() {
    let thought = "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"hm \"}}]}\n\n";
    for (code, kind) in [
        ("overloaded_error", ModelErrorKind::Overloaded),
        ("rate_limit_exceeded", ModelErrorKind::RateLimited),
        ("insufficient_quota", ModelErrorKind::Billing),
        ("invalid_api_key", ModelErrorKind::Auth),
        ("context_length_exceeded", ModelErrorKind::ContextOverflow),
    ] {
        let error = format!("data: {{\"error\":{{\"code\":\"{code}\"}}}}\n\n");
        for body in [thought.repeat(50) + &error, error.replace("data: ", "")] {
            let server = ScriptedServer::answering("200 OK", STREAM, &body).await;
            let error = ask(&server, limits()).await.unwrap_err();
            assert_eq!((error.kind, error.is_free), (kind, false), "{code}");
        }
    }
}

#[tokio::test]
async fn silence_before_the_headers_runs_into_the_first_byte_limit() {
    assert_eq!(failure([Act::Hang], short_first_byte()).await.0, ModelErrorKind::FirstByteTimeout);
}

#[tokio::test]
async fn silence_after_the_headers_runs_into_the_first_byte_limit() {
    let acts = [Act::Send(chunked("")), Act::Hang];
    assert_eq!(failure(acts, short_first_byte()).await.0, ModelErrorKind::FirstByteTimeout);
}

#[tokio::test]
async fn comments_and_empty_pieces_are_no_beginning() {
    let role = r#"data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#;
    let counted = r#"data: {"choices":[],"usage":null}"#;
    for nothing in [": still here\n\n", "\n", &format!("{role}\n\n"), &format!("{counted}\n\n"), "data:\n\n"]
    {
        let acts = [Act::Send(response("200 OK", STREAM, "")), Act::Forever(nothing.as_bytes().to_vec())];
        let (kind, _) = failure(acts, short_first_byte()).await;
        assert_eq!(kind, ModelErrorKind::FirstByteTimeout, "{nothing:?}");
    }
}

#[tokio::test]
async fn whatever_brings_an_answer_on_is_a_beginning() {
    let piece = |delta: &str| format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{delta}}}]}}\n\n");
    for something in [
        ONE_PIECE,
        &piece(r#"{"role":"assistant","content":"","reasoning_content":"hm"}"#),
        &piece(r#"{"reasoning":"hm"}"#),
        &piece(r#"{"reasoning_details":[{"type":"reasoning.encrypted","data":"x"}]}"#),
        &piece(r#"{"tool_calls":[{"index":0,"function":{"name":"f"}}]}"#),
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3}}\n\n",
    ] {
        let acts = [Act::Send(response("200 OK", STREAM, something)), Act::Hang];
        let (kind, _) = failure(acts, Limits { idle: SHORT, ..limits() }).await;
        assert_eq!(kind, ModelErrorKind::IdleTimeout, "{something:?}");
    }
}

#[tokio::test]
async fn comments_in_the_middle_are_borne_as_long_as_a_beginning_and_no_longer() {
    let acts = [Act::Send(response("200 OK", STREAM, ONE_PIECE)), Act::Forever(b": still here\n\n".to_vec())];
    let limits = Limits { connect: 5 * SHORT, first_byte: SHORT, idle: SHORT, ..limits() };
    assert_eq!(failure(acts, limits).await.0, ModelErrorKind::IdleTimeout);
}

#[tokio::test]
async fn comments_tell_a_model_that_works_from_one_that_is_gone() {
    let pause = Duration::from_millis(20);
    let server = ScriptedServer::start([
        Act::Send(response("200 OK", STREAM, ONE_PIECE)),
        Act::Every(pause, 80, b": still here\n\n".to_vec()),
        Act::Send(FINISHED.as_bytes().to_vec()),
    ])
    .await;
    let idle = 40 * pause;
    assert_eq!(ask(&server, Limits { idle, ..limits() }).await.unwrap().0.text, "par");
}

#[tokio::test]
async fn silence_in_the_middle_runs_into_the_idle_limit() {
    let acts = [Act::Send(response("200 OK", STREAM, ONE_PIECE)), Act::Hang];
    assert_eq!(failure(acts, Limits { idle: SHORT, ..limits() }).await.0, ModelErrorKind::IdleTimeout);
}

#[tokio::test]
async fn silence_after_the_finish_reason_does_not_lose_the_answer() {
    let body = format!("{ONE_PIECE}{FINISHED}");
    let server = ScriptedServer::start([Act::Send(response("200 OK", STREAM, &body)), Act::Hang]).await;
    let (reply, _) = ask(&server, Limits { idle: SHORT, ..limits() }).await.unwrap();
    assert_eq!((reply.text.as_str(), reply.usage), ("par", Usage::default()));
}

#[tokio::test]
async fn keep_alives_after_the_finish_reason_do_not_hold_the_answer_back() {
    let body = format!("{ONE_PIECE}{FINISHED}");
    let server = ScriptedServer::start([
        Act::Send(response("200 OK", STREAM, &body)),
        Act::Forever(b": still here\n\n".to_vec()),
    ])
    .await;
    // Each comment comes in time; all of them together do not.
    let answer = timeout(LONG / 2, ask(&server, Limits { idle: SHORT, ..limits() })).await;
    assert_eq!(answer.expect("held back").unwrap().0.text, "par");
}

#[tokio::test]
async fn an_answer_that_is_whole_outlives_the_limit_for_the_whole_answer() {
    let body = format!("{ONE_PIECE}{FINISHED}");
    for then in [Act::Hang, Act::Forever(b": still here\n\n".to_vec())] {
        let server = ScriptedServer::start([Act::Send(response("200 OK", STREAM, &body)), then]).await;
        let (reply, _) = ask(&server, Limits { whole_answer: SHORT, ..limits() }).await.unwrap();
        assert_eq!(reply.text, "par");
    }
}

#[tokio::test]
async fn rubbish_behind_the_end_takes_no_answer_away() {
    let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\n";
    for rubbish in ["data: {oops\n\n", "data: {\"error\":{\"code\":\"overloaded_error\"}}\n\n", "data: 7\n\n"]
    {
        let body = format!("{ONE_PIECE}{FINISHED}{rubbish}{usage}");
        for act in [Act::Send, Act::Trickle] {
            let server = ScriptedServer::start([act(response("200 OK", STREAM, &body))]).await;
            let (reply, heard) = ask(&server, limits()).await.unwrap();
            assert_eq!((reply.text.as_str(), heard.as_str()), ("par", "par"), "{rubbish}");
            assert_eq!(reply.usage, Usage::default(), "what follows rubbish is not believed");
        }
    }
}

#[tokio::test]
async fn a_count_of_tokens_that_comes_after_the_finish_reason_is_taken() {
    let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\n";
    let server = ScriptedServer::start([
        Act::Trickle(response("200 OK", STREAM, &format!("{ONE_PIECE}{FINISHED}{usage}"))),
        Act::Hang,
    ])
    .await;
    let (reply, _) = ask(&server, Limits { idle: 5 * SHORT, ..limits() }).await.unwrap();
    assert_eq!(reply.usage, Usage { input: Some(3), output: Some(2), ..Usage::default() });
}

#[tokio::test]
async fn a_server_that_hangs_up_in_the_middle_is_a_network_failure() {
    let (kind, cause) = failure(send("200 OK", STREAM, ONE_PIECE), limits()).await;
    assert_eq!((kind, cause.as_str()), (ModelErrorKind::Network, "the answer ended before it was complete"));
    let mid_chunk = chunked(&format!("fff\r\n{ONE_PIECE}"));
    assert_eq!(failure([Act::Send(mid_chunk)], limits()).await.0, ModelErrorKind::Network);
}

#[tokio::test]
async fn an_endless_answer_is_given_up_by_size() {
    let acts = [
        Act::Send(response("200 OK", STREAM, "")),
        Act::Forever(ONE_PIECE.replace("par", &"x".repeat(60_000)).into_bytes()),
    ];
    let (kind, cause) = failure(acts, limits()).await;
    assert_eq!((kind, cause.as_str()), (ModelErrorKind::BadAnswer, "the answer is longer than 4 MiB"));
}

#[tokio::test]
async fn an_endless_line_is_given_up_by_size() {
    let acts = [Act::Send(response("200 OK", STREAM, "data: ")), Act::Forever(vec![b'x'; 60_000])];
    let (kind, cause) = failure(acts, limits()).await;
    assert_eq!(
        (kind, cause.as_str()),
        (ModelErrorKind::BadAnswer, "a line of the stream is longer than 1 MiB")
    );
}

#[tokio::test]
async fn endless_keep_alives_are_given_up_by_time() {
    let acts = [Act::Send(response("200 OK", STREAM, ONE_PIECE)), Act::Forever(b": still here\n\n".to_vec())];
    let (kind, cause) = failure(acts, Limits { whole_answer: SHORT, ..limits() }).await;
    assert_eq!((kind, cause.as_str()), (ModelErrorKind::BadAnswer, "the answer did not end within 80ms"));
}

#[tokio::test]
async fn a_web_page_is_no_answer() {
    let page = "<!doctype html><title>Sign in</title>";
    for content_type in ["text/html; charset=utf-8", "application/json"] {
        let (kind, cause) = failure(send("200 OK", content_type, page), limits()).await;
        assert_eq!(
            (kind, cause.as_str()),
            (ModelErrorKind::BadAnswer, "the provider answered with a web page")
        );
    }
}

#[tokio::test]
async fn refusals_are_typed_by_status_and_body() {
    let overflow = r#"{"error":{"code":400,"message":"m","type":"exceed_context_size_error","n_ctx":2048}}"#;
    for (status, body, expected) in [
        ("400 Bad Request", overflow, ModelErrorKind::ContextOverflow),
        ("401 Unauthorized", r#"{"detail":"Invalid API key"}"#, ModelErrorKind::Auth),
        ("500 Internal Server Error", r#"{"error":{"message":"boom"}}"#, ModelErrorKind::Server),
        ("502 Bad Gateway", "<html>nginx</html>", ModelErrorKind::Server),
        ("529 Overloaded", "", ModelErrorKind::Overloaded),
        ("200 OK", r#"{"error":{"code":"insufficient_quota"}}"#, ModelErrorKind::Billing),
    ] {
        assert_eq!(failure(send(status, "application/json", body), limits()).await.0, expected, "{status}");
    }
}

#[tokio::test]
async fn a_rate_limit_says_how_long_to_wait() {
    let answer = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n";
    let server = ScriptedServer::start([Act::Send(answer.as_bytes().to_vec())]).await;
    let error = ask(&server, limits()).await.unwrap_err();
    assert_eq!((error.kind, error.retry_after), (ModelErrorKind::RateLimited, Some(Duration::from_secs(7))));
}

#[tokio::test]
async fn a_refusal_with_an_endless_body_is_typed_by_what_came_first() {
    let acts = [
        Act::Send(response("401 Unauthorized", "application/json", "{\"error\":\"")),
        Act::Forever(vec![b'x'; 60_000]),
    ];
    assert_eq!(failure(acts, limits()).await.0, ModelErrorKind::Auth);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_carries_no_key_away() {
    let elsewhere = ScriptedServer::answering("200 OK", STREAM, HELLO).await;
    let answer = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: {}/chat/completions\r\ncontent-length: 0\r\n\r\n",
        elsewhere.base()
    );
    let (kind, cause) = failure([Act::Send(answer.into_bytes())], limits()).await;
    assert_eq!(
        (kind, cause.as_str()),
        (ModelErrorKind::Server, "the provider redirects, which is not followed")
    );
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn dropping_the_call_closes_the_connection() {
    let server =
        ScriptedServer::start([Act::Send(response("200 OK", STREAM, ONE_PIECE)), Act::AwaitHangUp]).await;
    let client = client(server.base(), limits());
    let (heard, mut pieces) = tokio::sync::mpsc::unbounded_channel();
    let (asked, mut sink) = (request(), Forward(heard));
    tokio::select! {
        ended = client.ask(&asked, PATIENCE, &mut sink) => panic!("the call ended: {ended:?}"),
        piece = pieces.recv() => assert_eq!(piece.as_deref(), Some("par")),
    }
    server.hung_up().await;
}

/// Sends streamed text to the test.
struct Forward(tokio::sync::mpsc::UnboundedSender<String>);

impl DeltaSink for Forward {
    fn restart(&mut self) {}

    fn text(&mut self, piece: &str) {
        self.0.send(piece.to_owned()).unwrap();
    }
}

#[test]
fn nothing_secret_shows_in_debug_output_or_info() {
    let base = Endpoint::parse("https://user:4711@host.example/v1?key=4711").unwrap();
    let mut settings = ProviderSettings::new("openai", "gpt-x", base);
    settings.key = Some(Secret::new(KEY.to_owned()));
    settings.headers = vec![("x-token".to_owned(), Secret::new("4711".to_owned()))];
    settings.temperature = Temperature::Value(0.5);
    let client = OpenAiClient::new(settings).unwrap();
    let shown = format!("{client:?} {:?}", client.info());
    assert!(!shown.contains("4711"), "{shown}");
    assert_eq!(client.info().endpoint.as_deref(), Some("https://host.example/v1"));
}
