//! The table as a JSON Schema of `config.json` and `config.toml`.
//!
//! Describes the form that `config migrate` writes. What else is accepted (numbers as texts, older shapes) is
//! left out on purpose: an editor should suggest the good form.

use serde_json::{Map, Value, json};

use super::{Field, Kind, LEAST_MONEY, MOST_MONEY, Section, Span};
use crate::settings::table;
use crate::spelling::snake_to_camel;

/// The schema of all settings, keys as the files spell them. Keys for `config.toml` say so.
pub fn schema() -> Value {
    let mut schema = section(table());
    if let Value::Object(root) = &mut schema {
        root.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        root.insert("title".to_owned(), json!("nanobot configuration"));
    }
    schema
}

fn section(section: &Section) -> Value {
    let properties: Map<String, Value> =
        section.fields.iter().map(|field| (snake_to_camel(field.name), property(field))).collect();
    let required: Vec<String> = section
        .fields
        .iter()
        .filter(|field| field.preset().is_none())
        .map(|field| snake_to_camel(field.name))
        .collect();
    let mut schema = json!({ "type": "object", "properties": properties });
    if let Value::Object(schema) = &mut schema
        && !required.is_empty()
    {
        schema.insert("required".to_owned(), json!(required));
    }
    schema
}

fn property(field: &Field) -> Value {
    let mut schema = kind(&field.kind);
    if let Value::Object(schema) = &mut schema {
        let place = if field.is_own() { " In config.toml." } else { "" };
        schema.insert("description".to_owned(), json!(format!("{}{place}", notes(field))));
        if let Some(default) = &field.default {
            schema.insert("default".to_owned(), spelled(&field.kind, default()));
        }
    }
    schema
}

fn kind(kind_of: &Kind) -> Value {
    match kind_of {
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Number(span) => number(*span),
        Kind::Text => json!({ "type": "string" }),
        Kind::Secret => json!({ "type": "string", "writeOnly": true }),
        Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Choice(choices) => json!({ "enum": choices }),
        Kind::Optional(inner) => json!({ "anyOf": [kind(inner), { "type": "null" }] }),
        Kind::Headers => json!({ "type": "object", "additionalProperties": kind(&Kind::Secret) }),
        Kind::Section(inner) => section(inner),
        Kind::Names(names) => {
            let mut schema = json!({ "type": "object", "additionalProperties": kind(&names.each) });
            if let (Value::Object(schema), Some((name, special))) = (&mut schema, &names.special) {
                schema.insert("properties".to_owned(), json!({ *name: kind(special) }));
            }
            schema
        }
    }
}

fn number(span: Span) -> Value {
    match span {
        Span::Any => json!({ "type": "number" }),
        Span::FromZero => json!({ "type": "number", "minimum": 0, "maximum": MOST_MONEY }),
        Span::AboveZero => json!({ "type": "number", "minimum": LEAST_MONEY, "maximum": MOST_MONEY }),
        Span::Share => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
    }
}

/// A default as the file spells it: the keys of names and of what is below them.
fn spelled(kind: &Kind, default: Value) -> Value {
    match (kind, default) {
        (Kind::Names(names), Value::Object(entries)) => {
            let entries = entries.into_iter().map(|(name, value)| {
                let value = spelled(names.kind_of(&name), value);
                (names.written(&name), value)
            });
            Value::Object(entries.collect())
        }
        (Kind::Section(_), Value::Object(fields)) => {
            Value::Object(fields.into_iter().map(|(key, value)| (snake_to_camel(&key), value)).collect())
        }
        (_, value) => value,
    }
}

/// The doc comment on one line.
pub(super) fn notes(field: &Field) -> String {
    field.notes.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_ours_say_where_they_live_and_what_they_take() {
        let schema = schema();
        let profile = &schema["properties"]["models"]["properties"]["profiles"]["additionalProperties"];
        let price = &profile["properties"]["price"]["anyOf"][0];
        assert_eq!(price["required"], json!(["input", "output"]));
        assert_eq!(
            (
                &price["properties"]["input"]["minimum"],
                &price["properties"]["cachedInput"]["anyOf"][0]["minimum"]
            ),
            (&json!(0), &json!(0))
        );
        assert!(
            profile["properties"]["fallback"]["description"]
                .as_str()
                .expect("text")
                .ends_with("In config.toml.")
        );
        let budget = &schema["properties"]["budget"]["properties"];
        assert_eq!(budget["tasks"]["additionalProperties"]["minimum"], 1e-6);
        assert_eq!(budget["backgroundShare"]["maximum"], 1);
    }

    #[test]
    fn the_schema_states_type_limits_default_and_note() {
        let schema = schema();
        let port = &schema["properties"]["channels"]["properties"]["whatsapp"]["properties"]["bridgePort"];
        assert_eq!(
            *port,
            json!({
                "type": "integer", "minimum": 0, "maximum": 65_535, "default": 3001,
                "description": "Port of the bridge; 0 means the port of `bridgeUrl`.",
            })
        );
        assert_eq!(
            schema["properties"]["models"]["properties"]["profiles"]["additionalProperties"]["required"],
            json!(["kind"])
        );
        assert!(
            schema["properties"]["log"]["description"].as_str().expect("text").ends_with("In config.toml.")
        );
        assert_eq!(
            schema["properties"]["models"]["properties"]["routes"]["default"]["vision.describeImage"],
            "vision_whatsapp_cheap"
        );
    }
}
