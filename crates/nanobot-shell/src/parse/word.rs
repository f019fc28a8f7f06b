//! Words: quoting, patterns, braces, tildes.

use super::{Stop, dollar, read_block};
use crate::ast::{Block, FaultKind, Part, Word};
use crate::cursor::{Cursor, ends_word};

/// Reads the word that stands here. At least one character is taken.
pub(crate) fn read(cursor: &mut Cursor<'_>) -> Word {
    read_until(cursor, None)
}

/// Reads a word up to this sign, which is not taken; blanks belong to it then (`${x:-a b}`).
pub(crate) fn read_until(cursor: &mut Cursor<'_>, close: Option<char>) -> Word {
    let start = cursor.position();
    let before = cursor.offset();
    let mut parts: Vec<Part> = Vec::new();
    if close.is_none() && cursor.peek() == Some('~') {
        read_tilde(cursor, &mut parts);
    }
    while let Some(sign) = cursor.peek() {
        if close == Some(sign) {
            break;
        }
        match sign {
            '\'' => {
                cursor.next();
                read_single(cursor, &mut parts);
            }
            '"' => {
                cursor.next();
                if cursor.enter() {
                    // Also an empty pair makes a word.
                    add(&mut parts, "", true);
                    read_quoted(cursor, Some('"'), &mut parts);
                    cursor.leave();
                }
            }
            '\\' => {
                cursor.next();
                match cursor.next() {
                    Some('\n') => {}
                    Some(sign) => add_char(&mut parts, sign, true),
                    None => add_char(&mut parts, '\\', true),
                }
            }
            '$' => dollar::read(cursor, false, &mut parts),
            '`' => {
                cursor.next();
                let block = read_backquoted(cursor, false);
                parts.push(Part::Command { block, quoted: false });
            }
            '<' | '>' if cursor.peek_second() == Some('(') && close.is_none() => {
                cursor.skip(2);
                let block = read_parenthesised(cursor);
                parts.push(Part::Process { block, reads: sign == '<' });
            }
            '?' | '*' | '+' | '@' | '!' if cursor.peek_second() == Some('(') && close.is_none() => {
                read_extended_pattern(cursor, &mut parts);
            }
            _ if close.is_none() && ends_word(sign) => break,
            '*' | '?' | '[' | ']' => {
                cursor.next();
                parts.push(Part::Glob(sign));
            }
            '{' | ',' | '}' => {
                cursor.next();
                parts.push(Part::Brace(sign));
            }
            _ => read_plain(cursor, &mut parts),
        }
    }
    if close.is_none() && cursor.offset() == before {
        cursor.fault(FaultKind::Misplaced);
        cursor.next();
    }
    Word { parts, span: start..cursor.position() }
}

/// Text without any meaning, in one go.
fn read_plain(cursor: &mut Cursor<'_>, parts: &mut Vec<Part>) {
    let rest = cursor.rest();
    let end = rest
        .char_indices()
        .skip(1)
        .find(|(_, sign)| ends_word(*sign) || "'\"\\$`*?[]{},+@!".contains(*sign))
        .map_or(rest.len(), |(at, _)| at);
    add(parts, rest.get(..end).unwrap_or(""), false);
    cursor.skip(end);
}

fn read_tilde(cursor: &mut Cursor<'_>, parts: &mut Vec<Part>) {
    let rest = cursor.rest();
    let tail = rest.get(1..).unwrap_or("");
    let end = tail
        .find(|sign: char| !(sign.is_ascii_alphanumeric() || "_-.+".contains(sign)))
        .unwrap_or(tail.len());
    let next = tail.get(end..).and_then(|tail| tail.chars().next());
    if next.is_none_or(|sign| sign == '/' || ends_word(sign)) {
        parts.push(Part::Tilde(tail.get(..end).unwrap_or("").to_owned()));
    } else {
        add(parts, rest.get(..=end).unwrap_or("~"), false);
    }
    cursor.skip(end + 1);
}

fn read_single(cursor: &mut Cursor<'_>, parts: &mut Vec<Part>) {
    let rest = cursor.rest();
    if let Some(end) = rest.find('\'') {
        add(parts, rest.get(..end).unwrap_or(""), true);
        cursor.skip(end + 1);
    } else {
        cursor.fault(FaultKind::Unclosed);
        add(parts, rest, true);
        cursor.skip(rest.len());
    }
}

