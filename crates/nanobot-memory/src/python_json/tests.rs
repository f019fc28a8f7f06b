//! Tests of Python's JSON dialect.

use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn half_a_surrogate_pair_becomes_the_replacement_character() {
    assert_eq!(parse(r#""lone \ud83d end""#).unwrap(), json!("lone \u{fffd} end"));
    assert_eq!(parse(r#""\udca9\ud83d""#).unwrap(), json!("\u{fffd}\u{fffd}"));
    assert_eq!(parse(r#"["\ud83d\ud83d\udca9", "\uD83D\uDCA9"]"#).unwrap(), json!(["\u{fffd}💩", "💩"]));
    assert_eq!(parse(r#""escaped \\ud83d""#).unwrap(), json!("escaped \\ud83d"));
}

#[test]
fn values_without_a_strict_form_become_null() {
    assert_eq!(parse(r"[NaN, Infinity, -Infinity, 1e999]").unwrap(), json!([null, null, null, null]));
    assert_eq!(parse(r#"{"a": NaN, "NaN": "NaN"}"#).unwrap(), json!({"a": null, "NaN": "NaN"}));
    let digits = "9".repeat(400);
    assert_eq!(parse(&digits).unwrap(), json!(null));
}

#[test]
fn what_python_refuses_is_refused() {
    for text in [
        "nan",
        "[1,]",
        "01",
        "01e999",
        "1.e999",
        "'a'",
        "-",
        "N",
        "NaN1",
        "\"a",
        "{\"a\": Infinit}",
        "\"\\ud83\"",
        "",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn of_equal_keys_the_last_one_wins_at_the_place_of_the_first() {
    let value = parse(r#"{"a": 1, "b": 2, "a": 3}"#).unwrap();
    assert_eq!(encode(&value), r#"{"a": 3, "b": 2}"#);
}

#[test]
fn text_is_written_as_the_original_writes_it() {
    let value =
        json!({"role": "user", "n": [1, 2.5, null, true], "t": "ü 🎉 \u{7f} \u{2028} \"\\/\n\u{8}\u{1b}"});
    assert_eq!(
        encode(&value),
        r#"{"role": "user", "n": [1, 2.5, null, true], "t": "\u00fc \ud83c\udf89 \u007f \u2028 \"\\/\n\b\u001b"}"#
    );
}

#[test]
fn members_keep_the_text_of_their_values() {
    let found = members(r#" {"a" : 1.50 , "b": {"x": [1, "}"]}, "\u0063": NaN, "a": 1e2} "#).unwrap();
    let found: Vec<(&str, &str)> = found.iter().map(|m| (m.key.as_str(), m.value)).collect();
    assert_eq!(found, [("a", "1e2"), ("b", r#"{"x": [1, "}"]}"#), ("c", "NaN")]);
    assert_eq!(members("{}"), Some(Vec::new()));
    assert_eq!(members("[1]"), None);
    assert_eq!(members("{\"a\": "), None);
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        let _ = parse(&text);
        let _ = members(&text);
    }

    #[test]
    fn no_text_of_json_characters_makes_the_reader_panic(text in r#"[\\u"dD83{}\[\],:NaInfity\-0-9 e.ü]{0,40}"#) {
        let _ = parse(&text);
        let _ = members(&text);
    }

    #[test]
    fn strict_json_passes_unchanged(value in json_value()) {
        let text = serde_json::to_string(&value).unwrap();
        prop_assert!(matches!(to_strict(&text), Cow::Borrowed(_)));
    }

    #[test]
    fn what_is_written_reads_the_same_and_is_ascii(value in json_value()) {
        let text = encode(&value);
        prop_assert!(text.bytes().all(|b| matches!(b, b' '..=b'~')));
        prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn members_agree_with_the_parsed_object(pairs in prop::collection::vec((any::<String>(), json_value()), 0..6)) {
        let object = Value::Object(pairs.into_iter().collect());
        let text = encode(&object);
        let found = members(&text).unwrap();
        let rebuilt: Map<String, Value> =
            found.into_iter().map(|m| (m.key, serde_json::from_str(m.value).unwrap())).collect();
        prop_assert_eq!(Value::Object(rebuilt), object);
    }
}
