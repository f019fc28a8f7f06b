//! The machine words of refusals, and what each means where it says more than the status.
//!
//! Words are compared whole and in lower case. Sources, as known in November 2026: the error pages of OpenAI,
//! Anthropic, OpenRouter ("Errors and debugging", "Limits"), Google, Groq, Moonshot, Z.ai ("Error codes"), Alibaba
//! (Model Studio, "Error codes"), DeepSeek; llama.cpp and llama-cpp-python as measured.

use nanobot_core::model::ModelErrorKind;

/// The meaning of a word; none when the status says all.
pub(super) fn kind_of_word(word: &str) -> Option<ModelErrorKind> {
    TABLE.iter().find(|(_, words)| words.contains(&word)).map(|(kind, _)| *kind)
}

/// No word stands twice.
const TABLE: &[(ModelErrorKind, &[&str])] = &[
    (ModelErrorKind::Billing, BILLING),
    (ModelErrorKind::ContextOverflow, CONTEXT_OVERFLOW),
    (ModelErrorKind::ContentFilter, CONTENT_FILTER),
    (ModelErrorKind::UnknownModel, UNKNOWN_MODEL),
    (ModelErrorKind::Auth, AUTH),
    (ModelErrorKind::RateLimited, RATE_LIMITED),
    (ModelErrorKind::Overloaded, OVERLOADED),
    (ModelErrorKind::FirstByteTimeout, TIMEOUT),
    (ModelErrorKind::Server, SERVER),
    (ModelErrorKind::BadAnswer, BAD_ANSWER),
];

const BILLING: &[&str] = &[
    // OpenAI.
    "insufficient_quota",
    "billing_not_active",
    "billing_hard_limit_reached",
    "credit_balance_exhausted",
    "organization_usage_limit_exceeded",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    // Anthropic.
    "billing_error",
    "enforced_spend_limit_reached",
    // OpenRouter.
    "payment_required",
    "weight_exceeds_budget",
    "token_limit_exceeded",
    // Groq, DeepSeek, Moonshot.
    "blocked_api_access",
    "insufficient_balance",
    "exceeded_current_quota_error",
    // DashScope.
    "arrearage",
    "allocationquota.freetieronly",
    "accessdenied.unpurchased",
    // Z.ai: in arrears, plan expired.
    "1113",
    "1309",
];

const CONTEXT_OVERFLOW: &[&str] = &[
    "context_length_exceeded",
    "string_above_max_length",
    // Anthropic.
    "request_too_large",
    // OpenRouter.
    "string_too_long",
    "payload_too_large",
    // llama.cpp.
    "exceed_context_size_error",
    // Z.ai.
    "1261",
];

const CONTENT_FILTER: &[&str] = &[
    "content_filter",
    "content_policy_violation",
    // OpenRouter.
    "refusal",
    // DashScope, in both spellings.
    "data_inspection_failed",
    "datainspectionfailed",
    // Z.ai.
    "1301",
];

const UNKNOWN_MODEL: &[&str] = &[
    "model_not_found",
    "model_not_exist",
    // Anthropic, llama.cpp.
    "not_found_error",
    // Groq.
    "model_decommissioned",
    // DashScope.
    "modelnotfound",
    // Z.ai: no such model, not part of the plan.
    "1211",
    "1311",
];

const AUTH: &[&str] = &[
    "invalid_api_key",
    "account_deactivated",
    // Anthropic, llama.cpp.
    "authentication_error",
    "permission_error",
    // OpenRouter.
    "authentication",
    // Moonshot.
    "invalid_authentication_error",
    "incorrect_api_key_error",
    // Groq.
    "organization_restricted",
    // Google.
    "api_key_invalid",
    "unauthenticated",
    "permission_denied",
    // DashScope.
    "invalidapikey",
    "model_access_denied",
    "model.accessdenied",
    // Z.ai: keys, accounts, rights.
    "1000",
    "1001",
    "1002",
    "1003",
    "1004",
    "1110",
    "1111",
    "1112",
    "1121",
    "1220",
];

const RATE_LIMITED: &[&str] = &[
    "rate_limit_exceeded",
    "rate_limit_error",
    "slow_down",
    // OpenRouter: what runs at the same time may cost too much.
    "in_flight_budget_exhausted",
    // Moonshot.
    "rate_limit_reached_error",
    // DashScope.
    "throttling",
    "throttling.ratequota",
    "throttling.burstrate",
    "throttling.allocationquota",
    "limit_requests",
    "limit_burst_rate",
    // Z.ai: at once, too often, today, this window, this week, unfair.
    "1302",
    "1303",
    "1304",
    "1305",
    "1308",
    "1310",
    "1313",
];

const OVERLOADED: &[&str] = &[
    "server_is_overloaded",
    "server_overloaded",
    "service_unavailable_error",
    // Anthropic.
    "overloaded_error",
    // OpenRouter.
    "provider_overloaded",
    // Moonshot.
    "engine_overloaded_error",
    // Google.
    "unavailable",
    // llama.cpp while it loads a model.
    "unavailable_error",
    // Groq.
    "capacity_exceeded",
    // DashScope.
    "serviceunavailable",
    // DeepSeek, as the reason why an answer ended.
    "insufficient_system_resource",
    // Z.ai.
    "1312",
];

const TIMEOUT: &[&str] =
    &["timeout_error", "timeout", "deadline_exceeded", "requesttimeout", "responsetimeout"];

const SERVER: &[&str] = &[
    "server_error",
    // OpenRouter.
    "server",
    "provider_unavailable",
    // DashScope.
    "internalerror",
    "internal_error",
    "modelservingerror",
    // Z.ai.
    "500",
    "1120",
    "1230",
    "1234",
    "network_error",
];

/// Groq refuses what its own model wrote; another try may go well.
const BAD_ANSWER: &[&str] = &["json_validate_failed", "tool_use_failed"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_has_two_meanings_and_all_are_in_lower_case() {
        let mut all: Vec<&str> = TABLE.iter().flat_map(|(_, words)| words.iter().copied()).collect();
        assert!(all.iter().all(|word| *word == word.to_ascii_lowercase()));
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
