//! One file: from text to a tree in today's form, with everything that is to be said about it.
//!
//! It sees a single document. What depends on other layers is checked by `merged`.

use serde_json::Value;

use crate::error::{ConfigError, Fault, Origin};
use crate::key_path::KeyPath;
use crate::legacy::{self, Note};
use crate::reading::{Allowed, Kept, Unknown, read, type_name};
use crate::settings::table;
use crate::strict;

/// A file after reading.
pub(crate) struct Document {
    pub(crate) tree: Value,
    pub(crate) kept: Vec<Kept>,
    pub(crate) unknown: Vec<Unknown>,
    pub(crate) errors: Vec<ConfigError>,
    pub(crate) version: i64,
    pub(crate) moved: Vec<Note>,
    pub(crate) replaced: Vec<Note>,
}

impl Document {
    fn failed(error: ConfigError) -> Self {
        Self {
            tree: Value::Null,
            kept: Vec::new(),
            unknown: Vec::new(),
            errors: vec![error],
            version: legacy::CURRENT_VERSION,
            moved: Vec::new(),
            replaced: Vec::new(),
        }
    }

    /// Whether the document is of an older shape.
    pub(crate) fn is_older(&self) -> bool {
        self.version < legacy::CURRENT_VERSION || !self.moved.is_empty()
    }
}

/// Reads a `config.json`.
pub(crate) fn open_json(text: &str, origin: &Origin) -> Document {
    let fail = |fault| Document::failed(ConfigError::new(origin.clone(), KeyPath::root(), fault));
    if text.trim().is_empty() {
        return fail(Fault::Empty);
    }
    let mut object = match strict::json(text) {
        Ok(Value::Object(object)) => object,
        Ok(other) => {
            let (expected, found) = ("an object".to_owned(), type_name(&other).to_owned());
            return fail(Fault::WrongValue { expected, found });
        }
        Err(fault) => return fail(fault),
    };
    let legacy = legacy::before_reading(&mut object, origin);
    let mut reading = read(table(), &Value::Object(object), origin, Allowed::Original);
    legacy::after_reading(&mut reading.tree, legacy.version);
    let mut errors = legacy.errors;
    errors.append(&mut reading.errors);
    Document {
        tree: reading.tree,
        kept: reading.kept,
        unknown: reading.unknown,
        errors,
        version: legacy.version,
        moved: legacy.moved,
        replaced: legacy.replaced,
    }
}

/// Reads a `config.toml`.
pub(crate) fn open_toml(text: &str, origin: &Origin) -> Document {
    match strict::toml(text) {
        Ok(value) => {
            let reading = read(table(), &value, origin, Allowed::Own);
            Document {
                tree: reading.tree,
                kept: reading.kept,
                unknown: reading.unknown,
                errors: reading.errors,
                version: legacy::CURRENT_VERSION,
                moved: Vec::new(),
                replaced: Vec::new(),
            }
        }
        Err(fault) => Document::failed(ConfigError::new(origin.clone(), KeyPath::root(), fault)),
    }
}
