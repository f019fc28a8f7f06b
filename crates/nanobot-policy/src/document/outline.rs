//! Where the values of a file stand: its keys and lines without its texts. Made when somebody first asks for a line,
//! since most policies are read, obeyed and never explained.

use std::sync::OnceLock;

use crate::json::{self, Node, Value};

/// The text of a file and, once it is wanted, its outline.
#[derive(Debug)]
pub(super) struct Source {
    text: String,
    outline: OnceLock<Option<Outline>>,
}

/// One text has one outline, made or not.
impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Source {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), outline: OnceLock::new() }
    }

    /// The outline; none when the text is no JSON.
    pub(super) fn outline(&self) -> Option<&Outline> {
        let made = || json::parse(&self.text).ok().map(|parsed| Outline::of(&parsed.root));
        self.outline.get_or_init(made).as_ref()
    }
}

/// Where one value stands, and what lies in it.
#[derive(Debug)]
pub(crate) struct Outline {
    /// From 1.
    pub(super) line: u32,
    parts: Parts,
}

#[derive(Debug)]
enum Parts {
    Null,
    Scalar,
    Items(Vec<Outline>),
    Members(Vec<(Box<str>, Outline)>),
}

impl Outline {
    fn of(node: &Node<'_>) -> Self {
        let parts = match &node.value {
            Value::Null => Parts::Null,
            Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::Text(_) => Parts::Scalar,
            Value::List(items) => Parts::Items(items.iter().map(Self::of).collect()),
            Value::Object(members) => {
                Parts::Members(members.iter().map(|(key, node)| (key.into(), Self::of(node))).collect())
            }
        };
        Self { line: node.line, parts }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.parts, Parts::Null)
    }

    /// What stands under a key; none when this is no object or has no such key.
    pub(crate) fn member(&self, key: &str) -> Option<&Self> {
        let Parts::Members(members) = &self.parts else { return None };
        members.iter().find(|(name, _)| **name == *key).map(|(_, outline)| outline)
    }

    /// What stands at a place of a list, counted from 0.
    pub(super) fn item(&self, index: usize) -> Option<&Self> {
        let Parts::Items(items) = &self.parts else { return None };
        items.get(index)
    }
}
