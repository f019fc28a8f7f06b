//! The API on its own: a token is made, three requests are answered on a free port of loopback, and it stops.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use nanobot_api::{Api, ApiAddress, ApiLimits, ApiParts, ApiToken};
use nanobot_core::cancel::{CancelSwitch, StopReason};
use nanobot_core::ids::TurnId;
use nanobot_core::ports::IdGenerator;
use nanobot_core::testing::{FakeClock, FakeMetrics, RecordingAudit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Gives words in sequence. A daemon's come from the operating system and cannot be guessed.
#[derive(Default)]
struct Words(AtomicU64);

impl IdGenerator for Words {
    #[expect(clippy::expect_used, reason = "the text is an identifier")]
    fn turn_id(&self) -> TurnId {
        TurnId::new("turn").expect("the text is an identifier")
    }

    fn token(&self) -> String {
        format!("0123456789abcdef{:016x}", self.0.fetch_add(1, Ordering::Relaxed))
    }
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let home = tempfile::tempdir()?;
    let token_file = home.path().join("api-token");
    let audit = Arc::new(RecordingAudit::new());
    let api = Api::new(ApiParts {
        metrics: Some(Arc::new(FakeMetrics::showing("nanobot_queue_depth 3\n"))),
        audit: audit.clone(),
        clock: Arc::new(FakeClock::default()),
        token: ApiToken::open(&token_file, &Words::default())?,
        limits: ApiLimits::default(),
    });

    let listener = ApiAddress::parse("127.0.0.1:0", false)?.bind().await?;
    let port = listener.local_addr()?.port();
    let (switch, stop) = CancelSwitch::new();
    let serving = tokio::spawn(api.serve(listener, stop));

    let token = std::fs::read_to_string(&token_file)?;
    println!("{}\n", ask(port, "/health", "").await?);
    println!("{}\n", ask(port, "/metrics", "").await?);
    println!("{}\n", ask(port, "/metrics", &format!("Authorization: Bearer {}\r\n", token.trim())).await?);
    for act in audit.acts() {
        println!("{} {} {} {} {}", act.actor, act.via, act.action, act.target, act.result);
    }

    switch.throw(StopReason::Shutdown);
    serving.await?;
    Ok(())
}

async fn ask(port: u16, path: &str, line: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let head = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{line}\r\n");
    stream.write_all(head.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
