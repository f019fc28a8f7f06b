//! What the gate says when a stage of it fails: the original's table of fail modes.

use nanobot_core::verdict::Severity;

use crate::report::{Action, Report};
use crate::rule::StageName;
use crate::settings::{FailMode, Settings};

/// Why a stage gives no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StageError {
    /// The text is longer than the stage looks at.
    #[error("the text has more than {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// It broke: a fault of ours.
    #[error("the stage broke")]
    Broke,
}

/// The tag of every such report.
const TAG: &str = "engine_error";

/// The answer of a stage that failed.
pub(crate) fn report(settings: &Settings, stage: StageName) -> Report {
    let (action, reason, severity) = match (settings.fail_mode, stage) {
        (FailMode::Open, _) => (Action::Allow, "security_error_fail_open", Severity::Low),
        (FailMode::Closed, _) => (Action::Block, "security_error_fail_closed", Severity::High),
        (FailMode::Mixed, StageName::Input) => {
            (Action::Allow, "security_error_fail_open_input", Severity::Low)
        }
        (FailMode::Mixed, StageName::Tool) => {
            (Action::Block, "security_error_fail_closed_tool", Severity::High)
        }
        (FailMode::Mixed, StageName::Output) => {
            (Action::Sanitize, "security_error_sanitize_output", Severity::High)
        }
    };
    let text = (action == Action::Sanitize).then(|| settings.block_message.clone());
    Report { action, severity, tags: vec![TAG.to_owned()], text, ..Report::allow(reason) }
}

/// The answer to a text that is longer than a stage looks at.
pub(crate) fn too_long() -> Report {
    Report {
        action: Action::Block,
        severity: Severity::High,
        tags: vec![TAG.to_owned()],
        ..Report::allow("security_text_too_long")
    }
}
