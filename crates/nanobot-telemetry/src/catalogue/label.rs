//! The labels that metrics use, each with the set of its values.

use crate::labels::Named;
use crate::labels::Values::{Configured, Known, Words};
use crate::labels::{Label, codes, words};

macro_rules! labels {
    ($($name:ident = $label:literal, $values:expr;)*) => {
        $(pub(super) const $name: Label = Label { name: $label, values: $values };)*
    };
}

labels! {
    PROVIDER = "provider", Configured(Named::Providers);
    MODEL = "model", Configured(Named::Models);
    MODEL_OR_ALL = "model", Configured(Named::ModelsOrAll);
    FROM = "from", Configured(Named::Models);
    TO = "to", Configured(Named::Models);
    CREDENTIAL = "credential", Configured(Named::Credentials);
    TOOL = "tool", Configured(Named::Tools);
    CHANNEL = "channel", Configured(Named::Channels);
    VERSION = "version", Configured(Named::Version);

    TASK = "task", Words(words::tasks);
    TOKEN_KIND = "kind", Words(words::token_kinds);
    ATTEMPT_OUTCOME = "outcome", Known(words::attempt_outcomes);
    FALLBACK_REASON = "reason", Known(words::fallback_reasons);
    CIRCUIT_STATE = "state", Words(words::circuit_states);
    CIRCUIT_REASON = "reason", Known(words::circuit_reasons);
    SCOPE = "scope", Words(words::budget_scopes);
    TOOL_OUTCOME = "outcome", Words(words::tool_outcomes);
    TURN_OUTCOME = "outcome", Words(words::turn_outcomes);
    TURN_RESULT = "result", Words(words::results);
    FAILURE_REASON = "reason", Known(words::failure_reasons);
    STAGE = "stage", Known(words::stages);
    DROP_REASON = "reason", Words(words::drops);
    LOOKUP = "outcome", Words(words::lookups);
    POLICY_RULE = "rule", Words(words::policy_rules);
    POLICY_REASON = "reason", Known(codes::policy_codes);
    POLICY_FILE_STATE = "state", Words(words::policy_file_states);
    COMMAND = "command", Known(words::commands);
    ADMIN_STATUS = "status", Words(words::admin_statuses);
    EXECUTION_OUTCOME = "outcome", Known(words::execution_outcomes);
    SOURCE = "source", Known(words::execution_sources);
    DRY_RUN = "dry_run", Words(words::yes_or_no);
    VOICE_MODE = "mode", Known(words::voice_modes);
    SECURITY_STAGE = "stage", Words(words::security_stages);
    SECURITY_OUTCOME = "outcome", Words(words::security_outcomes);
    SECURITY_REASON = "reason", Known(codes::security_codes);
    NOTES_OUTCOME = "outcome", Words(words::notes_outcomes);
    STORE = "store", Words(words::stores);
    STORE_TROUBLE = "kind", Words(words::store_troubles);
}
