//! The control plane of a running daemon, asked as `curl` asks.

use std::net::SocketAddr;

use super::super::harness::Home;
use super::plain_http::{Answer, get};
use super::world::listens_at;

/// Wrong tokens that are heard out at once; the next is too many.
const WRONG_AT_ONCE: usize = 5;
/// More requests than any limit lets through at once.
const MANY: usize = 60;

fn ask(api: SocketAddr, path: &str, more: &[&str]) -> Answer {
    let host = format!("Host: localhost:{}", api.port());
    get(api, path, &[&[host.as_str()], more].concat())
}

#[test]
fn health_is_for_everybody_metrics_for_the_token_and_both_have_limits() {
    let home = Home::empty();
    home.write("config.toml", "[api]\nenabled = true\nbind = \"127.0.0.1:0\"\n");
    let daemon = home.daemon();
    let api = listens_at(&daemon);

    let health = ask(api, "/health", &[]);
    assert_eq!((health.status, health.body.as_str()), (200, r#"{"status":"ok"}"#));

    for _ in 0..WRONG_AT_ONCE {
        assert_eq!(ask(api, "/metrics", &[]).status, 401);
    }
    let too_many = ask(api, "/metrics", &[]);
    assert_eq!(too_many.status, 429, "{too_many:?}");
    assert!(too_many.head.contains("retry-after: "), "{too_many:?}");
    assert_eq!(ask(api, "/metrics", &["Authorization: Bearer wrong"]).status, 429);

    // Whoever guesses does not lock the owner out.
    let bearer = format!("Authorization: Bearer {}", home.read("api.token").trim());
    let metrics = ask(api, "/metrics", &[&bearer]);
    assert_eq!(metrics.status, 200, "{metrics:?}");
    assert!(metrics.body.contains("nanobot_build_info{"), "{}", metrics.body);

    let limited = |path, more: &[&str]| (0..MANY).any(|_| ask(api, path, more).status == 429);
    assert!(limited("/metrics", &[&bearer]) && limited("/health", &[]));

    let refused =
        home.audit().iter().filter(|row| row["action"] == "auth" && row["result"] == "refused").count();
    assert_eq!(refused, WRONG_AT_ONCE, "{:?}", home.audit());
    daemon.stop();
}
