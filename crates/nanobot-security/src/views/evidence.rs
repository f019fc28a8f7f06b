//! Whether bytes that something decodes to are a text: any word is base64 of something, but hardly of words.

use super::letters::{is_letter, is_word};

/// How many characters a piece has to decode to.
pub(super) const SHORTEST: usize = 6;
/// The same beside one that does: words that were encoded each by itself.
pub(super) const SHORTEST_BESIDE: usize = 2;
/// A piece of nothing but letters, digits and the usual signs that is as long as this may be encoded once more.
const CODE: usize = 12;

/// The text that these bytes are, if they are one of at least `shortest` characters: UTF-8 or ASCII in UTF-16, no
/// control characters, three quarters of it letters and blanks. A long one may also be digits and usual signs, since
/// then it may be encoded once more.
pub(super) fn text_of(bytes: Vec<u8>, shortest: usize) -> Option<String> {
    let text = String::from_utf8(narrow(bytes)).ok()?;
    let (mut all, mut wordy, mut usual) = (0_usize, 0_usize, 0_usize);
    for ch in text.chars() {
        if ch.is_control() && !matches!(ch, '\t' | '\n' | '\r') {
            return None;
        }
        all += 1;
        let is_wordy = is_letter(ch) || ch.is_whitespace();
        wordy += usize::from(is_wordy);
        usual += usize::from(is_wordy || is_word(ch) || is_usual(ch));
    }
    let is_text = wordy * 4 >= all * 3;
    let is_code = all >= CODE && usual == all;
    (all >= shortest && (is_text || is_code)).then_some(text)
}

/// Bytes without the zero behind each, as Windows writes what it encodes.
fn narrow(bytes: Vec<u8>) -> Vec<u8> {
    let is_wide = bytes.len() >= 4
        && bytes.len().is_multiple_of(2)
        && bytes.iter().skip(1).step_by(2).all(|byte| *byte == 0);
    if is_wide { bytes.into_iter().step_by(2).collect() } else { bytes }
}

/// Signs of prose, paths and further encodings.
const fn is_usual(ch: char) -> bool {
    matches!(ch, '.' | ',' | ':' | '!' | '?' | '\'' | '"' | '/' | '_' | '-' | '%' | '=' | '+' | '&' | ';')
}
