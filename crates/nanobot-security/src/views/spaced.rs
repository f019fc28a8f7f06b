//! Letters with something between each two of them, put together again.
//!
//! Where the gap between words differs from the gap between letters the border is kept; where it does not, the
//! letters are one long word, and the reading says so by being a glued one.

use super::effort;
use super::letters::{is_letter, is_number, is_word};

/// How many letters in a row make a spaced-out word.
const SHORTEST: usize = 4;
/// A run of this many letters without a border may be several words.
const LONG_WORD: usize = 6;
/// The longest separator between two letters, and the longest gap between two words of letters, in characters.
const LONGEST_SEPARATOR: usize = 4;
const LONGEST_GAP: usize = 12;

/// The reading where all borders between words are kept.
pub(super) fn bordered(text: &str) -> Option<String> {
    join(text).and_then(|(text, is_glued)| (!is_glued).then_some(text))
}

/// The reading where borders between words may be missing.
pub(super) fn glued(text: &str) -> Option<String> {
    join(text).and_then(|(text, is_glued)| is_glued.then_some(text))
}

/// All letters and digits of a text without anything between them: for words that are cut up.
pub(super) fn squashed(text: &str) -> Option<String> {
    let out: String = text.chars().filter(|ch| is_word(*ch)).collect();
    (!out.is_empty()).then_some(out)
}

/// The text with its runs of single letters joined, and whether a border may be missing.
fn join(text: &str) -> Option<(String, bool)> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut is_glued = false;
    let mut is_found = false;
    let mut at = 0;
    while let Some(ch) = chars.get(at).copied() {
        if let Some(run) = is_single(&chars, at).then(|| Run::at(&chars, at)).flatten() {
            if run.is_text {
                out.push_str(&run.text);
                is_glued |= run.is_glued;
                is_found = true;
            } else {
                out.extend(chars.get(at..run.end).unwrap_or_default());
            }
            at = run.end;
        } else if is_word(ch) {
            // To the end of the word: no run begins inside of one.
            let word = chars.iter().skip(at).take_while(|ch| is_word(**ch));
            let before = out.len();
            out.extend(word);
            at += out.get(before..).map_or(1, |word| word.chars().count());
        } else {
            out.push(ch);
            at += 1;
        }
    }
    is_found.then_some((out, is_glued))
}

/// Whether a word of one letter or digit begins here.
fn is_single(chars: &[char], at: usize) -> bool {
    let is_part = |at: usize| chars.get(at).copied().is_some_and(is_unit);
    is_part(at) && !is_part(at + 1) && (at == 0 || !is_part(at - 1))
}

/// Letters, digits, and the signs that stand for letters where they would stand alone.
fn is_unit(ch: char) -> bool {
    is_word(ch) || matches!(ch, '@' | '$')
}

/// A run of letters with the same separator between them.
struct Run {
    text: String,
    /// Whether it is letters in the main, mostly with the same between them: numbers with something between them are
    /// dates, scores, amounts; single letters with this and that between them are addresses and formulas.
    is_text: bool,
    is_glued: bool,
    /// The index behind its last letter.
    end: usize,
}

impl Run {
    /// The run that begins here, if it is long enough.
    fn at(chars: &[char], start: usize) -> Option<Self> {
        let separator = gap(chars, start + 1, LONGEST_SEPARATOR)?;
        let first = chars.get(start).copied()?;
        let mut run = Self { text: first.to_string(), is_text: false, is_glued: false, end: start + 1 };
        let (mut letters, mut word, mut digits) = (1, 1, usize::from(is_number(first)));
        let (mut same, mut has_border) = (0, false);
        while let Some(between) = gap(chars, run.end, LONGEST_GAP) {
            let next = run.end + between.len();
            let Some(letter) = chars.get(next).copied().filter(|_| is_single(chars, next)) else { break };
            if between == separator {
                word += 1;
                same += 1;
            } else {
                run.is_glued |= is_several(word);
                has_border = true;
                word = 1;
                border(between, separator, &mut run.text);
            }
            digits += usize::from(is_number(letter));
            run.text.push(letter);
            letters += 1;
            run.end = next + 1;
        }
        run.is_glued |= if has_border { is_several(word) } else { word >= LONG_WORD };
        // A long run is not read again from its second letter, also if it is none.
        run.is_text = same + 1 >= SHORTEST && digits * 3 <= letters * 2;
        (letters >= SHORTEST).then_some(run)
    }
}

/// Whether a run of so many letters between two borders may still be several words: only long ones.
const fn is_several(letters: usize) -> bool {
    letters > 16
}

/// What stands between two letters: at least one character, at most so many.
fn gap(chars: &[char], start: usize, longest: usize) -> Option<&[char]> {
    let length = chars.iter().skip(start).take(longest + 1).take_while(|ch| !is_unit(**ch)).count();
    effort::spend(length + 1);
    (1..=longest).contains(&length).then(|| chars.get(start..start + length)).flatten()
}

/// Writes what a gap between two words says once the separators around its characters are taken off.
fn border(gap: &[char], separator: &[char], out: &mut String) {
    let inner = gap.strip_prefix(separator).unwrap_or(gap);
    let inner = inner.strip_suffix(separator).unwrap_or(inner);
    let kept: Vec<char> = match separator {
        [one] if inner.iter().skip(1).step_by(2).all(|ch| ch == one) => {
            inner.iter().step_by(2).copied().collect()
        }
        _ => inner.to_vec(),
    };
    if kept.is_empty() {
        out.push(' ');
    }
    for ch in kept {
        // The underscore is what people write for a blank.
        out.push(if ch == '_' { ' ' } else { ch });
    }
}

/// Letters with a digit behind each: `i1g2n3o4r5e`.
pub(super) fn numbered(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut is_found = false;
    for word in text.split_inclusive(|ch: char| !is_word(ch)) {
        let letters = word.chars().filter(|ch| is_letter(*ch)).count();
        let is_alternating = letters > SHORTEST
            && word.chars().zip(word.chars().skip(1)).all(|(one, next)| {
                !is_word(next) || is_letter(one) && is_number(next) || is_number(one) && is_letter(next)
            });
        if is_alternating {
            is_found = true;
            out.extend(word.chars().filter(|ch| !is_number(*ch)));
        } else {
            out.push_str(word);
        }
    }
    is_found.then_some(out)
}
