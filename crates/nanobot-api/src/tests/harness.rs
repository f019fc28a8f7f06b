//! A server on a free port of loopback, and a client that says byte for byte what a test wants it to say.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nanobot_core::cancel::{CancelSwitch, StopReason};
use nanobot_core::ids::TurnId;
use nanobot_core::ports::{AdminAct, AuditLog, IdGenerator};
use nanobot_core::testing::{FakeClock, FakeMetrics, RecordingAudit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::{Api, ApiLimits, ApiParts, ApiToken};

/// What the mint below gives first.
pub(super) const TOKEN: &str = "0123456789abcdef00000000000000010123456789abcdef0000000000000002";

pub(super) const METRICS: &str = "# TYPE nanobot_queue_depth gauge\nnanobot_queue_depth 3\n";

/// How long a test waits for what must come.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// Tokens in sequence that are varied enough to be tokens.
#[derive(Debug, Default)]
pub(super) struct Mint(std::sync::atomic::AtomicU64);

impl IdGenerator for Mint {
    fn turn_id(&self) -> TurnId {
        TurnId::new("turn").unwrap()
    }

    fn token(&self) -> String {
        let number = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        format!("0123456789abcdef{number:016x}")
    }
}

pub(super) fn token(folder: &Path) -> ApiToken {
    ApiToken::open(&folder.join("api-token"), &Mint::default()).unwrap()
}

/// What a server under test is made of.
pub(super) fn parts(limits: ApiLimits, audit: Arc<dyn AuditLog>, clock: Arc<FakeClock>) -> ApiParts {
    let folder = tempfile::tempdir().unwrap();
    ApiParts {
        metrics: Some(Arc::new(FakeMetrics::showing(METRICS))),
        audit,
        clock,
        token: token(folder.path()),
        limits,
    }
}

/// A server under test. It ends with the test.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) clock: Arc<FakeClock>,
    pub(super) audit: Arc<RecordingAudit>,
    switch: CancelSwitch,
    serving: JoinHandle<()>,
}

impl Server {
    pub(super) async fn start() -> Self {
        Self::with(ApiLimits::default()).await
    }

    pub(super) async fn with(limits: ApiLimits) -> Self {
        let audit = Arc::new(RecordingAudit::new());
        let clock = Arc::new(FakeClock::default());
        let parts = parts(limits, audit.clone(), clock.clone());
        Self::of(parts, audit, clock).await
    }

    pub(super) async fn of(parts: ApiParts, audit: Arc<RecordingAudit>, clock: Arc<FakeClock>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (switch, stop) = CancelSwitch::new();
        let serving = tokio::spawn(Api::new(parts).serve(listener, stop));
        Self { address, clock, audit, switch, serving }
    }

    /// A connection on which nothing was said yet.
    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Says these bytes on a connection of their own, and hears the answers until the server closes it.
    pub(super) async fn say(&self, bytes: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
        hear_to_the_end(&mut stream).await
    }

    /// One request, with our host and these further lines.
    pub(super) async fn ask(&self, method: &str, path: &str, lines: &[&str]) -> Answer {
        let lines: String = lines.iter().flat_map(|line| [line, "\r\n"]).collect();
        let port = self.address.port();
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n{lines}\r\n");
        Answer::read(&self.say(&head).await)
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[]).await
    }

    pub(super) async fn get_with(&self, path: &str, authorization: &str) -> Answer {
        self.ask("GET", path, &[&format!("Authorization: {authorization}")]).await
    }

    /// With the right token.
    pub(super) async fn get_as_owner(&self, path: &str) -> Answer {
        self.get_with(path, &format!("Bearer {TOKEN}")).await
    }

    /// The rows of the audit log, as `actor via action target result`.
    pub(super) fn rows(&self) -> Vec<String> {
        self.audit.acts().iter().map(row).collect()
    }

    pub(super) fn stop(&self) {
        self.switch.throw(StopReason::Shutdown);
    }

    /// Waits until the server has ended.
    pub(super) async fn ended(self) {
        tokio::time::timeout(PATIENCE, self.serving).await.expect("the server ends").unwrap();
    }
}

fn row(act: &AdminAct) -> String {
    let AdminAct { actor, via, action, target, result } = act;
    format!("{actor} {via} {action} {target} {result}")
}

/// What the server says until it closes the connection. Being cut off is an end, too.
pub(super) async fn hear_to_the_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let _cut = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes))
        .await
        .expect("the server closes the connection");
    String::from_utf8(bytes).unwrap()
}

/// An answer, taken apart.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    head: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// The one value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.head.lines().filter_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then_some(value)
        });
        let value = values.next();
        assert_eq!(values.next(), None, "{name} comes once: {}", self.head);
        value
    }

    /// The code of the problem that this must be.
    pub(super) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(problem["type"], "about:blank");
        assert_eq!(problem["status"], self.status);
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
        problem["code"].as_str().unwrap().to_owned()
    }
}
