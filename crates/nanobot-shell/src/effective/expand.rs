//! Words after expansion: braces, variables, substitutions whose output is certain, splitting.

use std::collections::BTreeSet;

use super::state::{Context, State};
use super::{Link, Value, variable, walk};
use crate::ast::{Part, Word};
use crate::effort;

/// Parts of a word whose braces are looked at: a longer one is data.
const MOST_PARTS: usize = 512;
/// Words that braces make of one word.
const MOST_WORDS: usize = 64;
/// Members of `{1..9}` that are written out.
const MOST_MEMBERS: i64 = 64;

/// The words that this word becomes; none when it expands to nothing.
pub(super) fn fields(word: &Word, state: &mut State, context: &Context, id: usize) -> Vec<Value> {
    let mut all = Vec::new();
    for pieces in braces(&word.parts) {
        let mut fields = Fields::default();
        for piece in pieces {
            match piece {
                Piece::Part(part) => add(part, &mut fields, state, context, id),
                Piece::Member(text) => fields.push(&text),
            }
        }
        all.append(&mut fields.done());
    }
    all
}

/// The one value of a word that is not split: an assignment, a redirection, quoted text.
pub(super) fn value(word: &Word, state: &mut State, context: &Context, id: usize) -> Value {
    let mut fields = Fields { is_whole: true, ..Fields::default() };
    for part in &word.parts {
        add(part, &mut fields, state, context, id);
    }
    fields.done().pop().unwrap_or_default()
}

#[derive(Debug, Default)]
struct Fields {
    done: Vec<Value>,
    current: Option<Value>,
    is_whole: bool,
}

impl Fields {
    fn current(&mut self) -> &mut Value {
        self.current.get_or_insert_default()
    }

    fn push(&mut self, text: &str) {
        self.current().text.push_str(text);
    }

    /// What an expansion gives; unquoted it is split at blanks, or at the signs that the script has chosen.
    fn expanded(&mut self, value: &Value, is_quoted: bool, borders: &BTreeSet<char>) {
        if is_quoted || self.is_whole {
            let current = self.current();
            current.text.push_str(&value.text);
            current.is_certain &= value.is_certain;
            current.is_bare &= !is_quoted;
            return;
        }
        let text = value.text.as_str();
        let is_border = |sign: char| sign.is_whitespace() || borders.contains(&sign);
        if text.starts_with(is_border) {
            self.done.extend(self.current.take());
        }
        let mut pieces = text.split(is_border).filter(|piece| !piece.is_empty()).peekable();
        while let Some(piece) = pieces.next() {
            let current = self.current();
            current.text.push_str(piece);
            current.is_pattern |= piece.contains(['*', '?', '[']);
            if pieces.peek().is_some() || text.ends_with(is_border) {
                self.done.extend(self.current.take());
            }
        }
        if !value.is_certain {
            self.current().is_certain = false;
        }
    }

    /// `"$@"`: each argument stays a word.
    fn arguments(&mut self, arguments: &[Value]) {
        for (index, argument) in arguments.iter().enumerate() {
            if index > 0 {
                self.done.extend(self.current.take());
            }
            let current = self.current();
            current.text.push_str(&argument.text);
            current.is_certain &= argument.is_certain;
        }
    }

    fn done(mut self) -> Vec<Value> {
        self.done.extend(self.current.take());
        self.done
    }
}

fn add(part: &Part, fields: &mut Fields, state: &mut State, context: &Context, id: usize) {
    if !state.spend(1) {
        fields.current().is_certain = false;
        return;
    }
    match part {
        Part::Literal { text, quoted } => {
            state.spend(text.len());
            fields.push(text);
            if *quoted && text.contains(char::is_whitespace) {
                fields.current().is_bare = false;
            }
        }
        Part::Glob(sign) => {
            let current = fields.current();
            current.text.push(*sign);
            current.is_pattern |= *sign != ']';
        }
        Part::Brace(sign) => fields.push(sign.encode_utf8(&mut [0; 4])),
        Part::Tilde(name) => {
            fields.push("~");
            fields.push(name);
        }
        Part::Variable(used) => {
            if used.name == "@" && used.quoted && used.operator.is_empty() && !fields.is_whole {
                let arguments = state.arguments(context);
                let length = arguments.iter().map(|argument| argument.text.len() + 1).sum();
                if state.spend(length) {
                    effort::spend(length);
                    fields.arguments(&arguments);
                } else {
                    fields.current().is_certain = false;
                }
                return;
            }
            let value = variable::value(used, state, context, id);
            state.spend(value.text.len());
            let borders = if used.quoted { BTreeSet::new() } else { borders(state) };
            fields.expanded(&value, used.quoted, &borders);
        }
        Part::Command { block, quoted } => {
            let inside = context.inside(id, Link::Substitution);
            let output = walk::block(block, state, &inside, None);
            let value = match output {
                Some(text) => Value::certain(text.trim_end_matches('\n')),
                None => Value::unknown(),
            };
            state.spend(value.text.len());
            fields.expanded(&value, *quoted, &BTreeSet::new());
        }
        Part::Process { block, .. } => {
            let inside = context.inside(id, Link::Process);
            if let Some(output) = walk::block(block, state, &inside, None) {
                // What is read from it is known, as if it were a file.
                let name = format!("/dev/fd/{}", state.files.len() + 63);
                fields.push(&name);
                state.files.insert(name, output);
            } else {
                fields.current().is_certain = false;
            }
        }
        Part::Arithmetic(word) => {
            value(word, state, context, id);
            fields.current().is_certain = false;
        }
    }
}

