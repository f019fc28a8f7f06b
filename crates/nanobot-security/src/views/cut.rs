//! Words that a separator ties together or cuts up: `ignore-previous`, `ig-nore`, `ignorePrevious`.

use super::letters::is_word;
use super::traits::is_separator;

/// Separators inside of words, and humps, as blanks.
pub(super) fn split(text: &str) -> Option<String> {
    rewrite(text, Some(' '))
}

/// Separators inside of words left out.
pub(super) fn joined(text: &str) -> Option<String> {
    rewrite(text, None)
}

fn rewrite(text: &str, instead: Option<char>) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut is_changed = false;
    let mut last = ' ';
    let mut chars = text.chars().peekable();
    while let Some(ch) = chars.next() {
        let is_inner = is_separator(ch)
            && is_word(last)
            && chars.peek().is_some_and(|next| is_word(*next) || is_separator(*next));
        let is_hump = instead.is_some() && last.is_lowercase() && ch.is_uppercase();
        is_changed |= is_inner || is_hump;
        if is_inner {
            // All of `--` goes, or `ig--nore` keeps one.
            while chars.next_if(|next| is_separator(*next)).is_some() {}
            out.extend(instead);
        } else {
            if is_hump {
                out.push(' ');
            }
            out.push(ch);
        }
        last = ch;
    }
    is_changed.then_some(out)
}
