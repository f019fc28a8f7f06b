//! What starts with `$`: variables, substitutions, arithmetic, and quotes with escapes.

use super::word::{add, add_char, read_parenthesised, read_quoted, read_until};
use crate::ast::{FaultKind, Part, Variable, Word};
use crate::cursor::Cursor;
use crate::escape;

/// Reads it; the cursor stands on the `$`.
pub(crate) fn read(cursor: &mut Cursor<'_>, quoted: bool, parts: &mut Vec<Part>) {
    cursor.next();
    match cursor.peek() {
        Some('(') if cursor.starts_with("((") => {
            if let Some(word) = read_arithmetic(cursor) {
                parts.push(Part::Arithmetic(word));
            } else {
                cursor.next();
                let block = read_parenthesised(cursor);
                parts.push(Part::Command { block, quoted });
            }
        }
        Some('(') => {
            cursor.next();
            let block = read_parenthesised(cursor);
            parts.push(Part::Command { block, quoted });
        }
        Some('{') => {
            cursor.next();
            if cursor.enter() {
                let variable = read_braced(cursor, quoted);
                parts.push(Part::Variable(variable));
                cursor.leave();
            }
        }
        Some('[') => {
            // The old spelling of arithmetic.
            cursor.next();
            if cursor.enter() {
                let word = read_until(cursor, Some(']'));
                if !cursor.eat("]") {
                    cursor.fault(FaultKind::Unclosed);
                }
                parts.push(Part::Arithmetic(word));
                cursor.leave();
            }
        }
        Some('\'') if !quoted => {
            cursor.next();
            read_escaped(cursor, parts);
        }
        Some('"') if !quoted => {
            // A text for translation: the same text.
            cursor.next();
            if cursor.enter() {
                add(parts, "", true);
                read_quoted(cursor, Some('"'), parts);
                cursor.leave();
            }
        }
        Some(first) if first.is_ascii_alphabetic() || first == '_' => {
            let rest = cursor.rest();
            let end =
                rest.find(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_')).unwrap_or(rest.len());
            let name = rest.get(..end).unwrap_or("").to_owned();
            cursor.skip(end);
            parts.push(Part::Variable(Variable { name, operator: String::new(), argument: None, quoted }));
        }
        Some(sign) if sign.is_ascii_digit() || "@*#?-$!".contains(sign) => {
            cursor.next();
            let name = sign.to_string();
            parts.push(Part::Variable(Variable { name, operator: String::new(), argument: None, quoted }));
        }
        _ => add_char(parts, '$', quoted),
    }
}

/// `$'…'`, behind the opening quote.
fn read_escaped(cursor: &mut Cursor<'_>, parts: &mut Vec<Part>) {
    let rest = cursor.rest();
    let mut escaped = false;
    let end = rest.char_indices().find(|(_, sign)| {
        let ends = *sign == '\'' && !escaped;
        escaped = *sign == '\\' && !escaped;
        ends
    });
    let length = end.map_or(rest.len(), |(at, _)| at);
    add(parts, &escape::ansi_c(rest.get(..length).unwrap_or("")), true);
    cursor.skip(length);
    if !cursor.eat("'") {
        cursor.fault(FaultKind::Unclosed);
    }
}

/// `${…}`, behind the opening brace.
fn read_braced(cursor: &mut Cursor<'_>, quoted: bool) -> Variable {
    let mut operator = String::new();
    // `${!x}` reads the variable that `x` names, `${#x}` counts.
    if let Some(sign @ ('!' | '#')) = cursor.peek()
        && cursor.peek_second().is_some_and(|next| next != '}' && next != ':')
    {
        cursor.next();
        operator.push(sign);
    }
    let rest = cursor.rest();
    let end = rest.find(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_')).unwrap_or(rest.len());
    let mut name = rest.get(..end).unwrap_or("").to_owned();
    cursor.skip(end);
    if name.is_empty()
        && let Some(sign) = cursor.peek()
        && "@*#?-$!".contains(sign)
    {
        cursor.next();
        name.push(sign);
    }
    let mut is_whole_array = false;
    if cursor.peek() == Some('[') {
        cursor.next();
        let index = read_until(cursor, Some(']'));
        // Each element stays a word of its own, also in quotes.
        is_whole_array = index.text().as_deref() == Some("@");
        cursor.eat("]");
    }
    let before = cursor.rest();
    let length = before.find(|sign| !":-=+?/#%^,@".contains(sign)).unwrap_or(before.len()).min(2);
    operator.push_str(before.get(..length).unwrap_or(""));
    cursor.skip(length);
    if name.is_empty() {
        cursor.fault(FaultKind::Missing);
    }
    let argument = match cursor.peek() {
        Some('}') => None,
        _ => Some(read_until(cursor, Some('}'))),
    };
    if !cursor.eat("}") {
        cursor.fault(FaultKind::Unclosed);
    }
    Variable { name, operator, argument, quoted: quoted && !is_whole_array }
}

/// The inside of `((…))`, when it is that and no subshell in a subshell. The cursor stands on the first `(`; when it
/// is none, it stays there.
pub(crate) fn read_arithmetic(cursor: &mut Cursor<'_>) -> Option<Word> {
    let rest = cursor.rest();
    let mut open = 0_usize;
    let mut length = None;
    for (at, sign) in rest.char_indices() {
        match sign {
            '(' => open += 1,
            ')' => {
                open = open.saturating_sub(1);
                // The inner one closes: the outer one has to close right behind it.
                if open == 1 {
                    if rest.get(at + 1..).is_some_and(|tail| tail.starts_with(')')) {
                        length = Some(at);
                    }
                    break;
                }
            }
            _ => {}
        }
        cursor.spend(1);
    }
    let length = length?;
    let start = cursor.position();
    let inside = rest.get(2..length)?;
    let mut parts = Vec::new();
    if cursor.enter() {
        let mut inner = Cursor::of_copy(inside, start, cursor.shared);
        read_quoted(&mut inner, None, &mut parts);
        cursor.leave();
    }
    cursor.skip(length + 2);
    Some(Word { parts, span: start..cursor.position() })
}
