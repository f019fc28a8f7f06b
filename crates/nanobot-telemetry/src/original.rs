//! The original's counters, and where each of them is found now.

/// One counter of the original.
#[derive(Debug)]
pub(crate) struct Original {
    /// Its name there.
    pub(crate) name: &'static str,
    /// The series here; none where core reports no such fact.
    pub(crate) here: Option<&'static str>,
    /// What else there is to say.
    pub(crate) note: &'static str,
}

/// All of them, in the order of the original's parts.
pub(crate) const ORIGINALS: &[Original] = &[
    at("event_drop_empty", r#"nanobot_event_drops_total{reason="empty"}"#),
    at("event_drop_duplicate", r#"nanobot_event_drops_total{reason="duplicate"}"#),
    at("reply_ctx_archive_hit", r#"nanobot_reply_context_lookups_total{outcome="hit"}"#),
    at("reply_ctx_archive_miss", r#"nanobot_reply_context_lookups_total{outcome="miss"}"#),
    at("response_sent", r#"nanobot_turn_results_total{result="response"}"#),
    at("responder_empty", r#"nanobot_turn_results_total{result="empty"}"#),
    at("reaction_sent", r#"nanobot_turn_results_total{result="reaction"}"#),
    at("policy_drop_access", r#"nanobot_policy_drops_total{rule="access"}"#),
    at("policy_drop_reply", r#"nanobot_policy_drops_total{rule="reply"}"#),
    at("admin_command_handled", r#"nanobot_admin_commands_total{status="handled"}"#),
    at("admin_command_unknown", r#"nanobot_admin_commands_total{status="unknown"}"#),
    at("admin_command_denied_or_ignored", r#"nanobot_admin_commands_total{status="ignored"}"#),
    with("policy_admin_command", r#"nanobot_policy_commands_total{source="dm"}"#, "without the channel"),
    at("policy_admin_execute_total", "nanobot_policy_commands_total"),
    at("policy_admin_mutation_total", "nanobot_policy_mutations_total"),
    at("policy_admin_rollback_total", "nanobot_policy_rollbacks_total"),
    with(
        "policy_admin_audit_write_fail_total",
        r#"nanobot_policy_commands_total{outcome="error"}"#,
        "here nothing is changed without its audit row, so the command ends as an error",
    ),
    at("session_reset_total", "nanobot_admin_session_resets_total"),
    at("panic_switch_total", "nanobot_admin_panics_total"),
    at("voice_messages_set_total", "nanobot_admin_voice_settings_total"),
    at("security_input_blocked", r#"nanobot_security_outcomes_total{stage="input",outcome="blocked"}"#),
    at("security_output_sanitized", r#"nanobot_security_outcomes_total{stage="output",outcome="sanitized"}"#),
    at("security_output_blocked", r#"nanobot_security_outcomes_total{stage="output",outcome="blocked"}"#),
    at("security_tool_blocked", r#"nanobot_tool_calls_total{outcome="denied_by_security"}"#),
    missing("security_tool_warn", "core reports no warnings of the gate yet"),
    at("memory_notes_enqueued", r#"nanobot_memory_notes_total{outcome="enqueued"}"#),
    at("memory_notes_dropped_policy", r#"nanobot_memory_notes_total{outcome="dropped_by_policy"}"#),
    at("memory_notes_dropped_security", r#"nanobot_memory_notes_total{outcome="dropped_by_security"}"#),
    missing("idea_capture_saved", IDEAS),
    missing("idea_capture_reacted", IDEAS),
    missing("idea_capture_no_message_id", IDEAS),
    missing("idea_capture_dropped_security", IDEAS),
    missing("memory_recall_hit", MEMORY),
    missing("memory_recall_miss", MEMORY),
    missing("memory_prompt_chars", MEMORY),
    missing("memory_capture_saved", MEMORY),
    missing("memory_capture_dropped_low_conf", MEMORY),
    missing("memory_capture_dropped_safety", MEMORY),
    missing("memory_capture_deduped", MEMORY),
];

const IDEAS: &str = "core reports nothing about ideas yet";
const MEMORY: &str = "core reports nothing about recall and capture yet";

const fn at(name: &'static str, here: &'static str) -> Original {
    with(name, here, "")
}

const fn with(name: &'static str, here: &'static str, note: &'static str) -> Original {
    Original { name, here: Some(here), note }
}

const fn missing(name: &'static str, note: &'static str) -> Original {
    Original { name, here: None, note }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::CATALOGUE;
    use crate::labels::Values;

    #[test]
    fn every_counter_of_the_original_that_is_mapped_leads_to_a_metric_and_a_label_value() {
        for Original { name, here, .. } in ORIGINALS {
            let Some(here) = here else { continue };
            let (metric, selector) = here.split_once('{').unwrap_or((here, "}"));
            let metric = CATALOGUE.iter().find(|row| row.name == metric).expect(name);
            for pair in selector.trim_end_matches('}').split(',').filter(|pair| !pair.is_empty()) {
                let (label, value) = pair.split_once('=').expect(name);
                let label = metric.labels.iter().find(|row| row.name == label).expect(name);
                let (Values::Words(words) | Values::Known(words)) = label.values else {
                    panic!("{name}: {} is configured", label.name);
                };
                assert!(words().contains(&value.trim_matches('"')), "{name}: {value}");
            }
        }
    }
}
