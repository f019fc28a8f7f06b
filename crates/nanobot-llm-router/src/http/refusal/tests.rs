//! Refusals as the vendors of the registry write them. Bodies are composed after their pages, those of llama.cpp
//! are its own; messages are shortened, since nothing reads them.

use proptest::prelude::*;

use super::*;
use ModelErrorKind as Kind;

fn error(status: u16, body: &str) -> ModelError {
    refusal_of(body.as_bytes()).into_error(status, None)
}

fn kind(status: u16, body: &str) -> Kind {
    error(status, body).kind
}

fn check(seen: &[(u16, &str, Kind)]) {
    for (status, body, expected) in seen {
        assert_eq!(kind(*status, body), *expected, "{status} {body}");
    }
}

#[test]
fn the_status_decides_where_the_body_says_nothing() {
    let by_status = [
        (301, Kind::Server),
        (307, Kind::Server),
        (400, Kind::BadRequest),
        (401, Kind::Auth),
        (402, Kind::Billing),
        (403, Kind::Server),
        (404, Kind::Server),
        (405, Kind::Server),
        (408, Kind::FirstByteTimeout),
        (409, Kind::BadRequest),
        (410, Kind::Server),
        (413, Kind::ContextOverflow),
        (415, Kind::BadRequest),
        (421, Kind::Server),
        (422, Kind::BadRequest),
        (429, Kind::RateLimited),
        (451, Kind::Server),
        (498, Kind::Overloaded),
        (500, Kind::Server),
        (502, Kind::Server),
        (503, Kind::Overloaded),
        (504, Kind::FirstByteTimeout),
        (529, Kind::Overloaded),
    ];
    for (status, expected) in by_status {
        for body in ["", "<html>nginx</html>", "Internal Server Error", r#"{"detail":"Invalid API key"}"#] {
            assert_eq!(kind(status, body), expected, "{status} {body}");
        }
    }
}

#[test]
fn a_no_of_the_interface_itself_is_told_from_that_of_a_page_in_between() {
    let page = "<html><body>Access denied</body></html>";
    let with_word = r#"{"error":{"message":"m","type":"invalid_request_error"}}"#;
    let with_number =
        |status: u16| format!(r#"{{"error":{{"code":{status},"message":"Key limit exceeded"}}}}"#);
    for (status, of_the_interface) in
        [(403, Kind::Auth), (404, Kind::UnknownModel), (405, Kind::BadRequest), (410, Kind::BadRequest)]
    {
        assert_eq!(kind(status, page), Kind::Server, "{status}");
        assert_eq!(kind(status, with_word), of_the_interface, "{status}");
        assert_eq!(kind(status, &with_number(status)), of_the_interface, "{status}");
    }
    assert_eq!(kind(302, page), Kind::Server);
}

#[test]
fn refusals_of_openai_are_understood() {
    let billing = r#"{"error":{"message":"m","type":"insufficient_quota","param":null,"code":"credit_balance_exhausted"}}"#;
    check(&[
        (
            429,
            r#"{"error":{"message":"m","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
            Kind::Billing,
        ),
        (429, billing, Kind::Billing),
        (
            429,
            r#"{"error":{"message":"m","type":"tokens","param":null,"code":"rate_limit_exceeded"}}"#,
            Kind::RateLimited,
        ),
        (
            429,
            r#"{"error":{"message":"m","type":"rate_limit_error","param":null,"code":"slow_down"}}"#,
            Kind::RateLimited,
        ),
        (
            503,
            r#"{"error":{"message":"m","type":"service_unavailable_error","code":"server_is_overloaded"}}"#,
            Kind::Overloaded,
        ),
        (
            404,
            r#"{"error":{"message":"m","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#,
            Kind::UnknownModel,
        ),
        (
            400,
            r#"{"error":{"message":"m","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
            Kind::ContextOverflow,
        ),
        (400, r#"{"error":{"message":"m","code":"content_filter"}}"#, Kind::ContentFilter),
        (
            401,
            r#"{"error":{"message":"m","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
            Kind::Auth,
        ),
    ]);
}

#[test]
fn refusals_of_anthropic_are_understood() {
    let of = |kind: &str| {
        format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"m"}},"request_id":"req_1"}}"#)
    };
    for (status, word, expected) in [
        (400, "invalid_request_error", Kind::BadRequest),
        (401, "authentication_error", Kind::Auth),
        (402, "billing_error", Kind::Billing),
        (403, "permission_error", Kind::Auth),
        (404, "not_found_error", Kind::UnknownModel),
        (413, "request_too_large", Kind::ContextOverflow),
        (429, "rate_limit_error", Kind::RateLimited),
        (500, "api_error", Kind::Server),
        (504, "timeout_error", Kind::FirstByteTimeout),
        (529, "overloaded_error", Kind::Overloaded),
    ] {
        assert_eq!(kind(status, &of(word)), expected, "{word}");
    }
    let spent = r#"{"type":"error","error":{"type":"rate_limit_error","message":"m","details":{"error_code":"enforced_spend_limit_reached"}}}"#;
    assert_eq!(kind(429, spent), Kind::Billing);
    // In the middle of a stream the status is 200.
    assert_eq!(kind(200, &of("overloaded_error")), Kind::Overloaded);
    assert_eq!(kind(200, &of("api_error")), Kind::Server);
}

