//! What is answered to one request.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::ports::{AdminAct, AuditLog, StoreError, StoreErrorKind};
use nanobot_core::testing::{FakeClock, RecordingAudit};
use nanobot_core::time::WallTime;

use super::harness::{Answer, METRICS, PATIENCE, Server, TOKEN, parts};
use crate::ApiLimits;

#[tokio::test]
async fn health_is_ok_for_anybody_and_says_nothing_more() {
    let server = Server::start().await;
    let answer = server.get("/health").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"status":"ok"}"#));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("server"), None);
    assert_eq!(server.get_with("/health", "Bearer wrong").await.status, 200, "a token is not looked at");
    assert!(server.rows().is_empty());
}

#[tokio::test]
async fn no_answer_is_to_be_kept_or_guessed_at_or_shown_to_other_pages() {
    let server = Server::start().await;
    for answer in [server.get("/health").await, server.get("/").await, server.get_as_owner("/metrics").await]
    {
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn metrics_want_the_token() {
    let server = Server::start().await;
    let refused = server.get("/metrics").await;
    assert_eq!((refused.status, refused.code().as_str()), (401, "unauthorized"));
    assert_eq!(refused.header("www-authenticate"), Some("Bearer realm=\"nanobot\""));

    let shown = server.get_as_owner("/metrics").await;
    assert_eq!((shown.status, shown.body.as_str()), (200, METRICS));
    assert_eq!(shown.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(shown.header("www-authenticate"), None);
    assert_eq!(server.rows(), ["127.0.0.1 api auth /metrics refused"], "reading leaves no row");
}

#[tokio::test]
async fn only_the_token_itself_is_the_token() {
    let limits = ApiLimits { failed_per_peer: crate::Rate::per_second(1_000, 1_000), ..ApiLimits::default() };
    let server = Server::with(limits).await;
    let (half, _) = TOKEN.split_at(32);
    for wrong in [
        "Bearer wrong".to_owned(),
        "Bearer".to_owned(),
        "Bearer  ".to_owned(),
        String::new(),
        format!("Basic {TOKEN}"),
        TOKEN.to_owned(),
        format!("Bearer {half}"),
        format!("Bearer {TOKEN}0"),
        format!("Bearer {TOKEN} {TOKEN}"),
        format!("Bearer {}", TOKEN.to_uppercase()),
        format!("Bearer \"{TOKEN}\""),
    ] {
        assert_eq!(server.get_with("/metrics", &wrong).await.status, 401, "{wrong}");
    }
    let right = format!("Authorization: Bearer {TOKEN}");
    let two = server.ask("GET", "/metrics", &[&right, &right]).await;
    assert_eq!(two.status, 401, "two answers are none");
    let asked = server.get(&format!("/metrics?token={TOKEN}&access_token={TOKEN}")).await;
    assert_eq!(asked.status, 401, "an address is no place for a token");
    assert_eq!(server.get_with("/metrics", &format!("bearer   {TOKEN}")).await.status, 200);
}

#[tokio::test]
async fn what_does_not_exist_is_hidden_from_strangers() {
    let server = Server::start().await;
    assert_eq!(server.get("/api/v1/status").await.code(), "unauthorized");
    assert_eq!(server.get("/health/").await.code(), "unauthorized");
    let answer = server.get_as_owner("/api/v1/status").await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"));
    let row = "127.0.0.1 api auth another path refused";
    assert_eq!(server.rows(), [row, row], "a stranger's words are not written down");
}

#[tokio::test]
async fn a_daemon_without_metrics_says_so_to_its_owner_only() {
    let (audit, clock) = (Arc::new(RecordingAudit::new()), Arc::new(FakeClock::default()));
    let mut parts = parts(ApiLimits::default(), audit.clone(), clock.clone());
    parts.metrics = None;
    let server = Server::of(parts, audit, clock).await;
    assert_eq!(server.get("/metrics").await.code(), "unauthorized");
    let answer = server.get_as_owner("/metrics").await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "metrics_off"));
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let server = Server::start().await;
    let right = format!("Authorization: Bearer {TOKEN}");
    let metrics = server.ask("HEAD", "/metrics", &[&right]).await;
    assert_eq!((metrics.status, metrics.body.as_str()), (200, ""));
    assert_eq!(metrics.header("content-length"), Some(METRICS.len().to_string().as_str()));
    let health = server.ask("HEAD", "/health", &[]).await;
    assert_eq!((health.status, health.body.as_str()), (200, ""));
    let refused = server.ask("HEAD", "/metrics", &[]).await;
    assert_eq!((refused.status, refused.body.as_str()), (401, ""));
}

#[tokio::test]
async fn everything_can_only_be_read() {
    let server = Server::start().await;
    let right = format!("Authorization: Bearer {TOKEN}");
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"] {
        for (path, lines) in [("/health", &[][..]), ("/metrics", &[right.as_str()])] {
            let answer = server.ask(method, path, lines).await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (405, "method_not_allowed"),
                "{method} {path}"
            );
            assert_eq!(answer.header("allow"), Some("GET, HEAD"));
        }
    }
    assert_eq!(server.ask("POST", "/metrics", &[]).await.code(), "unauthorized");
    assert_eq!(server.ask("POST", "/nothing", &[&right]).await.code(), "not_found");
}

