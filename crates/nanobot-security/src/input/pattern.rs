//! How the packs write which concepts must stand together, and where talk about them excuses a match. Only the
//! writing: finding is in `matcher.rs`.
//!
//! `drop + instructions + prior|yours ~8`: in any order, within eight words. `enter > mode ~3`: in this order.
//! `^2 read > path ~4`: at most two words into the sentence. `… $1`: at most one word follows in the sentence.
//! `=1 jailbreak`: the text says at most one more word. `a > b &`: also across the end of a sentence.

use super::concepts::{ConceptId, ConceptSet};
use super::lexicon::Lexicon;

/// Which concepts stand together.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// Each with its alternatives.
    pub(crate) elements: Vec<Vec<ConceptId>>,
    /// Those of the elements that have no alternative.
    singles: ConceptSet,
    /// The others, each with its alternatives.
    choices: Vec<ConceptSet>,
    /// Whether it may go across the end of a sentence.
    pub(crate) is_across: bool,
    /// Whether the order matters.
    pub(crate) is_ordered: bool,
    /// The whole match is at most this many half words long.
    pub(crate) window: usize,
    /// Half words before it in its sentence, at most.
    pub(crate) lead: Option<usize>,
    /// Half words after it in its sentence, at most.
    pub(crate) trail: Option<usize>,
    /// Half words before and after it in the text, each at most.
    pub(crate) alone: Option<usize>,
}

/// What excuses a match.
#[derive(Debug)]
pub(crate) struct Guard {
    /// Any of these concepts.
    pub(crate) concepts: Vec<ConceptId>,
    /// Where it has to stand.
    pub(crate) scope: Scope,
}

/// Where the excuse of a guard has to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// `name<4`: at most so many half words before the match, in its clause.
    Before(usize),
    /// `name>4`: at most so many half words after it, in its sentence.
    After(usize),
    /// `name`: inside of it.
    Inside,
    /// `name.`: anywhere in its sentence.
    Sentence,
    /// `name*`: anywhere in the text.
    Text,
}

/// Words that a match may span when the pattern does not say.
const WINDOW: usize = 8;

impl Pattern {
    /// Reads what a pack says.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(crate) fn parse(written: &str, lexicon: &Lexicon) -> Result<Self, String> {
        let mut pattern = Self {
            elements: Vec::new(),
            singles: ConceptSet::default(),
            choices: Vec::new(),
            is_across: false,
            is_ordered: false,
            window: 2 * WINDOW,
            lead: None,
            trail: None,
            alone: None,
        };
        let (mut ordered, mut unordered) = (0_usize, 0_usize);
        for token in written.split_whitespace() {
            match (token, token.split_at_checked(1)) {
                ("&", _) => pattern.is_across = true,
                (">", _) => ordered += 1,
                ("+", _) => unordered += 1,
                (_, Some(("~", words))) => pattern.window = half_words(words)?,
                (_, Some(("^", words))) => pattern.lead = Some(half_words(words)?),
                (_, Some(("$", words))) => pattern.trail = Some(half_words(words)?),
                (_, Some(("=", words))) => pattern.alone = Some(half_words(words)?),
                _ => pattern.elements.push(concepts(token, lexicon)?),
            }
        }
        let joints = ordered + unordered;
        if pattern.elements.is_empty() || joints + 1 != pattern.elements.len() {
            return Err(format!("`{written}` needs one `+` or `>` between any two concepts"));
        }
        if ordered > 0 && unordered > 0 {
            return Err(format!("`{written}` mixes `+` and `>`"));
        }
        pattern.is_ordered = ordered > 0;
        for element in &pattern.elements {
            match element.as_slice() {
                [single] => pattern.singles.insert(*single),
                choice => pattern.choices.push(choice.iter().copied().collect()),
            }
        }
        Ok(pattern)
    }

    /// Whether it could match a view in which these concepts were found; `is_guess`: whether the reading is one.
    pub(crate) fn may_match(&self, present: &ConceptSet, is_guess: bool) -> bool {
        // A single word in a reading that is a guess says nothing.
        let says_enough = !is_guess || self.elements.len() > 1 || self.alone.is_some();
        says_enough
            && present.covers(&self.singles)
            && self.choices.iter().all(|choice| choice.meets(present))
    }
}

impl Guard {
    /// Reads what a pack says.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(crate) fn parse(written: &str, lexicon: &Lexicon) -> Result<Self, String> {
        let (names, scope) = if let Some((names, words)) = written.split_once('<') {
            (names, Scope::Before(half_words(words)?))
        } else if let Some((names, words)) = written.split_once('>') {
            (names, Scope::After(half_words(words)?))
        } else if let Some(names) = written.strip_suffix('*') {
            (names, Scope::Text)
        } else if let Some(names) = written.strip_suffix('.') {
            (names, Scope::Sentence)
        } else {
            (written, Scope::Inside)
        };
        Ok(Self { concepts: concepts(names, lexicon)?, scope })
    }
}

fn half_words(words: &str) -> Result<usize, String> {
    let words: usize = words.parse().map_err(|_| format!("`{words}` is no number of words"))?;
    Ok(2 * words)
}

fn concepts(names: &str, lexicon: &Lexicon) -> Result<Vec<ConceptId>, String> {
    names
        .split('|')
        .map(|name| lexicon.concept(name).ok_or_else(|| format!("no concept is named `{name}`")))
        .collect()
}
