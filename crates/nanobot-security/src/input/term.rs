//! How a term is written in a pack, and which byte strings it stands for. It does not search.
//!
//! `ignor*` is a stem, `*تعليمات*` is free on both sides, `{stop|quit} following` are two terms. Scripts that write
//! without blanks are free at both ends by nature. Each term is also looked for without its accents, and with the
//! typographic apostrophe.

use icu_normalizer::DecomposingNormalizerBorrowed;

use crate::views::lowered;

/// How a list of terms writes the comma, which parts its terms.
const COMMA: &str = "<comma>";

/// Words of at most this many letters are looked for with their accents only.
const SHORT: usize = 3;

/// One byte string of a term, and whether a word may go on at its ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Term {
    /// What is looked for: lower case, one blank between words.
    pub(crate) text: String,
    /// Whether a word may already run when the term begins.
    pub(crate) is_open_before: bool,
    /// Whether the word may go on when the term ends.
    pub(crate) is_open_after: bool,
}

/// The terms of a list: `ignore, {stop|quit} following, vergiss*`.
///
/// # Errors
///
/// What is wrong with the writing.
pub(crate) fn terms(list: &str) -> Result<Vec<Term>, String> {
    let mut found = Vec::new();
    for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        for plain in alternatives(entry)? {
            let written = if plain == COMMA { "," } else { plain.trim() };
            let body = written.trim_matches('*');
            if body.is_empty() || body.contains(['*', '{', '}', '|']) {
                return Err(format!("the term `{entry}` is not well written"));
            }
            let starts_open = written.starts_with('*') || body.chars().next().is_some_and(is_unspaced);
            let ends_open = written.ends_with('*') || body.chars().next_back().is_some_and(is_unspaced);
            found.extend(spellings(body).into_iter().map(|text| Term {
                text,
                is_open_before: starts_open,
                is_open_after: ends_open,
            }));
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Scripts that put no blanks between words, and Hangul, whose words carry their endings.
pub(crate) fn is_unspaced(c: char) -> bool {
    is_ideographic(c) || matches!(c, '\u{1100}'..='\u{11FF}' | '\u{AC00}'..='\u{D7AF}')
}

/// Scripts where a character counts as half a word.
pub(crate) fn is_ideographic(c: char) -> bool {
    matches!(c,
        '\u{0E00}'..='\u{0EFF}'       // Thai, Lao
        | '\u{1000}'..='\u{109F}'     // Myanmar
        | '\u{1780}'..='\u{17FF}'     // Khmer
        | '\u{3040}'..='\u{30FF}'     // kana
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}')
}

/// `a {b|c} d` as `a b d` and `a c d`; braces do not nest.
fn alternatives(entry: &str) -> Result<Vec<String>, String> {
    let mut done = vec![String::new()];
    let mut rest = entry;
    while let Some((before, braced)) = rest.split_once('{') {
        let Some((inside, after)) = braced.split_once('}') else {
            return Err(format!("the term `{entry}` has an open brace"));
        };
        done = done
            .iter()
            .flat_map(|head| inside.split('|').map(move |choice| format!("{head}{before}{choice}")))
            .collect();
        rest = after;
    }
    for text in &mut done {
        text.push_str(rest);
        if text.contains("  ") || text.trim() != text {
            *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        }
    }
    Ok(done)
}

/// A term as people type it: with and without accents, umlauts in two letters, apostrophes of both kinds or none.
fn spellings(body: &str) -> Vec<String> {
    // Most terms are plain already, and there are tens of thousands of them.
    if body.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b' ')) {
        return vec![body.to_owned()];
    }
    let body = &lowered(body);
    let mut all = vec![body.clone()];
    if !body.chars().any(|c| is_unspaced(c) || matches!(c, '\u{900}'..='\u{DFF}')) {
        // Short words without their accents are other words: Czech `mé`, English `me`.
        let bare = without_accents(body);
        if bare.len() > SHORT {
            all.push(bare);
        }
    }
    if body.contains(['أ', 'إ', 'آ']) {
        all.push(body.replace(['أ', 'إ', 'آ'], "ا"));
    }
    if body.contains(['ä', 'ö', 'ü', 'ß']) {
        let two_letters = body.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue").replace('ß', "ss");
        all.push(two_letters);
    }
    for text in all.clone() {
        if text.contains('\'') {
            all.push(text.replace('\'', "\u{2019}"));
            if text.len() > SHORT + 1 {
                all.push(text.replace('\'', ""));
            }
        }
    }
    all.sort_unstable();
    all.dedup();
    all
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
