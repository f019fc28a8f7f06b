//! Text that shows nothing at all: spelled in tag characters, in variation selectors, one for each byte, or in two
//! characters without width, one for each bit.
//!
//! Works on the text as it came: every other reading has dropped these characters.

use super::evidence::{SHORTEST, text_of};

/// How many bytes variation selectors have to spell before they are taken for a text: emoji carry one each.
const SELECTORS: usize = 4;

/// Whether a text may have such characters: their first bytes in UTF-8 tell, and few others begin so.
pub(super) fn may_hide(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, 0xef | 0xf3)) || text.contains(ZERO_WIDTH)
}

/// What tag characters spell, at the place where they stand.
pub(super) fn tags(text: &str) -> Option<String> {
    let mut is_found = false;
    let out = text
        .chars()
        .filter_map(|ch| match ch {
            '\u{e0020}'..='\u{e007e}' => {
                is_found = true;
                char::from_u32(u32::from(ch) - 0xe0000)
            }
            '\u{e0000}'..='\u{e007f}' => None,
            _ => Some(ch),
        })
        .collect();
    is_found.then_some(out)
}

/// What variation selectors spell: each stands for a byte (the first sixteen for 0 to 15, the others for the rest).
pub(super) fn selectors(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut bytes = Vec::new();
    let mut is_found = false;
    for ch in text.chars() {
        if let Some(byte) = selected(ch) {
            bytes.push(byte);
            continue;
        }
        is_found |= spell(&mut bytes, &mut out);
        out.push(ch);
    }
    is_found |= spell(&mut bytes, &mut out);
    is_found.then_some(out)
}

fn selected(ch: char) -> Option<u8> {
    let code = u32::from(ch);
    match code {
        0xfe00..=0xfe0f => u8::try_from(code - 0xfe00).ok(),
        0xe0100..=0xe01ef => u8::try_from(code - 0xe0100 + 16).ok(),
        _ => None,
    }
}

fn spell(bytes: &mut Vec<u8>, out: &mut String) -> bool {
    let spelled = std::mem::take(bytes);
    if spelled.len() < SELECTORS {
        return false;
    }
    let text = String::from_utf8_lossy(&spelled);
    let is_text = !text.contains(char::REPLACEMENT_CHARACTER);
    if is_text {
        out.push(' ');
        out.push_str(&text);
        out.push(' ');
    }
    is_text
}

/// Characters without width that bits are written in.
const ZERO_WIDTH: [char; 9] = [
    '\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{2061}', '\u{2062}', '\u{2063}', '\u{2064}',
    '\u{feff}',
];

/// What characters without width spell in bits, eight for a byte. The first one that occurs is a zero, as in any byte
/// of ASCII; one of a third kind parts bytes or words.
pub(super) fn bits(text: &str) -> Option<String> {
    let zero = text.chars().find(|ch| ZERO_WIDTH.contains(ch))?;
    let one = text.chars().find(|ch| *ch != zero && ZERO_WIDTH.contains(ch))?;
    let mut bytes = Vec::new();
    let (mut byte, mut count) = (0_u8, 0);
    for ch in text.chars().filter(|ch| *ch == zero || *ch == one) {
        byte = byte << 1 | u8::from(ch == one);
        count += 1;
        if count == 8 {
            bytes.push(byte);
            (byte, count) = (0, 0);
        }
    }
    let spelled = text_of(bytes, SHORTEST)?;
    Some(format!("{text} {spelled}"))
}
