//! Errors as the vendors send them: the status, and the machine words of the body.
//!
//! From the error pages of OpenAI and Anthropic, and DeepSeek's for 402, as known in November 2026.

use serde_json::Value;

use super::answer::Asked;
use super::dialect::Dialect;

/// The line after the version: number and reason.
pub(super) fn status_line(status: u16) -> String {
    let reason = match status {
        200 => "OK",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        408 => "Request Timeout",
        413 => "Payload Too Large",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        529 => "Site Is Overloaded",
        _ => "Unknown",
    };
    format!("{status} {reason}")
}

/// The body that goes with a status.
pub(super) fn body(dialect: Dialect, status: u16, asked: &Asked) -> Value {
    let (kind, code, message) = match dialect {
        Dialect::OpenAi => match status {
            401 => ("invalid_request_error", Some("invalid_api_key"), "Incorrect API key provided."),
            402 => ("unknown_error", Some("invalid_request_error"), "Insufficient Balance"),
            403 => ("invalid_request_error", Some("unsupported_country_region_territory"), "Not here."),
            404 => ("invalid_request_error", Some("model_not_found"), "The model does not exist."),
            429 => ("requests", Some("rate_limit_exceeded"), "Rate limit reached."),
            503 | 529 => ("service_unavailable_error", None, "The engine is currently overloaded."),
            500..=599 => ("server_error", None, "The server had an error processing your request."),
            _ => ("invalid_request_error", None, "The request is wrong."),
        },
        Dialect::Anthropic => match status {
            401 => ("authentication_error", None, "invalid x-api-key"),
            402 => ("billing_error", None, "Your credit balance is too low."),
            403 => ("permission_error", None, "Your key may not do that."),
            404 => ("not_found_error", None, "model: no such model"),
            413 => ("request_too_large", None, "Request exceeds the maximum size."),
            429 => ("rate_limit_error", None, "This request would exceed your rate limit."),
            529 => ("overloaded_error", None, "Overloaded"),
            500..=599 => ("api_error", None, "Internal server error"),
            _ => ("invalid_request_error", None, "The request is wrong."),
        },
    };
    // Some vendors quote what was sent; whoever logs their words logs the chat.
    let message = format!("{message} ({})", asked.mark);
    dialect.error(kind, code, &message)
}

/// The body that says that the conversation is too long.
pub(super) fn overflow(dialect: Dialect) -> Value {
    match dialect {
        Dialect::OpenAi => dialect.error(
            "invalid_request_error",
            Some("context_length_exceeded"),
            "This model's maximum context length is 10 tokens.",
        ),
        Dialect::Anthropic => {
            dialect.error("invalid_request_error", None, "prompt is too long: 20 tokens > 10 maximum")
        }
    }
}
