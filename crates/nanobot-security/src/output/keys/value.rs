//! Which part of a text is the value behind a key word, and whether it looks like a secret there. The more a place is
//! written like a setting, the less the value has to look like one.

use std::ops::Range;

use super::super::look::{Look, entropy, is_placeholder, is_plain, is_random, is_strong};
use super::{Key, Place};

/// Marks that people put into passwords and seldom into words.
const MARKS: [char; 12] = ['!', '@', '#', '$', '%', '^', '&', '*', '+', '=', '?', '~'];

/// How key and value are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `key = value`.
    Equals,
    /// `key: value`.
    Colon,
    /// "the key is value".
    Prose,
    /// "key value".
    Beside,
}

/// The value at the beginning of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Where it is.
    pub(super) range: Range<usize>,
    /// It stands in quotes.
    pub(super) is_quoted: bool,
    /// The quote that opened and does not close here.
    pub(super) open: Option<char>,
}

/// Finds the value at the beginning of a text.
pub(super) fn part(text: &str) -> Part {
    let lead = text.len() - text.trim_start_matches(['*', '|', '>', '\\', '(']).len();
    let body = text.get(lead..).unwrap_or_default();
    // The prefixes of string literals.
    let literal = ["b\"", "r\"", "f\"", "u\"", "b'", "r'", "f'", "u'", "@\""];
    let lead = lead + usize::from(literal.iter().any(|start| body.starts_with(start)));
    let body = text.get(lead..).unwrap_or_default();
    if let Some(open) = body.chars().next()
        && let Some(close) = closing(open)
    {
        let start = lead + open.len_utf8();
        let inner = text.get(start..).unwrap_or_default();
        if let Some(len) = inner.find(close) {
            let len = inner.get(..len).unwrap_or_default().trim_end_matches('\\').len();
            return Part { range: start..start + len, is_quoted: true, open: None };
        }
        // Backticks mark words of a sentence; they do not hold sentences.
        let open = (open != '`').then_some(close);
        return Part { range: start..start + unquoted_len(inner), is_quoted: true, open };
    }
    Part { range: lead..lead + unquoted_len(body), is_quoted: false, open: None }
}

fn closing(open: char) -> Option<char> {
    match open {
        '"' | '\'' | '`' => Some(open),
        '“' => Some('”'),
        '„' => Some('“'),
        '«' => Some('»'),
        '‹' => Some('›'),
        '‘' => Some('’'),
        '‚' => Some('‘'),
        '「' => Some('」'),
        _ => None,
    }
}

/// How long a value without quotes is: up to a character that ends it in shells, JSON, Markdown and URLs.
fn unquoted_len(text: &str) -> usize {
    let mut end = text.len();
    for (at, each) in text.char_indices() {
        let rest = text.get(at + each.len_utf8()..).unwrap_or_default();
        let is_end = match each {
            '"' | '\'' | '`' | '<' | '|' | '“' | '”' => true,
            ',' | '}' | ')' | ']' => {
                rest.is_empty() || rest.starts_with(['"', '\'', ',', '}', ')', ']', '.', ';', ' '])
            }
            '&' | ';' => rest.is_empty() || begins_pair(rest),
            // An escape for a line break ends the line of a file.
            '\\' => rest.starts_with(['n', 'r', 't', '"']),
            _ => false,
        };
        if is_end {
            end = at;
            break;
        }
    }
    let value = text.get(..end).unwrap_or_default();
    let bare = value.trim_end_matches(['.', ',', ';', ':', '?', '*']);
    // A closing mark may belong to a password, but not behind an opening one that stands outside.
    if bare.ends_with(')') && !bare.contains('(') { bare.len() - 1 } else { bare.len() }
}

/// `name=…`: the next pair of a query or a connection string.
fn begins_pair(text: &str) -> bool {
    let name = text
        .find(|each: char| !(each.is_ascii_alphanumeric() || "_-. ".contains(each)))
        .unwrap_or(text.len());
    let rest = text.get(name..).unwrap_or_default();
    name > 0 && rest.starts_with('=')
}