/// The inside of double quotes up to the closing sign, which is taken; without one up to the end of the text.
pub(crate) fn read_quoted(cursor: &mut Cursor<'_>, close: Option<char>, parts: &mut Vec<Part>) {
    loop {
        let Some(sign) = cursor.peek() else {
            if close.is_some() {
                cursor.fault(FaultKind::Unclosed);
            }
            return;
        };
        if close == Some(sign) {
            cursor.next();
            return;
        }
        match sign {
            '\\' => {
                cursor.next();
                match cursor.peek() {
                    Some('\n') => {
                        cursor.next();
                    }
                    Some(next) if "$`\\".contains(next) || close == Some(next) => {
                        cursor.next();
                        add_char(parts, next, true);
                    }
                    _ => add_char(parts, '\\', true),
                }
            }
            '$' => dollar::read(cursor, true, parts),
            '`' => {
                cursor.next();
                let block = read_backquoted(cursor, close.is_some());
                parts.push(Part::Command { block, quoted: true });
            }
            _ => {
                let rest = cursor.rest();
                let end = rest
                    .char_indices()
                    .skip(1)
                    .find(|(_, sign)| matches!(sign, '\\' | '$' | '`') || close == Some(*sign))
                    .map_or(rest.len(), |(at, _)| at);
                add(parts, rest.get(..end).unwrap_or(""), true);
                cursor.skip(end);
            }
        }
    }
}

/// The commands up to `)`, behind the opening sign.
pub(crate) fn read_parenthesised(cursor: &mut Cursor<'_>) -> Block {
    if !cursor.enter() {
        return Block::default();
    }
    let mut block = Block::default();
    loop {
        let mut part = read_block(cursor, Stop::Parenthesis);
        block.pipelines.append(&mut part.pipelines);
        match cursor.peek() {
            Some(')') => {
                cursor.next();
                break;
            }
            None => {
                cursor.fault(FaultKind::Unclosed);
                break;
            }
            Some(_) => {
                // A keyword that closes something else.
                cursor.fault(FaultKind::Misplaced);
                let length = super::keyword(cursor).map_or(1, str::len);
                cursor.skip(length);
            }
        }
    }
    cursor.leave();
    block
}

/// The commands up to the next backquote, behind the first. A backslash in front of `$`, backquote and itself (and of
/// a double quote between such) goes away before they are read.
pub(crate) fn read_backquoted(cursor: &mut Cursor<'_>, in_double_quotes: bool) -> Block {
    let at = cursor.position();
    let mut inside = String::new();
    loop {
        match cursor.next() {
            None => {
                cursor.fault(FaultKind::Unclosed);
                break;
            }
            Some('`') => break,
            Some('\\') => match cursor.peek() {
                Some(next) if "$`\\".contains(next) || (in_double_quotes && next == '"') => {
                    cursor.next();
                    inside.push(next);
                }
                _ => inside.push('\\'),
            },
            Some(sign) => inside.push(sign),
        }
    }
    if !cursor.enter() {
        return Block::default();
    }
    let mut inner = Cursor::of_copy(&inside, at, cursor.shared);
    let block = super::whole(&mut inner);
    cursor.leave();
    block
}

/// `@(a|b)` and its like, as one pattern.
fn read_extended_pattern(cursor: &mut Cursor<'_>, parts: &mut Vec<Part>) {
    cursor.skip(2);
    let mut open = 1_usize;
    while let Some(sign) = cursor.next() {
        match sign {
            '(' => open += 1,
            ')' => {
                open -= 1;
                if open == 0 {
                    // The pattern may stand for anything.
                    parts.push(Part::Glob('*'));
                    return;
                }
            }
            '$' | '`' => {
                // Commands may hide in here: such a pattern is not read.
                cursor.fault(FaultKind::Misplaced);
            }
            _ => {}
        }
    }
    cursor.fault(FaultKind::Unclosed);
}

/// Adds text, to the part before it when that is of the same kind.
pub(crate) fn add(parts: &mut Vec<Part>, text: &str, is_quoted: bool) {
    if let Some(Part::Literal { text: last, quoted }) = parts.last_mut()
        && *quoted == is_quoted
    {
        last.push_str(text);
        return;
    }
    parts.push(Part::Literal { text: text.to_owned(), quoted: is_quoted });
}

pub(crate) fn add_char(parts: &mut Vec<Part>, sign: char, is_quoted: bool) {
    let mut buffer = [0; 4];
    add(parts, sign.encode_utf8(&mut buffer), is_quoted);
}
