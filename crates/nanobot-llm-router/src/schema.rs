//! JSON Schemas as constrained decoders take them: pure.
//!
//! Such decoders know a part of JSON Schema and refuse a request that uses more. What they know in common: OpenAI,
//! "Structured outputs", and Anthropic, "Structured outputs", November 2026. Whether a document fits is checked by
//! whoever asked for it.

use serde_json::{Map, Value};

/// Keywords that every decoder knows. Bounds and patterns are not among them.
const KNOWN: [&str; 11] = [
    "type",
    "properties",
    "required",
    "items",
    "enum",
    "const",
    "anyOf",
    "$ref",
    "$defs",
    "title",
    "description",
];

/// Deepest nesting that is followed; decoders give up much earlier.
const DEPTH_LIMIT: usize = 32;

/// The schema with every object closed and without the keywords that decoders do not know: it admits a little more
/// than before, never less. None when an object has to stay open, since decoders know closed ones only.
pub(crate) fn closed(schema: &Value) -> Option<Value> {
    close(schema, DEPTH_LIMIT)
}

/// Whether a decoder can promise the schema as it stands: closed, and every field required.
pub(crate) fn is_strict(schema: &Value) -> bool {
    closed(schema).as_ref() == Some(schema) && requires_all(schema)
}

fn close(schema: &Value, depth: usize) -> Option<Value> {
    let Value::Object(fields) = schema else { return None };
    let depth = depth.checked_sub(1)?;
    let mut kept = Map::new();
    for (keyword, value) in fields.iter().filter(|(keyword, _)| KNOWN.contains(&keyword.as_str())) {
        let value = match keyword.as_str() {
            "properties" | "$defs" => Value::Object(close_each(value.as_object()?, depth)?),
            "items" => close(value, depth)?,
            "anyOf" => value.as_array()?.iter().map(|each| close(each, depth)).collect::<Option<Value>>()?,
            _ => value.clone(),
        };
        kept.insert(keyword.clone(), value);
    }
    match fields.get("additionalProperties") {
        Some(Value::Bool(false)) => _ = kept.insert("additionalProperties".to_owned(), Value::Bool(false)),
        // Fields of any name are the point of such an object.
        Some(_) => return None,
        None if is_object(fields) => {
            // An object without any field named is an open one as well.
            fields.get("properties")?;
            kept.insert("additionalProperties".to_owned(), Value::Bool(false));
        }
        None => {}
    }
    Some(Value::Object(kept))
}

fn close_each(schemas: &Map<String, Value>, depth: usize) -> Option<Map<String, Value>> {
    schemas.iter().map(|(name, schema)| Some((name.clone(), close(schema, depth)?))).collect()
}

fn is_object(fields: &Map<String, Value>) -> bool {
    fields.contains_key("properties") || fields.get("type").and_then(Value::as_str) == Some("object")
}

/// Whether every object, at any depth, requires all of its fields. Its nesting was limited by `close`.
fn requires_all(schema: &Value) -> bool {
    match schema {
        Value::Object(fields) => {
            let required = fields.get("required").and_then(Value::as_array);
            let is_required = |name: &String| {
                required.is_some_and(|names| names.iter().any(|each| each.as_str() == Some(name)))
            };
            let properties = fields.get("properties").and_then(Value::as_object);
            properties.is_none_or(|properties| properties.keys().all(is_required))
                && fields.values().all(requires_all)
        }
        Value::Array(list) => list.iter().all(requires_all),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_closed_and_unknown_keywords_left_out() {
        let open = json!({
            "type": "object", "$schema": "x",
            "properties": {
                "age": {"type": "integer", "minimum": 0},
                "tags": {"type": "array", "items": {"type": "object", "properties": {"t": {"type": "string"}}}},
            },
            "required": ["age"],
        });
        assert_eq!(
            closed(&open).unwrap(),
            json!({
                "type": "object",
                "properties": {
                    "age": {"type": "integer"},
                    "tags": {"type": "array", "items": {
                        "type": "object", "properties": {"t": {"type": "string"}}, "additionalProperties": false}},
                },
                "required": ["age"],
                "additionalProperties": false,
            })
        );
    }

    #[test]
    fn objects_that_are_open_on_purpose_stay_so() {
        for open in [
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            json!({"type": "object", "properties": {"x": {"type": "object"}}}),
            json!({"type": "object"}),
            json!(true),
        ] {
            assert_eq!(closed(&open), None, "{open}");
        }
    }

    #[test]
    fn a_schema_is_strict_when_a_decoder_can_promise_it() {
        let strict = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"],
            "additionalProperties": false});
        assert!(is_strict(&strict));
        let mut optional = strict.clone();
        optional["required"] = json!([]);
        let mut open = strict.clone();
        open.as_object_mut().unwrap().remove("additionalProperties");
        let mut bounded = strict.clone();
        bounded["properties"]["a"]["maxLength"] = json!(3);
        for loose in [optional, open, bounded] {
            assert!(!is_strict(&loose), "{loose}");
        }
    }

    #[test]
    fn endless_nesting_is_given_up() {
        let deep =
            (0..100).fold(json!({"type": "string"}), |inner, _| json!({"type": "array", "items": inner}));
        assert_eq!(closed(&deep), None);
    }
}
