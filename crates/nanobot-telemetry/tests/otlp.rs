//! Spans reach a collector over real OTLP/HTTP, and no message text with them.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code")]

use std::time::Duration;

use nanobot_telemetry::{TelemetryError, TraceExport, TraceSetup};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tracing_subscriber::layer::SubscriberExt;

/// Stands for what people write.
const WORDS: &str = "meet me at noon";

/// No step of these tests takes longer.
const LIMIT: Duration = Duration::from_secs(10);

/// A request as it came: its head, and its body.
type Received = (String, Vec<u8>);

/// A collector that takes one request.
async fn collector() -> (String, JoinHandle<Received>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let (mut peer, _) = listener.accept().await.unwrap();
        receive(&mut peer).await
    });
    (endpoint, served)
}

async fn receive(peer: &mut TcpStream) -> Received {
    let mut bytes = Vec::new();
    loop {
        assert_ne!(peer.read_buf(&mut bytes).await.unwrap(), 0, "the request ends early");
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_lowercase();
        let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
        let body = &bytes[end + 4..];
        if body.len() == length.trim().parse::<usize>().unwrap() {
            peer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            return (head, body.to_vec());
        }
    }
}

fn setup(endpoint: &str) -> TraceSetup {
    TraceSetup {
        endpoint: endpoint.to_owned(),
        service_name: "nanobotd".to_owned(),
        service_version: "1.2.3".to_owned(),
    }
}

/// One turn with a call of a model, as careless code would trace it.
fn one_turn() {
    let turn = tracing::info_span!("turn.run", turn = "t-1", channel = "cli", text = WORDS);
    let _turn = turn.enter();
    let request = tracing::info_span!(
        "llm.request",
        provider = "openai",
        model = "gpt-4o-mini",
        served_model = "gpt-4o-mini-2024-07-18",
        task = "reply",
        input_tokens = 120_u64,
        output_tokens = 7_u64,
        outcome = WORDS,
        otel.status_code = "error",
        otel.status_description = WORDS,
    );
    request.in_scope(|| tracing::error!(text = WORDS, "{WORDS}"));
    tracing::info_span!("hyper.poll", text = WORDS).in_scope(|| {});
    tracing::info_span!("tool.call", tool = "exec", otel.name = WORDS).in_scope(|| {});
}

fn attributes(found: &[KeyValue]) -> Vec<(&str, String)> {
    let mut pairs: Vec<(&str, String)> = found
        .iter()
        .map(|pair| match &pair.value {
            Some(AnyValue { value: Some(Value::StringValue(text)) }) => (pair.key.as_str(), text.clone()),
            Some(AnyValue { value: Some(Value::IntValue(number)) }) => {
                (pair.key.as_str(), number.to_string())
            }
            other => panic!("{}: {other:?}", pair.key),
        })
        .collect();
    pairs.sort_unstable();
    pairs
}

fn pairs<'a>(pairs: &[(&'a str, &str)]) -> Vec<(&'a str, String)> {
    pairs.iter().map(|&(key, value)| (key, value.to_owned())).collect()
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name} is not among {spans:?}"))
}

#[tokio::test]
async fn spans_arrive_with_names_and_attributes_and_without_a_word_of_the_chat() {
    let (endpoint, served) = collector().await;
    let (layer, export) = TraceExport::start(&setup(&endpoint), Handle::current()).unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), one_turn);
    export.shutdown(LIMIT).await.unwrap();
    let (head, body) = tokio::time::timeout(LIMIT, served).await.unwrap().unwrap();

    assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
    assert!(head.contains("content-type: application/x-protobuf"), "{head}");
    let leak = body.windows(WORDS.len()).any(|window| window == WORDS.as_bytes());
    assert!(!leak, "no word of the chat leaves");

    let sent = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
    let [resource] = sent.resource_spans.as_slice() else { panic!("one resource: {sent:?}") };
    assert_eq!(
        attributes(&resource.resource.as_ref().unwrap().attributes),
        pairs(&[("service.name", "nanobotd"), ("service.version", "1.2.3")])
    );
    let spans = &resource.scope_spans[0].spans;
    assert_eq!(spans.len(), 3, "only spans of the house: {spans:?}");

    let turn = named(spans, "turn.run");
    assert_eq!(
        attributes(&turn.attributes),
        pairs(&[
            ("gen_ai.operation.name", "invoke_agent"),
            ("nanobot.channel", "cli"),
            ("nanobot.turn", "t-1")
        ])
    );
    let request = named(spans, "llm.request");
    assert_eq!(
        attributes(&request.attributes),
        pairs(&[
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.provider.name", "openai"),
            ("gen_ai.request.model", "gpt-4o-mini"),
            ("gen_ai.response.model", "gpt-4o-mini-2024-07-18"),
            ("gen_ai.usage.input_tokens", "120"),
            ("gen_ai.usage.output_tokens", "7"),
            ("nanobot.outcome", "withheld"),
            ("nanobot.task", "reply"),
        ])
    );
    assert_eq!(request.parent_span_id, turn.span_id);
    assert!(
        request.events.is_empty() && request.status.as_ref().is_some_and(|status| status.message.is_empty())
    );
    assert_eq!(named(spans, "other").trace_id, turn.trace_id, "a name that was overridden stays here");
}

#[tokio::test]
async fn a_collector_that_never_answers_does_not_hold_up_the_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (layer, export) = TraceExport::start(&setup(&endpoint), Handle::current()).unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), one_turn);
    let limit = Duration::from_millis(200);
    let ended = tokio::time::timeout(LIMIT, export.shutdown(limit)).await.expect("it ends");
    assert!(matches!(ended, Err(TelemetryError::Unflushed { .. })));
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_at_the_start() {
    let started =
        TraceExport::start::<tracing_subscriber::Registry>(&setup("collector:4318"), Handle::current());
    assert!(matches!(started.map(|_| ()), Err(TelemetryError::Endpoint)));
}
