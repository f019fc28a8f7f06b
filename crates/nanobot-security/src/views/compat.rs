//! The original's two readings of a text (state 2026-02-22), to the letter. Its rules are judged over these and
//! over nothing else, so that what it blocked stays blocked.
//!
//! Deliberately as blind as the original: see `plain` for the reading that rules of ours start from.

use icu_normalizer::ComposingNormalizerBorrowed;

use super::simple;

/// The original's `lowered`: NFKC, six invisible characters dropped, white space collapsed and trimmed, lower case.
pub fn lowered(text: &str) -> String {
    const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();
    let composed = NFKC.normalize(text);
    let mut out = String::with_capacity(composed.len());
    let mut is_border = false;
    for ch in composed.chars().filter(|ch| !is_dropped(*ch)) {
        if is_white(ch) {
            is_border = true;
            continue;
        }
        if is_border && !out.is_empty() {
            out.push(' ');
        }
        is_border = false;
        out.push(ch);
    }
    out.to_lowercase()
}

/// Whether `lowered` leaves a text as it is, as far as a look at its characters tells.
pub(crate) fn is_lowered(text: &str) -> bool {
    text.chars().all(|ch| simple::is_simple(ch) && simple::lower(ch) == ch && !(is_white(ch) && ch != ' '))
        && !text.contains("  ")
        && !text.starts_with(' ')
        && !text.ends_with(' ')
}

/// The original's `compact`: `lowered` without white space and without fourteen marks of punctuation.
pub fn compact(lowered: &str) -> String {
    lowered.chars().filter(|ch| !is_white(*ch) && !"-+_`'\".,:;|/\\".contains(*ch)).collect()
}

/// What the original takes out.
const fn is_dropped(ch: char) -> bool {
    matches!(ch, '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{feff}' | '\u{2060}' | '\u{ad}')
}

/// White space as the original's language counts it: Unicode's, and the four separators of ASCII.
pub(super) fn is_white(ch: char) -> bool {
    ch.is_whitespace() || matches!(ch, '\u{1c}'..='\u{1f}')
}

#[cfg(test)]
mod tests {
    use super::{compact, lowered};

    #[test]
    fn recorded_texts_read_as_the_original_reads_them() {
        let rows = [
            ("A\u{200b}B", "ab", "ab"),
            ("Ｆｕｌｌ ＷＩＤＴＨ", "full width", "fullwidth"),
            ("a  b\n c\t", "a b c", "abc"),
            ("ﬁ", "fi", "fi"),
            ("é", "é", "é"),
            ("İ", "i\u{307}", "i\u{307}"),
            ("soft\u{ad}hyphen", "softhyphen", "softhyphen"),
            ("a-b_c.d,e:f;g|h/i\\j'k\"l`m+n", "a-b_c.d,e:f;g|h/i\\j'k\"l`m+n", "abcdefghijklmn"),
            ("\u{3000}x\u{3000}", "x", "x"),
            ("ß", "ß", "ß"),
            ("Ⅷ ½", "viii 1\u{2044}2", "viii1\u{2044}2"),
            ("\u{1680}ogham", "ogham", "ogham"),
            ("", "", ""),
        ];
        for (text, low, tight) in rows {
            assert_eq!(lowered(text), low, "{text:?}");
            assert_eq!(compact(&lowered(text)), tight, "{text:?}");
        }
    }
}
