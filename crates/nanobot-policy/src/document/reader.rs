//! Reads a parsed document into the types of the schema, and notes every fault with its path.

use indexmap::IndexMap;

use super::field::{Field, Range};
use crate::json::{Node, Value};
use crate::places::Places;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Into a member.
    Key(String),
    /// Into an item.
    Index(usize),
}

/// What is wrong at one place of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaFault {
    /// Where: keys as they are spelled in the file; a missing member by its own name.
    pub path: Vec<Step>,
    /// Line in the file, from 1.
    pub line: u32,
    /// What.
    pub message: String,
}

/// The reading of one document.
pub(crate) struct Reader<'a> {
    /// For paths of grants.
    pub(crate) places: &'a dyn Places,
    path: Vec<Step>,
    pub(crate) faults: Vec<SchemaFault>,
}

/// The members of an object that nobody has asked for yet, in the order of the file.
pub(crate) struct Members<'n> {
    line: u32,
    rest: IndexMap<&'n str, &'n Node>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(places: &'a dyn Places) -> Self {
        Self { places, path: Vec::new(), faults: Vec::new() }
    }

    /// Notes a fault here.
    pub(crate) fn fault(&mut self, line: u32, message: impl Into<String>) {
        self.faults.push(SchemaFault { path: self.path.clone(), line, message: message.into() });
    }

    /// Goes one step down.
    pub(crate) fn at<T>(&mut self, step: Step, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let read = read(self);
        self.path.pop();
        read
    }

    pub(crate) fn object<'n>(&mut self, node: &'n Node) -> Option<&'n IndexMap<String, Node>> {
        if let Value::Object(members) = &node.value {
            return Some(members);
        }
        self.fault(node.line, "must be an object");
        None
    }

    pub(crate) fn list<'n>(&mut self, node: &'n Node) -> Option<&'n [Node]> {
        if let Value::List(items) = &node.value {
            return Some(items);
        }
        self.fault(node.line, "must be a list");
        None
    }

    pub(crate) fn members<'n>(&mut self, node: &'n Node) -> Option<Members<'n>> {
        let members = self.object(node)?;
        let rest = members.iter().map(|(key, node)| (key.as_str(), node)).collect();
        Some(Members { line: node.line, rest })
    }

    /// A member by either of its spellings: `Some(None)` when it is absent, `None` when it is wrong.
    pub(crate) fn member<T: Field>(
        &mut self,
        members: &mut Members<'_>,
        key: &str,
        snake: &str,
        is_required: bool,
        range: Range,
    ) -> Option<Option<T>> {
        let (spelling, node) = match members.rest.shift_remove_entry(key) {
            Some(found) => found,
            None => match members.rest.shift_remove_entry(snake) {
                Some(found) => found,
                None if is_required => {
                    self.at(Step::Key(key.to_owned()), |reader| reader.fault(members.line, "is missing"));
                    return None;
                }
                None => return Some(None),
            },
        };
        self.at(Step::Key(spelling.to_owned()), |reader| T::read(node, range, reader)).map(Some)
    }

    /// Whatever nobody asked for is unknown.
    pub(crate) fn no_more(&mut self, members: Members<'_>) {
        for (key, node) in members.rest {
            self.at(Step::Key(key.to_owned()), |reader| reader.fault(node.line, "is not a key of a policy"));
        }
    }

    pub(crate) fn choice<T: Copy>(
        &mut self,
        node: &Node,
        all: &[T],
        word: impl Fn(T) -> &'static str,
    ) -> Option<T> {
        let given = match &node.value {
            Value::Text(text) => all.iter().copied().find(|choice| word(*choice) == text),
            _ => None,
        };
        if given.is_none() {
            let words: Vec<&str> = all.iter().map(|choice| word(*choice)).collect();
            self.fault(node.line, format!("must be one of {}", words.join(", ")));
        }
        given
    }
}
