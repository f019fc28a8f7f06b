//! What there is to read: health and metrics. Whoever comes here has passed the gates.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use nanobot_core::ports::MetricsSource;

use crate::problem::Problem;

pub(crate) const HEALTH: &str = "/health";
pub(crate) const METRICS: &str = "/metrics";

/// The text format of Prometheus.
const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What a path is called in the audit log. A stranger's may hold anything, so only ours are called by their names.
pub(crate) fn named(path: &str) -> &'static str {
    [HEALTH, METRICS].into_iter().find(|known| *known == path).unwrap_or("another path")
}

/// That the process answers; nothing else may be learnt without the token.
pub(crate) async fn health() -> Response {
    ([(CONTENT_TYPE, "application/json")], r#"{"status":"ok"}"#).into_response()
}

pub(crate) async fn metrics(State(source): State<Option<Arc<dyn MetricsSource>>>) -> Response {
    match source {
        Some(source) => ([(CONTENT_TYPE, PROMETHEUS_TEXT)], source.render()).into_response(),
        None => Problem::MetricsOff.into_response(),
    }
}

pub(crate) async fn nothing() -> Problem {
    Problem::NotFound
}

pub(crate) async fn only_reading() -> Problem {
    Problem::MethodNotAllowed
}
