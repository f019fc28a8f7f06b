//! What a refusal means: from the status and the machine-readable fields of the body.
//!
//! Never from the text for people, which changes, is translated, and quotes the user. The table of words is
//! `vocabulary.rs`.

use std::time::Duration;

use nanobot_core::model::{ModelError, ModelErrorKind};
use serde_json::Value;

use super::vocabulary::kind_of_word;
use super::waits::{capped, decimal_seconds};
use crate::error::{AnswerError, MachineWord};

/// Where bodies keep their machine words, the most telling first: Anthropic's `details`, OpenRouter's typed codes,
/// then what everybody has.
const WORD_FIELDS: [&str; 7] = [
    "/details/error_code",
    "/metadata/reason",
    "/metadata/error_type",
    "/error_type",
    "/code",
    "/type",
    "/status",
];

/// Most entries of a list of details that are looked at. Google sends up to three.
const DETAIL_LIMIT: usize = 8;

/// A provider's no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// A status inside the body, where the provider repeats it there.
    status: Option<u16>,
    /// The machine words of the body in lower case, the most telling first.
    words: Vec<String>,
    /// What the shape of the body says without a word.
    shape: Option<ModelErrorKind>,
    /// The wait that the body asks for.
    wait: Option<Duration>,
}

impl Refusal {
    /// A refusal without any detail.
    pub(crate) fn unexplained() -> Self {
        Self { status: None, words: Vec::new(), shape: None, wait: None }
    }

    /// A refusal that is no more than a word.
    pub(crate) fn of_word(word: &str) -> Self {
        Self { words: vec![word.to_ascii_lowercase()], ..Self::unexplained() }
    }

    /// Whether the body is one of the interface's, and not of a server in front of it.
    pub(crate) fn is_the_interfaces_own(&self) -> bool {
        !self.words.is_empty() || self.status.is_some()
    }

    /// The error for the caller, given the response's status and the wait that its headers ask for.
    pub(crate) fn into_error(self, response_status: u16, asked_wait: Option<Duration>) -> ModelError {
        // Inside a response that began well, the status of the body is the better one.
        let status = match self.status {
            Some(inner) if response_status < 400 => inner,
            _ => response_status,
        };
        let kind = self.kind(status);
        let cause = if (300..400).contains(&status) {
            AnswerError::Redirected
        } else {
            let code = MachineWord::first_of(self.words.iter().map(String::as_str));
            AnswerError::Refused { status, code }
        };
        ModelError { retry_after: asked_wait.or(self.wait), ..ModelError::caused_by(kind, cause) }
    }

    fn kind(&self, status: u16) -> ModelErrorKind {
        // Whatever else a server says about a request that is too large: Groq calls it a limit of the rate.
        if status == 413 {
            return ModelErrorKind::ContextOverflow;
        }
        let of_words = || self.words.iter().find_map(|word| kind_of_word(word));
        self.shape.or_else(of_words).unwrap_or_else(|| kind_of_status(status, self.speaker()))
    }

    /// A word of the interface, or the status as a number beside its message, is what no page for people has.
    fn speaker(&self) -> Speaker {
        let is_api = !self.words.is_empty() || self.status.is_some();
        if is_api { Speaker::Provider } else { Speaker::Unknown }
    }
}

/// Who says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speaker {
    /// The provider's own interface.
    Provider,
    /// Perhaps the provider, perhaps whoever stands in between: a firewall, a captive portal, a dead tunnel, a host on
    /// which nothing is deployed.
    Unknown,
}

/// Reads the body of a response that did not succeed. A body that is no JSON says nothing.
pub(super) fn refusal_of(body: &[u8]) -> Refusal {
    serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|body| refusal_in(&body))
        .unwrap_or_else(Refusal::unexplained)
}