/// The signs beside blanks at which the script has chosen to split.
fn borders(state: &mut State) -> BTreeSet<char> {
    let chosen = state.variables.get("IFS").map_or("", |value| value.text.as_str());
    let (signs, length) = (chosen.chars().collect(), chosen.len());
    effort::spend(length);
    state.spend(length);
    signs
}

/// A part of a word whose braces are being written out.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece<'a> {
    Part(&'a Part),
    /// One member of a range.
    Member(String),
}

/// The words that braces make, in order.
fn braces(parts: &[Part]) -> Vec<Vec<Piece<'_>>> {
    let whole: Vec<Piece<'_>> = parts.iter().map(Piece::Part).collect();
    if parts.len() > MOST_PARTS {
        return vec![whole];
    }
    let mut done = Vec::new();
    let mut open = vec![whole];
    while let Some(pieces) = open.pop() {
        match first_group(&pieces) {
            Some((start, end, members)) if done.len() + open.len() + members.len() <= MOST_WORDS => {
                for member in members.into_iter().rev() {
                    let mut word: Vec<Piece<'_>> = pieces.get(..start).unwrap_or_default().to_vec();
                    word.extend(member);
                    word.extend_from_slice(pieces.get(end + 1..).unwrap_or_default());
                    open.push(word);
                }
            }
            _ => done.push(pieces),
        }
    }
    done
}

/// The first `{…}` that makes several words: where it starts and ends, and its members.
fn first_group<'a>(pieces: &[Piece<'a>]) -> Option<(usize, usize, Vec<Vec<Piece<'a>>>)> {
    /// Opening signs that are tried: more are prose.
    const TRIED: usize = 16;
    const OPEN: Piece<'_> = Piece::Part(&Part::Brace('{'));
    const COMMA: Piece<'_> = Piece::Part(&Part::Brace(','));
    const CLOSE: Piece<'_> = Piece::Part(&Part::Brace('}'));
    let starts = pieces.iter().enumerate().filter(|(_, piece)| **piece == OPEN).take(TRIED);
    for (start, _) in starts {
        let mut depth = 0_usize;
        let mut members: Vec<Vec<Piece<'a>>> = vec![Vec::new()];
        for (at, piece) in pieces.iter().enumerate().skip(start + 1) {
            if depth == 0 && *piece == CLOSE {
                if members.len() > 1 {
                    return Some((start, at, members));
                }
                if let Some(members) = range(members.first()?) {
                    return Some((start, at, members));
                }
                break;
            }
            if depth == 0 && *piece == COMMA {
                members.push(Vec::new());
                continue;
            }
            if *piece == OPEN {
                depth += 1;
            } else if *piece == CLOSE {
                depth -= 1;
            }
            members.last_mut()?.push(piece.clone());
        }
    }
    None
}

/// `1..9` and `a..e`.
fn range<'a>(pieces: &[Piece<'a>]) -> Option<Vec<Vec<Piece<'a>>>> {
    let [Piece::Part(Part::Literal { text, quoted: false })] = pieces else { return None };
    let (from, to) = text.split_once("..")?;
    if let (Ok(from), Ok(to)) = (from.parse::<i64>(), to.parse::<i64>()) {
        let count = from.checked_sub(to)?.checked_abs()?;
        if count > MOST_MEMBERS {
            return None;
        }
        let step = if from <= to { 1 } else { -1 };
        return Some(
            (0..=count).map(|index| vec![Piece::Member((from + index * step).to_string())]).collect(),
        );
    }
    let mut ends = [from, to].into_iter().map(|end| {
        let mut chars = end.chars();
        chars.next().filter(|sign| sign.is_ascii_alphabetic() && chars.next().is_none())
    });
    let (from, to) = (ends.next()??, ends.next()??);
    Some((from.min(to)..=from.max(to)).map(|sign| vec![Piece::Member(sign.to_string())]).collect())
}
