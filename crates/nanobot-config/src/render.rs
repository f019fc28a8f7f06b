//! Writing JSON as the original writes it: two spaces, ASCII only, no newline at the end.
//!
//! Byte for byte what its files look like, so that a file changes only where its meaning changes.

use nanobot_core::text::push_ascii_json;
use serde_json::{Number, Value};

/// The text of a document.
pub(crate) fn render(value: &Value) -> String {
    let mut out = String::new();
    push_value(&mut out, value, 0);
    out
}

fn push_value(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => push_number(out, number),
        Value::String(text) => push_ascii_json(out, text),
        Value::Array(items) => push_block(out, ['[', ']'], items.iter(), depth, |out, item| {
            push_value(out, item, depth + 1);
        }),
        Value::Object(map) => push_block(out, ['{', '}'], map.iter(), depth, |out, (key, value)| {
            push_ascii_json(out, key);
            out.push_str(": ");
            push_value(out, value, depth + 1);
        }),
    }
}

fn push_block<I>(
    out: &mut String,
    [open, close]: [char; 2],
    items: impl Iterator<Item = I>,
    depth: usize,
    mut push_item: impl FnMut(&mut String, I),
) {
    out.push(open);
    let mut any = false;
    for item in items {
        out.push_str(if any { ",\n" } else { "\n" });
        push_indent(out, depth + 1);
        push_item(out, item);
        any = true;
    }
    if any {
        out.push('\n');
        push_indent(out, depth);
    }
    out.push(close);
}

fn push_indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("  ", depth));
}

fn push_number(out: &mut String, number: &Number) {
    if number.is_f64() {
        out.push_str(&python_float(number.as_f64().unwrap_or_default()));
    } else {
        out.push_str(&number.to_string());
    }
}

/// A float as Python's `repr` prints it: the shortest digits that read back the same, as a decimal fraction
/// for exponents from -4 to 15, else with an exponent of at least two digits.
fn python_float(number: f64) -> String {
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..16).contains(&exponent) {
        let plain = format!("{number}");
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn floats_look_as_python_prints_them() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (0.7, "0.7"),
            (2.0, "2.0"),
            (1e-5, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (0.0001, "0.0001"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.234_567_890_123_456_8e29, "1.2345678901234568e+29"),
            (5e-324, "5e-324"),
        ];
        for (number, text) in cases {
            assert_eq!(python_float(number), text);
        }
    }

    #[test]
    fn text_outside_of_ascii_is_escaped_as_utf_16() {
        assert_eq!(render(&json!("😂ü\u{7f}\u{1}\t\"")), r#""\ud83d\ude02\u00fc\u007f\u0001\t\"""#);
    }

    #[test]
    fn empty_containers_stay_on_one_line() {
        let document = json!({ "a": {}, "b": [], "c": [1, { "d": null }] });
        let expected =
            "{\n  \"a\": {},\n  \"b\": [],\n  \"c\": [\n    1,\n    {\n      \"d\": null\n    }\n  ]\n}";
        assert_eq!(render(&document), expected);
    }
}
