//! Small text rules that files and prompts of the original depend on.
//!
//! Lengths are Unicode code points, as the Python original counts them.

use std::fmt::Write as _;

/// White space as Python's `str.split` sees it: Rust's own set plus U+001C–U+001F.
pub const fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

/// Removes white space at both ends.
pub fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Replaces every run of white space by one blank and removes it at both ends.
pub fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(is_space).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// At most `limit` code points; a longer text is cut there and gets `...` on top.
pub fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((end, _)) => {
            let mut out = text.get(..end).unwrap_or_default().to_owned();
            out.push_str("...");
            out
        }
    }
}

/// Adds a text as a JSON string in the form of the original's files: ASCII only, everything else as `\uXXXX`
/// in UTF-16 units.
pub fn push_ascii_json(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(character),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    // Writing to a `String` cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pythons_separators_count_as_space() {
        assert_eq!(collapse(" a\u{1c}b \u{85} c\n"), "a b c");
        assert_eq!(trim("\u{1f} x "), "x");
    }

    proptest! {
        #[test]
        fn the_originals_json_is_ascii_and_reads_back(text in any::<String>()) {
            let mut json = String::new();
            push_ascii_json(&mut json, &text);
            prop_assert!(json.is_ascii());
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }

        #[test]
        fn a_cut_text_is_a_prefix_of_the_stated_length(text in ".*", limit in 0usize..50) {
            let short = cut(&text, limit);
            if text.chars().count() <= limit {
                prop_assert_eq!(short, text);
            } else {
                prop_assert_eq!(short.chars().count(), limit + 3);
                prop_assert!(text.starts_with(short.trim_end_matches("...")));
            }
        }
    }
}
