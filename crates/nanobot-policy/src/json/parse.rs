//! The parser. It takes what Python's takes and refuses what that refuses, except that it stops at a stated depth.

use std::borrow::Cow;

use super::{Integer, Node, Object, Value, halves};

/// So deep lists and objects may nest. A policy nests seven levels; the original gives up near a thousand.
pub(crate) const MAX_DEPTH: usize = 500;

/// So many digits an integer may have; Python's limit.
pub(crate) const MAX_DIGITS: usize = 4300;

const VALUE: &str =
    "a value is expected here: a text in double quotes, a number, true, false, null, a list or an object";

const LAST_COMMA: &str = "nothing follows the last comma; take it out";

/// What was parsed.
#[derive(Debug)]
pub(crate) struct Parsed<'t> {
    pub(crate) root: Node<'t>,
    /// Whether halves of surrogate pairs stand in it.
    pub(crate) has_halves: bool,
}

/// Why a text is no JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ParseFault {
    /// From 1.
    pub(crate) line: u32,
    /// In characters, from 1.
    pub(crate) column: u32,
    /// What.
    pub(crate) message: &'static str,
}

/// Reads one value and nothing behind it.
pub(crate) fn parse(text: &str) -> Result<Parsed<'_>, ParseFault> {
    let mut parser =
        Parser { text, members: Vec::new(), items: Vec::new(), at: 0, line: 1, depth: 0, has_halves: false };
    match parser.document() {
        Ok(root) => Ok(Parsed { root, has_halves: parser.has_halves }),
        Err(message) => Err(parser.fault(message)),
    }
}

type Parse<T> = Result<T, &'static str>;

struct Parser<'t> {
    text: &'t str,
    /// Members and items of what is open, until it is known how many there are: what is kept has the size it needs.
    members: Vec<(Cow<'t, str>, Node<'t>)>,
    items: Vec<Node<'t>>,
    /// Where it is, in bytes; always between characters.
    at: usize,
    /// The line there. Line ends stand in white space only, so nothing else must count them.
    line: u32,
    depth: usize,
    has_halves: bool,
}

