//! The dialect: what is taken, what is refused and where, and the limits.

use super::super::write::{canonical, pretty};
use super::*;

fn read(text: &str) -> Value<'_> {
    parse(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}")).root.value
}

/// Reads it and writes it again, without blanks.
fn again(text: &str) -> String {
    canonical(&read(text))
}

#[test]
fn what_python_takes_is_taken() {
    let cases = [
        ("null", "null"),
        (" true\n", "true"),
        ("NaN", "NaN"),
        ("[-Infinity,Infinity]", "[-Infinity,Infinity]"),
        ("-0", "0"),
        ("-0.0", "-0.0"),
        ("1E5", "100000.0"),
        ("1e999", "Infinity"),
        ("12.50", "12.5"),
        ("100000000000000000000000000", "100000000000000000000000000"),
        ("-7", "-7"),
        (r#""\u00e9\/\ud83d\ude00""#, "\"\u{e9}/\u{1f600}\""),
        ("\"\u{7f}\"", "\"\u{7f}\""),
        (r#""\"\\\b\f\n\r\t\u0001""#, r#""\"\\\b\f\n\r\t\u0001""#),
        ("{}", "{}"),
        ("[ ]", "[]"),
        (r#"{"b":[1,2],"a":{"x":null}}"#, r#"{"a":{"x":null},"b":[1,2]}"#),
    ];
    for (text, written) in cases {
        assert_eq!(again(text), written, "{text}");
    }
}

#[test]
fn what_python_refuses_is_refused_where_it_stands() {
    let cases = [
        ("", 1, 1),
        ("{", 1, 2),
        ("{\"a\"", 1, 5),
        ("[1,]", 1, 4),
        ("{\"a\":1,}", 1, 8),
        ("{}{}", 1, 3),
        ("01", 1, 2),
        ("1.", 1, 2),
        ("1e", 1, 2),
        ("-", 1, 1),
        ("+1", 1, 1),
        (".5", 1, 1),
        ("nul", 1, 1),
        ("-Inf", 1, 1),
        ("'a'", 1, 1),
        ("\u{feff}{}", 1, 1),
        ("\"a\nb\"", 1, 3),
        ("\"\\x\"", 1, 2),
        ("\"\\u12\"", 1, 2),
        ("\"\\u+123\"", 1, 2),
        ("\"a", 1, 3),
        ("[1 2]", 1, 4),
        ("\u{a0}1", 1, 1),
        ("{\n  \"ä\": tru\n}", 2, 8),
        ("[1,\r\n\n x]", 3, 2),
        ("// note\n{}", 1, 1),
        ("{a:1}", 1, 2),
    ];
    for (text, line, column) in cases {
        let fault = parse(text).expect_err(text);
        assert_eq!((fault.line, fault.column), (line, column), "{text}: {}", fault.message);
    }
}

#[test]
fn the_last_of_equal_keys_counts_in_the_place_of_the_first() {
    assert_eq!(pretty(&read(r#"{"a":1,"b":2,"a":3}"#)), "{\n  \"a\": 3,\n  \"b\": 2\n}");
    let many: Vec<String> = (0..100).map(|number| format!("\"k{}\":{number}", number % 50)).collect();
    let text = format!("{{{}}}", many.join(","));
    let Value::Object(members) = read(&text) else { panic!("no object") };
    assert_eq!(members.len(), 50);
    let kept: Vec<_> = members.iter().map(|(key, node)| (key.to_owned(), node.value.clone())).collect();
    for (place, (key, value)) in kept.into_iter().enumerate() {
        let last = i64::try_from(place).unwrap() + 50;
        assert_eq!((key, value), (format!("k{place}"), Value::Integer(Integer::from(last))));
    }
}

#[test]
fn every_value_knows_its_line() {
    let root = parse("{\n \"a\": [1,\n  2\n ],\r\n \"b\": 3}").unwrap().root;
    let Value::Object(members) = &root.value else { panic!("no object") };
    let lines: Vec<u32> = members.iter().map(|(_, node)| node.line).collect();
    assert_eq!((root.line, lines), (1, vec![2, 5]));
}

#[test]
fn half_a_pair_is_kept_as_a_stand_in_and_remembered() {
    let parsed = parse(r#"["\udc00","\ud800","\ud800\u0041"]"#).unwrap();
    assert!(parsed.has_halves);
    assert_eq!(canonical(&parsed.root.value), "[\"\u{10fc00}\",\"\u{10f800}\",\"\u{10f800}A\"]");
    assert!(!parse(r#""\ud83d\ude00""#).unwrap().has_halves);
}

#[test]
fn depth_and_digits_have_a_limit() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(parse(&nested(MAX_DEPTH)).is_ok());
    assert!(parse(&nested(MAX_DEPTH + 1)).unwrap_err().message.contains("500"));
    assert!(parse(&"[".repeat(1_000_000)).is_err(), "no overflow of the stack");
    assert!(parse(&"9".repeat(MAX_DIGITS)).is_ok());
    assert!(parse(&"9".repeat(MAX_DIGITS + 1)).unwrap_err().message.contains("4300"));
}

#[test]
fn empty_lists_and_objects_take_one_line() {
    let text = "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1,\n    \"ü\"\n  ]\n}";
    assert_eq!(pretty(&read(text)), text);
}
