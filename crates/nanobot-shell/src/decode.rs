//! Decoders for what is commonly piped into a shell. Signs that do not belong are passed over, as most tools do;
//! bytes that are no text become the replacement character.

/// Base64 in both alphabets.
pub(crate) fn base64(text: &str) -> Option<String> {
    bits(text, 6, |sign| match sign {
        b'A'..=b'Z' => Some(sign - b'A'),
        b'a'..=b'z' => Some(sign - b'a' + 26),
        b'0'..=b'9' => Some(sign - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    })
}

/// Base32.
pub(crate) fn base32(text: &str) -> Option<String> {
    bits(text, 5, |sign| match sign {
        b'A'..=b'Z' => Some(sign - b'A'),
        b'a'..=b'z' => Some(sign - b'a'),
        b'2'..=b'7' => Some(sign - b'2' + 26),
        _ => None,
    })
}

/// Digits of base 16, two for a byte.
pub(crate) fn hex(text: &str) -> Option<String> {
    bits(text, 4, |sign| char::from(sign).to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
}

fn bits(text: &str, width: u32, value: impl Fn(u8) -> Option<u8>) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut held, mut count) = (0_u32, 0_u32);
    for sign in text.bytes().filter(|sign| *sign != b'=') {
        let Some(value) = value(sign) else { continue };
        held = (held << width | u32::from(value)) & 0xffff;
        count += width;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(held >> count & 0xff).unwrap_or_default());
        }
    }
    (!bytes.is_empty()).then(|| String::from_utf8_lossy(&bytes).into_owned())
}
