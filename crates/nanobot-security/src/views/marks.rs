//! Words without what is wrapped around them: emphasis, quotes, brackets, tags and comments.

use super::effort;
use super::letters::{is_letter, is_word};
use super::traits::is_mark;

/// Marks left out, so that a word that they cut is whole: `ig**no**re`, `ig<b>no</b>re`.
pub(super) fn dropped(text: &str) -> Option<String> {
    rewrite(text, None)
}

/// Marks as blanks, so that words that they tie are apart: `ignore<br>previous`, `ignore/**/previous`.
pub(super) fn blanked(text: &str) -> Option<String> {
    rewrite(text, Some(' '))
}

fn rewrite(text: &str, instead: Option<char>) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut ends = Ends::default();
    let mut last = ' ';
    let mut rest = text;
    while let Some(ch) = rest.chars().next() {
        let tail = rest.get(ch.len_utf8()..).unwrap_or_default();
        if let Some(after) = ends.skip(rest) {
            out.extend(instead);
            rest = after;
            continue;
        }
        rest = tail;
        // `don't` is one word.
        let is_apostrophe = matches!(ch, '\'' | '’')
            && is_word(last)
            && tail.starts_with(is_letter)
            && !tail
                .chars()
                .take(WORD)
                .take_while(|ch| !ch.is_whitespace())
                .any(|ch| matches!(ch, '\'' | '’'));
        // What ties words together is a matter of `cut`.
        let is_tie = matches!(ch, '_' | '|') && is_word(last) && tail.starts_with(is_word);
        if is_mark(ch) && !is_apostrophe && !is_tie {
            out.extend(instead);
        } else {
            out.push(ch);
        }
        last = ch;
    }
    (out != text).then_some(out)
}

/// How far the rest of a word is looked at for a second apostrophe.
const WORD: usize = 16;

/// Which ends were looked for in vain: they are not looked for again, or a text of beginnings would be read over
/// and over.
#[derive(Default)]
struct Ends {
    has_no_comment: bool,
    has_no_block: bool,
}

impl Ends {
    /// What follows the tag or comment that begins here.
    fn skip<'a>(&mut self, rest: &'a str) -> Option<&'a str> {
        if let Some(body) = rest.strip_prefix("<!--") {
            return after(body, "-->", &mut self.has_no_comment);
        }
        if let Some(body) = rest.strip_prefix("/*") {
            return after(body, "*/", &mut self.has_no_block);
        }
        let body = rest.strip_prefix('<')?;
        if !body.starts_with(|ch: char| ch.is_ascii_alphabetic() || matches!(ch, '/' | '!' | '?')) {
            return None;
        }
        // Up to the next bracket of either kind, so that no character is looked at twice.
        let end = body.find(['<', '>']);
        effort::spend(end.unwrap_or(body.len()));
        let end = end?;
        body.get(end..)?.strip_prefix('>')
    }
}

fn after<'a>(body: &'a str, end: &str, is_missing: &mut bool) -> Option<&'a str> {
    if *is_missing {
        return None;
    }
    effort::spend(body.find(end).unwrap_or(body.len()));
    let found = body.split_once(end).map(|(_, after)| after);
    *is_missing = found.is_none();
    found
}
