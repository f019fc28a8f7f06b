//! A security gate that a test gives its rules, with a streaming guard that cuts correctly.
//!
//! Rules are needles: a text that contains one is blocked, noticed or rewritten. Matching is by bytes, with
//! no normalisation.

use std::sync::Arc;

use crate::model::ToolCall;
use crate::ports::{OutputGuard, OutputVerdict, SecurityContext, SecurityGate};
use crate::stand_in::NoSecurity;
use crate::verdict::{Finding, SecurityVerdict, Severity};

/// What stands in the place of a needle that was rewritten.
pub const PLACEHOLDER: &str = "[REDACTED]";

/// The reason code of a scripted finding in an input.
pub const INPUT_REASON: &str = "scripted_input";

/// The reason code of a scripted finding in a tool call.
pub const TOOL_REASON: &str = "scripted_tool";

/// The reason code of a scripted finding in an output.
pub const OUTPUT_REASON: &str = "scripted_output";

/// Judges by needles. Without rules it allows everything; of several rules the hardest decides.
#[derive(Debug, Clone, Default)]
pub struct ScriptedGate {
    input: Rules,
    output: Arc<Rules>,
    blocked_tools: Vec<String>,
}

/// The needles of one stage.
#[derive(Debug, Clone, Default)]
struct Rules {
    blocked: Vec<String>,
    sanitized: Vec<String>,
    noticed: Vec<String>,
}

impl ScriptedGate {
    /// Without rules.
    pub fn new() -> Self {
        Self::default()
    }

    /// Blocks inputs that contain this.
    #[must_use]
    pub fn block_input(mut self, needle: &str) -> Self {
        self.input.blocked.push(checked(needle));
        self
    }

    /// Replaces this by [`PLACEHOLDER`] in inputs.
    #[must_use]
    pub fn sanitize_input(mut self, needle: &str) -> Self {
        self.input.sanitized.push(checked(needle));
        self
    }

    /// Warns of inputs that contain this.
    #[must_use]
    pub fn warn_input(mut self, needle: &str) -> Self {
        self.input.noticed.push(checked(needle));
        self
    }

    /// Blocks tool calls whose name or arguments (as JSON) contain this.
    #[must_use]
    pub fn block_tool(mut self, needle: &str) -> Self {
        self.blocked_tools.push(checked(needle));
        self
    }

    /// Blocks outputs that contain this. A streamed answer is then held back until it is whole.
    #[must_use]
    pub fn block_output(mut self, needle: &str) -> Self {
        Arc::make_mut(&mut self.output).blocked.push(checked(needle));
        self
    }

    /// Replaces this by [`PLACEHOLDER`] in outputs. Of several needles at one place the first rule wins.
    #[must_use]
    pub fn sanitize_output(mut self, needle: &str) -> Self {
        Arc::make_mut(&mut self.output).sanitized.push(checked(needle));
        self
    }
}

fn checked(needle: &str) -> String {
    assert!(!needle.is_empty(), "an empty needle is in every text");
    needle.to_owned()
}

fn finding(reason: &str, severity: Severity) -> Finding {
    Finding { reason: reason.to_owned(), severity, tags: vec!["scripted".to_owned()] }
}

fn hit(needles: &[String], text: &str) -> bool {
    needles.iter().any(|needle| text.contains(needle))
}

impl Rules {
    fn judge(&self, text: &str, reason: &str) -> SecurityVerdict {
        if hit(&self.blocked, text) {
            return SecurityVerdict::Block(finding(reason, Severity::High));
        }
        if hit(&self.sanitized, text) {
            let (clean, _) = self.rewrite(text, Edge::End);
            return SecurityVerdict::Sanitize(finding(reason, Severity::Medium), clean);
        }
        if hit(&self.noticed, text) {
            return SecurityVerdict::Warn(finding(reason, Severity::Low));
        }
        SecurityVerdict::Allow
    }

    /// Rewrites from left to right. At an open edge it stops where a needle may have begun; answers the
    /// clean text and the rest that is still undecided.
    fn rewrite<'t>(&self, text: &'t str, edge: Edge) -> (String, &'t str) {
        let mut clean = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let begun = |needle: &String| needle.len() > rest.len() && needle.starts_with(rest);
            if edge == Edge::Open && self.sanitized.iter().any(begun) {
                break;
            }
            let (piece, behind) =
                match self.sanitized.iter().find_map(|needle| rest.strip_prefix(needle.as_str())) {
                    Some(behind) => (PLACEHOLDER, behind),
                    None => rest.split_at(first.len_utf8()),
                };
            clean.push_str(piece);
            rest = behind;
        }
        (clean, rest)
    }
}

/// Whether more text may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Open,
    End,
}

impl SecurityGate for ScriptedGate {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn fingerprint(&self) -> &str {
        self.name()
    }

    fn check_input(&self, text: &str, _context: &SecurityContext) -> SecurityVerdict {
        self.input.judge(text, INPUT_REASON)
    }

    fn check_tool(&self, call: &ToolCall, _context: &SecurityContext) -> SecurityVerdict {
        let shown = format!("{} {}", call.name, call.arguments);
        if hit(&self.blocked_tools, &shown) {
            return SecurityVerdict::Block(finding(TOOL_REASON, Severity::High));
        }
        SecurityVerdict::Allow
    }

    fn check_output(&self, text: &str, _context: &SecurityContext) -> SecurityVerdict {
        self.output.judge(text, OUTPUT_REASON)
    }

    fn open_output(&self, _context: &SecurityContext) -> Box<dyn OutputGuard> {
        Box::new(Guard { rules: Arc::clone(&self.output), whole: String::new(), undecided: String::new() })
    }

    fn block_message(&self) -> &str {
        NoSecurity::BLOCK_MESSAGE
    }
}

/// Lets text go as soon as no needle can begin in it any more.
struct Guard {
    rules: Arc<Rules>,
    whole: String,
    undecided: String,
}

impl OutputGuard for Guard {
    fn push(&mut self, chunk: &str) -> String {
        self.whole.push_str(chunk);
        if !self.rules.blocked.is_empty() {
            return String::new();
        }
        self.undecided.push_str(chunk);
        let (clean, rest) = self.rules.rewrite(&self.undecided, Edge::Open);
        let rest = rest.to_owned();
        self.undecided = rest;
        clean
    }

    fn finish(self: Box<Self>) -> OutputVerdict {
        let verdict = self.rules.judge(&self.whole, OUTPUT_REASON);
        let was_held_whole = !self.rules.blocked.is_empty();
        let rest = match (&verdict, was_held_whole) {
            (SecurityVerdict::Block(_), _) => String::new(),
            (SecurityVerdict::Sanitize(_, clean), true) => clean.clone(),
            (SecurityVerdict::Allow | SecurityVerdict::Warn(_), true) => self.whole,
            (SecurityVerdict::Allow | SecurityVerdict::Warn(_) | SecurityVerdict::Sanitize(..), false) => {
                self.rules.rewrite(&self.undecided, Edge::End).0
            }
        };
        OutputVerdict { rest, verdict }
    }
}
