//! What a refusal means: from the status, a header and the machine-readable fields of the body.
//!
//! Never from the text for people, which changes, is translated, and quotes the user.

use std::time::Duration;

use nanobot_core::model::{ModelError, ModelErrorKind};
use serde_json::Value;

use crate::error::{AnswerError, MachineWord};

/// Longest wait that is passed on, in seconds. A provider that asks for more means "not today".
const RETRY_AFTER_LIMIT_S: u64 = 24 * 60 * 60;

/// A provider's no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// A status inside the body, where the provider repeats it there.
    status: Option<u16>,
    /// `code`, `type`, `status` and `reason` of the body, as far as they are texts, in this order.
    words: Vec<String>,
}

impl Refusal {
    /// A refusal without any detail.
    pub(super) fn unexplained() -> Self {
        Self { status: None, words: Vec::new() }
    }

    /// The error for the caller, given the response's status and the wait that it asks for.
    pub(super) fn into_error(self, response_status: u16, retry_after: Option<Duration>) -> ModelError {
        // Inside a response that began well, the status of the body is the better one.
        let status = match self.status {
            Some(inner) if response_status < 400 => inner,
            _ => response_status,
        };
        let words = || self.words.iter().map(String::as_str);
        let kind = words().find_map(kind_of_word).unwrap_or_else(|| kind_of_status(status, words().next()));
        let cause = if (300..400).contains(&status) {
            AnswerError::Redirected
        } else {
            AnswerError::Refused { status, code: MachineWord::first_of(words()) }
        };
        ModelError { retry_after, ..ModelError::caused_by(kind, cause) }
    }
}

/// Reads the body of a response that did not succeed. A body that is no JSON says nothing.
pub(super) fn refusal_of(body: &[u8]) -> Refusal {
    serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|body| refusal_in(&body))
        .unwrap_or_else(Refusal::unexplained)
}

/// Finds a refusal in a body: OpenAI's `{"error": {…}}`, the same inside a list (Gemini), with a text in place of
/// the object (Ollama), or spread out beside `"object": "error"` (vLLM). None when the body is none.
pub(super) fn refusal_in(body: &Value) -> Option<Refusal> {
    let body = match body {
        Value::Array(list) => list.first()?,
        other => other,
    };
    match body.get("error") {
        Some(Value::Object(_)) => Some(read(body.get("error")?)),
        Some(Value::String(_)) => Some(Refusal::unexplained()),
        _ if body.get("object").and_then(Value::as_str) == Some("error") => Some(read(body)),
        _ => None,
    }
}

fn read(error: &Value) -> Refusal {
    let status = error.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
    let fields = ["/code", "/type", "/status", "/details/0/reason"];
    let words = fields.iter().filter_map(|field| error.pointer(field)?.as_str());
    Refusal {
        status: status.filter(|code| (400..600).contains(code)),
        words: words.map(str::to_ascii_lowercase).collect(),
    }
}

/// The meaning of a machine word, where it says more than the status. Sources: OpenAI's error codes; llama.cpp
/// and llama-cpp-python as measured; Anthropic, Google, Groq, Moonshot, Z.ai, Alibaba: their error pages, as known
/// in November 2026. Words are compared whole and in lower case.
fn kind_of_word(word: &str) -> Option<ModelErrorKind> {
    Some(match word {
        "insufficient_quota"
        | "billing_not_active"
        | "billing_hard_limit_reached"
        | "billing_error"
        | "insufficient_balance"
        | "exceeded_current_quota_error"
        | "arrearage"
        | "1113" => ModelErrorKind::Billing,
        "context_length_exceeded" | "exceed_context_size_error" | "string_above_max_length" => {
            ModelErrorKind::ContextOverflow
        }
        "content_filter" | "content_policy_violation" | "data_inspection_failed" | "1301" => {
            ModelErrorKind::ContentFilter
        }
        "model_not_found" | "model_not_exist" | "1211" => ModelErrorKind::UnknownModel,
        "invalid_api_key"
        | "authentication_error"
        | "invalid_authentication_error"
        | "incorrect_api_key_error"
        | "permission_error"
        | "api_key_invalid"
        | "unauthenticated" => ModelErrorKind::Auth,
        "rate_limit_exceeded" | "rate_limit_error" | "rate_limit_reached_error" => {
            ModelErrorKind::RateLimited
        }
        "overloaded_error" | "engine_overloaded_error" | "server_overloaded" | "unavailable" => {
            ModelErrorKind::Overloaded
        }
        _ => return None,
    })
}

