//! What a call that came to nothing becomes: broken connections, and responses that say no.
//!
//! What a refusal's body means is decided in `refusal.rs`, what its headers ask for in `waits.rs`.

use std::time::Duration;

use nanobot_core::model::{ModelError, ModelErrorKind};
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use tokio::time::timeout;

use super::body_up_to;
use super::refusal::refusal_of;
use super::waits::asked_wait;

/// How much of a refusal's body is read, in bytes.
pub const ERROR_BODY_LIMIT: usize = 64 * 1024;

/// How long a refusal's body is waited for. The status is known by then, and is most of what there is to know.
const ERROR_BODY_WAIT: Duration = Duration::from_secs(2);

/// The error that a response without success stands for. It is free where the status says no before any work.
pub(crate) async fn refused(response: Response) -> ModelError {
    let status = response.status().as_u16();
    let wait = asked_wait(response.headers());
    // A body that does not come changes nothing about the status.
    let body = timeout(ERROR_BODY_WAIT, body_up_to(response, ERROR_BODY_LIMIT)).await;
    let bytes = body.map(|body| body.bytes).unwrap_or_default();
    let refusal = refusal_of(&bytes);
    let is_free = is_free(status, refusal.is_the_interfaces_own());
    let error = refusal.into_error(status, wait);
    if is_free { error.free() } else { error }
}

/// Whether a status says that nothing came of the call which somebody could charge for: it was refused before any work,
/// or the interface itself says that it failed. Behind the other failures of a server there may be one that was asked
/// and answered (502, 504, a page of something in between).
const fn is_free(status: u16, is_the_interfaces_own: bool) -> bool {
    matches!(status, 300..=499 | 503 | 529) || (status == 500 && is_the_interfaces_own)
}

/// The error that a broken connection stands for. One that was never made cannot have cost anything.
pub(crate) fn transport_error(error: reqwest::Error) -> ModelError {
    let was_never_made = error.is_connect();
    let kind = match (was_never_made, error.is_timeout()) {
        (true, true) => ModelErrorKind::ConnectTimeout,
        _ => ModelErrorKind::Network,
    };
    // The address may hold secrets.
    let error = ModelError::caused_by(kind, error.without_url());
    if was_never_made { error.free() } else { error }
}

/// Whether a response says that it is a page for people.
pub(crate) fn is_web_page(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"))
}
