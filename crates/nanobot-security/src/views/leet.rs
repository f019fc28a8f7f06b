//! Digits and signs read as the letters they stand for, in words that mix them with letters.
//!
//! Numbers with a unit, times, versions, names with a number behind them are no such words, unless others around
//! them are.

use super::letters::is_word;
use super::traits::stands_for_letter;

/// What a `1` (also `!` and `|`) is read as.
#[derive(Clone, Copy)]
enum One {
    I,
    L,
}

/// The reading with `1` as `i`.
pub(super) fn with_i(text: &str) -> Option<String> {
    read(text, One::I)
}

/// The reading with `1` as `l`, where there is one.
pub(super) fn with_l(text: &str) -> Option<String> {
    read(text, One::L)
}

/// How sure it is that a piece is spelled so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sureness {
    /// No word: a number, a time, an ordinary word.
    No,
    /// Only if another one is.
    Perhaps,
    /// It can hardly be anything else.
    Sure,
}

fn read(text: &str, one: One) -> Option<String> {
    let pieces = pieces(text);
    if !pieces.iter().any(|(_, sureness)| *sureness == Sureness::Sure) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    for (piece, sureness) in pieces {
        if sureness == Sureness::No {
            out.push_str(piece);
        } else {
            out.extend(piece.chars().map(|ch| letter(ch, one)));
        }
    }
    Some(out)
}

const fn letter(ch: char, one: One) -> char {
    match ch {
        '0' => 'o',
        '1' | '!' | '|' => match one {
            One::I => 'i',
            One::L => 'l',
        },
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' | '§' => 's',
        '6' | '9' => 'g',
        '7' | '+' => 't',
        '8' => 'b',
        '£' => 'l',
        '¥' => 'y',
        _ => ch,
    }
}

/// Longer pieces are keys and codes, not words.
const LONGEST: usize = 28;

/// The text in pieces: runs of letters, digits and such signs, and what stands between them.
fn pieces(text: &str) -> Vec<(&str, Sureness)> {
    let mut pieces = Vec::new();
    for word in text.split_inclusive(char::is_whitespace) {
        if !word.bytes().any(may_stand_for_letter) {
            pieces.push((word, Sureness::No));
            continue;
        }
        let is_address = is_address(word);
        let mut rest = word;
        while !rest.is_empty() {
            let is_part = rest.starts_with(part);
            let end = if is_part { rest.find(|ch| !part(ch)) } else { rest.find(part) };
            let (piece, tail) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or((rest, ""));
            if is_part && !is_address {
                judge(piece, &mut pieces);
            } else {
                pieces.push((piece, Sureness::No));
            }
            rest = tail;
        }
    }
    pieces
}

/// Whether a sign that stands for a letter may begin with this byte: a word without one is no such word.
fn may_stand_for_letter(byte: u8) -> bool {
    matches!(byte, 0xc2 | 0xe2) || stands_for_letter(char::from(byte))
}

fn part(ch: char) -> bool {
    is_word(ch) || stands_for_letter(ch)
}

/// A place in the net, a mail address, or a long number in base 16.
fn is_address(word: &str) -> bool {
    let word = word.trim_end();
    word.contains("://")
        || word.starts_with("www.")
        || word.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && host.trim_end_matches(['.', ',', '!', '?']).contains('.')
        })
        || word.len() >= 8
            && word.bytes().any(|byte| byte.is_ascii_digit())
            && word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-' || byte == b':')
}

/// Takes the signs off the ends that are only punctuation there, and says of the rest what it is.
fn judge<'a>(piece: &'a str, pieces: &mut Vec<(&'a str, Sureness)>) {
    let core = piece.trim_end_matches(['!', '|', '+', '€', '£', '¥', '§', '@']);
    let core_start = core.trim_start_matches(['|', '+', '€', '£', '¥', '§']);
    let front = piece.get(..core.len() - core_start.len()).unwrap_or_default();
    let back = piece.get(core.len()..).unwrap_or_default();
    for (text, sureness) in [(front, Sureness::No), (core_start, sureness(core_start)), (back, Sureness::No)]
    {
        if !text.is_empty() {
            pieces.push((text, sureness));
        }
    }
}

/// The shape of a piece: letters and what stands for letters, in turns.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing about the shape")]
struct Shape {
    letters: usize,
    subs: usize,
    turns: usize,
    starts_with_sub: bool,
    ends_with_sub: bool,
    first_subs: usize,
    last_subs: usize,
    has_two: bool,
    has_rare: bool,
    is_latin: bool,
    has_sign: bool,
}

