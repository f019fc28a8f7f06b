//! Reads the packs of the output stage, which are part of the program, into rules that are ready to match.

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use nanobot_core::verdict::Severity;
use regex::Regex;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::keys::{Keys, Words};
use super::token::{Border, Check, Token, Tokens};
use super::{REASON, fold};
use crate::pack::PackError;
use crate::rule::{RuleInfo, StageName};

/// The tag of secrets (the original's word).
pub(super) const SECRET_TAG: &str = "output_redaction";

/// The tag of mentions of our own files (the original's word).
pub(super) const CONFIG_TAG: &str = "config_exposure";

/// A pack's name and its text.
pub(super) type Source = (&'static str, &'static str);

const MENTIONS: &[Source] = &[("output/config", include_str!("../../packs/output/config.toml"))];

const TOKENS: &[Source] = &[
    ("output/models", include_str!("../../packs/output/models.toml")),
    ("output/platforms", include_str!("../../packs/output/platforms.toml")),
    ("output/services", include_str!("../../packs/output/services.toml")),
    ("output/structures", include_str!("../../packs/output/structures.toml")),
];

/// Secrets and mentions of our own files.
pub(super) const ALL: &[&[Source]] = &[MENTIONS, TOKENS];

/// Secrets alone.
pub(super) const SECRETS: &[&[Source]] = &[TOKENS];

const KEYS: Source = ("output/keys", include_str!("../../packs/output/keys.toml"));

/// The rules that are code: where each stands among all rules.
#[derive(Debug, Clone, Copy)]
pub(super) struct Detectors {
    pub(super) block: usize,
    pub(super) scheme: usize,
    pub(super) url: usize,
    pub(super) password: usize,
    pub(super) token: usize,
    pub(super) rest: usize,
}

impl Detectors {
    /// The rule of a key word.
    pub(super) fn of(&self, is_password: bool) -> usize {
        if is_password { self.password } else { self.token }
    }
}

/// Everything that the packs hold.
pub(super) struct Loaded {
    pub(super) rules: Vec<RuleInfo>,
    pub(super) tokens: Tokens,
    pub(super) keys: Keys,
    pub(super) ids: Detectors,
    pub(super) spotter: AhoCorasick,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pack {
    rule: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    id: String,
    tag: Tag,
    severity: Grade,
    summary: String,
    /// The shape; a rule without one is code.
    #[serde(default)]
    shape: Option<String>,
    #[serde(default)]
    starts: Vec<String>,
    #[serde(default)]
    check: Check,
    #[serde(default)]
    border: Border,
    hits: Vec<String>,
    misses: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Tag {
    OutputRedaction,
    ConfigExposure,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Grade {
    High,
}

/// Reads packs.
pub(super) fn load(packs: &[&[Source]]) -> Result<Loaded, PackError> {
    let mut rules = Vec::new();
    let mut tokens = Vec::new();
    for (pack, text) in packs.iter().copied().flatten() {
        for rule in read::<Pack>(pack, text)?.rule {
            if let Some(shape) = &rule.shape {
                let shape = Regex::new(shape).map_err(|error| fault(pack, &rule.id, &error.to_string()))?;
                let starts = rule.starts.clone();
                tokens.push(Token {
                    rule: rules.len(),
                    starts,
                    shape,
                    check: rule.check,
                    border: rule.border,
                });
            }
            rules.push(info(rule));
        }
    }
    let tokens = Tokens::new(tokens).map_err(|what| fault("output", "all", &what))?;
    let keys = Keys::new(read::<Words>(KEYS.0, KEYS.1)?).map_err(|what| fault(KEYS.0, "all", &what))?;
    let place = |id: &str| {
        let found = rules.iter().position(|rule: &RuleInfo| rule.id == id);
        found.ok_or_else(|| fault("output/structures", id, "is missing"))
    };
    let ids = Detectors {
        block: place("block.private_key")?,
        scheme: place("header.credential")?,
        url: place("url.credentials")?,
        password: place("key.password")?,
        token: place("key.token")?,
        rest: place("token.rest")?,
    };
    let words =
        tokens.spots().chain(keys.spots()).chain(["://", "----", "bearer", "basic"]).map(str::as_bytes);
    let spotter = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        // Every byte of every answer goes through it.
        .kind(Some(AhoCorasickKind::DFA))
        .build(words.chain(fold::MARKS.iter().copied()))
        .map_err(|error| fault("output", "all", &error.to_string()))?;
    Ok(Loaded { rules, tokens, keys, ids, spotter })
}

fn read<T: DeserializeOwned>(pack: &'static str, text: &str) -> Result<T, PackError> {
    toml::from_str(text).map_err(|source| PackError::Shape { pack, source })
}

fn fault(pack: &'static str, rule: &str, what: &str) -> PackError {
    PackError::Rule { pack, rule: rule.to_owned(), what: what.to_owned() }
}

fn info(rule: Rule) -> RuleInfo {
    let tag = match rule.tag {
        Tag::OutputRedaction => SECRET_TAG,
        Tag::ConfigExposure => CONFIG_TAG,
    };
    let severity = match rule.severity {
        Grade::High => Severity::High,
    };
    RuleInfo {
        id: rule.id,
        stage: StageName::Output,
        tag: tag.to_owned(),
        severity,
        reason: REASON.to_owned(),
        summary: rule.summary,
        hits: rule.hits,
        misses: rule.misses,
    }
}

/// What all packs say.
pub(crate) fn texts() -> impl Iterator<Item = &'static str> {
    ALL.iter().copied().flatten().chain([&KEYS]).map(|(_, text)| *text)
}
