//! How a term is written in a pack, and which byte strings it stands for. It does not search.
//!
//! `ignor*` is a stem, `*تعليمات*` is free on both sides, `{stop|quit} following` are two terms. Scripts that write
//! without blanks are free at both ends by nature. Each term is also looked for without its accents, and with the
//! typographic apostrophe.

use std::borrow::Cow;

use icu_normalizer::DecomposingNormalizerBorrowed;

use super::script::is_unspaced;
use crate::views::{is_lowered, lowered};

/// How a list of terms writes the comma, which parts its terms.
const COMMA: &str = "<comma>";

/// Words of at most this many letters are looked for with their accents only.
const SHORT: usize = 3;

/// One byte string of a term, and whether a word may go on at its ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Term<'t> {
    /// What is looked for: lower case, one blank between words.
    pub(crate) text: &'t str,
    /// Whether a word may already run when the term begins.
    pub(crate) is_open_before: bool,
    /// Whether the word may go on when the term ends.
    pub(crate) is_open_after: bool,
}

/// Tells each term of a list: `ignore, {stop|quit} following, vergiss*`. There are tens of thousands of them in the
/// packs and they are read at every start, so that most take no memory of their own. The same one may come twice.
///
/// # Errors
///
/// What is wrong with the writing.
pub(crate) fn terms(list: &str, mut found: impl FnMut(Term<'_>)) -> Result<(), String> {
    for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        if entry.contains('{') {
            for plain in alternatives(entry)? {
                spell(entry, &plain, &mut found)?;
            }
        } else {
            spell(entry, &tidy(Cow::Borrowed(entry)), &mut found)?;
        }
    }
    Ok(())
}

/// Tells every spelling of one alternative of an entry.
fn spell(entry: &str, plain: &str, found: &mut impl FnMut(Term<'_>)) -> Result<(), String> {
    let written = if plain == COMMA { "," } else { plain.trim() };
    let body = written.trim_matches('*');
    if body.is_empty() || body.bytes().any(|byte| matches!(byte, b'*' | b'{' | b'}' | b'|')) {
        return Err(format!("the term `{entry}` is not well written"));
    }
    let is_open_before = written.starts_with('*') || body.chars().next().is_some_and(is_unspaced);
    let is_open_after = written.ends_with('*') || body.chars().next_back().is_some_and(is_unspaced);
    spellings(body, |text| found(Term { text, is_open_before, is_open_after }));
    Ok(())
}

/// `a {b|c} d` as `a b d` and `a c d`; braces do not nest.
fn alternatives(entry: &str) -> Result<Vec<Cow<'static, str>>, String> {
    let mut done = vec![String::new()];
    let mut rest = entry;
    while let Some((before, braced)) = rest.split_once('{') {
        let Some((inside, after)) = braced.split_once('}') else {
            return Err(format!("the term `{entry}` has an open brace"));
        };
        done = done
            .iter()
            .flat_map(|head| inside.split('|').map(move |choice| [head, before, choice].concat()))
            .collect();
        rest = after;
    }
    Ok(done.into_iter().map(|head| tidy(Cow::Owned(head + rest))).collect())
}

/// Single blanks between words: an alternative may be empty.
fn tidy(text: Cow<'_, str>) -> Cow<'_, str> {
    let mut was_blank = true;
    let has_gap = text.bytes().any(|byte| {
        let is_blank = byte == b' ';
        std::mem::replace(&mut was_blank, is_blank) && is_blank
    });
    if has_gap || text.trim() != text {
        return Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    text
}

/// Tells a term as people type it: with and without accents, umlauts in two letters, apostrophes of both kinds or none.
fn spellings(body: &str, mut found: impl FnMut(&str)) {
    // Most terms are plain already.
    if body.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b' ')) {
        return found(body);
    }
    let body = if is_lowered(body) { Cow::Borrowed(body) } else { Cow::Owned(lowered(body)) };
    let body = body.as_ref();
    let has_apostrophe = body.contains('\'');
    let mut each = |text: &str| {
        found(text);
        if has_apostrophe {
            found(&text.replace('\'', "\u{2019}"));
            if text.len() > SHORT + 1 {
                found(&text.replace('\'', ""));
            }
        }
    };
    each(body);
    if is_bare(body) {
        return;
    }
    if !body.chars().any(|c| is_unspaced(c) || matches!(c, '\u{900}'..='\u{DFF}')) {
        // Short words without their accents are other words: Czech `mé`, English `me`.
        let bare = without_accents(body);
        if bare.len() > SHORT {
            each(&bare);
        }
    }
    if body.contains(['أ', 'إ', 'آ']) {
        each(&body.replace(['أ', 'إ', 'آ'], "ا"));
    }
    if body.contains(['ä', 'ö', 'ü', 'ß']) {
        each(&body.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue").replace('ß', "ss"));
    }
}

/// Whether there is nothing to take off or to exchange, as far as a look at the letters tells: in most Russian and
/// Chinese there is not.
fn is_bare(text: &str) -> bool {
    text.chars().all(|c| {
        c.is_ascii()
            || matches!(c, '\u{430}'..='\u{438}' | '\u{43a}'..='\u{44f}' | '\u{4e00}'..='\u{9fff}' | '\u{2019}')
    })
}

/// Letters without the marks of the Latin, Greek and Cyrillic scripts.
fn without_accents(text: &str) -> String {
    DecomposingNormalizerBorrowed::new_nfd()
        .normalize(text)
        .chars()
        .filter(|c| !matches!(c, '\u{300}'..='\u{36F}'))
        .map(|c| match c {
            'ı' => 'i',
            'ł' => 'l',
            'đ' => 'd',
            'ø' => 'o',
            other => other,
        })
        .collect()
}
