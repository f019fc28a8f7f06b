//! Single values, with the latitude of the original: `policy.md` §1.1 of the recorded facts.

use super::field::{Field, Integer, Number, Range};
use super::reader::Reader;
use crate::json::{Node, Value};

impl Field for bool {
    fn read(node: &Node, _range: Range, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Bool(given) => Some(*given),
            _ => reader.fault(node.line, "must be true or false").into_none(),
        }
    }

    fn write(&self) -> Option<Value> {
        Some(Value::Bool(*self))
    }
}

impl Field for String {
    fn read(node: &Node, _range: Range, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Text(given) => Some(given.clone()),
            _ => reader.fault(node.line, "must be a text").into_none(),
        }
    }

    fn write(&self) -> Option<Value> {
        Some(Value::Text(self.clone()))
    }
}

impl Field for Integer {
    fn read(node: &Node, _range: Range, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Integer(given) => Some(given.clone()),
            _ => reader.fault(node.line, "must be an integer").into_none(),
        }
    }

    fn write(&self) -> Option<Value> {
        Some(Value::Integer(self.clone()))
    }
}

impl Field for Number {
    fn read(node: &Node, _range: Range, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Float(given) => Some(Self(*given)),
            _ => reader.fault(node.line, "must be a number").into_none(),
        }
    }

    fn write(&self) -> Option<Value> {
        Some(Value::Float(self.0))
    }
}

/// A fault has been noted, so there is no value.
trait IntoNone {
    fn into_none<T>(self) -> Option<T>;
}

impl IntoNone for () {
    fn into_none<T>(self) -> Option<T> {
        None
    }
}
