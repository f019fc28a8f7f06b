//! Backslash escapes: those of `$'…'`, and those of `echo -e` and `printf`.

/// The text of `$'…'` after its escapes.
pub fn ansi_c(text: &str) -> String {
    unescape(text, Dialect::AnsiC)
}

/// The text as `printf` and `echo -e` write it.
pub(crate) fn printed(text: &str) -> String {
    unescape(text, Dialect::Printed)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    AnsiC,
    Printed,
}

fn unescape(text: &str, dialect: Dialect) -> String {
    let mut bytes: Vec<u8> = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, tail) = rest.split_at(at);
        bytes.extend_from_slice(before.as_bytes());
        let tail = tail.strip_prefix('\\').unwrap_or(tail);
        rest = escape(tail, dialect, &mut bytes);
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Takes the escape in front of `tail` and gives back what stands behind it.
fn escape<'a>(tail: &'a str, dialect: Dialect, bytes: &mut Vec<u8>) -> &'a str {
    let mut chars = tail.chars();
    let Some(sign) = chars.next() else {
        bytes.push(b'\\');
        return tail;
    };
    let behind = chars.as_str();
    let simple = match sign {
        'a' => Some(7),
        'b' => Some(8),
        'e' | 'E' => Some(27),
        'f' => Some(12),
        'n' => Some(b'\n'),
        'r' => Some(b'\r'),
        't' => Some(b'\t'),
        'v' => Some(11),
        '\\' => Some(b'\\'),
        '\'' | '"' | '?' if dialect == Dialect::AnsiC => u8::try_from(sign).ok(),
        '"' => Some(b'"'),
        _ => None,
    };
    if let Some(byte) = simple {
        bytes.push(byte);
        return behind;
    }
    match sign {
        'x' => number(behind, 16, 2, bytes, Written::Byte).unwrap_or_else(|| keep(sign, behind, bytes)),
        'u' => number(behind, 16, 4, bytes, Written::Character).unwrap_or_else(|| keep(sign, behind, bytes)),
        'U' => number(behind, 16, 8, bytes, Written::Character).unwrap_or_else(|| keep(sign, behind, bytes)),
        // `echo -e` and `%b` write `\0` in front, and three digits behind it.
        '0' if dialect == Dialect::Printed => number(behind, 8, 3, bytes, Written::Byte).unwrap_or(behind),
        '0'..='7' => number(tail, 8, 3, bytes, Written::Byte).unwrap_or(behind),
        'c' if dialect == Dialect::AnsiC => {
            let mut chars = behind.chars();
            if let Some(control) = chars.next().and_then(|sign| u8::try_from(sign).ok()) {
                bytes.push(control & 0x1f);
            }
            chars.as_str()
        }
        _ => keep(sign, behind, bytes),
    }
}

fn keep<'a>(sign: char, behind: &'a str, bytes: &mut Vec<u8>) -> &'a str {
    bytes.push(b'\\');
    bytes.extend_from_slice(sign.encode_utf8(&mut [0; 4]).as_bytes());
    behind
}

#[derive(Clone, Copy)]
enum Written {
    Byte,
    Character,
}

/// A number of at most so many digits, as a byte or a character. `None` when no digit stands there.
fn number<'a>(
    text: &'a str,
    radix: u32,
    most: usize,
    bytes: &mut Vec<u8>,
    written: Written,
) -> Option<&'a str> {
    let digits = text.bytes().take(most).take_while(|byte| char::from(*byte).is_digit(radix)).count();
    let value = u32::from_str_radix(text.get(..digits)?, radix).ok()?;
    match written {
        Written::Byte => bytes.push(u8::try_from(value & 0xff).unwrap_or_default()),
        Written::Character => {
            let sign = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
            bytes.extend_from_slice(sign.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    text.get(digits..)
}