impl<'t> Parser<'t> {
    fn document(&mut self) -> Parse<Node<'t>> {
        if self.rest().starts_with('\u{FEFF}') {
            return Err("a byte order mark stands in front; save the file as UTF-8 without one");
        }
        self.skip_white();
        if self.peek().is_none() {
            return Err("the file is empty; a policy that says nothing is {}");
        }
        let root = self.value()?;
        self.skip_white();
        match self.peek() {
            Some(_) => Err(self.expected("the document ends in front of this; take out what follows")),
            None => Ok(root),
        }
    }

    fn value(&mut self) -> Parse<Node<'t>> {
        let line = self.line;
        let value = match self.peek() {
            Some(b'"') => Value::Text(self.string()?),
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::list)?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(_) => self.word()?,
            None => return Err(self.expected(VALUE)),
        };
        Ok(Node { line, value })
    }

    fn word(&mut self) -> Parse<Value<'t>> {
        let words = [
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("NaN", Value::Float(f64::NAN)),
            ("Infinity", Value::Float(f64::INFINITY)),
        ];
        for (word, value) in words {
            if self.takes(word) {
                return Ok(value);
            }
        }
        Err(self.expected(VALUE))
    }

    fn nested(&mut self, read: fn(&mut Self) -> Parse<Value<'t>>) -> Parse<Value<'t>> {
        if self.depth == MAX_DEPTH {
            return Err("this nests deeper than 500 levels");
        }
        self.depth += 1;
        self.at += 1;
        self.skip_white();
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn list(&mut self) -> Parse<Value<'t>> {
        if self.takes_byte(b']') {
            return Ok(Value::List(Vec::new()));
        }
        let first = self.items.len();
        loop {
            let item = self.value()?;
            self.items.push(item);
            self.skip_white();
            if self.takes_byte(b']') {
                return Ok(Value::List(self.items.drain(first..).collect()));
            }
            if !self.takes_byte(b',') {
                return Err(self.expected("a comma or the end of the list is expected here"));
            }
            self.skip_white();
            if self.peek() == Some(b']') {
                return Err(LAST_COMMA);
            }
        }
    }

    fn object(&mut self) -> Parse<Value<'t>> {
        if self.takes_byte(b'}') {
            return Ok(Value::Object(Object::default()));
        }
        let first = self.members.len();
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.expected("a key in double quotes is expected here"));
            }
            let key = self.string()?;
            self.skip_white();
            if !self.takes_byte(b':') {
                return Err(self.expected("a colon is expected here"));
            }
            self.skip_white();
            let value = self.value()?;
            self.members.push((key, value));
            self.skip_white();
            if self.takes_byte(b'}') {
                return Ok(Value::Object(Object::met(self.members.drain(first..).collect())));
            }
            if !self.takes_byte(b',') {
                return Err(self.expected("a comma or the end of the object is expected here"));
            }
            self.skip_white();
            if self.peek() == Some(b'}') {
                return Err(LAST_COMMA);
            }
        }
    }

    /// A string, from its opening quote on.
    fn string(&mut self) -> Parse<Cow<'t, str>> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let plain = self.plain_piece();
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    // Most strings are one piece, and copied only by whoever keeps them.
                    return Ok(if text.is_empty() { Cow::Borrowed(plain) } else { Cow::Owned(text + plain) });
                }
                Some(b'\\') => {
                    text.push_str(plain);
                    text.push(self.escape()?);
                }
                Some(b'\n' | b'\r') => {
                    return Err("the line ends inside a text; its closing quote is missing");
                }
                Some(_) => {
                    return Err(
                        "a tab or another control character stands in a text; write it as \\t or \\u00..",
                    );
                }
                None => return Err("the file ends inside a text; the rest is missing"),
            }
        }
    }

    /// Up to the next character of a string that means something.
    fn plain_piece(&mut self) -> &'t str {
        let rest = self.rest();
        let means = |byte: &u8| *byte == b'"' || *byte == b'\\' || *byte < b' ';
        let end = rest.as_bytes().iter().position(means).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn escape(&mut self) -> Parse<char> {
        let escaped = match self.bytes().get(self.at + 1) {
            Some(quoted @ (b'"' | b'\\' | b'/')) => char::from(*quoted),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.code_point(),
            _ => return Err("this escape means nothing; a backslash itself is written twice"),
        };
        self.at += 2;
        Ok(escaped)
    }

    /// `\uXXXX`, or two of them that are one character.
    fn code_point(&mut self) -> Parse<char> {
        let first = self.unit(self.at).ok_or("four hexadecimal digits are expected behind \\u")?;
        self.at += 6;
        if let Some(character) = char::from_u32(first) {
            return Ok(character);
        }
        if (0xD800..0xDC00).contains(&first)
            && let Some(second @ 0xDC00..=0xDFFF) = self.unit(self.at)
            && let Some(character) = char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00))
        {
            self.at += 6;
            return Ok(character);
        }
        self.has_halves = true;
        halves::stand_in(first).ok_or("this is no character")
    }

    /// The number of a `\uXXXX` that stands there.
    fn unit(&self, at: usize) -> Option<u32> {
        let digits = self.bytes().get(at..at + 6)?.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |number, digit| Some(number * 16 + char::from(*digit).to_digit(16)?))
    }

    fn number(&mut self) -> Parse<Value<'t>> {
        let from = self.at;
        if self.takes("-Infinity") {
            return Ok(Value::Float(f64::NEG_INFINITY));
        }
        let is_negative = self.takes("-");
        let start = self.at;
        if !self.takes("0") && self.digits() == 0 {
            self.at = from;
            return Err(VALUE);
        }
        let end = self.at;
        let is_float = self.fraction() | self.exponent();
        if is_float {
            let written = self.text.get(from..self.at).unwrap_or_default();
            return written.parse().map(Value::Float).map_err(|_| "this is no number");
        }
        let digits = self.text.get(start..end).unwrap_or_default();
        if digits.len() > MAX_DIGITS {
            return Err("an integer has more than 4300 digits");
        }
        Ok(Value::Integer(Integer::from_digits(is_negative, digits)))
    }

    /// `.5`, if it stands here; a point alone is not part of a number.
    fn fraction(&mut self) -> bool {
        let before = self.at;
        if self.takes(".") && self.digits() > 0 {
            return true;
        }
        self.at = before;
        false
    }

    /// `e+5`, if it stands here.
    fn exponent(&mut self) -> bool {
        let before = self.at;
        if self.takes("e") || self.takes("E") {
            let _ = self.takes("+") || self.takes("-");
            if self.digits() > 0 {
                return true;
            }
        }
        self.at = before;
        false
    }

    fn digits(&mut self) -> usize {
        let rest = self.rest();
        let count = rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
        self.at += count;
        count
    }

    /// What to say where something else was expected: some slips have a name.
    fn expected(&self, message: &'static str) -> &'static str {
        match self.peek() {
            None => "the file ends here; the rest is missing",
            Some(b'/' | b'#') => "this is no JSON; if it is a comment, take it out",
            Some(b'\'') => "texts and keys stand in double quotes, not in single ones",
            Some(_) => message,
        }
    }

    fn skip_white(&mut self) {
        let rest = self.bytes().get(self.at..).unwrap_or_default();
        let mut lines = 0;
        let mut is_white = |byte: &u8| {
            lines += u32::from(*byte == b'\n');
            matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
        };
        self.at += rest.iter().take_while(|byte| is_white(byte)).count();
        self.line += lines;
    }

    fn takes(&mut self, word: &str) -> bool {
        let takes = self.rest().starts_with(word);
        if takes {
            self.at += word.len();
        }
        takes
    }

    fn takes_byte(&mut self, byte: u8) -> bool {
        let takes = self.peek() == Some(byte);
        self.at += usize::from(takes);
        takes
    }

    fn peek(&self) -> Option<u8> {
        self.bytes().get(self.at).copied()
    }

    fn bytes(&self) -> &'t [u8] {
        self.text.as_bytes()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn fault(&self, message: &'static str) -> ParseFault {
        let before = self.text.get(..self.at).unwrap_or_default();
        let in_line = before.rsplit('\n').next().unwrap_or_default().chars().count();
        let column = u32::try_from(in_line + 1).unwrap_or(u32::MAX);
        ParseFault { line: self.line, column, message }
    }
}

#[cfg(test)]
mod tests;
