//! The gate as a whole: which stages judge, what a broken one means, and how long texts may be.
//!
//! A stage that breaks is a fault of ours; it is caught here and becomes what the fail mode says, so that a fault
//! in a rule neither stops the daemon nor lets a text through unseen.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use nanobot_core::model::ToolCall;
use nanobot_core::ports::{OutputGuard, SecurityContext, SecurityGate};
use nanobot_core::verdict::SecurityVerdict;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::failure::{self, StageError};
use crate::guard::{Guard, Open};
use crate::input::{self, InputRules};
use crate::output::{self, OutputRules};
use crate::pack::PackError;
use crate::report::Report;
use crate::rule::{RuleInfo, StageName};
use crate::settings::Settings;
use crate::tool::{self, ToolRules};

/// The reason where a stage, or all of them, is switched off (the original's word).
const STAGE_DISABLED: &str = "stage_disabled";

/// The tool whose texts are words to another model, so that the rules for input read them too.
const SPAWN: &str = "spawn";

/// The security gate over the rule packs that are part of the program. Cheap to clone.
#[derive(Debug, Clone)]
pub struct RuleGate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    fingerprint: String,
    input: Arc<InputRules>,
    tool: Arc<ToolRules>,
    output: Arc<OutputRules>,
    /// For the operator's own terminal, which may see the names of the assistant's files.
    own: Arc<OutputRules>,
}

impl RuleGate {
    /// The name that `status` shows.
    pub const NAME: &'static str = "rules";

    /// Reads the packs.
    ///
    /// # Errors
    /// [`PackError`]: a fault of ours, which the tests of the packs would have found.
    pub fn new(settings: Settings) -> Result<Self, PackError> {
        let (output, own) = output_rules(&settings.placeholder)?;
        let (input, tool) = (Arc::new(InputRules::load()?), Arc::new(ToolRules::load()?));
        let fingerprint = fingerprint(&settings);
        Ok(Self(Arc::new(Inner { settings, fingerprint, input, tool, output, own })))
    }

    /// The same rules under other settings. Reads again only what depends on them, so it is quick.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn under(&self, settings: Settings) -> Result<Self, PackError> {
        let same = settings.placeholder == self.0.settings.placeholder;
        let (output, own) = if same {
            (self.0.output.clone(), self.0.own.clone())
        } else {
            output_rules(&settings.placeholder)?
        };
        let (input, tool) = (self.0.input.clone(), self.0.tool.clone());
        let fingerprint = fingerprint(&settings);
        Ok(Self(Arc::new(Inner { settings, fingerprint, input, tool, output, own })))
    }

    /// What the input stage says about a text.
    pub fn input(&self, text: &str) -> Report {
        self.judge(StageName::Input, || self.0.input.scan(text).map(Report::of))
    }

    /// What the tool stage says about a call.
    pub fn tool(&self, tool: &str, arguments: &Value) -> Report {
        self.judge(StageName::Tool, || {
            let mut hits = self.0.tool.scan(tool, arguments)?;
            if tool == SPAWN {
                for text in arguments.as_object().into_iter().flat_map(|fields| fields.values()) {
                    hits.extend(self.0.input.scan(text.as_str().unwrap_or_default())?);
                }
            }
            Ok(Report::of(hits))
        })
    }

    /// What the output stage says about a whole text.
    pub fn output(&self, text: &str) -> Report {
        self.redact(&self.0.output, text)
    }

    fn redact(&self, rules: &OutputRules, text: &str) -> Report {
        self.judge(StageName::Output, || {
            let redacted = rules.scan(text)?;
            Ok(Report::redacted(redacted.hits, redacted.text))
        })
    }

    /// Who sees what: to the operator's own terminal only secrets do not leave.
    fn rules_for(&self, context: &SecurityContext) -> &Arc<OutputRules> {
        if context.channel.is_operator() { &self.0.own } else { &self.0.output }
    }

    /// What is said when a stage breaks.
    pub fn failed(&self, stage: StageName) -> Report {
        failure::report(&self.0.settings, stage)
    }

    /// Every rule, stage by stage.
    pub fn rules(&self) -> impl Iterator<Item = RuleInfo> {
        self.0.input.rules().chain(self.0.tool.rules()).chain(self.0.output.rules())
    }

    fn judge(&self, stage: StageName, scan: impl FnOnce() -> Result<Report, StageError>) -> Report {
        if !self.judges(stage) {
            return Report::allow(STAGE_DISABLED);
        }
        // The rules hold no state that a panic could leave half changed.
        match catch_unwind(AssertUnwindSafe(scan)) {
            Ok(Ok(report)) => report,
            // Whoever writes long texts must not switch a stage off by that, whatever the fail mode.
            Ok(Err(StageError::TooLong { .. })) => failure::too_long(),
            Ok(Err(StageError::Broke)) | Err(_) => self.failed(stage),
        }
    }

    fn judges(&self, stage: StageName) -> bool {
        let settings = &self.0.settings;
        let judges = match stage {
            StageName::Input => settings.stages.input,
            StageName::Tool => settings.stages.tool,
            StageName::Output => settings.stages.output,
        };
        settings.is_enabled && judges
    }
}

impl SecurityGate for RuleGate {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn fingerprint(&self) -> &str {
        &self.0.fingerprint
    }

    fn check_input(&self, text: &str, _context: &SecurityContext) -> SecurityVerdict {
        self.input(text).verdict()
    }

    fn check_tool(&self, call: &ToolCall, _context: &SecurityContext) -> SecurityVerdict {
        self.tool(&call.name, &call.arguments).verdict()
    }

    fn check_output(&self, text: &str, context: &SecurityContext) -> SecurityVerdict {
        self.redact(self.rules_for(context), text).verdict()
    }

    fn open_output(&self, context: &SecurityContext) -> Box<dyn OutputGuard> {
        if self.judges(StageName::Output) {
            Box::new(Guard::new(self.rules_for(context).open(), self.0.settings.clone()))
        } else {
            Box::new(Open)
        }
    }

    fn block_message(&self) -> &str {
        &self.0.settings.block_message
    }
}

/// The rules for everybody, and those for the operator.
fn output_rules(placeholder: &str) -> Result<(Arc<OutputRules>, Arc<OutputRules>), PackError> {
    let own = OutputRules::load_secrets(placeholder)?;
    Ok((Arc::new(OutputRules::load(placeholder)?), Arc::new(own)))
}

/// Of the packs, the version of the code that reads them, and the settings; 16 characters behind the name.
fn fingerprint(settings: &Settings) -> String {
    let mut hash = Sha256::new();
    let packs = input::texts().chain(tool::texts()).chain(output::texts());
    for part in std::iter::once(env!("CARGO_PKG_VERSION")).chain(packs) {
        hash.update(part);
        hash.update([0]);
    }
    hash.update(format!("{settings:?}"));
    let digest = hash.finalize();
    digest.iter().take(8).fold(format!("{}:", RuleGate::NAME), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests;
