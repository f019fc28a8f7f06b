//! The client against a server that says exactly what it is told.

use nanobot_core::Secret;
use serde_json::{Value, json};

use super::*;
use crate::endpoint::Endpoint;
use crate::scripted_server::{Act, ScriptedServer, response};

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(80);
const FLOATS: &str = include_str!("samples/llama_server_floats.json");

fn client(base: Endpoint, limits: Limits) -> EmbeddingClient {
    let mut settings = ProviderSettings::new("vllm", "hosted_vllm/tiny-embed", base);
    settings.wire_model = "tiny-embed".to_owned();
    settings.key = Some(Secret::new("sk-test-4711".to_owned()));
    settings.limits = limits;
    EmbeddingClient::new(settings).unwrap()
}

fn limits() -> Limits {
    Limits { connect: LONG, first_byte: LONG, idle: LONG, whole_answer: LONG }
}

async fn failure(acts: impl IntoIterator<Item = Act>, limits: Limits) -> ModelErrorKind {
    let server = ScriptedServer::start(acts).await;
    let error = client(server.base(), limits).embed(&["a", "b"], LONG).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("4711"), "the key shows in {error:?}");
    error.kind
}

#[tokio::test]
async fn request_and_answer_are_those_of_the_wire() {
    let server = ScriptedServer::answering("200 OK", "application/json", FLOATS).await;
    let read = client(server.base(), limits()).embed(&["a b", "hello"], LONG).await.unwrap();
    assert_eq!((read.vectors.len(), read.vectors[1].len()), (2, 64));
    assert_eq!(read.usage, Usage { input: Some(10), ..Usage::default() });
    let asked = server.requests().remove(0);
    assert!(asked.head.starts_with("POST /v1/embeddings HTTP/1.1\r\n"), "{}", asked.head);
    assert!(asked.head.contains("authorization: Bearer sk-test-4711"), "{}", asked.head);
    insta::assert_snapshot!(asked.body.to_string(), @r#"{"model":"tiny-embed","input":["a b","hello"],"encoding_format":"float"}"#);
}

#[tokio::test]
async fn no_text_is_no_call_and_a_text_beyond_a_batch_neither() {
    let server = ScriptedServer::answering("200 OK", "application/json", FLOATS).await;
    let client = client(server.base(), limits());
    let none = client.embed(&[], LONG).await.unwrap();
    assert_eq!((none.vectors.len(), none.usage.input), (0, Some(0)));
    let long = "x".repeat(BATCH_BYTES + 1);
    let error = client.embed(&["a", &long], LONG).await.unwrap_err();
    assert_eq!(error.kind, ModelErrorKind::ContextOverflow);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn many_texts_are_asked_in_batches() {
    let entries: Value =
        (0..BATCH_TEXTS).map(|index| json!({"index": index, "embedding": [1.0, index]})).collect();
    let body = json!({"data": entries, "usage": {"prompt_tokens": 5}}).to_string();
    let server = ScriptedServer::answering("200 OK", "application/json", &body).await;
    let texts = vec!["t"; 2 * BATCH_TEXTS];
    let read = client(server.base(), limits()).embed(&texts, LONG).await.unwrap();
    assert_eq!((read.vectors.len(), read.usage.input), (2 * BATCH_TEXTS, Some(10)));
    assert_eq!(read.vectors[0], [1.0, 0.0]);
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn failures_are_typed_like_those_of_chats() {
    let send = |status: &str, body: &str| [Act::Send(response(status, "application/json", body))];
    let overflow = r#"{"error":{"code":400,"type":"exceed_context_size_error"}}"#;
    assert_eq!(failure(send("400 Bad Request", overflow), limits()).await, ModelErrorKind::ContextOverflow);
    assert_eq!(failure(send("401 Unauthorized", ""), limits()).await, ModelErrorKind::Auth);
    assert_eq!(failure(send("200 OK", "{}"), limits()).await, ModelErrorKind::BadAnswer);
    let page = [Act::Send(response("200 OK", "text/html", "<html>"))];
    assert_eq!(failure(page, limits()).await, ModelErrorKind::BadAnswer);
    let broken = b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{\"data\":".to_vec();
    assert_eq!(failure([Act::Send(broken)], limits()).await, ModelErrorKind::Network);
    let stalled = [Act::Send(response("200 OK", "application/json", "{")), Act::Hang];
    assert_eq!(failure(stalled, Limits { idle: SHORT, ..limits() }).await, ModelErrorKind::IdleTimeout);
    let silent = Limits { connect: SHORT, first_byte: SHORT, ..limits() };
    assert_eq!(failure([Act::Hang], silent).await, ModelErrorKind::FirstByteTimeout);
}

#[tokio::test]
async fn an_endless_answer_is_given_up_by_size() {
    let acts = [
        Act::Send(response("200 OK", "application/json", "{\"data\":[")),
        Act::Forever(vec![b' '; 256 * 1024]),
    ];
    assert_eq!(failure(acts, limits()).await, ModelErrorKind::BadAnswer);
}
