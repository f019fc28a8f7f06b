//! Which readings there are: what each is called, what it is worth, and what has to occur in a text for it to be
//! worth a pass.

use super::Strength;
use super::traits::Traits;
use super::{cut, escapes, fold, leet, marks, morse, numbers, padding, spaced, tokens, turned};

/// One way to read a text otherwise.
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) strength: Strength,
    /// Whether blanks may be missing in what it gives.
    pub(super) is_glued: bool,
    /// Whether the steps after it also start from what it gives.
    pub(super) is_lasting: bool,
    /// Whether what it gives has the traits of what it was given: it exchanges letters for letters.
    pub(super) keeps_shape: bool,
    /// Whether a text may have something of the kind.
    pub(super) wants: fn(&Traits) -> bool,
    /// The text read so, if that differs.
    pub(super) rewrite: fn(&str) -> Option<String>,
}

impl Step {
    /// A step with the same words in another dress.
    const fn folded(
        name: &'static str,
        wants: fn(&Traits) -> bool,
        rewrite: fn(&str) -> Option<String>,
    ) -> Self {
        Self {
            name,
            strength: Strength::Folded,
            is_glued: false,
            is_lasting: true,
            keeps_shape: false,
            wants,
            rewrite,
        }
    }

    const fn decoded(
        name: &'static str,
        wants: fn(&Traits) -> bool,
        rewrite: fn(&str) -> Option<String>,
    ) -> Self {
        Self { strength: Strength::Decoded, ..Self::folded(name, wants, rewrite) }
    }

    const fn weak(
        name: &'static str,
        wants: fn(&Traits) -> bool,
        rewrite: fn(&str) -> Option<String>,
    ) -> Self {
        Self { strength: Strength::Weak, is_lasting: false, ..Self::folded(name, wants, rewrite) }
    }

    const fn aside(self) -> Self {
        Self { is_lasting: false, ..self }
    }

    const fn glued(self) -> Self {
        Self { is_glued: true, ..self }
    }
}

/// The same words in another dress. In an order in which each finds what those before it uncovered.
pub(super) const FOLDING: &[Step] = &[
    Step { keeps_shape: true, ..Step::folded("folded", |has| has.is_foreign, fold::folded) },
    Step::folded("spaced", |has| has.singles >= 4, spaced::bordered),
    Step::folded("spaced", |has| has.singles >= 4, spaced::glued).glued(),
    Step::folded("unpadded", |has| has.repeats >= 3 || has.singles >= 4 || has.has_rule, padding::unpadded),
    Step::folded("unmarked", |has| has.has_marks, marks::blanked).aside(),
    Step::folded("unmarked", |has| has.has_marks, marks::dropped),
    Step::folded("numbered", |has| has.has_mixed_word && has.digits >= 4, spaced::numbered),
    Step::folded("leet", |has| has.has_mixed_word, leet::with_l).aside(),
    Step::folded("leet", |has| has.has_mixed_word, leet::with_i),
    Step::folded("squeezed", |has| has.has_stretch, padding::squeezed_to_two).aside(),
    Step::folded("squeezed", |has| has.has_stretch, padding::squeezed),
    Step::folded("split", |has| has.has_inner_separator || has.has_hump, cut::split).aside(),
    Step::weak("joined", |has| has.has_inner_separator, cut::joined).glued(),
];

/// What encoded pieces say.
pub(super) const DECODING: &[Step] = &[
    Step::decoded("percent", |has| has.has_escape, escapes::percent),
    Step::decoded("quoted", |has| has.has_escape, escapes::quoted),
    Step::decoded("entities", |has| has.has_escape, escapes::entities),
    Step::decoded("escapes", |has| has.has_escape, escapes::backslash),
    Step::decoded("base64", |has| has.has_token, tokens::decoded),
    Step::decoded("base64", |has| has.has_token, tokens::unwrapped).glued(),
    Step::decoded("numbers", |has| has.digits >= 6, numbers::decoded),
    Step::decoded("morse", |has| has.strokes >= 8, morse::decoded),
    Step::decoded("flipped", |has| has.is_foreign, turned::flipped),
];

/// What any text can be turned into.
pub(super) const TURNING: &[Step] = &[
    Step::weak("rot13", |has| has.latin >= LETTERS, turned::rot13),
    Step::weak("reversed", |has| has.letters >= LETTERS, turned::reversed),
    Step::weak("reversed", |has| has.letters >= LETTERS, turned::words_reversed),
    Step::weak("squashed", |has| has.latin >= LETTERS, spaced::squashed).glued(),
];

/// Fewer letters than this hide nothing.
const LETTERS: usize = 6;
