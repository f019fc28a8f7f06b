//! Spellings of single values that the original takes or refuses; each was tried with the library that it reads with.

use super::*;

fn text(given: &str) -> Value<'_> {
    Value::Text(given.into())
}

#[test]
fn integers_are_taken_in_many_spellings() {
    let cases = [
        ("2", "2"),
        (" 2 ", "2"),
        ("\u{a0}2\t", "2"),
        ("+3", "3"),
        ("-3", "-3"),
        ("1_0", "10"),
        ("10.0", "10"),
        ("1_0.00", "10"),
        ("007", "7"),
        ("0_7", "7"),
        ("0__1", "1"),
        ("-0_1", "-1"),
        ("00", "0"),
        ("00_0.0", "0"),
        ("-0.0", "0"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
    ];
    for (given, digits) in cases {
        assert_eq!(
            integer_of(&text(given)).map(|read| read.digits().to_owned()).as_deref(),
            Some(digits),
            "{given}"
        );
    }
    for float in [2.0, -0.0, 1e18] {
        assert!(integer_of(&Value::Float(float)).is_some(), "{float}");
    }
    assert_eq!(integer_of(&Value::Bool(true)), Some(Integer::from(1)));
}

#[test]
fn what_is_no_integer_is_none() {
    let cases = [
        "",
        " ",
        "--3",
        "+-3",
        "- 3",
        "1__0",
        "_1",
        "1_",
        "10.",
        "10.5",
        "10.0_0",
        ".0",
        "1e1",
        "\u{661}",
        "1 0",
        "0x3",
        "0_",
        "_0",
        "-_1",
        "1_.0",
        "\u{1c}2",
        "\u{feff}2",
        "+",
        "-.",
    ];
    for given in cases {
        assert_eq!(integer_of(&text(given)), None, "{given}");
    }
    for float in [1.5, 1e22, f64::NAN, f64::INFINITY, TOO_LARGE] {
        assert_eq!(integer_of(&Value::Float(float)), None, "{float}");
    }
    assert_eq!(integer_of(&Value::Null), None);
    assert!(integer_of(&text(&"9".repeat(MAX_DIGITS))).is_some());
    assert_eq!(integer_of(&text(&"9".repeat(MAX_DIGITS + 1))), None);
}

#[test]
fn numbers_are_taken_in_many_spellings() {
    let cases = [
        ("1e1", 10.0),
        (" 1.5 ", 1.5),
        ("1_0.5", 10.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("+1.5", 1.5),
        ("inf", f64::INFINITY),
        ("1e999", f64::INFINITY),
        ("1_e5", 1e5),
        ("-_1", -1.0),
    ];
    for (given, number) in cases {
        assert_eq!(number_of(&text(given)), Some(number), "{given}");
    }
    for given in [
        "",
        " ",
        "1__0",
        "_1",
        "1_",
        "1,5",
        "0x1p3",
        "\u{661}",
        "e5",
        "1e",
        ".",
        "infi",
        " 1_0 ",
        "\u{feff}1",
    ] {
        assert_eq!(number_of(&text(given)), None, "{given}");
    }
    assert!(number_of(&text("nan")).is_some_and(f64::is_nan));
    assert_eq!(number_of(&Value::Integer(Integer::from_digits(false, &"9".repeat(400)))), None);
    assert_eq!(number_of(&Value::Bool(true)), Some(1.0));
}

#[test]
fn yes_and_no_have_many_words() {
    for given in [
        text("TRUE"),
        text("yes"),
        text("Y"),
        text("on"),
        text("t"),
        text("1"),
        Value::Float(1.0),
        Value::Integer(Integer::from(1)),
    ] {
        assert_eq!(bool_of(&given), Some(true), "{given:?}");
    }
    for given in [
        text("False"),
        text("NO"),
        text("n"),
        text("off"),
        text("f"),
        text("0"),
        Value::Float(-0.0),
        Value::Integer(Integer::from(0)),
    ] {
        assert_eq!(bool_of(&given), Some(false), "{given:?}");
    }
    for given in [
        text(""),
        text(" true "),
        text("1.0"),
        text("00"),
        Value::Float(0.5),
        Value::Integer(Integer::from(2)),
        Value::Null,
    ] {
        assert_eq!(bool_of(&given), None, "{given:?}");
    }
}
