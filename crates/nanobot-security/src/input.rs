//! The input stage: what somebody wrote to the assistant, read in every view, against the rules of the packs.
//!
//! It matches meaning, not wording: a rule says which concepts stand together and how far apart, a concept is a list
//! of words in many languages, and guards let talk about a thing pass. What becomes of a hit is the engine's business.
//!
//! Read in this order: `pack.rs`, `term.rs`, `pattern.rs`, `lexicon.rs`, `borders.rs`, `measure.rs`, `finds.rs`, `matcher.rs`,
//! `rules.rs`.

use std::ops::Range;

use nanobot_core::verdict::Severity;

use crate::failure::StageError;
use crate::pack::PackError;
use crate::report::Hit;
use crate::rule::RuleInfo;

use crate::views::{Strength, View, views};
pub(crate) use pack::texts;

mod borders;
mod concepts;
mod finds;
mod lexicon;
mod matcher;
mod measure;
mod pack;
mod pattern;
mod rules;
mod script;
mod structure;
mod term;
#[cfg(test)]
mod tests;
mod trie;

use self::borders::Borders;
use self::lexicon::Pass;
use self::rules::{Reading, Rules};

/// Bytes of one text that the stage looks at. Chat networks allow 64 KiB at most; the rest is room for files that are
/// passed as text.
const MAX_TEXT: usize = 256 * 1024;

/// The rules of the input stage, ready to scan.
#[derive(Debug)]
pub(crate) struct InputRules {
    rules: Rules,
}

impl InputRules {
    /// Reads the packs that are part of the program.
    ///
    /// # Errors
    ///
    /// A pack that cannot be read or that contradicts itself.
    pub(crate) fn load() -> Result<Self, PackError> {
        Ok(Self { rules: Rules::new(pack::packs()?)? })
    }

    /// Every rule that matches `text`, each once, in the view that says most plainly. What only a code says is noticed
    /// and no more, unless the text asks to read the code and to do what it says.
    ///
    /// # Errors
    ///
    /// A text longer than the stage looks at; a rule that cannot be tried.
    pub(crate) fn scan(&self, text: &str) -> Result<Vec<Hit>, StageError> {
        if text.len() > MAX_TEXT {
            return Err(StageError::TooLong { limit: MAX_TEXT });
        }
        let views = views(text);
        let plain = views.first().map_or("", |view| view.text.as_str());
        let mut found = Found { hits: Vec::new(), has_places: plain.eq_ignore_ascii_case(text) };
        let mut pass = Pass::default();
        for view in &views {
            let reading = Reading { text: &view.text, strength: view.strength };
            self.rules.judge(reading, None, &mut pass, |rule, span| found.add(rule, view, span))?;
            if view.is_glued || has_long_word(&view.text) {
                let borders = Borders::lost(plain, &view.text).unwrap_or_else(|| Borders::within(&view.text));
                self.rules
                    .judge(reading, Some(&borders), &mut pass, |rule, span| found.add(rule, view, span))?;
            }
        }
        let are_codes_read = found.is_any_in_code() && self.rules.asks_to_decode(plain);
        Ok(found.hits(are_codes_read))
    }

    /// The rules, as people see them.
    pub(crate) fn rules(&self) -> impl Iterator<Item = RuleInfo> {
        self.rules.infos().cloned()
    }
}

/// The hits of one text so far, each rule once.
struct Found {
    /// Each with whether only a code says it.
    hits: Vec<(Hit, bool)>,
    /// Whether places in the plain reading are places in the text: that differs from it in the case of letters at most.
    has_places: bool,
}

impl Found {
    /// Adds what is new, or was known from a code alone.
    fn add(&mut self, rule: &RuleInfo, view: &View, span: Range<usize>) {
        let is_code = view.is_code();
        let known = self.hits.iter_mut().find(|(known, _)| known.rule == rule.id);
        if known.as_ref().is_some_and(|known| !known.1 || is_code) {
            return;
        }
        let hit = Hit {
            rule: rule.id.clone(),
            tag: rule.tag.clone(),
            severity: rule.severity,
            reason: rule.reason.clone(),
            view: view.name,
            span: Some(span).filter(|_| self.has_places && view.strength == Strength::Plain),
        };
        match known {
            Some(known) => *known = (hit, false),
            None => self.hits.push((hit, is_code)),
        }
    }

    fn is_any_in_code(&self) -> bool {
        self.hits.iter().any(|(_, is_code)| *is_code)
    }

    /// The hits; what only a code says is at most medium, unless codes are meant to be read.
    fn hits(self, are_codes_read: bool) -> Vec<Hit> {
        let weighed = |(hit, is_code): (Hit, bool)| {
            let severity =
                if is_code && !are_codes_read { hit.severity.min(Severity::Medium) } else { hit.severity };
            Hit { severity, ..hit }
        };
        self.hits.into_iter().map(weighed).collect()
    }
}

/// Whether a word is so long that it may be several.
fn has_long_word(text: &str) -> bool {
    /// Longer words are rare in talk of any language, and a phrase that says something is longer.
    const LETTERS: usize = 16;
    let mut letters = 0;
    text.bytes().any(|byte| {
        letters = if byte.is_ascii_alphanumeric() { letters + 1 } else { 0 };
        letters > LETTERS
    })
}
