//! The packs of the input stage as they are written: TOML, part of the program. Only their shape; `rules.rs` builds
//! what scans.

use std::collections::BTreeMap;

use nanobot_core::verdict::Severity;
use serde::Deserialize;

use crate::pack::PackError;

/// Every pack: its name and what it says.
const PACKS: [(&str, &str); 14] = [
    ("talk", include_str!("../../packs/input/talk.toml")),
    ("override", include_str!("../../packs/input/override.toml")),
    ("leak", include_str!("../../packs/input/leak.toml")),
    ("secrets", include_str!("../../packs/input/secrets.toml")),
    ("tools", include_str!("../../packs/input/tools.toml")),
    ("persona", include_str!("../../packs/input/persona.toml")),
    ("markers", include_str!("../../packs/input/markers.toml")),
    ("bypass", include_str!("../../packs/input/bypass.toml")),
    ("briefing", include_str!("../../packs/input/briefing.toml")),
    ("obedience", include_str!("../../packs/input/obedience.toml")),
    ("freedom", include_str!("../../packs/input/freedom.toml")),
    ("owner", include_str!("../../packs/input/owner.toml")),
    ("consent", include_str!("../../packs/input/consent.toml")),
    ("document", include_str!("../../packs/input/document.toml")),
];

/// A pack.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pack {
    /// Its name.
    #[serde(skip)]
    pub(crate) name: &'static str,
    /// Words by concept and language; other packs may use them.
    #[serde(default)]
    pub(crate) concepts: BTreeMap<String, BTreeMap<String, String>>,
    /// Guards by name, for the `unless` of any rule.
    #[serde(default)]
    pub(crate) guards: BTreeMap<String, Vec<String>>,
    /// Its rules.
    #[serde(default)]
    pub(crate) rules: Vec<WrittenRule>,
}

/// A rule as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenRule {
    /// Its id.
    pub(crate) id: String,
    /// The tag of its findings.
    pub(crate) tag: Tag,
    /// How bad a match is.
    pub(crate) severity: WrittenSeverity,
    /// What it is about.
    pub(crate) summary: String,
    /// Patterns; one is enough.
    #[serde(default)]
    pub(crate) any: Vec<String>,
    /// Regular expressions over a view; one is enough.
    #[serde(default)]
    pub(crate) regex: Vec<String>,
    /// Guards and names of guards; one is enough to excuse a match.
    #[serde(default)]
    pub(crate) unless: Vec<String>,
    /// Texts it must match.
    pub(crate) hits: Vec<String>,
    /// Texts that the whole stage must leave alone.
    pub(crate) misses: Vec<String>,
}

/// The original's tags.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tag {
    InstructionOverride,
    SecretExfiltration,
    ToolAbuse,
    SafetyBypassSignal,
    PersonaManipulation,
}

impl Tag {
    /// The tag on the wire (the original's word).
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::InstructionOverride => "instruction_override",
            Self::SecretExfiltration => "secret_exfiltration",
            Self::ToolAbuse => "tool_abuse",
            Self::SafetyBypassSignal => "safety_bypass_signal",
            Self::PersonaManipulation => "persona_manipulation",
        }
    }

    /// The reason that goes with it (the original's words).
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::InstructionOverride => "Instruction override/jailbreak pattern",
            Self::SecretExfiltration => "Secret or credential exfiltration attempt",
            Self::ToolAbuse => "Tool approval bypass pattern",
            Self::SafetyBypassSignal => "Suspicious safety-bypass phrasing",
            Self::PersonaManipulation => "Persona/address manipulation attempt detected",
        }
    }
}

/// Severities as packs write them.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WrittenSeverity {
    Low,
    Medium,
    High,
    Critical,
}

impl From<WrittenSeverity> for Severity {
    fn from(written: WrittenSeverity) -> Self {
        match written {
            WrittenSeverity::Low => Self::Low,
            WrittenSeverity::Medium => Self::Medium,
            WrittenSeverity::High => Self::High,
            WrittenSeverity::Critical => Self::Critical,
        }
    }
}

/// All packs, in the order in which their rules are tried.
///
/// # Errors
///
/// A pack that is no TOML of this shape.
pub(crate) fn packs() -> Result<Vec<Pack>, PackError> {
    PACKS
        .into_iter()
        .map(|(name, text)| {
            let pack: Pack =
                toml::from_str(text).map_err(|source| PackError::Shape { pack: name, source })?;
            Ok(Pack { name, ..pack })
        })
        .collect()
}

/// What all packs say.
pub(crate) fn texts() -> impl Iterator<Item = &'static str> {
    PACKS.iter().map(|(_, text)| *text)
}
