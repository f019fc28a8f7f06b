//! Splits a command into words as a POSIX shell does, without comments, variables and wildcards.
//!
//! The rules are those of the original's `shlex.split`: single quotes keep everything, double quotes let a
//! backslash hide a quote or a backslash, outside of quotes a backslash hides any one character. Only blank, tab,
//! CR and LF part words; other white space is part of them.

/// Why a text cannot be split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// A quote is opened and not closed.
    #[error("No closing quotation")]
    NoClosingQuotation,
    /// The last character is a backslash.
    #[error("No escaped character")]
    NoEscapedCharacter,
}

/// The words of a text.
///
/// # Errors
/// When it ends within a quote or behind a backslash.
pub(super) fn split(text: &str) -> Result<Vec<String>, Unreadable> {
    let mut words = Vec::new();
    // None between words: `''` is a word, blanks are none.
    let mut word: Option<String> = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\\' => {
                let hidden = rest.next().ok_or(Unreadable::NoEscapedCharacter)?;
                word.get_or_insert_default().push(hidden);
            }
            '\'' | '"' => quoted(c, &mut rest, word.get_or_insert_default())?,
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Reads up to the closing quote.
fn quoted(quote: char, rest: &mut impl Iterator<Item = char>, word: &mut String) -> Result<(), Unreadable> {
    while let Some(c) = rest.next() {
        match c {
            c if c == quote => return Ok(()),
            '\\' if quote == '"' => {
                let next = rest.next().ok_or(Unreadable::NoEscapedCharacter)?;
                if next != '"' && next != '\\' {
                    word.push('\\');
                }
                word.push(next);
            }
            c => word.push(c),
        }
    }
    Err(Unreadable::NoClosingQuotation)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_parted_as_a_shell_does() {
        for (text, words) in [
            ("", vec![]),
            ("  a\tb\nc ", vec!["a", "b", "c"]),
            ("'a b' \"c d\"", vec!["a b", "c d"]),
            ("a'b'\"c\"d", vec!["abcd"]),
            ("'' x \"\"", vec!["", "x", ""]),
            (r"pol\icy \ x", vec!["policy", " x"]),
            (r#""a\"b\\c\d""#, vec![r#"a"b\c\d"#]),
            (r"'a\b'", vec![r"a\b"]),
            ("#x # y", vec!["#x", "#", "y"]),
            ("a\u{a0}b\u{b}c", vec!["a\u{a0}b\u{b}c"]),
        ] {
            assert_eq!(split(text).unwrap(), words, "{text:?}");
        }
    }

    #[test]
    fn an_open_quote_and_a_last_backslash_are_named() {
        for text in ["'x", "a \"x", "'"] {
            assert_eq!(split(text), Err(Unreadable::NoClosingQuotation), "{text:?}");
        }
        for text in ["x\\", "\"x\\"] {
            assert_eq!(split(text), Err(Unreadable::NoEscapedCharacter), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn quoted_words_come_back_as_they_were(words in proptest::collection::vec(".{0,12}", 0..6)) {
            let quoted: Vec<String> =
                words.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
            prop_assert_eq!(split(&quoted.join(" ")).unwrap(), words);
        }

        #[test]
        fn plain_words_need_no_quotes(words in proptest::collection::vec("[^ \t\r\n'\"\\\\]{1,8}", 0..6)) {
            prop_assert_eq!(split(&words.join("  ")).unwrap(), words);
        }
    }
}
