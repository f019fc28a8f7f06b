//! What must hold whatever somebody writes, as functions of bytes: readings, input and output stage, tool stage.
//!
//! Two callers share them: the fuzz targets (`fuzz/`), and the seeded runs of the tests, which need no fuzzer. Behind
//! the feature `fuzzing`, so that no program that is shipped has them. They make no input and count nothing.

mod readings;
mod scan;
mod tool;

use std::sync::LazyLock;

pub use readings::readings;
pub use scan::scan;
pub use tool::tool;

use crate::{Action, Report, RuleGate, Settings, StageName};

/// What an input was, in a few words (`block: Prompt injection`), so that a run can tell what it has tried. What
/// stands before the first colon is the kind.
pub type Shape = String;

/// An input for which something does not hold that must; the text says what.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Broken(String);

/// Something that must hold.
fn must(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken(otherwise())) }
}

/// The gate with the packs and the settings that everybody has; reading the packs takes longer than many inputs.
fn gate() -> Result<&'static RuleGate, Broken> {
    static GATE: LazyLock<Result<RuleGate, Broken>> =
        LazyLock::new(|| RuleGate::new(Settings::default()).map_err(|error| Broken(error.to_string())));
    GATE.as_ref().map_err(Clone::clone)
}

/// What holds for every report of a stage that did not break.
fn holds_together(report: &Report, stage: StageName, text: Option<&str>) -> Result<(), Broken> {
    let name = format!("{} stage", stage.name());
    must(*report != gate()?.failed(stage), || format!("the {name} broke"))?;
    must((report.action == Action::Allow) == report.hits.is_empty(), || {
        format!("the {name} allows in spite of hits, or objects without any")
    })?;
    must(report.hits.iter().all(|hit| hit.severity <= report.severity), || {
        format!("a hit of the {name} is graver than its report")
    })?;
    let Some(text) = text else { return Ok(()) };
    let spans = report.hits.iter().filter_map(|hit| hit.span.clone());
    for span in spans {
        must(text.get(span).is_some(), || format!("a hit of the {name} lies outside of the text"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
