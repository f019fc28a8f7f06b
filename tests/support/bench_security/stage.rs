//! The stages as they are called, and beside each the least that a look at the same bytes costs.

use std::hint::black_box;

use anyhow::Result;
use icu_normalizer::ComposingNormalizerBorrowed;
use nanobot_core::Labels;
use nanobot_core::ids::ChannelName;
use nanobot_core::ports::{SecurityContext, SecurityGate as _};
use nanobot_security::{RuleGate, Settings};
use serde_json::{Value, json};

use crate::texts::{COMMANDS, Kind, TEXTS};

/// Stands in no text, so that a search for it sees every byte.
const NOWHERE: &str = "\u{1}nowhere\u{1}";

/// A way into the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Input,
    Tool,
    Output,
    /// In pieces of so many bytes.
    Streamed(usize),
}

impl Stage {
    pub(crate) const ALL: [Self; 5] =
        [Self::Input, Self::Tool, Self::Output, Self::Streamed(64), Self::Streamed(8)];

    pub(crate) fn name(self) -> String {
        match self {
            Self::Input => "input".to_owned(),
            Self::Tool => "tool".to_owned(),
            Self::Output => "output".to_owned(),
            Self::Streamed(bytes) => format!("output by {bytes} B"),
        }
    }

    /// What it is compared with.
    pub(crate) const fn least(self) -> &'static str {
        match self {
            Self::Input => "NFKC and lower case",
            Self::Tool => "JSON parsed",
            Self::Output | Self::Streamed(_) => "search for one word",
        }
    }

    /// What it is measured with.
    pub(crate) const fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Tool => &COMMANDS,
            Self::Input | Self::Output | Self::Streamed(_) => &TEXTS,
        }
    }
}

/// A text, ready for every stage.
pub(crate) struct Subject {
    pub(crate) text: String,
    /// As the arguments of a call, and in JSON.
    arguments: Value,
    json: String,
}

impl Subject {
    pub(crate) fn new(text: String) -> Self {
        let arguments = json!({"command": text});
        let json = arguments.to_string();
        Self { text, arguments, json }
    }
}

/// The gate with what it is told beside a text.
pub(crate) struct Bench {
    gate: RuleGate,
    context: SecurityContext,
}

impl Bench {
    pub(crate) fn new() -> Result<Self> {
        let context =
            SecurityContext { channel: ChannelName::new("bench")?, labels: Labels::NONE, path: "turn" };
        Ok(Self { gate: RuleGate::new(Settings::default())?, context })
    }

    /// The stage judges.
    pub(crate) fn judge(&self, stage: Stage, subject: &Subject) {
        match stage {
            Stage::Input => drop(black_box(self.gate.check_input(&subject.text, &self.context))),
            Stage::Tool => drop(black_box(self.gate.tool("exec", &subject.arguments))),
            Stage::Output => drop(black_box(self.gate.check_output(&subject.text, &self.context))),
            Stage::Streamed(bytes) => self.stream(&subject.text, bytes),
        }
    }

    fn stream(&self, text: &str, bytes: usize) {
        let mut guard = self.gate.open_output(&self.context);
        let mut rest = text;
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at_checked(rest.ceil_char_boundary(bytes)).unwrap_or((rest, ""));
            black_box(guard.push(piece));
            rest = behind;
        }
        black_box(guard.finish());
    }
}

/// The least that a stage could cost.
pub(crate) fn least(stage: Stage, subject: &Subject) {
    const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();
    match stage {
        Stage::Input => drop(black_box(NFKC.normalize(&subject.text).to_lowercase())),
        Stage::Tool => drop(black_box(serde_json::from_str::<Value>(&subject.json))),
        Stage::Output | Stage::Streamed(_) => {
            black_box(subject.text.contains(black_box(NOWHERE)));
        }
    }
}
