//! Where a text stops being JSON, in the words that the original's users know from their logs.
//!
//! No parser: it is asked only about texts that the parser has refused, and gives no value.

use std::iter::Peekable;
use std::str::CharIndices;

/// Deeper texts are not explained.
const MAX_DEPTH: usize = 64;

/// What is wrong, and where; none when this scanner finds nothing wrong or cannot tell.
pub(super) fn explain(text: &str) -> Option<String> {
    if text.starts_with('\u{feff}') {
        return Some(say(text, "Unexpected UTF-8 BOM (decode using utf-8-sig)", 0));
    }
    let mut scan = Scan { text, ahead: text.char_indices().peekable() };
    let found = match scan.document() {
        Ok(()) => return None,
        Err(found) => found,
    };
    match found {
        Stop::At(what, at) => Some(say(text, what, at)),
        Stop::TooDeep => None,
    }
}

/// Lines and columns count from one, characters from zero.
fn say(text: &str, what: &str, at: usize) -> String {
    let before: Vec<char> =
        text.char_indices().take_while(|(index, _)| *index < at).map(|(_, c)| c).collect();
    let line = before.iter().filter(|c| **c == '\n').count() + 1;
    let column = before.iter().rev().take_while(|c| **c != '\n').count() + 1;
    format!("{what}: line {line} column {column} (char {})", before.len())
}

enum Stop {
    At(&'static str, usize),
    TooDeep,
}

struct Scan<'a> {
    text: &'a str,
    ahead: Peekable<CharIndices<'a>>,
}

const VALUE: &str = "Expecting value";
const NAME: &str = "Expecting property name enclosed in double quotes";
const COMMA: &str = "Expecting ',' delimiter";
const COLON: &str = "Expecting ':' delimiter";

impl Scan<'_> {
    fn document(&mut self) -> Result<(), Stop> {
        self.value(0)?;
        match self.after_space() {
            (at, Some(_)) => Err(Stop::At("Extra data", at)),
            (_, None) => Ok(()),
        }
    }

    fn value(&mut self, depth: usize) -> Result<(), Stop> {
        if depth > MAX_DEPTH {
            return Err(Stop::TooDeep);
        }
        match self.after_space() {
            (at, Some('"')) => self.text(at),
            (_, Some('{')) => self.object(depth),
            (_, Some('[')) => self.array(depth),
            (at, _) => self.word(at),
        }
    }

    fn object(&mut self, depth: usize) -> Result<(), Stop> {
        self.ahead.next();
        if let (_, Some('}')) = self.after_space() {
            self.ahead.next();
            return Ok(());
        }
        loop {
            match self.after_space() {
                (at, Some('"')) => self.text(at)?,
                (at, _) => return Err(Stop::At(NAME, at)),
            }
            match self.after_space() {
                (_, Some(':')) => self.ahead.next(),
                (at, _) => return Err(Stop::At(COLON, at)),
            };
            self.value(depth + 1)?;
            if self.ends('}')? {
                return Ok(());
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), Stop> {
        self.ahead.next();
        if let (_, Some(']')) = self.after_space() {
            self.ahead.next();
            return Ok(());
        }
        loop {
            self.value(depth + 1)?;
            if self.ends(']')? {
                return Ok(());
            }
        }
    }

    /// Takes the closing bracket (`true`) or the comma before the next entry.
    fn ends(&mut self, bracket: char) -> Result<bool, Stop> {
        match self.after_space() {
            (_, Some(c)) if c == bracket || c == ',' => {
                self.ahead.next();
                Ok(c == bracket)
            }
            (at, _) => Err(Stop::At(COMMA, at)),
        }
    }

    fn text(&mut self, start: usize) -> Result<(), Stop> {
        self.ahead.next();
        while let Some((at, c)) = self.ahead.next() {
            match c {
                '"' => return Ok(()),
                c if c < ' ' => return Err(Stop::At("Invalid control character at", at)),
                '\\' => match self.ahead.next() {
                    None => break,
                    Some((_, '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't')) => {}
                    Some((u, 'u')) => self.four_digits(u)?,
                    Some(_) => return Err(Stop::At("Invalid \\escape", at)),
                },
                _ => {}
            }
        }
        Err(Stop::At("Unterminated string starting at", start))
    }

    fn four_digits(&mut self, at: usize) -> Result<(), Stop> {
        for _ in 0..4 {
            match self.ahead.next() {
                Some((_, digit)) if digit.is_ascii_hexdigit() => {}
                _ => return Err(Stop::At("Invalid \\uXXXX escape", at)),
            }
        }
        Ok(())
    }

    /// A number or one of the three words.
    fn word(&mut self, at: usize) -> Result<(), Stop> {
        let rest = self.text.get(at..).unwrap_or_default();
        let length = ["true", "false", "null"]
            .into_iter()
            .find(|word| rest.starts_with(word))
            .map(str::len)
            .or_else(|| number(rest))
            .ok_or(Stop::At(VALUE, at))?;
        for _ in 0..length {
            self.ahead.next();
        }
        Ok(())
    }

    /// Passes over white space; where the scan stands now, and what is there.
    fn after_space(&mut self) -> (usize, Option<char>) {
        while self.ahead.next_if(|(_, c)| matches!(c, ' ' | '\t' | '\n' | '\r')).is_some() {}
        self.ahead.peek().map_or((self.text.len(), None), |(at, c)| (*at, Some(*c)))
    }
}

/// How long the number is with which a text begins.
fn number(text: &str) -> Option<usize> {
    let digits =
        |from: usize| text.get(from..).unwrap_or_default().bytes().take_while(u8::is_ascii_digit).count();
    let sign = usize::from(text.starts_with('-'));
    let mut end = match text.get(sign..)?.bytes().next()? {
        b'0' => sign + 1,
        b'1'..=b'9' => sign + digits(sign),
        _ => return None,
    };
    if text.get(end..)?.starts_with('.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    }
    if text.get(end..)?.starts_with(['e', 'E']) {
        let sign = usize::from(text.get(end + 1..)?.starts_with(['+', '-']));
        let count = digits(end + 1 + sign);
        end += if count > 0 { 1 + sign + count } else { 0 };
    }
    Some(end)
}
