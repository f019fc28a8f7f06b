//! Clients that are slow, many, too big, ambiguous or still there at the end.

use std::sync::Arc;
use std::time::Duration;

use nanobot_core::testing::{FakeClock, FakeMetrics, RecordingAudit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::harness::{Answer, METRICS, PATIENCE, Server, TOKEN, hear_to_the_end, parts};
use crate::{ApiLimits, MAX_HEADER_BYTES, MAX_HEADERS};

const SHORT: Duration = Duration::from_millis(200);

/// Long enough that no test sees its end.
const NEVER: Duration = Duration::from_hours(1);

/// Asks for health and leaves the connection open; the status of the answer.
async fn health_on(stream: &mut TcpStream, port: u16) -> u16 {
    let said = format!("GET /health HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
    stream.write_all(said.as_bytes()).await.unwrap();
    heard(stream).await
}

async fn heard(stream: &mut TcpStream) -> u16 {
    let mut text = String::new();
    while !text.ends_with('}') {
        let byte = tokio::time::timeout(PATIENCE, stream.read_u8()).await.expect("an answer comes").unwrap();
        text.push(char::from(byte));
    }
    Answer::read(&text).status
}

#[tokio::test]
async fn several_requests_go_over_one_connection() {
    let server = Server::start().await;
    let mut stream = server.connect().await;
    for _ in 0..3 {
        assert_eq!(health_on(&mut stream, server.address.port()).await, 200);
    }
}

#[tokio::test]
async fn a_head_that_trickles_in_is_cut() {
    let server = Server::with(ApiLimits { header_read: SHORT, ..ApiLimits::default() }).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /health HTTP/1.1\r\n").await.unwrap();
    let (mut reading, mut writing) = stream.split();
    let trickle = async {
        // A line every now and then, for as long as the server lets us.
        while writing.write_all(b"X-More: 1\r\n").await.is_ok() {
            tokio::time::sleep(SHORT / 10).await;
        }
    };
    let cut = async {
        let mut bytes = Vec::new();
        let _cut = reading.read_to_end(&mut bytes).await;
        bytes
    };
    let bytes = tokio::time::timeout(PATIENCE, async {
        tokio::select! {
            bytes = cut => bytes,
            () = trickle => Vec::new(),
        }
    });
    let bytes = bytes.await.expect("the server cuts the connection");
    assert!(!String::from_utf8(bytes).unwrap().contains(" 200 "));
    assert_eq!(server.get("/health").await.status, 200);
}

#[tokio::test]
async fn a_connection_that_says_nothing_more_is_closed() {
    let server = Server::with(ApiLimits { header_read: SHORT, ..ApiLimits::default() }).await;
    let mut silent = server.connect().await;
    assert!(!hear_to_the_end(&mut silent).await.contains(" 200 "));
    let mut once = server.connect().await;
    assert_eq!(health_on(&mut once, server.address.port()).await, 200);
    hear_to_the_end(&mut once).await;
}

#[tokio::test]
async fn a_connection_does_not_grow_old() {
    let server =
        Server::with(ApiLimits { connection_age: SHORT, header_read: NEVER, ..ApiLimits::default() }).await;
    let mut stream = server.connect().await;
    assert_eq!(health_on(&mut stream, server.address.port()).await, 200);
    hear_to_the_end(&mut stream).await;
}

#[tokio::test]
async fn a_peer_that_does_not_read_its_answer_is_cut_in_the_end() {
    let limits = ApiLimits {
        connection_age: SHORT,
        drain: SHORT,
        header_read: NEVER,
        connections: 1,
        ..ApiLimits::default()
    };
    let (audit, clock) = (Arc::new(RecordingAudit::new()), Arc::new(FakeClock::default()));
    let mut parts = parts(limits, audit.clone(), clock.clone());
    // More than all buffers between the two ends hold together.
    parts.metrics = Some(Arc::new(FakeMetrics::showing(&METRICS.repeat(1_000_000))));
    let server = Server::of(parts, audit, clock).await;

    let mut deaf = server.connect().await;
    let port = server.address.port();
    let said =
        format!("GET /metrics HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Bearer {TOKEN}\r\n\r\n");
    deaf.write_all(said.as_bytes()).await.unwrap();
    assert_eq!(deaf.read_u8().await.unwrap(), b'H', "its answer is under way");
    assert_eq!(server.get("/health").await.status, 200, "its place is free again");
}

#[tokio::test]
async fn a_connection_beyond_the_limit_waits_until_another_ends() {
    let server = Server::with(ApiLimits { connections: 2, header_read: NEVER, ..ApiLimits::default() }).await;
    let port = server.address.port();
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    assert_eq!(health_on(&mut first, port).await, 200);
    assert_eq!(health_on(&mut second, port).await, 200);

    let mut third = server.connect().await;
    let said = format!("GET /health HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
    third.write_all(said.as_bytes()).await.unwrap();
    assert!(tokio::time::timeout(SHORT, third.read_u8()).await.is_err(), "both places are taken");
    drop(first);
    assert_eq!(heard(&mut third).await, 200);
    assert_eq!(health_on(&mut second, port).await, 200, "nobody lost a place for it");
}

#[tokio::test]
async fn a_hundred_silent_connections_too_many_hold_health_up_and_do_not_stop_it() {
    let server = Server::with(ApiLimits { header_read: SHORT, ..ApiLimits::default() }).await;
    let mut silent = Vec::new();
    for _ in 0..ApiLimits::default().connections + 100 {
        silent.push(server.connect().await);
    }
    assert_eq!(server.get("/health").await.status, 200);
    drop(silent);
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let server = Server::start().await;
    let port = server.address.port();
    for line in ["A".repeat(MAX_HEADER_BYTES), "A: b\r\nA: ".repeat(MAX_HEADERS)] {
        let said = format!("GET /health HTTP/1.1\r\nHost: localhost:{port}\r\nX: {line}\r\n\r\n");
        let heard = server.say(&said).await;
        assert!(heard.starts_with("HTTP/1.1 431 "), "{heard}");
        assert_eq!(heard.matches("HTTP/1.1").count(), 1);
    }
    let long = "a".repeat(2 * MAX_HEADER_BYTES);
    let heard = server.say(&format!("GET /{long} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n")).await;
    assert!(heard.starts_with("HTTP/1.1 4"), "{heard}");
}

/// Two servers in a row could disagree on where such a request ends. Whatever stands behind it is never answered.
#[tokio::test]
async fn requests_with_two_ends_are_refused_and_nothing_behind_them_is_read() {
    let server = Server::start().await;
    let port = server.address.port();
    let behind = format!("GET /health HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
    for (name, lines, statuses) in [
        ("two lengths", "Content-Length: 0\r\nContent-Length: 5", &[400][..]),
        ("two lengths in one line", "Content-Length: 0, 5", &[400]),
        ("a length and chunks", "Content-Length: 0\r\nTransfer-Encoding: chunked", &[400, 413]),
        ("chunks and a length", "Transfer-Encoding: chunked\r\nContent-Length: 0", &[400, 413]),
        ("an unknown coding", "Transfer-Encoding: xchunked", &[400, 413]),
        ("chunks twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", &[400, 413]),
        ("a signed length", "Content-Length: +5", &[400]),
        ("a folded line", "X: a\r\n Content-Length: 5", &[400]),
        ("a space before the colon", "Content-Length : 5", &[400]),
    ] {
        let said =
            format!("GET /health HTTP/1.1\r\nHost: localhost:{port}\r\n{lines}\r\n\r\n0\r\n\r\n{behind}");
        let heard = server.say(&said).await;
        let answer = Answer::read(&heard);
        assert!(statuses.contains(&answer.status), "{name}: {heard}");
        assert_eq!(heard.matches("HTTP/1.1").count(), 1, "{name}: {heard}");
    }
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let server = Server::start().await;
    for said in
        ["hello\r\n\r\n", "GET\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
    {
        let heard = server.say(said).await;
        assert!(heard.is_empty() || heard.starts_with("HTTP/1.1 4"), "{said:?}: {heard}");
    }
    assert_eq!(server.get("/health").await.status, 200);
}

#[tokio::test]
async fn stopping_closes_idle_connections_and_the_door() {
    let server = Server::with(ApiLimits { header_read: NEVER, ..ApiLimits::default() }).await;
    let address = server.address;
    let mut idle = server.connect().await;
    assert_eq!(health_on(&mut idle, address.port()).await, 200);
    server.stop();
    hear_to_the_end(&mut idle).await;
    server.ended().await;
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens there any more");
}

#[tokio::test]
async fn stopping_does_not_wait_for_a_client_that_dawdles() {
    let limits = ApiLimits { header_read: NEVER, drain: SHORT, ..ApiLimits::default() };
    let server = Server::with(limits).await;
    let mut dawdler = server.connect().await;
    // It is known to be served before its second request stays unfinished.
    assert_eq!(health_on(&mut dawdler, server.address.port()).await, 200);
    dawdler.write_all(b"GET /metrics HTTP/1.1\r\nAuthorization: Bearer ").await.unwrap();
    dawdler.write_all(TOKEN.as_bytes()).await.unwrap();
    server.stop();
    server.ended().await;
}
