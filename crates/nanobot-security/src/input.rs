//! The input stage: what somebody wrote to the assistant, read in every view, against the rules of the packs.
//!
//! It matches meaning, not wording: a rule says which concepts stand together and how far apart, a concept is a list
//! of words in many languages, and guards let talk about a thing pass. What becomes of a hit is the engine's business.
//!
//! Read in this order: `pack.rs`, `term.rs`, `pattern.rs`, `measure.rs`, `borders.rs`, `lexicon.rs`, `matcher.rs`, `rules.rs`.

use crate::failure::StageError;
use crate::pack::PackError;
use crate::report::Hit;
use crate::rule::RuleInfo;

use crate::views::views;
pub(crate) use pack::texts;

mod borders;
mod lexicon;
mod matcher;
mod measure;
mod pack;
mod pattern;
mod rules;
mod term;
#[cfg(test)]
mod tests;

use self::borders::Borders;
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

    /// Every rule that matches `text`, each once, in the view that says most plainly.
    ///
    /// # Errors
    ///
    /// A text longer than the stage looks at.
    pub(crate) fn scan(&self, text: &str) -> Result<Vec<Hit>, StageError> {
        if text.len() > MAX_TEXT {
            return Err(StageError::TooLong { limit: MAX_TEXT });
        }
        let mut hits: Vec<Hit> = Vec::new();
        let mut add = |found: &mut dyn Iterator<Item = Hit>| {
            for hit in found {
                if hits.iter().all(|known| known.rule != hit.rule) {
                    hits.push(hit);
                }
            }
        };
        let views = views(text);
        let plain = views.first().map_or("", |view| view.text.as_str());
        for view in &views {
            let reading = Reading { name: view.name, text: &view.text, strength: view.strength };
            add(&mut self.rules.judge(reading, None));
            if view.is_glued || has_long_word(&view.text) {
                let borders = Borders::lost(plain, &view.text).unwrap_or_else(|| Borders::within(&view.text));
                add(&mut self.rules.judge(reading, Some(borders)));
            }
        }
        Ok(hits)
    }

    /// The rules, as people see them.
    pub(crate) fn rules(&self) -> impl Iterator<Item = RuleInfo> {
        self.rules.infos().cloned()
    }
}

/// Whether a word is so long that it may be several.
fn has_long_word(text: &str) -> bool {
    /// Longer words are rare in talk of any language, and a phrase that says something is longer.
    const LETTERS: usize = 16;
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word.len() > LETTERS)
}
