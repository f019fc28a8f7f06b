//! Documents as values by path, to compare them and to name what differs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub(super) type Flat = BTreeMap<String, Value>;

/// Values by path; an empty object is a value.
pub(super) fn flat(value: &Value) -> Flat {
    fn walk(value: &Value, path: &str, out: &mut Flat) {
        match value {
            Value::Object(map) if !map.is_empty() => {
                for (key, value) in map {
                    walk(value, &format!("{path}/{key}"), out);
                }
            }
            leaf => {
                out.insert(path.to_owned(), leaf.clone());
            }
        }
    }
    let mut out = Flat::new();
    walk(value, "", &mut out);
    out
}

pub(super) fn differing(left: &Flat, right: &Flat) -> BTreeSet<String> {
    let paths: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    paths.into_iter().filter(|path| left.get(*path) != right.get(*path)).cloned().collect()
}

/// Removes a value, and the objects around it that are empty then.
pub(super) fn remove(document: &mut Value, path: &str) {
    let Some((parent, key)) = path.rsplit_once('/') else { return };
    let Some(Value::Object(map)) = document.pointer_mut(parent) else { return };
    map.shift_remove(key);
    if map.is_empty() && !parent.is_empty() {
        remove(document, parent);
    }
}

/// The same values with the names that people choose spelled by `spell`.
pub(super) fn respelled(values: &Flat, spell: impl Fn(&str) -> String) -> Flat {
    let respell = |path: &String| {
        let segments: Vec<&str> = path.split('/').collect();
        let chosen = |at: usize| match segments.as_slice() {
            ["", "models", "profiles" | "routes", ..] => at == 3,
            ["", "providers", _, "extra_headers" | "extraHeaders", ..] => at == 2 || at == 4,
            ["", "providers", ..] => at == 2,
            _ => false,
        };
        let spelled = segments
            .iter()
            .enumerate()
            .map(|(at, segment)| if chosen(at) { spell(segment) } else { (*segment).to_owned() });
        spelled.collect::<Vec<_>>().join("/")
    };
    values.iter().map(|(path, value)| (respell(path), value.clone())).collect()
}
