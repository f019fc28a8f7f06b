//! Checks arguments against the part of JSON Schema that tools use, and words the problems for the model.
//!
//! Known keywords: `type`, `enum`, `minimum`, `maximum`, `minLength`, `maxLength`, `required`, `properties`,
//! `items`. Fields that a schema does not name are ignored. The schemas are our own: a keyword that is
//! missing here is not checked, so use none of them.

use serde_json::{Map, Value};

/// At most so many problems are told; one wrong shape repeated in a long array need not fill the prompt.
const MAX_PROBLEMS: usize = 8;

/// Deeper values are not looked into. No schema of ours goes half as deep.
const MAX_DEPTH: usize = 16;

/// The arguments as an object, or what is wrong with them (at least one problem, at most eight).
pub(crate) fn checked<'v>(
    schema: &Value,
    arguments: &'v Value,
) -> Result<&'v Map<String, Value>, Vec<String>> {
    let Value::Object(fields) = arguments else {
        return Err(vec!["arguments should be object".to_owned()]);
    };
    let mut checker = Checker { problems: Vec::new() };
    checker.check(schema, arguments, "", 0);
    if checker.problems.is_empty() { Ok(fields) } else { Err(checker.problems) }
}

struct Checker {
    problems: Vec<String>,
}

impl Checker {
    fn tell(&mut self, problem: String) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }

    /// `path` names the value (`meta.flags[0]`), empty for the arguments as a whole.
    fn check(&mut self, schema: &Value, value: &Value, path: &str, depth: usize) {
        if depth > MAX_DEPTH || self.problems.len() >= MAX_PROBLEMS {
            return;
        }
        if let Some(kind) = schema.get("type").and_then(Value::as_str)
            && !has_type(value, kind)
        {
            self.tell(format!("{path} should be {kind}"));
            return;
        }
        if let Some(choices) = schema.get("enum").and_then(Value::as_array)
            && !choices.contains(value)
        {
            let choices: Vec<String> = choices.iter().map(shown).collect();
            self.tell(format!("{path} must be one of {}", choices.join(", ")));
        }
        match value {
            Value::Number(_) => self.check_range(schema, value, path),
            Value::String(text) => self.check_length(schema, text, path),
            Value::Object(fields) => self.check_fields(schema, fields, path, depth),
            Value::Array(items) => {
                if let Some(item_schema) = schema.get("items") {
                    for (index, item) in items.iter().enumerate() {
                        self.check(item_schema, item, &format!("{path}[{index}]"), depth + 1);
                    }
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn check_range(&mut self, schema: &Value, value: &Value, path: &str) {
        let number = value.as_f64();
        let limit = |keyword| schema.get(keyword).map(|limit| (limit, limit.as_f64()));
        if let Some((limit, bound)) = limit("minimum")
            && number < bound
        {
            self.tell(format!("{path} must be >= {limit}"));
        }
        if let Some((limit, bound)) = limit("maximum")
            && number > bound
        {
            self.tell(format!("{path} must be <= {limit}"));
        }
    }

    fn check_length(&mut self, schema: &Value, text: &str, path: &str) {
        let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
        let limit = |keyword| schema.get(keyword).and_then(Value::as_u64);
        if let Some(least) = limit("minLength")
            && length < least
        {
            self.tell(format!("{path} must have at least {least} characters"));
        }
        if let Some(most) = limit("maxLength")
            && length > most
        {
            self.tell(format!("{path} must have at most {most} characters"));
        }
    }

    fn check_fields(&mut self, schema: &Value, fields: &Map<String, Value>, path: &str, depth: usize) {
        let inner = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let required = schema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                self.tell(format!("missing required {}", inner(name)));
            }
        }
        let Some(known) = schema.get("properties").and_then(Value::as_object) else {
            return;
        };
        for (name, field_schema) in known {
            if let Some(value) = fields.get(name) {
                self.check(field_schema, value, &inner(name), depth + 1);
            }
        }
    }
}

fn has_type(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => true,
    }
}

/// A choice as a person would write it: text without quotes.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
