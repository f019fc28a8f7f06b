//! JSON as the original reads it, with the line of every value.
//!
//! Not `serde_json`, for two reasons: the original takes what that refuses (`NaN`, integers of any size, halves of
//! surrogate pairs), and an explanation must name the line of a rule.

mod float;
pub(crate) mod halves;
mod object;
mod parse;
mod write;

use std::borrow::Cow;

pub(crate) use object::Object;
pub(crate) use parse::{MAX_DIGITS, Parsed, parse};
pub(crate) use write::{canonical, pretty};

/// A value and where it stands. Texts are those of the file, or of what is written, wherever they can be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node<'t> {
    /// Line of its first character, from 1; 0 when it stands in no file.
    pub(crate) line: u32,
    pub(crate) value: Value<'t>,
}

impl<'t> Node<'t> {
    /// A value that stands in no file.
    pub(crate) fn made(value: Value<'t>) -> Self {
        Self { line: 0, value }
    }
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'t> {
    Null,
    Bool(bool),
    Integer(Integer),
    Float(f64),
    Text(Cow<'t, str>),
    List(Vec<Node<'t>>),
    Object(Object<'t>),
}

/// An integer of any size, in decimal digits without leading zeros, with a `-` in front if it is negative.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Integer(String);

impl From<i64> for Integer {
    fn from(value: i64) -> Self {
        Self(value.to_string())
    }
}

impl Integer {
    /// An integer of decimal digits. Zeros in front do not count, nor does the sign of a zero.
    pub(crate) fn from_digits(is_negative: bool, digits: &str) -> Self {
        let digits = digits.trim_start_matches('0');
        match (is_negative, digits) {
            (_, "") => Self("0".to_owned()),
            (true, digits) => Self(format!("-{digits}")),
            (false, digits) => Self(digits.to_owned()),
        }
    }

    /// Its value, if it fits.
    pub fn get(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// Its digits.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The nearest float; infinite when it is too large for one.
    pub(crate) fn nearest(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }
}

/// A number that may have a fraction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number(pub f64);
