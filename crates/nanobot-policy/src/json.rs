//! JSON as the original reads it, with the line of every value.
//!
//! Not `serde_json`, for two reasons: the original takes what that refuses (`NaN`, integers of any size, halves of
//! surrogate pairs), and an explanation must name the line of a rule.

use indexmap::IndexMap;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// Line of its first character, from 1; 0 when it stands in no file.
    pub(crate) line: u32,
    pub(crate) value: Value,
}

impl Node {
    /// A value that stands in no file.
    pub(crate) fn made(value: Value) -> Self {
        Self { line: 0, value }
    }
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Integer(Integer),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    /// Of members with the same key the last one counts, in the place of the first.
    Object(IndexMap<String, Node>),
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
    /// Its value, if it fits.
    pub fn get(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// Its digits.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

/// A number that may have a fraction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number(pub f64);
