//! The reading that every other one starts from: what a person sees, in one spelling.
//!
//! NFKC, lower case, nothing invisible, one blank for any white space. Punctuation stays, and so do accents and
//! foreign letters: what they stand for is the guess of other readings.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{
    BinaryProperty as _, DefaultIgnorableCodePoint, EnumeratedProperty as _, GeneralCategory,
    PrependedConcatenationMark,
};

use super::compat::is_white;
use super::letters::is_combining;
use super::simple::{is_simple, lower};

const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();

/// The text with nothing invisible in it and compatibility forms resolved, but in its own case and with its own
/// gaps: what readings start from that need either.
pub(super) fn shaped(text: &str) -> Cow<'_, str> {
    if text.contains(ESCAPE) {
        return Cow::Owned(shaped(&without_sequences(text)).into_owned());
    }
    if text.is_ascii() {
        if text.bytes().any(|byte| is_invisible(char::from(byte))) {
            return Cow::Owned(text.chars().filter(|ch| !is_invisible(*ch)).collect());
        }
        return Cow::Borrowed(text);
    }
    if text.chars().all(is_simple) {
        return Cow::Borrowed(text);
    }
    let mut marks = 0;
    let visible: String = text
        .chars()
        .filter(|ch| !is_invisible(*ch))
        .filter(|ch| {
            marks = if is_combining(*ch) { marks + 1 } else { 0 };
            marks <= MOST_MARKS
        })
        .collect();
    Cow::Owned(NFKC.normalize(&visible).into_owned())
}

/// What sequences for terminals begin with.
const ESCAPE: char = '\u{1b}';

/// The text without colours and cursor movements: nobody sees them. No escape stays.
fn without_sequences(text: &str) -> String {
    let mut parts = text.split(ESCAPE);
    let mut out = String::from(parts.next().unwrap_or_default());
    for part in parts {
        let shown = part.strip_prefix('[').map_or(part, |sequence| {
            let end = sequence.find(|ch: char| ch.is_ascii_alphabetic()).map_or(sequence.len(), |at| at + 1);
            sequence.get(end..).unwrap_or_default()
        });
        out.push_str(shown);
    }
    out
}

/// The plain reading of a shaped text: lower case, one blank for any gap. Reading it again changes nothing.
pub(super) fn plain(shaped: &str) -> String {
    if shaped.is_ascii() {
        if is_tidy(shaped) {
            return shaped.to_ascii_lowercase();
        }
        return collapse(shaped, |ch| ch.to_ascii_lowercase());
    }
    if shaped.chars().all(is_simple) {
        return collapse(shaped, lower);
    }
    // Lower case first, since it may leave a letter and a mark that compose.
    collapse(&NFKC.normalize(&shaped.to_lowercase()), |ch| ch)
}

/// Whether a text of ASCII has nothing but single blanks between words already.
fn is_tidy(text: &str) -> bool {
    let mut was_blank = true;
    for byte in text.bytes() {
        let is_gap = byte == b' ';
        if byte < b' ' || is_gap && was_blank {
            return false;
        }
        was_blank = is_gap;
    }
    !was_blank
}

/// White space to single blanks, none at the ends.
fn collapse(text: &str, each: impl Fn(char) -> char) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_border = false;
    for ch in text.chars() {
        if is_blank(ch) {
            is_border = true;
            continue;
        }
        if is_border && !out.is_empty() {
            out.push(' ');
        }
        is_border = false;
        out.push(each(ch));
    }
    out
}

/// What looks like a gap.
pub(super) fn is_blank(ch: char) -> bool {
    is_white(ch) || ch == BRAILLE_BLANK
}

/// How many marks in a row are kept on one letter: no language has as many, and normalising sorts them. The number of
/// Unicode's stream-safe format (UAX #15).
const MOST_MARKS: usize = 30;

/// The pattern without dots: a symbol by its category, a gap to the eye.
const BRAILLE_BLANK: char = '\u{2800}';

/// What shows nothing and keeps nothing apart.
pub(super) fn is_invisible(ch: char) -> bool {
    if ch.is_ascii() {
        return ch.is_ascii_control() && !is_blank(ch);
    }
    if is_blank(ch) || is_everyday(ch) {
        return false;
    }
    DefaultIgnorableCodePoint::for_char(ch)
        || match GeneralCategory::for_char(ch) {
            GeneralCategory::Control => true,
            GeneralCategory::Format => !PrependedConcatenationMark::for_char(ch),
            _ => false,
        }
}

/// The blocks that most talk beyond ASCII is written in, none of which has anything invisible: spares look-ups.
const fn is_everyday(ch: char) -> bool {
    matches!(ch,
        '\u{ae}'..='\u{34e}' | '\u{370}'..='\u{5ff}' | '\u{900}'..='\u{10ff}' | '\u{2030}'..='\u{205e}' | '\u{3001}'..='\u{3163}'
        | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{1f300}'..='\u{1faff}')
}
