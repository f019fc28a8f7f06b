//! Small text rules that files and prompts of the original depend on.
//!
//! Lengths are Unicode code points, as the Python original counts them.

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
