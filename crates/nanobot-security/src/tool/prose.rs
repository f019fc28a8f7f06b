//! Rules over texts in a call: tasks for another assistant, and what is written into a file.

use nanobot_shell::Pattern;
use regex::bytes::Regex;

use super::pack::{Record, any_of};
use crate::pack::PackError;
use crate::rule::RuleInfo;

/// A rule over texts.
#[derive(Debug)]
pub(super) struct TextRule {
    pub(super) info: RuleInfo,
    matches: Option<Regex>,
    unless: Option<Regex>,
    /// Files that may hold such texts.
    except: Vec<Pattern>,
}

impl TextRule {
    pub(super) fn new(record: &Record) -> Result<Self, PackError> {
        let family = record.family.as_deref().unwrap_or_default();
        Ok(Self {
            info: record.info(family),
            matches: any_of(&record.id, &record.patterns)?,
            unless: any_of(&record.id, &record.unless)?,
            except: record.except.iter().map(|text| Pattern::new(text)).collect(),
        })
    }

    /// Whether a file of this name may hold such texts: it tells people of them, or tests them.
    pub(super) fn excepts(&self, path: &str) -> bool {
        let mut names = path.split(['/', '\\']);
        names.any(|name| self.except.iter().any(|pattern| pattern.matches(name)))
            && !path.split('/').any(|name| name == "skills")
    }

    /// Whether the text is what the rule is about.
    pub(super) fn matches(&self, text: &str) -> bool {
        self.matches.as_ref().is_some_and(|pattern| pattern.is_match(text.as_bytes()))
            && !self.unless.as_ref().is_some_and(|pattern| pattern.is_match(text.as_bytes()))
    }
}
