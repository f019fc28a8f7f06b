//! Takes an object's text apart without decoding its values, so that one member can be replaced and every
//! other one stays as it was written, digits and escapes included.
//!
//! It trusts that the text has been parsed before; of broken text it makes nothing.

use super::{end_of_string, parse};

/// One member of an object, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member<'a> {
    /// The key, decoded.
    pub key: String,
    /// The value's text, white space around it removed.
    pub value: &'a str,
}

/// The members of an object in the order of their first mention; of equal keys the last value counts, as it
/// does for Python. None when the text is no object.
pub fn members(object: &str) -> Option<Vec<Member<'_>>> {
    if !parse(object).ok()?.is_object() {
        return None;
    }
    let inner = object.trim().strip_prefix('{')?.strip_suffix('}')?;
    let mut found: Vec<Member<'_>> = Vec::new();
    let mut rest = inner.trim_start();
    while !rest.is_empty() {
        let key_end = end_of_string(rest.as_bytes(), 0);
        let key = parse(rest.get(..key_end)?).ok()?.as_str()?.to_owned();
        let after_key = rest.get(key_end..)?.trim_start().strip_prefix(':')?;
        let value_end = end_of_value(after_key.as_bytes());
        let value = after_key.get(..value_end)?.trim();
        match found.iter_mut().find(|member| member.key == key) {
            Some(member) => member.value = value,
            None => found.push(Member { key, value }),
        }
        rest = after_key.get(value_end..)?;
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    Some(found)
}

/// The index of the comma that ends the value, or the end of the text.
fn end_of_value(bytes: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = end_of_string(bytes, at);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}