fn kind_of_status(status: u16, word: Option<&str>) -> ModelErrorKind {
    match status {
        401 | 403 => ModelErrorKind::Auth,
        402 => ModelErrorKind::Billing,
        // A 404 with a machine word is about the model; a bare one is about the address.
        404 if word.is_some() => ModelErrorKind::UnknownModel,
        408 | 504 | 524 => ModelErrorKind::FirstByteTimeout,
        429 => ModelErrorKind::RateLimited,
        503 | 529 => ModelErrorKind::Overloaded,
        300..=499 => ModelErrorKind::BadRequest,
        // Everything else, a refusal inside a successful response among it, is a failure over there.
        _ => ModelErrorKind::Server,
    }
}

/// The wait that a `Retry-After` header asks for, when it counts seconds. Dates are not read: this crate has no
/// clock.
pub(super) fn retry_after(value: &str) -> Option<Duration> {
    let seconds: u64 = value.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(RETRY_AFTER_LIMIT_S)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use ModelErrorKind as Kind;

    fn kind(status: u16, body: &str) -> Kind {
        refusal_of(body.as_bytes()).into_error(status, None).kind
    }

    #[test]
    fn the_status_decides_where_the_body_says_nothing() {
        let by_status = [
            (301, Kind::BadRequest),
            (400, Kind::BadRequest),
            (401, Kind::Auth),
            (402, Kind::Billing),
            (403, Kind::Auth),
            (404, Kind::BadRequest),
            (408, Kind::FirstByteTimeout),
            (413, Kind::BadRequest),
            (422, Kind::BadRequest),
            (429, Kind::RateLimited),
            (500, Kind::Server),
            (502, Kind::Server),
            (503, Kind::Overloaded),
            (504, Kind::FirstByteTimeout),
            (529, Kind::Overloaded),
        ];
        for (status, expected) in by_status {
            for body in ["", "<html>nginx</html>", "Internal Server Error", r#"{"detail":"Invalid API key"}"#]
            {
                assert_eq!(kind(status, body), expected, "{status} {body}");
            }
        }
    }

    #[test]
    fn the_fields_of_real_servers_are_understood() {
        let seen = [
            (
                429,
                r#"{"error":{"message":"quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
                Kind::Billing,
            ),
            (
                404,
                r#"{"error":{"message":"no","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#,
                Kind::UnknownModel,
            ),
            (404, r#"{"error":{"message":"model: x","type":"not_found_error"}}"#, Kind::UnknownModel),
            (
                400,
                r#"{"error":{"code":400,"message":"too big","type":"exceed_context_size_error","n_prompt_tokens":4242,"n_ctx":2048}}"#,
                Kind::ContextOverflow,
            ),
            (
                400,
                r#"{"error":{"message":"m","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
                Kind::ContextOverflow,
            ),
            (
                400,
                r#"[{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}]"#,
                Kind::Auth,
            ),
            (
                400,
                r#"{"object":"error","message":"m","type":"BadRequestError","param":null,"code":400}"#,
                Kind::BadRequest,
            ),
            (429, r#"{"error":{"message":"busy","type":"engine_overloaded_error"}}"#, Kind::Overloaded),
            (400, r#"{"error":{"message":"m","code":"content_filter"}}"#, Kind::ContentFilter),
            (404, r#"{"error":"model \"x\" not found, try pulling it first"}"#, Kind::BadRequest),
            (200, r#"{"error":{"message":"upstream","code":502}}"#, Kind::Server),
            (200, r#"{"error":{"message":"slow down","code":429}}"#, Kind::RateLimited),
        ];
        for (status, body, expected) in seen {
            assert_eq!(kind(status, body), expected, "{body}");
        }
    }

    #[test]
    fn loose_text_is_never_looked_at() {
        let misleading = r#"{"error":{"message":"rate limit 429: maximum context length, invalid api key","type":"invalid_request_error"}}"#;
        assert_eq!(kind(400, misleading), Kind::BadRequest);
    }

    #[test]
    fn the_cause_names_status_and_code_and_nothing_else() {
        let body = br#"{"error":{"message":"Incorrect API key provided: sk-secret","type":"invalid_request_error","code":"invalid_api_key"}}"#;
        let error = refusal_of(body).into_error(401, None);
        assert_eq!(error.source.unwrap().to_string(), "the provider answered 401 (invalid_api_key)");
    }

    #[test]
    fn a_wait_in_seconds_is_passed_on() {
        assert_eq!(retry_after(" 7 "), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("99999999999"), Some(Duration::from_hours(24)));
        assert_eq!(retry_after("Wed, 21 Oct 2026 07:28:00 GMT"), None);
        assert_eq!(retry_after("-1"), None);
    }

    proptest! {
        #[test]
        fn any_body_gives_an_error_without_its_text(status in 300u16..600, text in "[a-z ]{1,20}!") {
            let body = serde_json::json!({"error": {"message": text, "type": text, "code": text}});
            let error = refusal_of(body.to_string().as_bytes()).into_error(status, None);
            let shown = format!("{error} {}", error.source.as_ref().unwrap());
            prop_assert!(!shown.contains(&text));
        }
    }
}
