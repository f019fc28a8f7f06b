//! What the model reads of a command: its output, cut, or why there is none. In the original's words.

use nanobot_core::ports::{SandboxError, SandboxResult};
use nanobot_core::{Label, Labels};

use crate::tool::ToolAnswer;

/// So many characters of the output are shown.
pub(super) const MAX_CHARS: usize = 10_000;

/// When commands cannot be run at all. They never run outside of the box, whatever the setting says that the text
/// names; it is the original's, and models know it.
pub(super) const HOST_EXEC_DISABLED: &str = "Host exec is disabled by configuration (set \
    tools.exec.allowHostExecution=true to enable unsafe host execution)";

/// The answer of a command that ended, or of one that did not.
pub(super) fn told(ended: Result<SandboxResult, SandboxError>) -> ToolAnswer {
    match ended {
        Ok(result) => shown(&result),
        Err(error) => failed(&error),
    }
}

/// As the original words that there is no box.
pub(super) fn unavailable(reason: &str) -> ToolAnswer {
    ToolAnswer::failed(format!("Exec isolation unavailable: {reason}"))
}

fn shown(result: &SandboxResult) -> ToolAnswer {
    let output = result.output.trim_matches('\n');
    let mut text = if output.is_empty() { "(no output)" } else { output }.to_owned();
    let ending = match result.code {
        Some(0) => String::new(),
        Some(code) => format!("\n\nExit code: {code}"),
        None => "\n\nExit code: none (it was killed)".to_owned(),
    };
    let length = text.chars().count();
    let cut = result.cut_chars.saturating_add(of(length.saturating_sub(MAX_CHARS)));
    if cut > 0 {
        let kept: String = text.chars().take(MAX_CHARS).collect();
        text = format!("{kept}\n... (truncated, {cut} more chars)");
    }
    // The original cuts this away with the rest; a model needs to know that it failed.
    text.push_str(&ending);
    let labels = if result.sees_grants { Label::File.into() } else { Labels::NONE };
    ToolAnswer { labels, ..ToolAnswer::done(text) }
}

fn failed(error: &SandboxError) -> ToolAnswer {
    match error {
        SandboxError::NotClosed { .. } => unavailable(&error.to_string()),
        SandboxError::Unavailable { reason } => unavailable(reason),
        SandboxError::TimedOut(limit) => {
            ToolAnswer::failed(format!("Command timed out after {} seconds", limit.as_secs_f64()))
        }
        SandboxError::Preempted { reason } => {
            ToolAnswer::failed(format!("Command interrupted due to sandbox preemption ({reason})"))
        }
        SandboxError::OverLimit { limit } => ToolAnswer::failed(format!("Command was killed: {limit}")),
        SandboxError::Cancelled => ToolAnswer::failed("Command was stopped"),
        other => ToolAnswer { text: format!("Error executing command: {other}"), ..ToolAnswer::failed("") },
    }
}

fn of(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
