//! Trees in the form of the file: `camelCase` keys in the table's order.
//!
//! Used for the rewrite, where every default is written out, and for `config show`, where secrets are not.

use serde_json::{Map, Value};

use crate::reading::Kept;
use crate::schema::{Entries, Field, Kind, Names, Section, object_or_empty};
use crate::spelling::{snake_to_camel, written_name};

/// What stands in place of a secret.
const REDACTED: &str = "[secret]";

/// What a dump is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// `config.json`: the original's keys, secrets as they are.
    File,
    /// A listing: all keys, no secrets.
    Listing,
}

/// Writes a tree out, with defaults where it has nothing.
pub(crate) fn dump(section: &Section, tree: &Value, purpose: Purpose) -> Value {
    let fields = section.fields.iter().filter(|field| purpose == Purpose::Listing || !field.own);
    let entries = fields.filter_map(|field| {
        let value = field_value(field, tree.get(field.name), purpose)?;
        Some((snake_to_camel(field.name), value))
    });
    Value::Object(entries.collect())
}

/// Puts unknown keys back where they were, after the known ones.
pub(crate) fn restore(dump: &mut Value, kept: &[Kept]) {
    for Kept { section, key, value } in kept {
        let place = section.iter().try_fold(&mut *dump, |at, name| at.get_mut(written_name(name)));
        if let Some(Value::Object(place)) = place {
            place.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
}

fn field_value(field: &Field, value: Option<&Value>, purpose: Purpose) -> Option<Value> {
    match (&field.kind, value) {
        (Kind::Names(names), given) => Some(dump_names(names, given, field.preset(), purpose)),
        (kind, Some(value)) => Some(dump_value(kind, value, purpose)),
        (kind, None) => field.preset().map(|preset| dump_value(kind, &preset, purpose)),
    }
}

fn dump_value(kind: &Kind, value: &Value, purpose: Purpose) -> Value {
    match (kind, value) {
        (Kind::Section(section), _) => dump(section, value, purpose),
        (Kind::Names(names), _) => dump_names(names, Some(value), None, purpose),
        (Kind::Optional(inner), Value::Object(_)) => dump_value(inner, value, purpose),
        (Kind::Headers, Value::Object(headers)) => {
            let shown = |value| if purpose == Purpose::Listing { redacted(value) } else { value.clone() };
            Value::Object(headers.iter().map(|(name, value)| (name.clone(), shown(value))).collect())
        }
        (kind, value) if kind.is_secret() && purpose == Purpose::Listing => redacted(value),
        (_, Value::String(text)) if purpose == Purpose::Listing => {
            Value::String(without_password(text).unwrap_or_else(|| text.clone()))
        }
        (_, value) => value.clone(),
    }
}

/// The special name, then the given ones in their order, then the built-in ones that are missing.
fn dump_names(names: &Names, given: Option<&Value>, preset: Option<Value>, purpose: Purpose) -> Value {
    let preset = object_or_empty(preset);
    let nothing = Map::new();
    let given = given.and_then(Value::as_object).unwrap_or(&nothing);
    let special = names.special.as_ref().map(|(name, _)| *name);
    let mut order: Vec<&str> = special.into_iter().collect();
    for name in given.keys().chain(preset.keys()) {
        if !order.contains(&name.as_str()) {
            order.push(name);
        }
    }
    let entries = order.into_iter().map(|name| {
        let value = dump_entry(names, name, given.get(name), preset.get(name), purpose);
        (written_name(name), value)
    });
    Value::Object(entries.collect())
}

fn dump_entry(
    names: &Names,
    name: &str,
    given: Option<&Value>,
    preset: Option<&Value>,
    purpose: Purpose,
) -> Value {
    let kind = names.kind_of(name);
    let Kind::Section(section) = kind else {
        return dump_value(kind, given.or(preset).unwrap_or(&Value::Null), purpose);
    };
    let completed = names.entries == Entries::Completed || preset.is_some();
    let fields = section.fields.iter().filter_map(|field| {
        let value = given.and_then(|g| g.get(field.name)).or_else(|| preset?.get(field.name));
        let value = match value {
            Some(value) => dump_value(&field.kind, value, purpose),
            None if completed => field_value(field, None, purpose)?,
            None => return None,
        };
        Some((snake_to_camel(field.name), value))
    });
    Value::Object(fields.collect())
}

/// A blank secret is shown as it is: that none is set is no secret.
fn redacted(value: &Value) -> Value {
    match value {
        Value::String(text) if !text.trim().is_empty() => Value::String(REDACTED.to_owned()),
        other => other.clone(),
    }
}

/// An address without the name and password that stand before its host; `None` when there are none.
fn without_password(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (_, host) = authority.rsplit_once('@')?;
    Some(format!("{scheme}://{REDACTED}@{host}{tail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_an_address_is_not_shown() {
        let shown = without_password("http://me:pass@word@127.0.0.1:8080/v1?a=b@c");
        assert_eq!(shown.as_deref(), Some("http://[secret]@127.0.0.1:8080/v1?a=b@c"));
        for plain in ["http://127.0.0.1/v1@2", "someone@example.org", "~/.nanobot/workspace", ""] {
            assert_eq!(without_password(plain), None, "{plain}");
        }
    }
}
