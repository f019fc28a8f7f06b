//! The wordings that models know from the original, and that odd input never panics.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "query": {"type": "string", "minLength": 2, "maxLength": 5},
            "count": {"type": "integer", "minimum": 1, "maximum": 10},
            "mode": {"type": "string", "enum": ["fast", "full"]},
            "meta": {
                "type": "object",
                "properties": {
                    "tag": {"type": "string"},
                    "flags": {"type": "array", "items": {"type": "string"}},
                },
                "required": ["tag"],
            },
        },
        "required": ["query", "count"],
    })
}

fn problems(arguments: &Value) -> Vec<String> {
    checked(&schema(), arguments).err().unwrap_or_default()
}

#[test]
fn right_arguments_pass_and_unknown_fields_are_ignored() {
    assert!(problems(&json!({"query": "abc", "count": 10, "mode": "full", "surprise": [1]})).is_empty());
}

#[test]
fn problems_are_worded_as_in_the_original() {
    assert_eq!(problems(&json!({"query": "abc"})), ["missing required count"]);
    assert_eq!(problems(&json!({"query": "abc", "count": 0})), ["count must be >= 1"]);
    assert_eq!(problems(&json!({"query": "abc", "count": 11})), ["count must be <= 10"]);
    assert_eq!(problems(&json!({"query": "abc", "count": "2"})), ["count should be integer"]);
    let arguments = json!({"query": "abc", "count": 1, "mode": "slow"});
    assert_eq!(problems(&arguments), ["mode must be one of fast, full"]);
    let arguments = json!({"query": "abc", "count": 1, "meta": {"flags": [7]}});
    assert_eq!(problems(&arguments), ["missing required meta.tag", "meta.flags[0] should be string"]);
}

#[test]
fn lengths_count_characters_and_a_truth_value_is_no_number() {
    assert!(problems(&json!({"query": "üüüüü", "count": 1})).is_empty());
    assert_eq!(problems(&json!({"query": "ü", "count": 1})), ["query must have at least 2 characters"]);
    assert_eq!(problems(&json!({"query": "abcdef", "count": 1})), ["query must have at most 5 characters"]);
    assert_eq!(problems(&json!({"query": "abc", "count": true})), ["count should be integer"]);
}

#[test]
fn text_that_was_no_json_object_lacks_everything() {
    assert_eq!(problems(&json!({"raw": "{"})), ["missing required query", "missing required count"]);
    assert_eq!(problems(&json!([])), ["arguments should be object"]);
}

#[test]
fn the_list_of_problems_is_bounded() {
    let flags: Vec<Value> = (0..1_000).map(|_| json!(1)).collect();
    let arguments = json!({"query": "abc", "count": 1, "meta": {"tag": "x", "flags": flags}});
    assert_eq!(problems(&arguments).len(), MAX_PROBLEMS);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ];
    let key = prop::sample::select(vec!["query", "count", "mode", "meta", "tag", "flags", "raw"]);
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(key.clone(), inner, 0..6)
                .prop_map(|fields| fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_value_is_judged_and_what_passes_has_its_required_fields(arguments in any_json()) {
        match checked(&schema(), &arguments) {
            Ok(fields) => {
                prop_assert!(fields.get("query").is_some_and(Value::is_string));
                prop_assert!(fields.get("count").is_some_and(Value::is_i64));
            }
            Err(problems) => prop_assert!((1..=MAX_PROBLEMS).contains(&problems.len())),
        }
    }
}
