//! One line of `doctor`.

use nanobot_channels::console::clean_line;
use serde_json::{Value, json};

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// As it should be.
    Ok,
    /// It works, and somebody should know.
    Warning,
    /// It does not work.
    Failed,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    check: &'static str,
    pub(super) state: State,
    detail: String,
    /// What to do; none where nothing is needed.
    next: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, state: State::Ok, detail: detail.into(), next: None }
    }

    pub(super) fn warning(check: &'static str, detail: impl Into<String>, next: impl Into<String>) -> Self {
        Self { check, state: State::Warning, detail: detail.into(), next: Some(next.into()) }
    }

    pub(super) fn failed(check: &'static str, detail: impl Into<String>, next: impl Into<String>) -> Self {
        Self { check, state: State::Failed, detail: detail.into(), next: Some(next.into()) }
    }

    /// For people: what it is, and below it what to do.
    pub(super) fn lines(&self) -> Vec<String> {
        let Self { check, state, detail, next } = self;
        let mut words = detail.lines();
        let first = format!("{:<8} {check:<9} {}", state.name(), words.next().unwrap_or_default());
        let rest = words.map(|line| format!("{:<18} {line}", ""));
        let next = next.iter().map(|next| format!("{:<18} -> {next}", ""));
        std::iter::once(first).chain(rest).chain(next).map(|line| clean_line(&line)).collect()
    }

    /// For programs.
    pub(super) fn to_json(&self) -> Value {
        let Self { check, state, detail, next } = self;
        json!({"check": check, "state": state.name(), "detail": detail, "next": next})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_has_its_next_step_below_it() {
        let finding =
            Finding::failed("policy", "it is none:\nline 2: shi\u{1b}ny", "nanobot-cli policy check");
        insta::assert_snapshot!(finding.lines().join("\n"), @"
        failed   policy    it is none:
                           line 2: shi␛ny
                           -> nanobot-cli policy check
        ");
        insta::assert_snapshot!(Finding::ok("home", "/h").lines().join("\n"), @"ok       home      /h");
    }
}
