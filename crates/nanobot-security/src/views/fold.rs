//! Latin words in their plain letters: without accents, and with the Latin letter for one that only looks like it.
//!
//! A word is folded when it is Latin already, or mixes Latin with letters that look Latin, or looks Latin from end
//! to end beside Latin words. Russian, Greek or Armenian talk stays what it is.

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::props::{EnumeratedProperty as _, Script};

use super::letters::{is_combining, is_letter, is_word};
use super::lookalikes::{latin, sign, tight, wide};

const NFKD: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizerBorrowed::new_nfkd();

/// How many letters a text needs that looks Latin in all its words before it is taken for Latin.
const ALL_ALIKE: usize = 6;

/// What a word is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Latin letters only, as far as it has letters.
    Latin,
    /// Latin letters and others, or letters of two scripts that all look Latin.
    Mixed,
    /// Letters of one other script, all of which look Latin.
    Alike,
    /// Another language.
    Foreign,
    /// No letters: digits, signs, gaps.
    Gap,
}

/// A word, or what stands between two.
struct Piece<'a> {
    text: &'a str,
    kind: Kind,
}

/// The folded reading, if it differs.
pub(super) fn folded(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let pieces = pieces(text);
    let is_all_alike = pieces.iter().all(|piece| matches!(piece.kind, Kind::Alike | Kind::Gap))
        && pieces
            .iter()
            .filter(|piece| piece.kind == Kind::Alike)
            .map(|piece| piece.text.chars().count())
            .sum::<usize>()
            >= ALL_ALIKE;
    let mut beside = beside_latin(&pieces).into_iter();
    let mut out = String::with_capacity(text.len());
    for piece in &pieces {
        let is_beside = beside.next().unwrap_or(false);
        match piece.kind {
            Kind::Latin => fold_latin(piece.text, &mut out),
            Kind::Mixed => fold_mixed(piece.text, &mut out),
            Kind::Alike if is_beside || is_all_alike => fold_mixed(piece.text, &mut out),
            Kind::Gap => out.extend(piece.text.chars().filter(|ch| !is_combining(*ch))),
            Kind::Alike | Kind::Foreign => out.push_str(piece.text),
        }
    }
    (out != text).then_some(out)
}

/// For each piece whether the words around it, past others that look Latin, are Latin on one side at least.
fn beside_latin(pieces: &[Piece<'_>]) -> Vec<bool> {
    let mut beside = vec![false; pieces.len()];
    let mut is_after = false;
    for (piece, flag) in pieces.iter().zip(&mut beside) {
        is_after = follows(piece.kind, is_after);
        *flag |= is_after;
    }
    let mut is_before = false;
    for (piece, flag) in pieces.iter().zip(&mut beside).rev() {
        is_before = follows(piece.kind, is_before);
        *flag |= is_before;
    }
    beside
}

const fn follows(kind: Kind, before: bool) -> bool {
    match kind {
        Kind::Latin | Kind::Mixed => true,
        Kind::Foreign => false,
        Kind::Alike | Kind::Gap => before,
    }
}

/// Words and what stands between them, in order and without a gap.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut word = Word::default();
    let mut was_part = None;
    for (at, ch) in text.char_indices() {
        let is_part = word_part(ch);
        if was_part.is_some_and(|was| was != is_part) {
            if let Some(piece) = text.get(start..at) {
                pieces.push(Piece { text: piece, kind: word.kind() });
            }
            start = at;
            word = Word::default();
        }
        if is_part {
            word.take(ch);
        }
        was_part = Some(is_part);
    }
    if let Some(piece) = text.get(start..).filter(|rest| !rest.is_empty()) {
        pieces.push(Piece { text: piece, kind: word.kind() });
    }
    pieces
}

fn word_part(ch: char) -> bool {
    is_word(ch) || !ch.is_ascii() && (is_combining(ch) || sign(ch).is_some())
}

/// What has been seen of a word.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says whether one kind of letter occurs")]
struct Word {
    has_latin: bool,
    has_alike: bool,
    has_stranger: bool,
    has_sign: bool,
    script: Option<Script>,
    has_two_scripts: bool,
}

impl Word {
    fn take(&mut self, ch: char) {
        if ch.is_ascii_alphabetic() {
            self.has_latin = true;
        } else if sign(ch).is_some() {
            self.has_sign = true;
        } else if is_letter(ch) && !is_combining(ch) {
            let script = Script::for_char(ch);
            if script == Script::Latin {
                self.has_latin = true;
                return;
            }
            if tight(ch).is_some() {
                self.has_alike = true;
            } else {
                self.has_stranger = true;
            }
            self.has_two_scripts |= self.script.is_some_and(|seen| seen != script);
            self.script = Some(script);
        }
    }

    const fn kind(&self) -> Kind {
        let has_other = self.has_alike || self.has_stranger;
        if self.has_sign || self.has_latin && has_other || self.has_two_scripts && !self.has_stranger {
            Kind::Mixed
        } else if self.has_latin {
            Kind::Latin
        } else if self.has_stranger {
            Kind::Foreign
        } else if self.has_alike {
            Kind::Alike
        } else {
            Kind::Gap
        }
    }
}

/// A Latin word without what is drawn over, under and through its letters.
fn fold_latin(word: &str, out: &mut String) {
    if word.is_ascii() {
        out.push_str(word);
        return;
    }
    for ch in NFKD.normalize(word).chars() {
        if ch.is_ascii() {
            out.push(ch);
        } else if let Some(plain) = latin(ch) {
            out.push_str(plain);
        } else if !is_combining(ch) {
            out.push(ch);
        }
    }
}

/// A word of several scripts in the Latin letters that it shows.
fn fold_mixed(word: &str, out: &mut String) {
    for whole in word.chars() {
        if let Some(plain) = wide(whole).or_else(|| sign(whole)) {
            out.push(plain);
            continue;
        }
        for ch in NFKD.normalize(whole.encode_utf8(&mut [0; 4])).chars() {
            if let Some(plain) = wide(ch) {
                out.push(plain);
            } else if let Some(plain) = latin(ch) {
                out.push_str(plain);
            } else if ch.is_ascii() || !is_combining(ch) {
                out.push(ch);
            }
        }
    }
}
