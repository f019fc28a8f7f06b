//! Which settings of a tree are secrets, by the table. It shows none.

use serde_json::Value;

use crate::key_path::KeyPath;
use crate::schema::{Kind, Section};

/// All secrets that are not blank, in the table's order.
pub(crate) fn collect(section: &Section, tree: &Value, at: &KeyPath, secrets: &mut Vec<(KeyPath, String)>) {
    for field in section.fields {
        if let Some(value) = tree.get(field.name) {
            collect_value(&field.kind, value, &at.child(field.name), secrets);
        }
    }
}

/// Whether there is one.
pub(crate) fn holds_any(section: &Section, tree: &Value) -> bool {
    let mut secrets = Vec::new();
    collect(section, tree, &KeyPath::root(), &mut secrets);
    !secrets.is_empty()
}

fn collect_value(kind: &Kind, value: &Value, at: &KeyPath, secrets: &mut Vec<(KeyPath, String)>) {
    match (kind, value) {
        (Kind::Section(section), _) => collect(section, value, at, secrets),
        (Kind::Names(names), Value::Object(entries)) => {
            for (name, value) in entries {
                collect_value(names.kind_of(name), value, &at.child(name), secrets);
            }
        }
        (Kind::Optional(inner), _) => collect_value(inner, value, at, secrets),
        (Kind::Headers, Value::Object(headers)) => {
            for (name, value) in headers {
                collect_value(&Kind::Secret, value, &at.child(name), secrets);
            }
        }
        (Kind::Secret, Value::String(text)) if !text.trim().is_empty() => {
            secrets.push((at.clone(), text.clone()));
        }
        _ => {}
    }
}
