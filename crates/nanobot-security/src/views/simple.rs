//! Characters that composing and smoothing leave as they are, whatever other such characters stand beside them: what
//! most talk is made of. Reading such a text takes one pass in place of five.
//!
//! What is not known here is not wrong, only slower.

/// Whether a text of such characters is in NFKC, also in lower case, and shows all that it has.
#[inline]
pub(super) const fn is_simple(ch: char) -> bool {
    is_simple_beyond_latin(ch)
        || matches!(ch,
        ' '..='~' | '\n' | '\t' | '\r'
        // Letters with accents, without ligatures and the long s.
        | '\u{c0}'..='\u{12f}'
        | '\u{131}'
        | '\u{134}'..='\u{13e}'
        | '\u{141}'..='\u{148}'
        | '\u{14a}'..='\u{17e}'
        | '\u{1ea0}'..='\u{1ef9}'
        // Dashes, quotes, the euro.
        | '\u{2013}' | '\u{2014}' | '\u{2018}'..='\u{201e}' | '\u{20ac}')
}

#[inline]
const fn is_simple_beyond_latin(ch: char) -> bool {
    matches!(ch,
        '\u{3ac}'..='\u{3ce}'      // Greek in small letters
        | '\u{400}'..='\u{45f}'    // Cyrillic
        | '\u{490}'..='\u{491}'
        | '\u{5d0}'..='\u{5ea}'    // Hebrew
        | '\u{621}'..='\u{63a}'    // Arabic
        | '\u{641}'..='\u{64a}'
        | '\u{3001}'..='\u{3002}'  // the comma and the full stop of Chinese, kana, ideographs
        | '\u{3041}'..='\u{3096}'
        | '\u{30a1}'..='\u{30fa}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}') // Hangul
}

/// Such a character in lower case.
#[inline]
pub(super) fn lower(ch: char) -> char {
    let code = u32::from(ch);
    let small = match ch {
        '\0'..='\u{7f}' => return ch.to_ascii_lowercase(),
        '\u{d7}' | '\u{df}' | '\u{138}' => code,
        '\u{c0}'..='\u{de}' | '\u{410}'..='\u{42f}' => code + 0x20,
        '\u{400}'..='\u{40f}' => code + 0x50,
        '\u{178}' => 0xff,
        // Capital and small letters in turns, the capital ones at even places or at odd ones.
        '\u{100}'..='\u{137}' | '\u{14a}'..='\u{177}' | '\u{490}'..='\u{491}' | '\u{1ea0}'..='\u{1ef9}' => {
            code | 1
        }
        '\u{139}'..='\u{148}' | '\u{179}'..='\u{17e}' => code + (code & 1),
        _ => code,
    };
    char::from_u32(small).unwrap_or(ch)
}

#[cfg(test)]
mod tests {
    use icu_normalizer::ComposingNormalizerBorrowed;
    use proptest::prelude::*;

    use super::super::compat::{is_lowered, lowered};
    use super::super::letters::is_combining;
    use super::super::plain::is_invisible;
    use super::*;

    const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();

    fn all() -> Vec<char> {
        ('\0'..=char::MAX).filter(|ch| is_simple(*ch)).collect()
    }

    #[test]
    fn such_characters_are_left_as_they_are_and_have_one_small_letter() {
        for ch in all() {
            assert!(!is_invisible(ch) && !is_combining(ch), "{ch:?}");
            let small: String = ch.to_lowercase().collect();
            assert_eq!(small, lower(ch).to_string(), "{ch:?}");
            assert!(is_simple(lower(ch)), "{ch:?}");
            assert_eq!(NFKC.normalize(ch.encode_utf8(&mut [0; 4])), ch.to_string(), "{ch:?}");
        }
    }

    proptest! {
        #[test]
        fn no_two_of_them_become_one(places in prop::collection::vec(any::<prop::sample::Index>(), 0..40)) {
            let all = all();
            let text: String = places.iter().map(|place| all[place.index(all.len())]).collect();
            let small: String = text.chars().map(lower).collect();
            let by_unicode = text.to_lowercase();
            prop_assert_eq!(NFKC.normalize(&text), text.as_str());
            prop_assert_eq!(NFKC.normalize(&by_unicode), small.as_str());
            if is_lowered(&text) {
                prop_assert_eq!(lowered(&text), text);
            }
        }
    }
}
