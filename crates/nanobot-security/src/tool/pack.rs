//! Reads the rule packs of the stage. What a rule asks for is said here; what it means is said where it is checked.

use nanobot_core::verdict::Severity;
use serde::Deserialize;

use super::sets::Sets;
use crate::pack::PackError;
use crate::rule::{RuleInfo, StageName};

/// The families, by the tag that their findings have: the order in which they are asked.
pub(super) const SENSITIVE_PATH: &str = "sensitive_path";
pub(super) const EXEC_HIGH_RISK: &str = "exec_high_risk";
pub(super) const EXEC_WARN: &str = "exec_warn";
pub(super) const SPAWN_ABUSE: &str = "spawn_abuse";
pub(super) const FILE_SECRET: &str = "file_secret_pattern";
pub(super) const UNSAFE_ADDRESS: &str = "unsafe_address";

/// A pack of rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rule: Vec<Record>,
}

/// A rule as it is written. Which of these a rule has depends on its family.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) id: String,
    severity: Grade,
    summary: String,
    hits: Vec<String>,
    misses: Vec<String>,
    #[serde(default)]
    pub(super) family: Option<String>,
    #[serde(default)]
    pub(super) places: Vec<String>,
    #[serde(default)]
    pub(super) except: Vec<String>,
    #[serde(default)]
    pub(super) except_files: Vec<String>,
    #[serde(default)]
    pub(super) for_exec: Option<String>,
    #[serde(default)]
    pub(super) for_write: bool,
    #[serde(default)]
    pub(super) reach: Reach,
    #[serde(default)]
    pub(super) programs: Vec<String>,
    #[serde(default)]
    pub(super) words: Vec<String>,
    #[serde(default)]
    pub(super) flags: String,
    #[serde(default)]
    pub(super) long: Vec<String>,
    #[serde(default)]
    pub(super) target: Option<Target>,
    #[serde(default)]
    pub(super) last: bool,
    #[serde(default)]
    pub(super) unless: Vec<String>,
    #[serde(default)]
    pub(super) calls: Vec<String>,
    #[serde(default)]
    pub(super) check: Option<String>,
    #[serde(default)]
    pub(super) code: Vec<String>,
    #[serde(default, rename = "match")]
    pub(super) patterns: Vec<String>,
}

/// Where in a path the places of a rule count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reach {
    /// Wherever they stand; what lies beneath counts as well.
    #[default]
    Anywhere,
    /// From the root only; what lies beneath counts as well.
    FromRoot,
    /// From the root only, and nothing beneath.
    Itself,
}

/// What an operand has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Target {
    /// A place that belongs to the system.
    System,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Grade {
    Medium,
    High,
    Critical,
}

impl Record {
    /// The rule as people see it.
    pub(super) fn info(&self, tag: &str) -> RuleInfo {
        let severity = match self.severity {
            Grade::Medium => Severity::Medium,
            Grade::High => Severity::High,
            Grade::Critical => Severity::Critical,
        };
        RuleInfo {
            id: self.id.clone(),
            stage: StageName::Tool,
            tag: tag.to_owned(),
            severity,
            reason: reason(tag).to_owned(),
            summary: self.summary.clone(),
            hits: self.hits.clone(),
            misses: self.misses.clone(),
        }
    }

    /// The family of a rule over commands: lesser ones warn.
    pub(super) fn exec_family(&self) -> &'static str {
        match self.severity {
            Grade::Medium => EXEC_WARN,
            Grade::High | Grade::Critical => EXEC_HIGH_RISK,
        }
    }
}

/// What a family says; the original's words where it has the family (`original.md` §6.4).
fn reason(tag: &str) -> &'static str {
    match tag {
        SENSITIVE_PATH => "Sensitive path access blocked",
        EXEC_HIGH_RISK => "High-risk exec command blocked",
        EXEC_WARN => "Potentially risky exec command",
        SPAWN_ABUSE => "Unsafe subagent task request blocked",
        FILE_SECRET => "Potential secret leakage pattern in file content",
        _ => "Address outside the public web blocked",
    }
}

/// All packs.
#[derive(Debug)]
pub(super) struct Packs {
    pub(super) path: Vec<Record>,
    pub(super) exec: Vec<Record>,
    pub(super) text: Vec<Record>,
    pub(super) sets: Sets,
}

const SETS: &str = include_str!("../../packs/tool/sets.toml");
const PATH: &str = include_str!("../../packs/tool/path.toml");
const EXEC: &str = include_str!("../../packs/tool/exec.toml");
const TEXT: &str = include_str!("../../packs/tool/text.toml");

/// What all packs say.
pub(crate) fn texts() -> [&'static str; 4] {
    [SETS, PATH, EXEC, TEXT]
}

/// Reads the packs that are part of the program.
pub(super) fn read() -> Result<Packs, PackError> {
    let sets = toml::from_str(SETS).map_err(|source| PackError::Shape { pack: "tool/sets", source })?;
    Ok(Packs {
        path: rules("tool/path", PATH)?,
        exec: rules("tool/exec", EXEC)?,
        text: rules("tool/text", TEXT)?,
        sets: Sets::new(sets),
    })
}

fn rules(pack: &'static str, text: &str) -> Result<Vec<Record>, PackError> {
    let file: File = toml::from_str(text).map_err(|source| PackError::Shape { pack, source })?;
    Ok(file.rule)
}

/// One pattern that matches where any of these does, over bytes: gaps count bytes, and cases and words are those of
/// ASCII. That is a tenth of the size and of the time, and the patterns are English anyway.
///
/// # Errors
/// When one of them is no pattern.
pub(super) fn any_of(rule: &str, patterns: &[String]) -> Result<Option<regex::bytes::Regex>, PackError> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let joined = format!("(?i-u)(?:{})", patterns.join(")|(?:"));
    regex::bytes::Regex::new(&joined).map(Some).map_err(|fault| PackError::Rule {
        pack: "tool",
        rule: rule.to_owned(),
        what: fault.to_string(),
    })
}
