//! What a client is told when it does not get what it asked for: status, code and words (RFC 9457).
//!
//! The one place that chooses them. Codes are stable; the words may change. None says which part of a request was
//! nearly right.

use std::time::Duration;

use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    /// The request means another server.
    Misdirected,
    /// It brings no token, or not the token.
    Unauthorized,
    /// It comes too soon after others.
    RateLimited {
        /// How long until one would be taken.
        wait: Duration,
    },
    /// A body follows, and nothing here takes one.
    BodyRefused,
    /// There is no such thing.
    NotFound,
    /// Nobody collects metrics.
    MetricsOff,
    /// This can only be read.
    MethodNotAllowed,
    /// Our own answer takes too long.
    TimedOut,
}

impl Problem {
    const fn status(self) -> StatusCode {
        match self {
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::BodyRefused => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotFound | Self::MetricsOff => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TimedOut => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Misdirected => "misdirected",
            Self::Unauthorized => "unauthorized",
            Self::RateLimited { .. } => "rate_limited",
            Self::BodyRefused => "body_refused",
            Self::NotFound => "not_found",
            Self::MetricsOff => "metrics_off",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::TimedOut => "timed_out",
        }
    }

    const fn detail(self) -> &'static str {
        match self {
            Self::Misdirected => {
                "This server answers to localhost, to loopback addresses and to its own address."
            }
            Self::Unauthorized => {
                "This needs the header `Authorization: Bearer TOKEN` with the token of this server."
            }
            Self::RateLimited { .. } => {
                "Too many requests; the header Retry-After says how many seconds to wait."
            }
            Self::BodyRefused => "This takes no body.",
            Self::NotFound => "There is nothing at this path.",
            Self::MetricsOff => "This server collects no metrics.",
            Self::MethodNotAllowed => "This can be read with GET or HEAD.",
            Self::TimedOut => "The answer took too long.",
        }
    }

    /// The header that belongs to this problem.
    fn header(self) -> Option<(axum::http::HeaderName, HeaderValue)> {
        match self {
            Self::Unauthorized => {
                Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"nanobot\"")))
            }
            Self::RateLimited { wait } => Some((RETRY_AFTER, whole_seconds(wait).into())),
            Self::MethodNotAllowed => Some((ALLOW, HeaderValue::from_static("GET, HEAD"))),
            Self::Misdirected | Self::BodyRefused | Self::NotFound | Self::MetricsOff | Self::TimedOut => {
                None
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = json!({
            "type": "about:blank",
            "title": status.canonical_reason(),
            "status": status.as_u16(),
            "code": self.code(),
            "detail": self.detail(),
        });
        let mut response =
            (status, [(CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response();
        if let Some((name, value)) = self.header() {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// Rounded up, so that whoever waits that long is not too early; at least one.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_rounded_up() {
        for (millis, seconds) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (12_000, 12)] {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), seconds, "{millis} ms");
        }
    }
}
