//! The regular expressions of the packs: for what is told by its signs and not by its words. Written by the packs, and
//! compiled when the first text comes that could match one: together they take longer than all else at the start.

use std::sync::OnceLock;

use regex::Regex;

use crate::failure::StageError;

/// Every regular expression of a pack wants one of these; talk seldom has one.
const STRUCTURE: [char; 10] = ['|', '<', '[', '{', '#', '/', '$', '`', ':', '-'];

/// Whether a text has a structure that an expression could find.
pub(crate) fn has_structure(text: &str) -> bool {
    text.bytes().any(|byte| !byte.is_ascii_alphanumeric() && STRUCTURE.contains(&char::from(byte)))
}

/// A regular expression of a pack.
#[derive(Debug)]
pub(crate) struct Expression {
    written: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Expression {
    /// As a pack writes it.
    pub(crate) const fn new(written: String) -> Self {
        Self { written, compiled: OnceLock::new() }
    }

    /// The expression, ready to search.
    ///
    /// # Errors
    ///
    /// It cannot be compiled: a fault of ours, which the tests of the packs would have found.
    pub(crate) fn regex(&self) -> Result<&Regex, StageError> {
        self.compiled.get_or_init(|| Regex::new(&self.written).ok()).as_ref().ok_or(StageError::Broke)
    }
}

#[cfg(test)]
mod tests {
    use super::super::pack;
    use super::*;

    #[test]
    fn every_regular_expression_of_the_packs_can_be_compiled() {
        for pack in pack::packs().expect("the packs load") {
            for rule in pack.rules {
                for written in rule.regex {
                    let result = Regex::new(&written);
                    assert!(result.is_ok(), "{}: {result:?}", rule.id);
                    assert!(Expression::new(written).regex().is_ok());
                }
            }
        }
    }

    #[test]
    fn one_that_cannot_be_compiled_breaks_the_stage_and_is_no_miss() {
        assert_eq!(Expression::new("(".to_owned()).regex().err(), Some(StageError::Broke));
    }
}
