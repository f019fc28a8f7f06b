//! A text without filler: words that come again and again, rows of single letters or signs, drawn-out letters.

use super::letters::{is_letter, is_word};
use super::plain::is_blank;

/// How many words in a row are filler when they repeat.
const ROW: usize = 4;
/// The longest pattern of words that counts as repetition: `la di da`.
const LONGEST_PATTERN: usize = 4;

/// The reading without rows of filler words and of one sign.
pub(super) fn unpadded(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split(is_blank).filter(|word| !word.is_empty()).collect();
    let mut is_filler = vec![false; words.len()];
    for pattern in 1..=LONGEST_PATTERN {
        let repeats = |at: usize| at >= pattern && words.get(at) == words.get(at - pattern);
        mark_rows(&mut is_filler, ROW.max(3 * pattern) - pattern, pattern, repeats);
    }
    let is_single = |at: usize| words.get(at).is_some_and(|word| word.chars().nth(1).is_none());
    mark_rows(&mut is_filler, ROW, 0, is_single);
    let mut out = String::with_capacity(text.len());
    for (word, is_filler) in words.iter().zip(is_filler) {
        if !is_filler && !is_rule(word) {
            out.push_str(word);
            out.push(' ');
        }
    }
    (!out.is_empty() && out.len() < text.len()).then_some(out)
}

/// Marks rows of at least `length` words of which `holds` is true, and so many words in front of each.
fn mark_rows(is_filler: &mut [bool], length: usize, in_front: usize, holds: impl Fn(usize) -> bool) {
    let mut start = None;
    for at in 0..=is_filler.len() {
        if at < is_filler.len() && holds(at) {
            start.get_or_insert(at);
        } else if let Some(first) = start.take().filter(|first| at - first >= length)
            && let Some(row) = is_filler.get_mut(first.saturating_sub(in_front)..at)
        {
            row.fill(true);
        }
    }
}

/// One sign again and again: a rule across the page.
fn is_rule(word: &str) -> bool {
    let mut chars = word.chars();
    let Some(first) = chars.next() else { return false };
    !is_word(first) && word.chars().nth(ROW - 1).is_some() && chars.all(|ch| ch == first)
}

/// Three or more of the same letter as one: `ignoooore`.
pub(super) fn squeezed(text: &str) -> Option<String> {
    squeeze(text, 1)
}

/// Three or more of the same letter as two: `alllll rules`.
pub(super) fn squeezed_to_two(text: &str) -> Option<String> {
    squeeze(text, 2)
}

fn squeeze(text: &str, kept: usize) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut last = None;
    let mut count = 0;
    for ch in text.chars() {
        if last == Some(ch) {
            count += 1;
        } else {
            write_row(last, count, kept, &mut out);
            last = Some(ch);
            count = 1;
        }
    }
    write_row(last, count, kept, &mut out);
    (out != text).then_some(out)
}

fn write_row(ch: Option<char>, count: usize, kept: usize, out: &mut String) {
    let Some(ch) = ch else { return };
    let count = if count > 2 && is_letter(ch) { kept } else { count };
    out.extend(std::iter::repeat_n(ch, count));
}
