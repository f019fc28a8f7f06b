//! Cuts a text into units from left to right: runs of white space, words, and pieces of words that are longer than
//! anything we look at. Where a unit ends depends on the text alone, never on how it arrived.

/// A word longer than this many bytes is looked at in pieces: no token that people use is longer, and a stream may
/// not hold back more.
pub(super) const WORD_LIMIT: usize = 8 * 1024;

/// What kind of unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// White space.
    Space,
    /// A word up to the white space or the ideograph that follows.
    Word,
    /// A piece of a word that goes on.
    Piece,
}

/// One unit at the beginning of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    /// Its length in bytes.
    pub(super) len: usize,
    /// Its kind.
    pub(super) kind: Kind,
}

/// The unit at the beginning of `text`; none when the text ends before it is clear where the unit does.
pub(super) fn first(text: &str, is_end: bool) -> Option<Unit> {
    let mut chars = text.chars();
    let head = chars.next()?;
    if head.is_whitespace() {
        let len = text.len() - text.trim_start().len();
        return Some(Unit { len, kind: Kind::Space });
    }
    if stands_alone(head) {
        return Some(Unit { len: head.len_utf8(), kind: Kind::Word });
    }
    // One character more than a word may have, to see whether the word ends there.
    let window = text.get(..text.floor_char_boundary(WORD_LIMIT + 4)).unwrap_or(text);
    match next_break(window) {
        Some(len) if len <= WORD_LIMIT => Some(Unit { len, kind: Kind::Word }),
        None if text.len() <= WORD_LIMIT => is_end.then_some(Unit { len: text.len(), kind: Kind::Word }),
        _ => Some(Unit { len: piece(text), kind: Kind::Piece }),
    }
}

/// Whether a unit ends somewhere in `text`, or begins anew.
pub(super) fn has_break(text: &str) -> bool {
    next_break(text).is_some()
}

/// Where the first white space or ideograph is.
fn next_break(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        let rest = bytes.get(at..)?;
        let ascii = rest.iter().position(|byte| *byte <= b' ' || !byte.is_ascii())?;
        at += ascii;
        let next = text.get(at..)?.chars().next()?;
        if next.is_whitespace() || stands_alone(next) {
            return Some(at);
        }
        at += next.len_utf8();
    }
}

/// Scripts that put no space between words: each character is a word, so that a stream flows. Their marks end words.
fn stands_alone(next: char) -> bool {
    matches!(next, '\u{2E80}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{FF01}' | '\u{FF0C}' | '\u{FF1B}' | '\u{FF1F}' | '\u{20000}'..='\u{3FFFF}')
}

/// How much of a word that is too long is looked at in one piece: up to the last character in the second half of the
/// limit that no token holds, else up to one that parts tokens, else to the limit.
fn piece(text: &str) -> usize {
    let limit = text.floor_char_boundary(WORD_LIMIT);
    let window = text.get(..limit).unwrap_or(text);
    let after = |is_end: fn(char) -> bool| {
        window
            .char_indices()
            .rev()
            .take_while(|(at, _)| *at >= WORD_LIMIT / 2)
            .find(|(_, each)| is_end(*each))
            .map(|(at, each)| at + each.len_utf8())
    };
    after(|each| matches!(each, ',' | ';' | '&' | '"' | '\'' | '`' | '<' | '>' | '(' | ')' | '{' | '}' | '|'))
        .or_else(|| after(|each| each.is_ascii_punctuation() && !matches!(each, '-' | '_' | '.')))
        .unwrap_or(limit)
}
