//! What a character is to a reader: a letter, a mark on one, a number, or something else. One look-up each.

use icu_properties::props::{EnumeratedProperty as _, GeneralCategory, GeneralCategoryGroup};

/// A letter of any script.
pub(super) fn is_letter(ch: char) -> bool {
    if ch.is_ascii() {
        return ch.is_ascii_alphabetic();
    }
    GeneralCategoryGroup::Letter.contains(GeneralCategory::for_char(ch))
}

/// A digit or another number.
pub(super) fn is_number(ch: char) -> bool {
    if ch.is_ascii() {
        return ch.is_ascii_digit();
    }
    GeneralCategoryGroup::Number.contains(GeneralCategory::for_char(ch))
}

/// What is drawn onto the letter before it, vowel signs included.
pub(super) fn is_combining(ch: char) -> bool {
    // None comes earlier.
    ch >= '\u{300}' && GeneralCategoryGroup::Mark.contains(GeneralCategory::for_char(ch))
}

/// What words are made of: letters, marks, numbers.
pub(super) fn is_word(ch: char) -> bool {
    if ch.is_ascii() {
        return ch.is_ascii_alphanumeric();
    }
    WORD.contains(GeneralCategory::for_char(ch))
}

const WORD: GeneralCategoryGroup =
    GeneralCategoryGroup::Letter.union(GeneralCategoryGroup::Mark).union(GeneralCategoryGroup::Number);
