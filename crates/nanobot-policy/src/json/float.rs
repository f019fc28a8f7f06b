//! Floats as Python spells them: the shortest digits that read back as the same number, as `0.34`, `1.0`, `1e-05`,
//! `1e+16`; what is no finite number as its JSON parser takes it.

use std::fmt::Write as _;

/// From this power of ten on, and below the other one, Python turns to exponents.
const LARGE: i32 = 16;
const SMALL: i32 = -4;

/// Writes a float.
pub(super) fn write(number: f64, out: &mut String) {
    if number.is_nan() {
        return out.push_str("NaN");
    }
    if number.is_sign_negative() {
        out.push('-');
    }
    if number.is_infinite() {
        return out.push_str("Infinity");
    }
    // The shortest digits come from here, as `1.2345e-5`.
    let shortest = format!("{:e}", number.abs());
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (SMALL..LARGE).contains(&exponent) {
        plain(mantissa, exponent, out);
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        // Writing to a string does not fail.
        let _ = write!(out, "{mantissa}e{sign}{:02}", exponent.unsigned_abs());
    }
}

/// Digits with the point where it belongs, and at least one digit on both sides.
fn plain(mantissa: &str, exponent: i32, out: &mut String) {
    if exponent < 0 {
        out.push_str("0.");
        out.extend((1..exponent.unsigned_abs()).map(|_| '0'));
        out.extend(mantissa.chars().filter(char::is_ascii_digit));
        return;
    }
    let whole = usize::try_from(exponent).unwrap_or_default() + 1;
    let mut digits = mantissa.chars().filter(char::is_ascii_digit);
    out.extend((0..whole).map(|_| digits.next().unwrap_or('0')));
    out.push('.');
    let rest = out.len();
    out.extend(digits);
    if out.len() == rest {
        out.push('0');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_spelled_as_python_spells_them() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.34, "0.34"),
            (2.5, "2.5"),
            (10.0, "10.0"),
            (123.456, "123.456"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (1e15, "1000000000000000.0"),
            (1.234_567_890_123_456_7e15, "1234567890123456.8"),
            (1e16, "1e+16"),
            (1.25e300, "1.25e+300"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
            (f64::NAN, "NaN"),
        ];
        for (number, spelled) in cases {
            let mut out = String::new();
            write(number, &mut out);
            assert_eq!(out, spelled);
        }
    }
}
