//! Texts as Python prints them in a list: the original's words for unknown tools hold such a list.

use std::fmt::Write as _;

use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};

/// What is not shown as it is: marks of control and format, what has no meaning, separators other than a blank.
const HIDDEN: GeneralCategoryGroup = GeneralCategoryGroup::Other.union(GeneralCategoryGroup::Separator);

/// A text between single quotes, or double ones if that saves escaping; cut after so many characters.
pub(super) fn python_literal(text: &str, most: usize) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut literal = String::from(quote);
    for character in text.chars().take(most) {
        match character {
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            escaped if escaped == quote || escaped == '\\' => literal.extend(['\\', escaped]),
            hidden if is_hidden(hidden) => push_code(u32::from(hidden), &mut literal),
            plain => literal.push(plain),
        }
    }
    literal.push(quote);
    literal
}

fn is_hidden(character: char) -> bool {
    !(' '..='~').contains(&character)
        && HIDDEN.contains(CodePointMapData::<GeneralCategory>::new().get(character))
}

fn push_code(code: u32, literal: &mut String) {
    // Writing to a string does not fail.
    let _ = match code {
        0..=0xFF => write!(literal, "\\x{code:02x}"),
        0x100..=0xFFFF => write!(literal, "\\u{code:04x}"),
        _ => write!(literal, "\\U{code:08x}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_as_python_quotes_them() {
        let cases = [
            ("exec", "'exec'"),
            ("it's", "\"it's\""),
            ("'\"", "'\\'\"'"),
            ("a\\b\n", "'a\\\\b\\n'"),
            ("\u{1}\u{7f}\u{a0}", "'\\x01\\x7f\\xa0'"),
            ("\u{200b}\u{e9}\u{1f600}\u{e0001}", "'\\u200b\u{e9}\u{1f600}\\U000e0001'"),
        ];
        for (text, literal) in cases {
            assert_eq!(python_literal(text, 80), literal);
        }
        assert_eq!(python_literal("abc", 2), "'ab'");
    }
}