#[test]
fn refusals_of_openrouter_are_understood() {
    check(&[
        (
            402,
            r#"{"error":{"code":402,"message":"m","metadata":{"reason":"in_flight_budget_exhausted","limit_source":"openrouter_in_flight_budget"}}}"#,
            Kind::RateLimited,
        ),
        (
            402,
            r#"{"error":{"code":402,"message":"m","metadata":{"limit_source":"openrouter_key_limit"}}}"#,
            Kind::Billing,
        ),
        (
            403,
            r#"{"error":{"code":403,"message":"m","metadata":{"reasons":["hate"],"flagged_input":"…","provider_name":"p","model_slug":"s"}}}"#,
            Kind::ContentFilter,
        ),
        (403, r#"{"error":{"code":403,"message":"m","metadata":{"patterns":["p"]}}}"#, Kind::ContentFilter),
        (
            403,
            r#"{"error":{"code":403,"message":"m","metadata":{"error_type":"permission_denied"}}}"#,
            Kind::Auth,
        ),
        (
            404,
            r#"{"error":{"code":404,"message":"m","metadata":{"error_type":"not_found"}}}"#,
            Kind::UnknownModel,
        ),
        (
            200,
            r#"{"error":{"code":502,"message":"m","metadata":{"error_type":"provider_unavailable"}}}"#,
            Kind::Server,
        ),
        (200, r#"{"error":{"message":"m","code":502}}"#, Kind::Server),
        (
            200,
            r#"{"error":{"code":429,"message":"m","metadata":{"error_type":"rate_limit_exceeded","provider_code":"x"}}}"#,
            Kind::RateLimited,
        ),
        (200, r#"{"error":{"code":429,"message":"slow down"}}"#, Kind::RateLimited),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"m","error_type":"context_length_exceeded"}}"#,
            Kind::ContextOverflow,
        ),
    ]);
}

#[test]
fn refusals_of_gemini_are_understood_with_their_wait() {
    let limited = r#"[{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[
        {"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[]},
        {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.074824224s"}]}}]"#;
    let error = error(429, limited);
    assert_eq!(
        (error.kind, error.retry_after),
        (Kind::RateLimited, Some(Duration::from_nanos(34_074_824_224)))
    );
    let asked = refusal_of(limited.as_bytes()).into_error(429, Some(Duration::from_secs(7)));
    assert_eq!(asked.retry_after, Some(Duration::from_secs(7)), "a header is the nearer one");
    check(&[
        (
            400,
            r#"[{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT","details":[{"@type":"t/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}]"#,
            Kind::Auth,
        ),
        (503, r#"[{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}]"#, Kind::Overloaded),
        (404, r#"[{"error":{"code":404,"message":"m","status":"NOT_FOUND"}}]"#, Kind::UnknownModel),
        (
            504,
            r#"[{"error":{"code":504,"message":"m","status":"DEADLINE_EXCEEDED"}}]"#,
            Kind::FirstByteTimeout,
        ),
    ]);
}

#[test]
fn refusals_of_groq_deepseek_and_moonshot_are_understood() {
    check(&[
        (
            413,
            r#"{"error":{"message":"m","type":"tokens","code":"rate_limit_exceeded"}}"#,
            Kind::ContextOverflow,
        ),
        (429, r#"{"error":{"message":"m","type":"tokens","code":"rate_limit_exceeded"}}"#, Kind::RateLimited),
        (
            400,
            r#"{"error":{"message":"m","type":"invalid_request_error","code":"json_validate_failed","failed_generation":"{"}}"#,
            Kind::BadAnswer,
        ),
        (
            400,
            r#"{"error":{"message":"m","type":"invalid_request_error","code":"model_decommissioned"}}"#,
            Kind::UnknownModel,
        ),
        (
            402,
            r#"{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}"#,
            Kind::Billing,
        ),
        (
            401,
            r#"{"error":{"message":"m","type":"authentication_error","param":null,"code":"invalid_request_error"}}"#,
            Kind::Auth,
        ),
        (429, r#"{"error":{"message":"m","type":"engine_overloaded_error"}}"#, Kind::Overloaded),
        (429, r#"{"error":{"message":"m","type":"exceeded_current_quota_error"}}"#, Kind::Billing),
        (404, r#"{"error":{"message":"m","type":"resource_not_found_error"}}"#, Kind::UnknownModel),
    ]);
}

#[test]
fn refusals_of_zhipu_and_dashscope_are_understood() {
    check(&[
        (429, r#"{"error":{"code":"1113","message":"m"}}"#, Kind::Billing),
        (429, r#"{"error":{"code":1302,"message":"m"}}"#, Kind::RateLimited),
        (400, r#"{"error":{"code":"1261","message":"m"}}"#, Kind::ContextOverflow),
        (400, r#"{"error":{"code":"1211","message":"m"}}"#, Kind::UnknownModel),
        (
            400,
            r#"{"error":{"code":"1301","message":"m"},"contentFilter":[{"level":1,"role":"user"}]}"#,
            Kind::ContentFilter,
        ),
        (401, r#"{"error":{"code":"1002","message":"m"}}"#, Kind::Auth),
        (429, r#"{"error":{"code":"1312","message":"m"}}"#, Kind::Overloaded),
        (
            400,
            r#"{"error":{"code":"Arrearage","param":null,"message":"m","type":"Arrearage"},"request_id":"r"}"#,
            Kind::Billing,
        ),
        (400, r#"{"code":"DataInspectionFailed","message":"m","request_id":"r"}"#, Kind::ContentFilter),
        (
            429,
            r#"{"error":{"code":"limit_requests","message":"m","type":"limit_requests"}}"#,
            Kind::RateLimited,
        ),
        (
            404,
            r#"{"error":{"code":"model_not_found","message":"m","type":"invalid_request_error"}}"#,
            Kind::UnknownModel,
        ),
    ]);
}

#[test]
fn refusals_of_local_servers_are_understood() {
    check(&[
        (
            400,
            r#"{"error":{"code":400,"message":"m","type":"exceed_context_size_error","n_prompt_tokens":4242,"n_ctx":2048}}"#,
            Kind::ContextOverflow,
        ),
        (
            401,
            r#"{"error":{"message":"Invalid API Key","type":"authentication_error","code":401}}"#,
            Kind::Auth,
        ),
        (
            503,
            r#"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#,
            Kind::Overloaded,
        ),
        (500, r#"{"error":{"code":500,"message":"m","type":"server_error"}}"#, Kind::Server),
        (
            400,
            r#"{"object":"error","message":"m","type":"BadRequestError","param":null,"code":400}"#,
            Kind::BadRequest,
        ),
        (
            400,
            r#"{"error":{"message":"m","type":"BadRequestError","param":"input_tokens","code":400}}"#,
            Kind::ContextOverflow,
        ),
        (
            404,
            r#"{"error":{"message":"m","type":"NotFoundError","param":"model","code":404}}"#,
            Kind::UnknownModel,
        ),
        (404, r#"{"error":"model \"x\" not found, try pulling it first"}"#, Kind::Server),
        (404, r#"{"error":{"message":"m","type":"api_error","param":null,"code":null}}"#, Kind::UnknownModel),
    ]);
}

#[test]
fn loose_text_is_never_looked_at() {
    let misleading = r#"{"error":{"message":"rate limit 429: maximum context length, invalid api key","type":"invalid_request_error"}}"#;
    assert_eq!(kind(400, misleading), Kind::BadRequest);
}

#[test]
fn an_answer_is_no_refusal() {
    for body in
        [r#"{"choices":[],"code":"x"}"#, r#"{"id":"1","request_id":"r"}"#, "[]", "7", r#"{"error":null}"#]
    {
        assert_eq!(refusal_in(&serde_json::from_str(body).unwrap()), None, "{body}");
    }
}

#[test]
fn the_cause_names_status_and_code_and_nothing_else() {
    let body = r#"{"error":{"message":"Incorrect API key provided: sk-secret","type":"invalid_request_error","code":"invalid_api_key"}}"#;
    assert_eq!(error(401, body).source.unwrap().to_string(), "the provider answered 401 (invalid_api_key)");
}

proptest! {
    #[test]
    fn any_body_gives_an_error_without_its_text(status in 300u16..600, text in "[a-z ]{1,20}!") {
        let body = serde_json::json!({"error": {
            "message": text, "type": text, "code": text, "error_type": text, "param": text,
            "metadata": {"reason": text, "raw": text, "flagged_input": text},
            "details": [{"reason": text, "@type": "google.rpc.RetryInfo", "retryDelay": text}],
        }});
        let error = refusal_of(body.to_string().as_bytes()).into_error(status, None);
        let shown = format!("{error} {}", error.source.as_ref().unwrap());
        prop_assert!(!shown.contains(&text));
    }
}
