//! Reads a word as a person sees it: invisible characters fall away, wide and ornamental letters become plain ones.
//! Every place in the reading can be found again in the word. It does not undo look-alikes of other scripts.

use std::borrow::Cow;
use std::ops::Range;

use icu_normalizer::ComposingNormalizerBorrowed;

/// The beginnings of characters that `of` changes, as bytes: words that hold one are looked at.
pub(super) const MARKS: &[&[u8]] = &[
    b"\xC2\xAD",
    b"\xCD\x8F",
    b"\xE1\xA0\x8E",
    b"\xE2\x80\x8B",
    b"\xE2\x80\x8C",
    b"\xE2\x80\x8D",
    b"\xE2\x80\x8E",
    b"\xE2\x80\x8F",
    b"\xE2\x80\xAA",
    b"\xE2\x80\xAB",
    b"\xE2\x80\xAC",
    b"\xE2\x80\xAD",
    b"\xE2\x80\xAE",
    b"\xE2\x81\xA0",
    b"\xE2\x81\xA1",
    b"\xE2\x81\xA2",
    b"\xE2\x81\xA3",
    b"\xE2\x81\xA4",
    b"\xE2\x81\xA6",
    b"\xE2\x81\xA7",
    b"\xE2\x81\xA8",
    b"\xE2\x81\xA9",
    b"\xEF\xB8",
    b"\xEF\xBB\xBF",
    b"\xEF\xBC",
    b"\xEF\xBD",
    b"\xF0\x9D\x90",
    b"\xF0\x9D\x91",
    b"\xF0\x9D\x92",
    b"\xF0\x9D\x93",
    b"\xF0\x9D\x94",
    b"\xF0\x9D\x95",
    b"\xF0\x9D\x96",
    b"\xF0\x9D\x97",
    b"\xF0\x9D\x98",
    b"\xF0\x9D\x99",
    b"\xF0\x9D\x9A",
    b"\xF0\x9D\x9B",
    b"\xF0\x9D\x9C",
    b"\xF0\x9D\x9D",
    b"\xF0\x9D\x9E",
    b"\xF0\x9D\x9F",
    b"\xF3\xA0",
];

/// A word as it is read.
#[derive(Debug)]
pub(super) struct Folded<'word> {
    /// The reading.
    pub(super) text: Cow<'word, str>,
    /// For each byte of the reading where its character begins in the word, and the word's length at last; none when
    /// both are the same.
    places: Option<Vec<usize>>,
}

impl Folded<'_> {
    /// Where a part of the reading stands in the word.
    pub(super) fn origin(&self, part: &Range<usize>) -> Range<usize> {
        let place = |at: usize| match &self.places {
            Some(places) => places.get(at).or(places.last()).copied().unwrap_or(at),
            None => at,
        };
        place(part.start)..place(part.end)
    }

    /// The name of this reading.
    pub(super) fn view(&self) -> &'static str {
        if self.places.is_some() { "folded" } else { "plain" }
    }
}

/// Reads a word.
pub(super) fn of(word: &str) -> Folded<'_> {
    if word.is_ascii() || !word.chars().any(changes) {
        return Folded { text: Cow::Borrowed(word), places: None };
    }
    let mut text = String::with_capacity(word.len());
    let mut places = Vec::with_capacity(word.len() + 1);
    for (at, each) in word.char_indices() {
        if is_invisible(each) {
            continue;
        }
        let plain = plain(each);
        text.push(plain);
        places.resize(text.len(), at);
    }
    places.push(word.len());
    Folded { text: Cow::Owned(text), places: Some(places) }
}

fn changes(each: char) -> bool {
    is_invisible(each) || plain(each) != each
}

fn is_invisible(each: char) -> bool {
    matches!(each, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{E0000}'..='\u{E007F}')
}

fn plain(each: char) -> char {
    match each {
        '\u{FF01}'..='\u{FF5E}' => {
            u32::from(each).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(each)
        }
        // Mathematical letters and digits.
        '\u{1D400}'..='\u{1D7FF}' => ComposingNormalizerBorrowed::new_nfkc()
            .normalize_iter(std::iter::once(each))
            .next()
            .unwrap_or(each),
        _ => each,
    }
}
