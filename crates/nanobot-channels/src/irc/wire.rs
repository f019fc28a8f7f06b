//! The grammar of a line: tags of IRCv3, source, command, parameters (RFC 2812 section 2.3, IRCv3 message tags).
//!
//! Both directions are forgiving in one way only: a line that comes in is read or not read, never half; a line
//! that goes out is one line whatever stands in its parts. What a command means is no business of this file.

use std::fmt;

/// The most parameters of a command (RFC 2812: 14 middle ones and the last).
const MAX_PARAMS: usize = 15;

/// The most bytes of an outgoing line, its end not counted (RFC 2812: 512 with it).
pub(super) const MAX_OUT_BYTES: usize = 510;

/// A line that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    tags: Vec<(String, String)>,
    /// Who said it; servers leave it out.
    pub(super) source: Option<Source>,
    /// In upper case, or three digits.
    pub(super) command: String,
    params: Vec<String>,
}

impl Message {
    /// Reads a line without its end; none when it is no message.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut rest = line.trim_start_matches(' ');
        let mut tags = Vec::new();
        if let Some(tagged) = rest.strip_prefix('@') {
            let (text, after) = tagged.split_once(' ')?;
            tags = text.split(';').filter(|tag| !tag.is_empty()).map(parse_tag).collect();
            rest = after.trim_start_matches(' ');
        }
        let mut source = None;
        if let Some(sourced) = rest.strip_prefix(':') {
            let (text, after) = sourced.split_once(' ')?;
            source = Some(Source(text.to_owned())).filter(|_| !text.is_empty());
            rest = after.trim_start_matches(' ');
        }
        let (command, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        is_command(command).then(|| Self {
            tags,
            source,
            command: command.to_ascii_uppercase(),
            params: parse_params(rest),
        })
    }

    /// The value of a tag; empty when the tag has none.
    pub(super) fn tag(&self, name: &str) -> Option<&str> {
        self.tags.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A parameter, from 0; empty when there are fewer.
    pub(super) fn param(&self, index: usize) -> &str {
        self.params.get(index).map_or("", String::as_str)
    }

    /// All parameters.
    pub(super) fn params(&self) -> &[String] {
        &self.params
    }

    /// The last parameter; empty when there is none.
    pub(super) fn last(&self) -> &str {
        self.params.last().map_or("", String::as_str)
    }

    /// The nick of who said it; empty when nobody did.
    pub(super) fn nick(&self) -> &str {
        self.source.as_ref().map_or("", Source::nick)
    }
}

/// Who said a line: `nick!user@host`, or a server's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source(String);

impl Source {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the user, or all of it.
    pub(super) fn nick(&self) -> &str {
        self.0.split(['!', '@']).next().unwrap_or_default()
    }

    /// Whether nick, user and host are all there.
    pub(super) fn is_full(&self) -> bool {
        let parts = self.0.split_once('!').and_then(|(nick, rest)| Some((nick, rest.split_once('@')?)));
        parts.is_some_and(|(nick, (user, host))| ![nick, user, host].contains(&""))
    }
}

fn is_command(text: &str) -> bool {
    let is_word = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_word || (text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit()))
}

fn parse_params(mut rest: &str) -> Vec<String> {
    let mut params = Vec::new();
    loop {
        rest = rest.trim_start_matches(' ');
        if rest.is_empty() {
            return params;
        }
        if let Some(last) = rest.strip_prefix(':') {
            params.push(last.to_owned());
            return params;
        }
        if params.len() + 1 == MAX_PARAMS {
            params.push(rest.to_owned());
            return params;
        }
        let (param, after) = rest.split_once(' ').unwrap_or((rest, ""));
        params.push(param.to_owned());
        rest = after;
    }
}

fn parse_tag(tag: &str) -> (String, String) {
    let (name, value) = tag.split_once('=').unwrap_or((tag, ""));
    let mut plain = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { Some(c) }) {
            ('\\', Some(':')) => plain.push(';'),
            ('\\', Some('s')) => plain.push(' '),
            ('\\', Some('r')) => plain.push('\r'),
            ('\\', Some('n')) => plain.push('\n'),
            (_, Some(other)) => plain.push(other),
            // A backslash at the end means nothing.
            (_, None) => {}
        }
    }
    (name.to_owned(), plain)
}

/// A line that goes out. However it was made, it is one line, and no part of it can pass for another.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct OutLine(String);

impl OutLine {
    /// A command with its middle parameters, and the last one if it may hold spaces. None when a middle parameter
    /// is empty, begins with a colon or holds a space or a control character, or when the line gets too long.
    /// Line ends and NUL in the last parameter become spaces.
    pub(super) fn new(command: &'static str, middle: &[&str], last: Option<&str>) -> Option<Self> {
        let mut line = command.to_owned();
        for param in middle {
            if !is_middle(param) {
                return None;
            }
            line.push(' ');
            line.push_str(param);
        }
        if let Some(last) = last {
            line.push_str(" :");
            line.extend(last.chars().map(|c| if matches!(c, '\r' | '\n' | '\0') { ' ' } else { c }));
        }
        (line.len() <= MAX_OUT_BYTES).then_some(Self(line))
    }

    /// The line without its end. **It may hold a password.**
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text can be a parameter that is not the last one.
pub(super) fn is_middle(param: &str) -> bool {
    !param.is_empty() && !param.starts_with(':') && !param.chars().any(|c| c == ' ' || c.is_control())
}

/// Shows the command only: the rest may be a password or words of a chat.
impl fmt::Debug for OutLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OutLine({} …)", self.0.split(' ').next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
