//! Two classes of characters as the original sees them. It is written in Python, whose notions of "alphanumeric" and
//! "digit" are neither ASCII nor Rust's.
//!
//! Rust's `is_alphanumeric` asks for the property `Alphabetic`, which takes in vowel signs and other marks; the
//! original asks for general categories, which do not. Policies depend on it: see `wake.rs`.

use icu_properties::props::{GeneralCategory, GeneralCategoryGroup, NumericType};
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed};

const CATEGORY: CodePointMapDataBorrowed<'static, GeneralCategory> = CodePointMapData::new();
const NUMERIC: CodePointMapDataBorrowed<'static, NumericType> = CodePointMapData::new();
/// Letters, and numbers of any kind: `½` is one.
const ALPHANUMERIC: GeneralCategoryGroup = GeneralCategoryGroup::Letter.union(GeneralCategoryGroup::Number);

/// A letter or a number. A mark that stands on a letter is neither.
pub(crate) fn is_alphanumeric(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { ALPHANUMERIC.contains(CATEGORY.get(c)) }
}

/// Something, and nothing but digits of any script, raised ones too.
pub(crate) fn is_digits(text: &str) -> bool {
    let digit = |c: char| matches!(NUMERIC.get(c), NumericType::Decimal | NumericType::Digit);
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || (!c.is_ascii() && digit(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_no_letters_and_fractions_are_numbers() {
        for c in ['a', 'ß', 'न', 'ナ', '½', '²', '٤', 'ⅷ', 'ª'] {
            assert!(is_alphanumeric(c), "{c}");
        }
        // A vowel sign, an accent of its own, a joiner, an emoji, a circled letter.
        for c in ['\u{93e}', '\u{301}', '\u{200d}', '🐙', 'Ⓐ', '_', ' '] {
            assert!(!is_alphanumeric(c), "{c:?}");
        }
    }

    #[test]
    fn digits_of_any_script_count_and_fractions_do_not() {
        for text in ["0", "٤٩", "１２３", "²", "4①"] {
            assert!(is_digits(text), "{text}");
        }
        for text in ["", "½", "ⅷ", "4a", "+4", "四"] {
            assert!(!is_digits(text), "{text}");
        }
    }
}
