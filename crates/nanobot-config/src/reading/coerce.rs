//! The liberties that the original takes with simple values, and no more.
//!
//! Numbers may be numeric texts, integers may be integral floats or booleans, booleans may be the usual
//! words. Numbers that are not finite are not taken.

use serde_json::{Number, Value};

use crate::schema::{Kind, Span};

/// The value in the form of its kind, or `None` when it does not fit.
pub(crate) fn scalar(kind: &Kind, value: &Value) -> Option<Value> {
    match kind {
        Kind::Bool => boolean(value).map(Value::Bool),
        Kind::Integer { min, max } => {
            integer(value).filter(|number| (*min..=*max).contains(number)).map(Value::from)
        }
        // Nobody means one dollar by "yes".
        Kind::Number(span) if *span != Span::Any && value.is_boolean() => None,
        Kind::Number(span) => {
            let number = number(value).filter(|number| span.holds(*number));
            number.and_then(Number::from_f64).map(Value::Number)
        }
        Kind::Text | Kind::Secret => value.is_string().then(|| value.clone()),
        Kind::Texts => {
            value.as_array().filter(|items| items.iter().all(Value::is_string)).map(|_| value.clone())
        }
        Kind::Choice(choices) => value.as_str().filter(|text| choices.contains(text)).map(|_| value.clone()),
        Kind::Optional(_) if value.is_null() => Some(Value::Null),
        Kind::Optional(inner) => scalar(inner, value),
        Kind::Headers | Kind::Section(_) | Kind::Names(_) => None,
    }
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => match number.as_f64() {
            Some(0.0) => Some(false),
            Some(1.0) => Some(true),
            _ => None,
        },
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "on" | "1" => Some(true),
            "false" | "f" | "no" | "n" | "off" | "0" => Some(false),
            _ => None,
        },
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The whole number in a value; also how the version of a document is read.
pub(crate) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Bool(flag) => Some(i64::from(*flag)),
        Value::Number(number) => {
            number.as_i64().or_else(|| number.as_f64().filter(|n| n.fract() == 0.0).and_then(whole))
        }
        Value::String(text) => {
            let text = text.trim();
            let digits = match text.split_once('.') {
                Some((digits, zeros)) if !digits.is_empty() && zeros.bytes().all(|b| b == b'0') => digits,
                Some(_) => return None,
                None => text,
            };
            without_underscores(digits)?.parse().ok()
        }
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::Number(number) => number.as_f64(),
        Value::String(text) => without_underscores(text.trim())?.parse().ok().filter(|n: &f64| n.is_finite()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// `1_000` is 1000; an underscore has a digit on each side.
fn without_underscores(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('_').collect();
    let bare = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let joined = parts.windows(2).all(|pair| match pair {
        [left, right] => bare(left.chars().next_back()) && bare(right.chars().next()),
        _ => true,
    });
    joined.then(|| parts.concat())
}

/// The integer part of a float, when it is small enough to be exact.
pub(crate) fn whole(number: f64) -> Option<i64> {
    // 2^53: beyond it a float no longer tells one integer from the next.
    if number.abs() > 9_007_199_254_740_992.0 {
        return None;
    }
    format!("{:.0}", number.trunc()).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const PORT: Kind = Kind::Integer { min: 0, max: 65_535 };

    #[test]
    fn integers_are_taken_from_texts_floats_and_booleans() {
        for (value, number) in [
            (json!(80), 80),
            (json!(80.0), 80),
            (json!(" 80 "), 80),
            (json!("+80"), 80),
            (json!("80.00"), 80),
            (json!("8_0"), 80),
            (json!(true), 1),
        ] {
            assert_eq!(scalar(&PORT, &value), Some(json!(number)), "{value}");
        }
        for value in [json!(80.5), json!("8 0"), json!("0x50"), json!("_80"), json!(""), json!(null)] {
            assert_eq!(scalar(&PORT, &value), None, "{value}");
        }
        assert_eq!(scalar(&PORT, &json!(-1)), None);
        assert_eq!(scalar(&PORT, &json!(65_536)), None);
    }

    #[test]
    fn booleans_are_taken_from_the_usual_words() {
        for yes in [json!("yes"), json!("ON"), json!("t"), json!(1), json!(1.0)] {
            assert_eq!(scalar(&Kind::Bool, &yes), Some(json!(true)), "{yes}");
        }
        for no in [json!(2), json!(" yes"), json!("ja"), json!([])] {
            assert_eq!(scalar(&Kind::Bool, &no), None, "{no}");
        }
    }

    #[test]
    fn numbers_become_floats_and_stay_finite() {
        let any = Kind::Number(Span::Any);
        assert_eq!(scalar(&any, &json!(0)), Some(json!(0.0)));
        assert_eq!(scalar(&any, &json!("1e3")), Some(json!(1000.0)));
        assert_eq!(scalar(&any, &json!("nan")), None);
        assert_eq!(scalar(&any, &json!("inf")), None);
    }

    #[test]
    fn a_number_outside_of_its_span_is_not_taken() {
        for (span, within, outside) in [
            (Span::FromZero, &[0.0, 1e9][..], &[-0.01, 1.1e9][..]),
            (Span::AboveZero, &[1e-6, 0.01, 1e9], &[0.0, -0.0, -1.0, 1e-12, 1.1e9]),
            (Span::Share, &[0.0, 0.8, 1.0], &[-0.1, 1.01]),
        ] {
            let taken = |number: &f64| scalar(&Kind::Number(span), &json!(number)).is_some();
            assert!(within.iter().all(taken) && !outside.iter().any(taken));
        }
    }

    #[test]
    fn yes_is_no_amount_of_money() {
        assert_eq!(
            scalar(&Kind::Number(Span::Any), &json!(true)),
            Some(json!(1.0)),
            "as the original has it"
        );
        for span in [Span::FromZero, Span::AboveZero, Span::Share] {
            assert_eq!(scalar(&Kind::Number(span), &json!(true)), None);
        }
    }
}
