//! Letters written as numbers: base 16 in one piece or in pairs, decimal, octal and binary codes in a row.

use super::effort;
use super::evidence::{SHORTEST, SHORTEST_BESIDE, text_of};

/// The text with what numbers spell in their place.
pub(super) fn decoded(text: &str) -> Option<String> {
    let first = rewrite(text, SHORTEST)?;
    // Short pieces as well, now that a longer one is found.
    Some(rewrite(text, SHORTEST_BESIDE).unwrap_or(first))
}

fn rewrite(text: &str, shortest: usize) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut is_found = false;
    let mut rest = text;
    while !rest.is_empty() {
        let is_digits = rest.starts_with(is_part);
        let end = if is_digits { rest.find(|ch| !is_part(ch)) } else { rest.find(is_part) };
        let (piece, tail) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or((rest, ""));
        let text = if is_digits { in_one(piece, shortest).or_else(|| in_bits(piece)) } else { None };
        if let Some(text) = text {
            is_found = true;
            out.push_str(&text);
            rest = tail;
        } else if is_digits {
            let row = Row::at(rest);
            if let Some(text) = row.text() {
                is_found = true;
                out.push_str(&text);
            } else {
                out.push_str(row.whole);
            }
            rest = row.rest;
        } else {
            out.push_str(piece);
            rest = tail;
        }
    }
    is_found.then_some(out)
}

/// What belongs to one piece; letters beyond `f` as well, so that no word is cut into numbers.
const fn is_part(ch: char) -> bool {
    ch.is_ascii_alphanumeric()
}

/// A piece of base 16, with or without a prefix.
fn in_one(piece: &str, shortest: usize) -> Option<String> {
    let digits = piece.strip_prefix("0x").or_else(|| piece.strip_prefix("0X")).unwrap_or(piece);
    if digits.len() < 2 * shortest
        || !digits.len().is_multiple_of(2)
        || !digits.bytes().any(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    text_of(groups(digits, 2, 16)?, shortest)
}

/// Eight bits for each letter, without a gap.
fn in_bits(piece: &str) -> Option<String> {
    if piece.len() < 8 * SHORTEST || !piece.len().is_multiple_of(8) {
        return None;
    }
    text_of(groups(piece, 8, 2)?, SHORTEST)
}

/// Bytes of so many digits each.
fn groups(digits: &str, width: usize, base: u32) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(digits.len() / width);
    let mut rest = digits;
    while !rest.is_empty() {
        let (group, tail) = rest.split_at_checked(width)?;
        if !group.chars().all(|ch| ch.is_digit(base)) {
            return None;
        }
        bytes.push(u8::from_str_radix(group, base).ok()?);
        rest = tail;
    }
    Some(bytes)
}

/// Numbers with the same kind of gap between each two.
struct Row<'a> {
    numbers: Vec<&'a str>,
    whole: &'a str,
    rest: &'a str,
}

impl<'a> Row<'a> {
    /// The row that begins here: at least its first piece, whatever that is.
    fn at(text: &'a str) -> Self {
        let mut numbers = Vec::new();
        let mut rest = text;
        let mut end = rest;
        loop {
            let length = rest.find(|ch| !is_part(ch)).unwrap_or(rest.len());
            effort::spend(length);
            let Some((piece, tail)) = rest.split_at_checked(length) else { break };
            let number = piece.strip_prefix("0x").or_else(|| piece.strip_prefix("0b")).unwrap_or(piece);
            let is_number =
                (1..=8).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_hexdigit());
            if !is_number {
                if numbers.is_empty() {
                    end = tail;
                }
                break;
            }
            numbers.push(number);
            end = tail;
            let after = tail.trim_start_matches([' ', '\t', '\n', '\r', ',', ';', ':', '-', '\\', '|', '/']);
            if after.len() == tail.len() || tail.len() - after.len() > 3 || !after.starts_with(is_part) {
                break;
            }
            rest = after;
        }
        let whole = text.get(..text.len() - end.len()).unwrap_or(text);
        Self { numbers, whole, rest: end }
    }

    /// What the row spells: bits first, since they are numbers of every base, then the bases by how common they are.
    fn text(&self) -> Option<String> {
        if self.numbers.len() < SHORTEST {
            return None;
        }
        self.in_base(2, 7..=8)
            .or_else(|| self.in_base(16, 2..=2))
            .or_else(|| self.in_base(10, 2..=3))
            .or_else(|| self.in_base(8, 2..=3))
    }

    fn in_base(&self, base: u32, width: std::ops::RangeInclusive<usize>) -> Option<String> {
        let bytes: Option<Vec<u8>> = self
            .numbers
            .iter()
            .map(|number| {
                width.contains(&number.len()).then(|| u8::from_str_radix(number, base).ok()).flatten()
            })
            .collect();
        text_of(bytes?, SHORTEST)
    }
}
