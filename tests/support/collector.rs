//! An OpenTelemetry collector: OTLP/HTTP on a real socket of 127.0.0.1, read with the protobuf that OpenTelemetry
//! publishes. It keeps what it got byte by byte, so that a test can look for what must not be there.

use std::collections::BTreeMap;
use std::io::Result;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message as _;
use tokio::io::BufReader;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::http::{self, Request};

/// Requests that are kept: more than any test causes.
const KEPT_REQUESTS: usize = 1_000;

/// A collector. It stops, and hangs up on everybody, when it is dropped.
#[derive(Debug)]
pub struct Collector {
    address: SocketAddr,
    shared: Arc<(Mutex<Shared>, Condvar)>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What a collector does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CollectorMood {
    /// Takes it.
    Takes,
    /// Reads it and says nothing.
    Hangs,
}

#[derive(Debug)]
struct Shared {
    mood: CollectorMood,
    requests: Vec<Request>,
}

/// A span as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentSpan {
    /// Its name.
    pub name: String,
    /// The trace that it belongs to.
    pub trace: Vec<u8>,
    /// Its id.
    pub id: Vec<u8>,
    /// The id of its parent; empty for a root.
    pub parent: Vec<u8>,
    /// Its attributes; numbers as text.
    pub attributes: BTreeMap<String, String>,
    /// It says that it failed.
    pub has_failed: bool,
    /// How many events and links came with it.
    pub extras: usize,
    /// Nanoseconds since 1970.
    pub began: u64,
}

impl SentSpan {
    /// An attribute; empty when there is none of that name.
    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

impl Collector {
    /// Starts one on a free port, on a thread of its own.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start(mood: CollectorMood) -> Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let shared = Arc::new((Mutex::new(Shared { mood, requests: Vec::new() }), Condvar::new()));
        let (stop, stopped) = oneshot::channel();
        let seen = shared.clone();
        let work = move || {
            runtime.block_on(async move {
                tokio::select! {
                    () = accept(listener, seen) => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = std::thread::Builder::new().name("collector".to_owned()).spawn(work)?;
        Ok(Self { address, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// What goes into `telemetry.otlp_endpoint`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far, as they came; the first 1,000 of them.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.shared.0).requests.clone()
    }

    /// Waits for the first request; false when none comes within `limit`.
    pub fn wait_for_request(&self, limit: Duration) -> bool {
        let shared = lock(&self.shared.0);
        let waited = self.shared.1.wait_timeout_while(shared, limit, |shared| shared.requests.is_empty());
        waited.is_ok_and(|(shared, _)| !shared.requests.is_empty())
    }

    /// The spans so far, oldest first, and what is said of where they come from. A body that cannot be read has none.
    pub fn spans(&self) -> (Vec<SentSpan>, BTreeMap<String, String>) {
        let (mut spans, mut resource) = (Vec::new(), BTreeMap::new());
        for request in self.requests() {
            let sent = ExportTraceServiceRequest::decode(request.body.as_slice()).unwrap_or_default();
            for of_resource in sent.resource_spans {
                resource.extend(pairs(of_resource.resource.unwrap_or_default().attributes));
                let of_scopes = of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
                spans.extend(of_scopes.map(read));
            }
        }
        spans.sort_by_key(|span| span.began);
        (spans, resource)
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn read(span: Span) -> SentSpan {
    SentSpan {
        name: span.name,
        trace: span.trace_id,
        id: span.span_id,
        parent: span.parent_span_id,
        attributes: pairs(span.attributes),
        has_failed: span.status.is_some_and(|status| status.code() == StatusCode::Error),
        extras: span.events.len() + span.links.len(),
        began: span.start_time_unix_nano,
    }
}

fn pairs(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |value: Option<AnyValue>| match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    attributes.into_iter().map(|pair| (pair.key, text(pair.value))).collect()
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves until it is dropped; the connections go with it.
async fn accept(listener: std::net::TcpListener, shared: Arc<(Mutex<Shared>, Condvar)>) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, shared.clone()));
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(stream: TcpStream, shared: Arc<(Mutex<Shared>, Condvar)>) {
    let mut stream = BufReader::new(stream);
    while let Ok(Some(request)) = http::read_request(&mut stream).await {
        let mood = {
            let mut state = lock(&shared.0);
            if state.requests.len() < KEPT_REQUESTS {
                state.requests.push(request);
            }
            shared.1.notify_all();
            state.mood
        };
        if mood == CollectorMood::Hangs {
            std::future::pending::<()>().await;
        }
        if http::respond(&mut stream, "200 OK", "application/x-protobuf", "", b"").await.is_err() {
            return;
        }
    }
}
