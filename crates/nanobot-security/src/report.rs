//! What a stage found, in full: for `security scan` and `security explain`. The pipeline gets the short form.

use std::ops::Range;

use nanobot_core::verdict::{Finding, SecurityVerdict, Severity};

/// What becomes of a text or a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Passes.
    Allow,
    /// Passes, but was noticed.
    Warn,
    /// Passes with another text in its place.
    Sanitize,
    /// Does not pass.
    Block,
}

impl Action {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Sanitize => "sanitize",
            Self::Block => "block",
        }
    }
}

/// The name of a severity on the wire.
pub const fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Safe => "safe",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// One rule that matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The rule's id (`override.drop_instructions`).
    pub rule: String,
    /// The tag it puts on the finding; the original's where the original has one.
    pub tag: String,
    /// How bad it is.
    pub severity: Severity,
    /// The reason it gives; the original's words where the original has some.
    pub reason: String,
    /// In which reading of the text it matched (`plain`, `leet`, `base64`).
    pub view: &'static str,
    /// Where, when that can be said: in bytes of the text that was judged (of a call, that is one of its arguments). The
    /// input stage says so only of texts that its plain reading leaves as they are but for the case of ASCII letters: in
    /// others it has moved the places.
    pub span: Option<Range<usize>>,
}

/// What a stage says about one text or call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What becomes of it.
    pub action: Action,
    /// Why: `no_match`, or the reason of the gravest hit (the first one on a tie).
    pub reason: String,
    /// Of the gravest hit.
    pub severity: Severity,
    /// Of all hits, sorted, each once.
    pub tags: Vec<String>,
    /// Every hit, gravest first.
    pub hits: Vec<Hit>,
    /// The text that passes in place of the original one.
    pub text: Option<String>,
}

impl Report {
    /// Nothing to object to, for this reason.
    pub fn allow(reason: &str) -> Self {
        Self {
            action: Action::Allow,
            reason: reason.to_owned(),
            severity: Severity::Safe,
            tags: Vec::new(),
            hits: Vec::new(),
            text: None,
        }
    }

    /// Of what input or tool stage matched: high and critical hits block, lesser ones warn (the original's
    /// thresholds).
    pub fn of(hits: Vec<Hit>) -> Self {
        let worst = hits.iter().map(|hit| hit.severity).max().unwrap_or(Severity::Safe);
        let action = if worst >= Severity::High { Action::Block } else { Action::Warn };
        Self::with(action, hits, None)
    }

    /// Of what the output stage matched: a text in the original's place, or nothing to object to.
    pub fn redacted(hits: Vec<Hit>, text: String) -> Self {
        Self::with(Action::Sanitize, hits, Some(text))
    }

    fn with(action: Action, mut hits: Vec<Hit>, text: Option<String>) -> Self {
        // Stable, so that of equally grave ones the first stays first.
        hits.sort_by_key(|hit| std::cmp::Reverse(hit.severity));
        let Some(gravest) = hits.first() else { return Self::allow(NO_MATCH) };
        let (reason, severity) = (gravest.reason.clone(), gravest.severity);
        let mut tags: Vec<String> = hits.iter().map(|hit| hit.tag.clone()).collect();
        tags.sort_unstable();
        tags.dedup();
        Self { action, reason, severity, tags, hits, text }
    }

    /// The form that the pipeline works with.
    pub fn verdict(self) -> SecurityVerdict {
        let finding = Finding { reason: self.reason, severity: self.severity, tags: self.tags };
        match (self.action, self.text) {
            (Action::Allow, _) => SecurityVerdict::Allow,
            (Action::Warn, _) => SecurityVerdict::Warn(finding),
            (Action::Sanitize, Some(text)) => SecurityVerdict::Sanitize(finding, text),
            (Action::Sanitize, None) | (Action::Block, _) => SecurityVerdict::Block(finding),
        }
    }
}

/// The reason when no rule matched (the original's word).
pub const NO_MATCH: &str = "no_match";
