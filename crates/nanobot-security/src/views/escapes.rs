//! Characters written as their numbers or names: `%69`, `&#105;`, `\x69`, `\u0069`, `=69`, `U+0069`.

use super::effort;

/// `%XX`, in the bytes of UTF-8.
pub(super) fn percent(text: &str) -> Option<String> {
    bytes(text, '%', 1)
}

/// `=XX` as mail writes it; one alone is arithmetic.
pub(super) fn quoted(text: &str) -> Option<String> {
    bytes(text, '=', 2)
}

/// Rows of a sign and two digits of base 16 as the text that their bytes spell, where there are at least so many.
fn bytes(text: &str, sign: char, fewest: usize) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut count = 0;
    let mut rest = text;
    while let Some((before, from)) = rest.find(sign).and_then(|at| rest.split_at_checked(at)) {
        out.push_str(before);
        let mut row = Vec::new();
        let mut tail = from;
        while let Some((byte, after)) = tail.strip_prefix(sign).and_then(|body| number(body, 16, 2..=2)) {
            row.extend(u8::try_from(byte).ok());
            tail = after;
        }
        let length = row.len();
        let spelled =
            String::from_utf8(row).ok().filter(|spelled| !spelled.is_empty() && is_readable(spelled));
        if let Some(spelled) = spelled {
            count += length;
            out.push_str(&spelled);
        } else if tail.len() < from.len() {
            out.push_str(from.get(..from.len() - tail.len()).unwrap_or_default());
        } else {
            out.push(sign);
            tail = from.strip_prefix(sign).unwrap_or_default();
        }
        rest = tail;
    }
    out.push_str(rest);
    (count >= fewest).then_some(out)
}

/// No control characters but gaps.
fn is_readable(text: &str) -> bool {
    text.chars().all(|ch| !ch.is_control() || ch.is_whitespace())
}

/// The entities of HTML: by number, and the names that matter here.
pub(super) fn entities(text: &str) -> Option<String> {
    each(text, '&', |body| {
        if let Some(code) = body.strip_prefix('#') {
            let (value, rest) = match code.strip_prefix(['x', 'X']) {
                Some(digits) => number(digits, 16, 1..=6)?,
                None => number(code, 10, 1..=7)?,
            };
            return Some((char::from_u32(value)?, rest.strip_prefix(';').unwrap_or(rest)));
        }
        NAMED.iter().find_map(|(name, ch)| {
            body.strip_prefix(name).and_then(|rest| rest.strip_prefix(';')).map(|rest| (*ch, rest))
        })
    })
}

/// Names of entities that stand for what words are made of or kept apart by.
const NAMED: &[(&str, char)] = &[
    ("nbsp", ' '),
    ("ensp", ' '),
    ("emsp", ' '),
    ("thinsp", ' '),
    ("Tab", ' '),
    ("NewLine", ' '),
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("sol", '/'),
    ("bsol", '\\'),
    ("period", '.'),
    ("comma", ','),
    ("colon", ':'),
    ("semi", ';'),
    ("lowbar", '_'),
    ("hyphen", '-'),
    ("dash", '-'),
    ("shy", '\u{ad}'),
    ("zwnj", '\u{200c}'),
    ("zwj", '\u{200d}'),
    ("vert", '|'),
    ("dollar", '$'),
    ("commat", '@'),
    ("excl", '!'),
    ("auml", 'ä'),
    ("ouml", 'ö'),
    ("uuml", 'ü'),
    ("szlig", 'ß'),
    ("eacute", 'é'),
    ("egrave", 'è'),
    ("agrave", 'à'),
    ("ccedil", 'ç'),
    ("ntilde", 'ñ'),
];

/// Escapes with a backslash, and `U+0069`.
pub(super) fn backslash(text: &str) -> Option<String> {
    let out = each(text, '\\', |body| {
        let kind = body.chars().next()?;
        let rest = body.get(kind.len_utf8()..)?;
        let (value, rest) = match kind {
            'n' | 't' | 'r' if !rest.starts_with(|ch: char| ch.is_ascii_lowercase()) || kind == 'n' => {
                return Some((' ', rest));
            }
            'x' => number(rest, 16, 2..=2)?,
            'u' | 'U' => match rest.strip_prefix('{') {
                Some(digits) => {
                    let (value, rest) = number(digits, 16, 1..=6)?;
                    (value, rest.strip_prefix('}')?)
                }
                None if kind == 'U' => number(rest, 16, 8..=8)?,
                None => number(rest, 16, 4..=4)?,
            },
            '0'..='7' => number(body, 8, 3..=3)?,
            _ => return None,
        };
        Some((char::from_u32(value)?, rest))
    });
    let named = each(out.as_deref().unwrap_or(text), 'U', |body| {
        let (value, rest) = number(body.strip_prefix('+')?, 16, 4..=6)?;
        // They come in rows, with a blank between each two.
        let rest = rest.strip_prefix(' ').filter(|next| next.starts_with("U+")).unwrap_or(rest);
        Some((char::from_u32(value)?, rest))
    });
    named.or(out)
}

/// The text with each escape that begins with this sign replaced by what `read` finds behind it.
fn each<'a>(text: &'a str, sign: char, read: impl Fn(&'a str) -> Option<(char, &'a str)>) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut is_found = false;
    let mut rest = text;
    while let Some((before, body)) = rest.split_once(sign) {
        out.push_str(before);
        if let Some((ch, after)) = read(body).filter(|(ch, _)| !ch.is_control() || ch.is_whitespace()) {
            is_found = true;
            out.push(ch);
            rest = after;
        } else {
            out.push(sign);
            rest = body;
        }
    }
    out.push_str(rest);
    is_found.then_some(out)
}

/// A number of so many digits of this base, and what follows.
fn number(text: &str, base: u32, digits: std::ops::RangeInclusive<usize>) -> Option<(u32, &str)> {
    let length = text.bytes().take(*digits.end()).take_while(|byte| char::from(*byte).is_digit(base)).count();
    effort::spend(length);
    if length < *digits.start() {
        return None;
    }
    let (number, rest) = text.split_at_checked(length)?;
    Some((u32::from_str_radix(number, base).ok()?, rest))
}