/// Whether a value behind a key word is to be replaced.
pub(super) fn is_secret(value: &str, key: Key, form: Form, is_quoted: bool) -> bool {
    let look = Look::of(value);
    let is_long_run = look.len >= 20 && is_random(value);
    if is_placeholder(value)
        || is_account(value)
        || (is_plain(value) && !(is_long_run && look.humps + look.switches >= 6))
    {
        return false;
    }
    let is_setting = matches!(key.place, Place::Setting | Place::Tag);
    let is_config = form == Form::Equals || is_setting || is_quoted;
    let is_quoted_setting = form == Form::Equals && is_setting && is_quoted && look.len >= 16;
    let has_the_look = if key.is_password {
        password(value, look, form, is_config, is_quoted)
    } else {
        token(value, look, form, is_config)
    };
    has_the_look || is_quoted_setting
}

/// The public address of a purse or a contract.
fn is_account(value: &str) -> bool {
    value
        .strip_prefix("0x")
        .is_some_and(|rest| rest.len() == 40 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn password(value: &str, look: Look, form: Form, is_config: bool, is_quoted: bool) -> bool {
    let inner = value.get(1..value.len().saturating_sub(1)).unwrap_or_default();
    let is_marked = look.letters() >= 4 && look.len >= 8 && inner.contains(MARKS);
    let is_numeric = look.digits == look.len && look.len >= 5;
    let is_mixed = look.is_mixed() && look.len >= 6;
    match form {
        Form::Beside if is_config && !is_quoted => is_mixed,
        Form::Beside => is_strong(value) && (look.switches >= 2 || inner.contains(MARKS)),
        Form::Prose => is_mixed || is_marked || is_numeric || (is_quoted && is_word(value, look)),
        Form::Colon | Form::Equals if is_config => {
            is_mixed || is_marked || is_numeric || look.is_mixed() && look.len >= 4 || is_word(value, look)
        }
        Form::Colon | Form::Equals => is_mixed || is_marked || is_numeric || look.humps >= 2 && look.len >= 8,
    }
}

/// A password that is a word: of letters, and not the name of a variable.
fn is_word(value: &str, look: Look) -> bool {
    look.len >= 5
        && look.letters() + look.marks == look.len
        && !value.contains(['_', '(', '[', '{', '/', '.', ':'])
        && look.humps == 0
}

fn token(value: &str, look: Look, form: Form, is_config: bool) -> bool {
    let is_random_letters = look.len >= 16 && look.humps >= 3 && look.marks <= 2 && look.upper * 5 > look.len;
    let is_long = look.len >= 32 && look.marks == 0 && entropy(value) > 3.0;
    let is_mixed = look.is_mixed() && (look.switches >= 2 || look.digits >= 4 || look.marks > 0);
    match form {
        Form::Beside => look.len >= 16 && is_random(value) && look.switches >= 3,
        Form::Prose => is_random_letters || is_mixed && look.len >= 12 && is_random(value),
        Form::Colon if !is_config => is_random_letters || is_long || is_mixed && look.len >= 10,
        Form::Colon | Form::Equals => {
            let is_run = look.len >= 16 && look.marks == 0 && look.humps == 0 && entropy(value) > 3.0;
            is_random_letters || is_long || is_run || look.is_mixed() && look.len >= 8
        }
    }
}

/// The password of `user:password`.
pub(super) fn pair(text: &str) -> Option<Range<usize>> {
    let part = part(text);
    let value = text.get(part.range.clone())?;
    let (user, password) = value.split_once(':')?;
    let is_secret = !user.is_empty() && password.len() >= 4 && !is_placeholder(password) && !is_plain(value);
    is_secret.then_some(part.range.end - password.len()..part.range.end)
}
