//! What must hold whatever stands in a policy file and whatever an owner types, as functions of bytes.
//!
//! Two callers share them: the fuzz targets (`fuzz/`), and the seeded runs of the tests, which need no fuzzer. Behind
//! the feature `fuzzing`, so that no program that is shipped has them. They make no input and count nothing.

mod command;
mod document;

pub use command::command;
pub use document::document;

/// What an input was, in one of a few dozen words (`no JSON: a colon is expected here`), so that a run can tell what
/// it has tried. What stands before the first colon is the kind.
pub type Shape = String;

/// An input for which something does not hold that must; the text says what.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Broken(String);

/// Something that must hold.
fn must(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken(otherwise())) }
}

/// Where everything lies that the inputs speak of.
fn places() -> crate::LexicalPlaces {
    crate::LexicalPlaces { home: Some("/people/somebody".into()) }
}

/// The check at the start of a daemon with two networks.
fn checked(document: &crate::Document) -> Result<(), crate::CheckFault> {
    let with = crate::CheckOptions {
        channels: CHANNELS.map(str::to_owned).into(),
        known_tools: crate::KNOWN_TOOLS.map(str::to_owned).into(),
        workspace: "/people/somebody/workspace".into(),
        places: &places(),
    };
    crate::check(document, &with)
}

/// The channels that the policy governs here.
const CHANNELS: [&str; 2] = ["irc", "whatsapp"];
