//! What the security gate says about a text or a tool call.

/// The answer of one security stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecurityVerdict {
    /// Nothing to object to.
    Allow,
    /// Passes, but was noticed.
    Warn(Finding),
    /// Does not pass.
    Block(Finding),
    /// Passes with this text in its place.
    Sanitize(Finding, String),
}

impl SecurityVerdict {
    /// The reason code to put on a metric, when there is one.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Allow => None,
            Self::Warn(finding) | Self::Block(finding) | Self::Sanitize(finding, _) => Some(&finding.reason),
        }
    }
}

/// Why a stage did not simply allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A stable code; never the text that was found.
    pub reason: String,
    /// How bad it is.
    pub severity: Severity,
    /// The rules' tags.
    pub tags: Vec<String>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Harmless.
    Safe,
    /// Worth a line in the log.
    Low,
    /// Suspicious.
    Medium,
    /// Blocks.
    High,
    /// Blocks, and an owner should know.
    Critical,
}
