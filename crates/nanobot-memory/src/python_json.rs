//! JSON as Python reads and writes it by default: escapes for everything outside ASCII, `, ` and `: ` as
//! separators; and on reading also `NaN`, `Infinity` and halves of surrogate pairs.
//!
//! Pure, one line at a time. It does not judge what a line means, and it nests no deeper than `serde_json`
//! does (128 levels; the original reads somewhat deeper).

use std::borrow::Cow;

use nanobot_core::text::push_ascii_json;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

mod members;

pub use members::{Member, members};

/// Reads one JSON text in Python's dialect.
///
/// `NaN`, infinities and numbers beyond the range of a double become null, and half of a surrogate pair
/// becomes U+FFFD, since neither has a form in strict JSON. Of equal keys the last one wins.
///
/// # Errors
/// When the text is no JSON even so, or nests deeper than 128 levels.
pub fn parse(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| match to_strict(text) {
        Cow::Borrowed(_) => Err(error),
        Cow::Owned(strict) => serde_json::from_str(&strict),
    })
}

/// Rewrites what only Python accepts into strict JSON; everything else, broken text too, passes unchanged.
pub fn to_strict(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        let (next, replacement) = match byte {
            b'"' => {
                strict_string(text, at, &mut copied, &mut out);
                (end_of_string(bytes, at), None)
            }
            b'-' | b'0'..=b'9' | b'I' | b'N' => scalar(text, at),
            _ => (at + 1, None),
        };
        if let Some(replacement) = replacement {
            out.push_str(text.get(copied..at).unwrap_or_default());
            out.push_str(replacement);
            copied = next;
        }
        at = next;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// The index behind the string that begins at `start`; the end of the text when it is never closed.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Copies a string literal up to each lone half of a surrogate pair and puts the replacement character there.
fn strict_string(text: &str, start: usize, copied: &mut usize, out: &mut String) {
    let bytes = text.as_bytes();
    let end = end_of_string(bytes, start);
    let mut at = start + 1;
    while at < end {
        if bytes.get(at) != Some(&b'\\') {
            at += 1;
            continue;
        }
        match surrogate(text, at) {
            Some(Half::High) if surrogate(text, at + 6) == Some(Half::Low) => at += 12,
            Some(_) => {
                out.push_str(text.get(*copied..at).unwrap_or_default());
                out.push_str("\\ufffd");
                at += 6;
                *copied = at;
            }
            None => at += 2,
        }
    }
}

#[derive(PartialEq, Eq)]
enum Half {
    High,
    Low,
}

/// Which half of a surrogate pair is escaped at `at`, if any.
fn surrogate(text: &str, at: usize) -> Option<Half> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    match u16::from_str_radix(digits, 16).ok()? {
        0xD800..=0xDBFF => Some(Half::High),
        0xDC00..=0xDFFF => Some(Half::Low),
        _ => None,
    }
}

/// A word or number outside strings: where it ends, and what to write instead of it.
fn scalar(text: &str, at: usize) -> (usize, Option<&'static str>) {
    let rest = text.get(at..).unwrap_or_default();
    let word = rest.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))).next();
    let word = word.unwrap_or_default();
    let end = at + word.len().max(1);
    // The grammar first: Rust's numbers also take leading zeros and a bare point.
    let out_of_range = || {
        word.ends_with(|c: char| c.is_ascii_digit())
            && serde_json::from_str::<IgnoredAny>(word).is_ok()
            && word.parse::<f64>().is_ok_and(f64::is_infinite)
    };
    match word {
        "NaN" | "Infinity" | "-Infinity" => (end, Some("null")),
        _ if out_of_range() => (end, Some("null")),
        _ => (end, None),
    }
}

/// Writes a value the way the original does.
pub fn encode(value: &Value) -> String {
    let mut out = String::new();
    encode_into(value, &mut out);
    out
}

/// Writes a string literal the way the original does.
pub fn encode_str(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_ascii_json(&mut out, text);
    out
}

fn encode_into(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(text) => push_ascii_json(out, text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                encode_into(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => object_into(map, out),
    }
}

fn object_into(map: &Map<String, Value>, out: &mut String) {
    out.push('{');
    for (index, (key, value)) in map.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        push_ascii_json(out, key);
        out.push_str(": ");
        encode_into(value, out);
    }
    out.push('}');
}

#[cfg(test)]
mod tests;
