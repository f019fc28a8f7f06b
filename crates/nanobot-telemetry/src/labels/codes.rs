//! Short codes for the reasons that the security gate gives.
//!
//! Policy reasons are codes already. The gate's are the original's sentences, which people read; a graph wants a word.

/// The code of a reason of the gate; `other` for one of a rule pack that is not ours.
#[cfg(feature = "prometheus")]
pub(crate) fn security(reason: &str) -> &'static str {
    REASONS.iter().find(|(known, _)| *known == reason).map_or(super::OTHER, |&(_, code)| code)
}

/// Every code.
pub(crate) fn security_codes() -> Vec<&'static str> {
    REASONS.iter().map(|&(_, code)| code).chain([NO_REASON]).collect()
}

/// The code where a fact has no reason.
pub(crate) const NO_REASON: &str = "none";

const REASONS: &[(&str, &str)] = &[
    ("Instruction override/jailbreak pattern", "instruction_override"),
    ("Secret or credential exfiltration attempt", "secret_exfiltration"),
    ("Tool approval bypass pattern", "tool_abuse"),
    ("Suspicious safety-bypass phrasing", "safety_bypass_signal"),
    ("Persona/address manipulation attempt detected", "persona_manipulation"),
    ("Sensitive token or config file pattern detected in output", "output_redaction"),
    ("security_text_too_long", "text_too_long"),
    ("security_error_fail_open", "error_fail_open"),
    ("security_error_fail_closed", "error_fail_closed"),
    ("security_error_fail_open_input", "error_fail_open_input"),
    ("security_error_sanitize_output", "error_sanitize_output"),
];

/// The policy's codes for a message that is not answered.
pub(crate) fn policy_codes() -> Vec<&'static str> {
    vec![
        "blocked_sender",
        "who_can_talk:everyone",
        "who_can_talk:allowlist",
        "who_can_talk:owner_only",
        "when_to_reply:all",
        "when_to_reply:mention_only_dm",
        "when_to_reply:mention_only_group",
        "when_to_reply:mention_only_group_voice_wake_phrase",
        "when_to_reply:allowed_senders",
        "when_to_reply:owner_only",
        "when_to_reply:off",
        "channel_closed",
        "policy_disabled",
        "policy_not_applied",
    ]
}