impl Shape {
    fn of(piece: &str) -> Self {
        let mut shape = Self { is_latin: true, ..Self::default() };
        let mut was_sub = None;
        let mut run = 0;
        for ch in piece.chars() {
            let is_sub = stands_for_letter(ch) || ch == '2';
            if was_sub != Some(is_sub) {
                shape.turns += 1;
                run = 0;
            }
            run += 1;
            if is_sub {
                shape.subs += 1;
                shape.last_subs = run;
            } else {
                shape.letters += 1;
                shape.is_latin &= ch.is_ascii();
            }
            if shape.turns == 1 {
                shape.starts_with_sub = is_sub;
                shape.first_subs = if is_sub { run } else { 0 };
            }
            shape.has_two |= ch == '2';
            shape.has_rare |= matches!(ch, '6' | '8' | '9');
            shape.has_sign |= is_sub && !ch.is_ascii_digit();
            was_sub = Some(is_sub);
        }
        shape.ends_with_sub = was_sub == Some(true);
        shape
    }
}

fn sureness(piece: &str) -> Sureness {
    let shape = Shape::of(piece);
    if piece.len() > LONGEST || shape.letters == 0 || shape.subs == 0 || !shape.is_latin || shape.has_two {
        return Sureness::No;
    }
    let inner_turns = shape.turns
        - usize::from(shape.starts_with_sub)
        - usize::from(shape.ends_with_sub && shape.turns > 1);
    match (shape.starts_with_sub, shape.ends_with_sub) {
        // Letters around a sign: `k3y`, `p@ssword`, `5y573m`.
        _ if inner_turns >= 3 => {
            if shape.has_rare && shape.letters + shape.subs < 5 {
                Sureness::Perhaps
            } else {
                Sureness::Sure
            }
        }
        // `4p1`, `70k3`; but `8h30`, `1x1`, `5v5` are counts.
        (true, true) => {
            let is_count = piece.contains(['x', 'v', 'h', 'e', 'd', 'k', 'm', ':']) && shape.letters == 1;
            if is_count || shape.has_rare || shape.first_subs > 1 || shape.last_subs > 1 {
                Sureness::Perhaps
            } else {
                Sureness::Sure
            }
        }
        // `1gnore`, `4llow`; but `3km`, `2nd`, `10min`.
        (true, false) => {
            if is_counted(piece) {
                Sureness::No
            } else if piece.starts_with('@') {
                // A person is meant, if nothing else is spelled so.
                Sureness::Perhaps
            } else if shape.first_subs == 1 && shape.letters >= 3 && !shape.has_rare {
                Sureness::Sure
            } else {
                Sureness::Perhaps
            }
        }
        // `rule5`, `system5`; but `mp3`, `iphone15`.
        (false, true) => {
            if shape.last_subs == 1 && shape.letters >= 5 && (piece.ends_with('5') || shape.has_sign) {
                Sureness::Sure
            } else {
                Sureness::Perhaps
            }
        }
        (false, false) => Sureness::No,
    }
}

/// Whether digits with these letters behind them count something: a unit, an ordinal, a time.
fn is_counted(piece: &str) -> bool {
    let letters = piece.trim_start_matches(|ch: char| ch.is_ascii_digit());
    let lower = letters.to_ascii_lowercase();
    letters.len() < piece.len()
        && (UNITS.contains(&lower.as_str())
            || lower.len() >= 3 && COUNTED.iter().any(|start| lower.starts_with(start)))
}

/// Units, ordinals and the like, whole.
const UNITS: &[&str] = &[
    "st", "nd", "rd", "th", "er", "te", "ter", "tes", "ten", "e", "eme", "a", "o", "am", "pm", "h", "s", "m",
    "g", "l", "k", "x", "d", "km", "cm", "mm", "nm", "kg", "mg", "ml", "cl", "dl", "lt", "gb", "mb", "kb",
    "tb", "gib", "mib", "kib", "hz", "khz", "mhz", "ghz", "ms", "ns", "us", "min", "mins", "sec", "secs",
    "sek", "std", "hr", "hrs", "kw", "kwh", "mw", "ah", "mah", "v", "w", "p", "px", "pt", "em", "rem", "mph",
    "kmh", "fps", "dpi", "bit", "bits", "kcal", "cal", "kj", "ft", "in", "oz", "lb", "lbs", "up", "in1",
    "way", "ply", "ish", "ers", "x4", "tl", "kr", "zl", "rs", "usd", "eur", "gbp", "chf", "try", "lei",
    "dni",
];

/// Beginnings of words that are counted, in the languages that write them together with a number.
const COUNTED: &[&str] = &[
    "uhr", "mal", "min", "stun", "hour", "hor", "ore", "heu", "sek", "sec", "seg", "tag", "day", "dia",
    "jour", "gior", "jahr", "year", "ano", "ann", "week", "woch", "sem", "mona", "mont", "mes", "moi",
    "euro", "doll", "cent", "peso", "pers", "pax", "fach", "fold", "stueck", "stck", "kilo", "gram", "lite",
    "litr", "mete", "metr", "perc", "proz", "pros", "pack", "star", "bed", "room", "zimm", "gang", "seat",
    "door", "kcal", "mill", "mio", "mrd", "bil", "point",
];
