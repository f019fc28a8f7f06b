//! Pieces in base64 (both alphabets) and base32, in the place where they stand.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::effort;
use super::evidence::{SHORTEST, SHORTEST_BESIDE, text_of};

/// The shortest piece of base32 that is looked at: it looks like any name in capitals.
const SHORTEST_32: usize = 12;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The text with its pieces decoded.
pub(super) fn decoded(text: &str) -> Option<String> {
    beside(text, false)
}

/// The same, with nothing left between two pieces that follow each other, if some do: one that was wrapped.
pub(super) fn unwrapped(text: &str) -> Option<String> {
    beside(text, true)
}

/// Short pieces as well, once a longer one is found.
fn beside(text: &str, is_wrapped: bool) -> Option<String> {
    let first = rewrite(text, is_wrapped, SHORTEST)?;
    Some(rewrite(text, is_wrapped, SHORTEST_BESIDE).unwrap_or(first))
}

fn rewrite(text: &str, is_wrapped: bool, shortest: usize) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut is_found = false;
    let (mut after_piece, mut is_joined) = (false, false);
    let mut rest = text;
    while !rest.is_empty() {
        let is_token = rest.starts_with(is_part);
        let end = if is_token { rest.find(|ch| !is_part(ch)) } else { rest.find(is_part) };
        let (piece, tail) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or((rest, ""));
        rest = tail;
        if !is_token {
            // A gap between two pieces is written once it is known what follows.
            out.push_str(piece);
            after_piece &= is_wrapped && piece.chars().all(char::is_whitespace);
            continue;
        }
        if let Some(decoded) = read(piece, shortest) {
            if after_piece {
                is_joined = true;
                out.truncate(out.trim_end().len());
            }
            out.push_str(&decoded);
            is_found = true;
            after_piece = true;
        } else {
            out.push_str(piece);
            after_piece = false;
        }
    }
    (is_found && is_wrapped == is_joined).then_some(out)
}

const fn is_part(ch: char) -> bool {
    ch.is_ascii_alphanumeric() || matches!(ch, '+' | '/' | '-' | '_' | '=')
}

/// What a piece decodes to, if that is a text.
fn read(piece: &str, shortest: usize) -> Option<String> {
    effort::spend(piece.len());
    let piece = piece.trim_start_matches(['=', '-', '_', '/', '+']);
    // Six bytes take eight characters.
    if piece.len() * 3 < shortest * 4 || !is_no_word(piece) {
        return None;
    }
    base64(piece, shortest)
        .or_else(|| base64(piece.trim_end_matches(['-', '_', '/', '+']), shortest))
        .or_else(|| base32(piece))
        // Behind a path or a name: `data/aWdub3Jl…`, `text=aWdub3Jl…`.
        .or_else(|| {
            let (front, last) = piece.trim_end_matches('=').rsplit_once(['/', '=', '-', '_'])?;
            if last.len() * 3 < SHORTEST * 4 || !is_no_word(last) {
                return None;
            }
            base64(last, SHORTEST).map(|text| format!("{front} {text}"))
        })
}

/// Capital letters behind small or other capital ones in a word that has both, digits or padding: what words do not
/// have.
fn is_no_word(piece: &str) -> bool {
    let has_small = piece.bytes().any(|byte| byte.is_ascii_lowercase());
    piece.bytes().enumerate().any(|(at, byte)| {
        byte.is_ascii_digit() || byte == b'=' || at > 0 && has_small && byte.is_ascii_uppercase()
    })
}

fn base64(piece: &str, shortest: usize) -> Option<String> {
    let standard: String = piece
        .chars()
        .map(|ch| match ch {
            '-' => '+',
            '_' => '/',
            _ => ch,
        })
        .collect();
    text_of(BASE64.decode(standard).ok()?, shortest)
}

fn base32(piece: &str) -> Option<String> {
    let piece = piece.trim_end_matches('=');
    if piece.len() < SHORTEST_32 {
        return None;
    }
    let mut bytes = Vec::with_capacity(piece.len());
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in piece.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return None,
        };
        bits = bits << 5 & 0xffff | u32::from(value);
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.extend(u8::try_from(bits >> count & 0xff).ok());
        }
    }
    text_of(bytes, SHORTEST)
}