#[tokio::test]
async fn a_body_is_refused_and_ends_the_connection() {
    let server = Server::start().await;
    let port = server.address.port();
    let smuggled = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (path, status) in [("/health", 413), ("/metrics", 401)] {
        let said = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: {}\r\n\r\n{smuggled}",
            smuggled.len()
        );
        let heard = server.say(&said).await;
        let answer = Answer::read(&heard);
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("connection"), Some("close"));
        assert_eq!(heard.matches("HTTP/1.1").count(), 1, "what is in a body is no request: {heard}");
    }
    let right = format!("Authorization: Bearer {TOKEN}");
    let answer = server.ask("GET", "/metrics", &[&right, "Content-Length: 1"]).await;
    assert_eq!((answer.status, answer.code().as_str()), (413, "body_refused"));
}

#[tokio::test]
async fn a_name_that_is_not_ours_is_misdirected_whatever_it_asks_for() {
    let server = Server::start().await;
    let port = server.address.port();
    for head in [
        format!("GET /health HTTP/1.1\r\nHost: evil.example:{port}\r\n"),
        format!("GET /metrics HTTP/1.1\r\nHost: evil.example:{port}\r\nAuthorization: Bearer {TOKEN}\r\n"),
        "GET /health HTTP/1.1\r\nHost: localhost:1\r\n".to_owned(),
        "GET /health HTTP/1.0\r\n".to_owned(),
        "GET /health HTTP/1.1\r\n".to_owned(),
        format!("GET http://evil.example:{port}/health HTTP/1.1\r\nHost: localhost:{port}\r\n"),
        format!("CONNECT evil.example:{port} HTTP/1.1\r\nHost: localhost:{port}\r\n"),
        format!("GET /health HTTP/1.1\r\nHost: localhost:{port}\r\nHost: localhost:{port}\r\n"),
        format!(
            "GET /health HTTP/1.1\r\nHost: evil.example:{port}\r\nX-Forwarded-Host: localhost:{port}\r\n"
        ),
    ] {
        let answer = Answer::read(&server.say(&format!("{head}Connection: close\r\n\r\n")).await);
        assert_eq!((answer.status, answer.code().as_str()), (421, "misdirected"), "{head}");
    }
    assert_eq!(server.rows(), ["127.0.0.1 api host /health refused"], "one row a minute");
    let whole = format!(
        "GET http://127.0.0.1:{port}/health HTTP/1.1\r\nHost: [::1]:{port}\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(Answer::read(&server.say(&whole).await).status, 200);
}

#[tokio::test]
async fn a_refusal_that_cannot_be_audited_is_still_a_refusal() {
    let server = Server::start().await;
    server.audit.trouble.fail_next(StoreErrorKind::Full);
    assert_eq!(server.get("/metrics").await.status, 401);
    assert!(server.rows().is_empty());
    assert_eq!(server.get("/metrics").await.status, 401);
    assert_eq!(server.rows().len(), 1, "the next one is written again");
}

/// Never comes back.
struct StuckAudit;

#[async_trait]
impl AuditLog for StuckAudit {
    async fn record(&self, _: &AdminAct, _: &WallTime) -> Result<(), StoreError> {
        std::future::pending().await
    }
}

async fn stuck(limits: ApiLimits) -> Server {
    let clock = Arc::new(FakeClock::default());
    let parts = parts(limits, Arc::new(StuckAudit), clock.clone());
    Server::of(parts, Arc::new(RecordingAudit::new()), clock).await
}

#[tokio::test]
async fn an_audit_log_that_hangs_does_not_hold_up_a_refusal() {
    let server = stuck(ApiLimits { audit: Duration::from_millis(20), ..ApiLimits::default() }).await;
    assert_eq!(server.get("/metrics").await.status, 401);
}

#[tokio::test]
async fn a_request_that_takes_too_long_ends() {
    let limits =
        ApiLimits { audit: PATIENCE * 2, request: Duration::from_millis(20), ..ApiLimits::default() };
    let answer = stuck(limits).await.get("/metrics").await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "timed_out"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}
