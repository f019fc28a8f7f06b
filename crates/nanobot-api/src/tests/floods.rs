//! What happens to those who ask too often, and to those who share an address with them.

use std::time::Duration;

use super::harness::Server;

/// The statuses of so many requests, one after another, as (status, how often).
async fn statuses(server: &Server, path: &str, authorization: &str, times: usize) -> Vec<(u16, usize)> {
    let mut runs: Vec<(u16, usize)> = Vec::new();
    for _ in 0..times {
        let status = server.get_with(path, authorization).await.status;
        match runs.last_mut() {
            Some((last, count)) if *last == status => *count += 1,
            _ => runs.push((status, 1)),
        }
    }
    runs
}

#[tokio::test]
async fn wrong_tokens_are_called_wrong_five_times_and_then_too_many() {
    let server = Server::start().await;
    assert_eq!(statuses(&server, "/metrics", "Bearer wrong", 20).await, [(401, 5), (429, 15)]);
    let answer = server.get("/anything").await;
    assert_eq!((answer.status, answer.code().as_str()), (429, "rate_limited"));
    assert_eq!(answer.header("retry-after"), Some("12"));
    assert_eq!(answer.header("www-authenticate"), None);

    server.clock.advance(Duration::from_secs(12));
    assert_eq!(statuses(&server, "/metrics", "Bearer wrong", 2).await, [(401, 1), (429, 1)]);
}

#[tokio::test]
async fn a_flood_of_wrong_tokens_does_not_lock_the_owner_out() {
    let server = Server::start().await;
    for _ in 0..5 {
        statuses(&server, "/metrics", "Bearer wrong", 20).await;
        assert_eq!(server.get_as_owner("/metrics").await.status, 200, "they share their address");
        assert_eq!(server.get("/health").await.status, 200);
    }
}

#[tokio::test]
async fn a_flood_leaves_a_row_for_each_wrong_token_and_one_a_minute_for_the_rest() {
    let server = Server::start().await;
    statuses(&server, "/metrics", "Bearer wrong", 50).await;
    let mut rows = vec!["127.0.0.1 api auth /metrics refused"; 5];
    rows.push("127.0.0.1 api auth /metrics rate_limited");
    assert_eq!(server.rows(), rows);
    server.clock.advance(Duration::from_mins(1));
    statuses(&server, "/metrics", "Bearer wrong", 50).await;
    assert_eq!(server.rows().len(), 12);
}

#[tokio::test]
async fn health_is_limited_for_each_peer() {
    let server = Server::start().await;
    assert_eq!(statuses(&server, "/health", "", 25).await, [(200, 20), (429, 5)]);
    let answer = server.get("/health").await;
    assert_eq!((answer.code().as_str(), answer.header("retry-after")), ("rate_limited", Some("1")));
    assert_eq!(server.rows(), ["127.0.0.1 api health.read /health rate_limited"]);
    assert_eq!(server.get_as_owner("/metrics").await.status, 200, "the limits are apart");
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(statuses(&server, "/health", "", 15).await, [(200, 10), (429, 5)]);
}

#[tokio::test]
async fn the_owner_is_limited_too() {
    let server = Server::start().await;
    let right = format!("Bearer {}", super::harness::TOKEN);
    assert_eq!(statuses(&server, "/metrics", &right, 35).await, [(200, 30), (429, 5)]);
    assert_eq!(server.rows(), ["127.0.0.1 api api.read /metrics rate_limited"]);
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(statuses(&server, "/metrics", &right, 15).await, [(200, 10), (429, 5)]);
}

#[tokio::test]
async fn a_forwarded_address_is_not_believed() {
    let server = Server::start().await;
    let mut called_wrong = 0;
    for number in 0..20 {
        let (forwarded, real) =
            (format!("X-Forwarded-For: 10.0.0.{number}"), format!("X-Real-IP: 10.0.1.{number}"));
        let standard = format!("Forwarded: for=10.0.2.{number}");
        let answer = server.ask("GET", "/metrics", &[&forwarded, &real, &standard]).await;
        called_wrong += usize::from(answer.status == 401);
    }
    assert_eq!(called_wrong, 5);
    assert!(server.rows().iter().all(|row| row.starts_with("127.0.0.1 ")), "{:?}", server.rows());
}
