//! Single values, with the latitude of the original: `policy.md` §1.1 of the recorded facts.
//!
//! People and scripts wrote `"2"`, `2.0` or `"yes"` into their files, and the original took it.

use super::field::{Field, Integer, Number, Range};
use super::reader::Reader;
use crate::json::{MAX_DIGITS, Node, Value};

/// The words for yes and no, in any case of their letters.
const YES: [&str; 5] = ["1", "on", "t", "true", "y"];
const NO: [&str; 6] = ["0", "off", "f", "false", "n", "no"];

/// Floats of this size or larger are no integers for the original: 2 to the power of 63.
const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;

impl Field for bool {
    fn read<'n>(node: &'n Node<'_>, _range: Range, reader: &mut Reader<'n>) -> Option<Self> {
        reader.scalar(node, bool_of(&node.value), "must be true or false")
    }

    fn write(&self) -> Option<Value<'_>> {
        Some(Value::Bool(*self))
    }
}

impl Field for String {
    fn read<'n>(node: &'n Node<'_>, _range: Range, reader: &mut Reader<'n>) -> Option<Self> {
        let text = if let Value::Text(given) = &node.value { Some(given.as_ref().to_owned()) } else { None };
        reader.scalar(node, text, "must be a text")
    }

    fn write(&self) -> Option<Value<'_>> {
        Some(Value::Text(self.into()))
    }
}

impl Field for Integer {
    fn read<'n>(node: &'n Node<'_>, range: Range, reader: &mut Reader<'n>) -> Option<Self> {
        let given = reader.scalar(node, integer_of(&node.value), "must be an integer")?;
        reader.in_range(node, range, given.nearest()).then_some(given)
    }

    fn write(&self) -> Option<Value<'_>> {
        Some(Value::Integer(self.clone()))
    }
}

impl Field for Number {
    fn read<'n>(node: &'n Node<'_>, range: Range, reader: &mut Reader<'n>) -> Option<Self> {
        let given = reader.scalar(node, number_of(&node.value), "must be a number")?;
        reader.in_range(node, range, given).then_some(Self(given))
    }

    fn write(&self) -> Option<Value<'_>> {
        Some(Value::Float(self.0))
    }
}

fn bool_of(value: &Value<'_>) -> Option<bool> {
    match value {
        Value::Bool(given) => Some(*given),
        Value::Integer(given) => is_one(given.nearest()),
        Value::Float(given) => is_one(*given),
        Value::Text(given) => {
            let is_one_of = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(given));
            if is_one_of(&YES) || given.eq_ignore_ascii_case("yes") {
                Some(true)
            } else {
                is_one_of(&NO).then_some(false)
            }
        }
        Value::Null | Value::List(_) | Value::Object(_) => None,
    }
}

fn is_one(number: f64) -> Option<bool> {
    let is = |wanted: f64| number.total_cmp(&wanted).is_eq();
    if is(1.0) { Some(true) } else { (is(0.0) || is(-0.0)).then_some(false) }
}

fn integer_of(value: &Value<'_>) -> Option<Integer> {
    match value {
        Value::Bool(given) => Some(Integer::from(i64::from(*given))),
        Value::Integer(given) => Some(given.clone()),
        Value::Float(given) => integer_of_float(*given),
        Value::Text(given) => integer_of_text(given.trim()),
        Value::Null | Value::List(_) | Value::Object(_) => None,
    }
}

fn integer_of_float(given: f64) -> Option<Integer> {
    if given.abs() >= TOO_LARGE || given.fract().abs() > 0.0 || !given.is_finite() {
        return None;
    }
    let digits = format!("{:.0}", given.abs());
    Some(Integer::from_digits(given.is_sign_negative(), &digits))
}

/// `+3`, `1_0`, `10.0`: a sign, digits with single underscores between them, nothing but zeros behind a point.
fn integer_of_text(text: &str) -> Option<Integer> {
    let (is_negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let whole = match rest.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') => whole,
        Some(_) => return None,
        None => rest,
    };
    // Zeros in front, and underscores among them, were taken in any number.
    let padding = whole.trim_start_matches(['0', '_']);
    let significant = if whole.starts_with('0') && !padding.is_empty() { padding } else { whole };
    let is_plain = significant
        .split('_')
        .all(|group| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit()));
    if !is_plain {
        return None;
    }
    let digits = significant.replace('_', "");
    (digits.trim_start_matches('0').len() <= MAX_DIGITS).then(|| Integer::from_digits(is_negative, &digits))
}

fn number_of(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Bool(given) => Some(f64::from(u8::from(*given))),
        Value::Integer(given) => Some(given.nearest()).filter(|nearest| nearest.is_finite()),
        Value::Float(given) => Some(*given),
        Value::Text(given) => number_of_text(given),
        Value::Null | Value::List(_) | Value::Object(_) => None,
    }
}

fn number_of_text(given: &str) -> Option<f64> {
    if let Ok(number) = given.trim().parse() {
        return Some(number);
    }
    let has_single_ones =
        given.contains('_') && !given.starts_with('_') && !given.ends_with('_') && !given.contains("__");
    has_single_ones.then(|| given.replace('_', "").parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
