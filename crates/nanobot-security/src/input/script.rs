//! What words are made of, asked about each character of each reading: quick for the scripts that most talk is written
//! in. It says the same as Unicode's own properties; a test compares the two for every character.

/// A letter or digit of a script that writes words with blanks between them.
#[inline]
pub(crate) fn runs(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { runs_or_stands(c) && !is_ideographic(c) }
}

/// A letter or digit of any script.
#[inline]
pub(crate) fn runs_or_stands(c: char) -> bool {
    match c {
        '\0'..='\u{7f}' => c.is_ascii_alphanumeric(),
        // Latin with accents, Greek, Cyrillic, Hebrew, Arabic, Devanagari, Thai, Georgian, kana, ideographs, Hangul.
        '\u{c0}'..='\u{d6}'
        | '\u{d8}'..='\u{f6}'
        | '\u{f8}'..='\u{2c1}'
        | '\u{3a3}'..='\u{3f5}'
        | '\u{400}'..='\u{481}'
        | '\u{48a}'..='\u{52f}'
        | '\u{5d0}'..='\u{5ea}'
        | '\u{620}'..='\u{64a}'
        | '\u{671}'..='\u{6d3}'
        | '\u{904}'..='\u{939}'
        | '\u{e01}'..='\u{e30}'
        | '\u{10d0}'..='\u{10fa}'
        | '\u{1e00}'..='\u{1f15}'
        | '\u{3041}'..='\u{3096}'
        | '\u{30a1}'..='\u{30fa}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}' => true,
        // Dashes, quotes, the comma and the full stop of Chinese.
        '\u{2010}'..='\u{205e}' | '\u{3001}'..='\u{3003}' => false,
        _ => c.is_alphanumeric(),
    }
}

/// Scripts where a character counts as half a word.
#[inline]
pub(crate) const fn is_ideographic(c: char) -> bool {
    c >= '\u{0E00}'
        && matches!(c,
        '\u{0E00}'..='\u{0EFF}'       // Thai, Lao
        | '\u{1000}'..='\u{109F}'     // Myanmar
        | '\u{1780}'..='\u{17FF}'     // Khmer
        | '\u{3040}'..='\u{30FF}'     // kana
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}')
}

/// Scripts that put no blanks between words, and Hangul, whose words carry their endings.
pub(crate) fn is_unspaced(c: char) -> bool {
    is_ideographic(c) || matches!(c, '\u{1100}'..='\u{11FF}' | '\u{AC00}'..='\u{D7AF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_answer_is_that_of_unicode() {
        for c in '\0'..=char::MAX {
            assert_eq!(runs_or_stands(c), c.is_alphanumeric(), "{c:?}");
            assert_eq!(runs(c), c.is_alphanumeric() && !is_ideographic(c), "{c:?}");
        }
    }
}
