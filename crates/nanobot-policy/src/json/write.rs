//! Writes JSON as the original does: for people and for hashing. Non-ASCII characters stay as they are.

use std::fmt::Write as _;

use super::{Object, Value, float};

/// For people: two spaces per level, `"key": value`, no newline at the end.
pub(crate) fn pretty(value: &Value<'_>) -> String {
    let mut out = String::new();
    write_pretty(value, 0, &mut out);
    out
}

/// For hashing: keys in the order of their code points, no blanks.
pub(crate) fn canonical(value: &Value<'_>) -> String {
    let mut out = String::new();
    write_canonical(value, &mut out);
    out
}

fn write_pretty(value: &Value<'_>, level: usize, out: &mut String) {
    match value {
        Value::List(items) if !items.is_empty() => {
            block(['[', ']'], level, out, items.iter(), |item, out| {
                write_pretty(&item.value, level + 1, out);
            });
        }
        Value::Object(members) if members.len() > 0 => {
            block(['{', '}'], level, out, members.iter(), |(key, member), out| {
                text(key, out);
                out.push_str(": ");
                write_pretty(&member.value, level + 1, out);
            });
        }
        other => write_canonical(other, out),
    }
}

/// A list or object that is not empty, each part on lines of its own.
fn block<T>(
    [open, close]: [char; 2],
    level: usize,
    out: &mut String,
    parts: impl Iterator<Item = T>,
    mut write: impl FnMut(T, &mut String),
) {
    out.push(open);
    for (index, part) in parts.enumerate() {
        if index > 0 {
            out.push(',');
        }
        new_line(level + 1, out);
        write(part, out);
    }
    new_line(level, out);
    out.push(close);
}

fn new_line(level: usize, out: &mut String) {
    out.push('\n');
    for _ in 0..level {
        out.push_str("  ");
    }
}

fn write_canonical(value: &Value<'_>, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Integer(integer) => out.push_str(integer.digits()),
        Value::Float(number) => float::write(*number, out),
        Value::Text(given) => text(given, out),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_canonical(&item.value, out);
            }
            out.push(']');
        }
        Value::Object(members) => sorted(members, out),
    }
}

fn sorted(members: &Object<'_>, out: &mut String) {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_unstable_by_key(|(key, _)| *key);
    out.push('{');
    for (index, (key, member)) in members.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        text(key, out);
        out.push(':');
        write_canonical(&member.value, out);
    }
    out.push('}');
}

fn text(given: &str, out: &mut String) {
    out.push('"');
    let mut rest = given;
    while let Some(at) = rest.find(|character: char| character < ' ' || character == '"' || character == '\\')
    {
        let (plain, from) = rest.split_at(at);
        out.push_str(plain);
        let mut characters = from.chars();
        escape(characters.next(), out);
        rest = characters.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

fn escape(character: Option<char>, out: &mut String) {
    match character {
        Some('\n') => out.push_str("\\n"),
        Some('\r') => out.push_str("\\r"),
        Some('\t') => out.push_str("\\t"),
        Some('\u{8}') => out.push_str("\\b"),
        Some('\u{c}') => out.push_str("\\f"),
        Some(quoted @ ('"' | '\\')) => out.extend(['\\', quoted]),
        Some(control) => {
            // Writing to a string does not fail.
            let _ = write!(out, "\\u{:04x}", u32::from(control));
        }
        None => {}
    }
}