/// Finds a refusal in a body: OpenAI's `{"error": {…}}`, the same inside a list (Gemini), with a text in place of
/// the object (Ollama), or spread out beside `"object": "error"` (vLLM before 0.10) or beside a `code` and a
/// `request_id` (DashScope). None when the body is none.
pub(crate) fn refusal_in(body: &Value) -> Option<Refusal> {
    let body = match body {
        Value::Array(list) => list.first()?,
        other => other,
    };
    match body.get("error") {
        Some(error @ Value::Object(_)) => Some(read(error)),
        Some(Value::String(_)) => Some(Refusal::unexplained()),
        _ if is_spread_out(body) => Some(read(body)),
        _ => None,
    }
}

fn is_spread_out(body: &Value) -> bool {
    let names_a_code = body.get("code").is_some_and(Value::is_string) && body.get("request_id").is_some();
    body.get("object").and_then(Value::as_str) == Some("error") || names_a_code
}

fn read(error: &Value) -> Refusal {
    let number = error.get("code").and_then(Value::as_u64);
    let status = number.and_then(|code| u16::try_from(code).ok()).filter(|code| (400..600).contains(code));
    let mut words: Vec<String> = WORD_FIELDS
        .iter()
        .filter_map(|field| error.pointer(field)?.as_str())
        .map(str::to_ascii_lowercase)
        .collect();
    if let (Some(number), None) = (number, status) {
        // A number that is no status is a word: Z.ai's codes.
        words.push(number.to_string());
    }
    let details = error.get("details").and_then(Value::as_array).into_iter().flatten().take(DETAIL_LIMIT);
    let mut wait = None;
    for detail in details {
        words.extend(detail.get("reason").and_then(Value::as_str).map(str::to_ascii_lowercase));
        wait = wait.or_else(|| retry_delay(detail));
    }
    Refusal { status, words, shape: kind_of_shape(error), wait }
}

/// What a body means by the fields that it has.
fn kind_of_shape(error: &Value) -> Option<ModelErrorKind> {
    let is_filled = |field: &str| match error.pointer(field) {
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::String(text)) => !text.is_empty(),
        _ => false,
    };
    // OpenRouter: what was flagged, and why.
    if ["/metadata/reasons", "/metadata/flagged_input", "/metadata/patterns"].into_iter().any(is_filled) {
        return Some(ModelErrorKind::ContentFilter);
    }
    // vLLM names the limit that was passed as if it were a field of ours.
    match error.get("param").and_then(Value::as_str) {
        Some("input_tokens" | "input_text") => Some(ModelErrorKind::ContextOverflow),
        _ => None,
    }
}

/// Google's `RetryInfo`: `{"@type": "…/google.rpc.RetryInfo", "retryDelay": "34.07s"}`.
fn retry_delay(detail: &Value) -> Option<Duration> {
    let kind = detail.get("@type")?.as_str()?;
    kind.ends_with("google.rpc.RetryInfo").then_some(())?;
    let text = detail.get("retryDelay")?.as_str()?;
    Some(capped(decimal_seconds(text.strip_suffix('s')?)?))
}

fn kind_of_status(status: u16, speaker: Speaker) -> ModelErrorKind {
    match (status, speaker) {
        (401, _) | (403, Speaker::Provider) => ModelErrorKind::Auth,
        (402, _) => ModelErrorKind::Billing,
        // With a machine word it is about the model.
        (404, Speaker::Provider) => ModelErrorKind::UnknownModel,
        (408 | 504 | 524, _) => ModelErrorKind::FirstByteTimeout,
        (429, _) => ModelErrorKind::RateLimited,
        // 498 is Groq's "no capacity left in this tier".
        (498 | 503 | 529, _) => ModelErrorKind::Overloaded,
        // Statuses about what was sent, and no's of an interface that reads what it is sent.
        (400 | 409 | 415 | 422, _) | (400..=499, Speaker::Provider) => ModelErrorKind::BadRequest,
        // Everything else is nothing that a request did, and others may do better: failures over there, refusals inside
        // of successful responses, servers that moved, and pages for people (a bare 403, 404, 405, 410).
        _ => ModelErrorKind::Server,
    }
}

#[cfg(test)]
mod tests;
