//! Reading documents strictly: text in, one `Value` or one fault with its position out.
//!
//! A key given twice, `NaN`, half a surrogate pair or a byte order mark would each leave a doubt about what
//! the author meant, so they are refused. Keys and values are not judged here.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::error::Fault;

/// Largest document, in bytes.
pub(crate) const MAX_BYTES: u64 = 1024 * 1024;

/// Reads JSON.
pub(crate) fn json(text: &str) -> Result<Value, Fault> {
    within_limit(text)?;
    if text.starts_with('\u{feff}') {
        return Err(syntax("a byte order mark; save the file as UTF-8 without one", 1, 1));
    }
    serde_json::from_str::<Strict>(text).map(|strict| strict.0).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        if not_a_number_at(text, line, column) {
            return syntax("NaN and Infinity are no JSON numbers:", line, column);
        }
        let message = error.to_string();
        let what = message.split(" at line ").next().unwrap_or("no JSON");
        syntax(what, line, column)
    })
}

/// Reads TOML into the same shape.
pub(crate) fn toml(text: &str) -> Result<Value, Fault> {
    within_limit(text)?;
    toml::from_str::<toml::Table>(text).map(|table| from_toml(toml::Value::Table(table))).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.len() - before.rfind('\n').map_or(0, |newline| newline + 1) + 1;
        syntax(error.message(), line, column)
    })
}

fn within_limit(text: &str) -> Result<(), Fault> {
    let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
    if bytes > MAX_BYTES { Err(Fault::TooLarge { limit: MAX_BYTES }) } else { Ok(()) }
}

pub(crate) fn syntax(what: &str, line: usize, column: usize) -> Fault {
    Fault::Syntax { what: what.to_owned(), line, column }
}

/// Whether the parser stopped inside one of the number words that other languages write into JSON.
fn not_a_number_at(text: &str, line: usize, column: usize) -> bool {
    let line = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let from = line.get(column.saturating_sub(1)..).unwrap_or_default();
    let after_sign = line.get(column.saturating_sub(2)..).and_then(|rest| rest.strip_prefix('-'));
    from.starts_with("NaN") || from.starts_with("Infinity") || after_sign.is_some_and(|r| r.starts_with('I'))
}

fn from_toml(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => {
            Number::from_f64(number).map_or_else(|| Value::String(number.to_string()), Value::Number)
        }
        toml::Value::Boolean(flag) => Value::Bool(flag),
        toml::Value::Datetime(time) => Value::String(time.to_string()),
        toml::Value::Array(items) => Value::Array(items.into_iter().map(from_toml).collect()),
        toml::Value::Table(table) => {
            Value::Object(table.into_iter().map(|(key, value)| (key, from_toml(value))).collect())
        }
    }
}

/// A `Value` that refuses objects with the same key twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Number::from_f64(number).map(Value::Number).ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format_args!("the key {key:?}, given twice,")));
            }
            let Strict(value) = entries.next_value()?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        json(text).expect_err("refused").to_string()
    }

    #[test]
    fn doubtful_documents_are_refused_with_their_position() {
        assert_eq!(fault("{\"a\":1,\n\"a\":2}"), "the key \"a\", given twice, at line 2, column 3");
        assert_eq!(fault("{\"t\":NaN}"), "NaN and Infinity are no JSON numbers: at line 1, column 6");
        assert_eq!(fault("{\"t\":-Infinity}"), "NaN and Infinity are no JSON numbers: at line 1, column 7");
        assert!(fault("\u{feff}{}").starts_with("a byte order mark"));
        assert!(
            fault("{\"t\":\"\\ud83d\"}").ends_with("at line 1, column 13"),
            "{}",
            fault("{\"t\":\"\\ud83d\"}")
        );
        assert!(fault("").starts_with("EOF while parsing a value"));
        assert!(fault(&"[".repeat(200)).starts_with("recursion limit exceeded"));
        assert_eq!(fault(&" ".repeat(1024 * 1024 + 1)), "holds more than 1048576 bytes");
    }

    #[test]
    fn toml_faults_carry_their_position() {
        let error = toml("[log]\nfilter = ").expect_err("refused").to_string();
        assert!(error.ends_with("at line 2, column 10"), "{error}");
    }
}
