//! Every letter moved: thirteen places on, back to front, upside down. Any text becomes something by it.

use super::letters::{is_combining, is_word};

/// Every letter of ASCII thirteen places on.
pub(super) fn rot13(text: &str) -> Option<String> {
    let moved = text.bytes().map(|byte| match byte {
        b'a'..=b'm' | b'A'..=b'M' => byte + 13,
        b'n'..=b'z' | b'N'..=b'Z' => byte - 13,
        _ => byte,
    });
    String::from_utf8(moved.collect()).ok().filter(|moved| moved != text)
}

/// The whole text back to front.
pub(super) fn reversed(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    reverse(text, &mut out);
    (out != text).then_some(out)
}

/// Every word back to front, in its place.
pub(super) fn words_reversed(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let is_text = rest.starts_with(is_word);
        let end = rest.find(|ch: char| is_word(ch) != is_text).unwrap_or(rest.len());
        let (piece, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if is_text {
            reverse(piece, &mut out);
        } else {
            out.push_str(piece);
        }
        rest = tail;
    }
    (out != text).then_some(out)
}

fn reverse(text: &str, out: &mut String) {
    if !text.is_ascii() && text.chars().any(is_combining) {
        return reverse_with_marks(text, out);
    }
    let mut bytes: Vec<u8> = text.bytes().rev().collect();
    // A letter of several bytes now has its first one last.
    if !text.is_ascii() {
        bytes.chunk_by_mut(|byte, _| is_continuation(*byte)).for_each(<[u8]>::reverse);
    }
    out.push_str(&String::from_utf8(bytes).unwrap_or_default());
}

const fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// The same for a text with marks, each of which stays behind its letter.
fn reverse_with_marks(text: &str, out: &mut String) {
    let mut marks = Vec::new();
    for ch in text.chars().rev() {
        if is_combining(ch) {
            marks.push(ch);
        } else {
            out.push(ch);
            out.extend(marks.drain(..).rev());
        }
    }
    out.extend(marks.drain(..).rev());
}

/// How many turned letters make such writing: one or two are phonetics.
const FEWEST_TURNED: usize = 3;

/// Upside down: the letters of such writing turned back, in the order in which they are then read.
pub(super) fn flipped(text: &str) -> Option<String> {
    // The `ı` without a dot is an everyday letter of Turkish.
    let turned = text.chars().filter(|ch| !ch.is_ascii() && *ch != 'ı' && upright(*ch).is_some()).count();
    (turned >= FEWEST_TURNED).then(|| text.chars().rev().map(|ch| upright(ch).unwrap_or(ch)).collect())
}

#[rustfmt::skip]
const fn upright(ch: char) -> Option<char> {
    Some(match ch {
        'ɐ' => 'a', 'q' => 'b', 'ɔ' => 'c', 'p' => 'd', 'ǝ' => 'e', 'ɟ' => 'f', 'ƃ' | 'ɓ' | 'ᵷ' => 'g', 'ɥ' => 'h',
        'ᴉ' | 'ı' => 'i', 'ɾ' | 'ſ' => 'j', 'ʞ' => 'k', 'ן' | 'ꞁ' => 'l', 'ɯ' => 'm', 'u' => 'n', 'd' => 'p', 'b' => 'q',
        'ɹ' => 'r', 'ʇ' => 't', 'n' => 'u', 'ʌ' => 'v', 'ʍ' => 'w', 'ʎ' => 'y',
        _ => return None,
    })
}
