//! Key words and what stands behind them: `password: …`, `API_KEY=…`, `"secret": "…"`, "das Passwort lautet …", in many
//! languages, over as many words as it takes. The key word itself is nothing secret and leaves at once; only the value
//! is replaced. How a value has to look where is decided in `keys/value.rs`.

mod value;

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;

use super::pack::Detectors;
use value::Form;

/// So many words may stand between a key word and "is" or the colon.
const PROSE_WORDS: u8 = 8;

/// So many words of markup or filling may stand between the colon and the value.
const FILLING_WORDS: u8 = 2;

/// A name longer than this many bytes is no key word, but a run that holds one by chance.
const NAME_LIMIT: usize = 64;

/// A quoted value of several words is followed over at most this many bytes.
const QUOTE_LIMIT: usize = 256;

/// The pack's words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    /// Key words of passwords that end compounds too (`Datenbankpasswort`).
    password: Vec<String>,
    /// Those that stand for themselves or behind `_`, `-` or a small letter.
    password_own: Vec<String>,
    /// Key words of tokens that end compounds too.
    token: Vec<String>,
    /// Those that stand for themselves.
    token_own: Vec<String>,
    /// Key words of several words; the first entry is `password` or `token`.
    phrases: Vec<Vec<String>>,
    /// Words between key and value: "is".
    is: Vec<String>,
    /// Words between "is" and the value: "now".
    filling: Vec<String>,
    /// Parts behind a key word that say it is about something else (`password_hash`).
    not_the_value: Vec<String>,
}

/// The key words, ready to match.
#[derive(Debug)]
pub(super) struct Keys {
    words: Words,
    finder: AhoCorasick,
    /// Of each pattern of `finder`.
    kinds: Vec<Kind>,
}

#[derive(Debug, Clone, Copy)]
struct Kind {
    is_password: bool,
    is_own: bool,
}

/// What kind of key word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    is_password: bool,
    place: Place,
}

/// Where a key word stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In a sentence.
    Talk,
    /// Written as in a settings file: `DB_PASSWORD`, `"password"`, `api_key`.
    Setting,
    /// `<password>`.
    Tag,
    /// An option of a command: the value needs no separator.
    Option,
    /// The header that carries credentials.
    Header,
}

/// What is awaited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Expect {
    #[default]
    Nothing,
    /// "is" or a colon.
    Separator { key: Key, left: u8, is_next: bool },
    /// The value.
    Value { key: Key, form: Form, left: u8 },
    /// `user:password`, behind the option of a command.
    Pair,
}

/// What the words before say about the next one.
#[derive(Debug, Default)]
pub(super) struct Expecting {
    expect: Expect,
    /// Phrases that began: which one, and how many of its words were there.
    phrases: Vec<(usize, usize)>,
    /// A quoted value goes on up to this character, over at most so many bytes.
    quote: Option<(char, usize)>,
}

impl Expecting {
    /// The next word means what it would mean alone.
    pub(super) fn is_idle(&self) -> bool {
        self.expect == Expect::Nothing && self.phrases.is_empty() && self.quote.is_none()
    }

    /// White space lies between this word and the next.
    pub(super) fn pass_space(&mut self, space: &str) {
        if space.contains(['\n', '\r']) {
            self.quote = None;
            if matches!(self.expect, Expect::Separator { is_next: false, .. } | Expect::Pair) {
                self.expect = Expect::Nothing;
            }
        }
    }

    /// The next word stands behind `Authorization:`.
    pub(super) fn is_header(&self) -> bool {
        matches!(self.expect, Expect::Separator { key, .. } | Expect::Value { key, .. } if key.place == Place::Header)
    }
}

impl Keys {
    /// Makes the words of a pack ready; fails with what is wrong.
    pub(super) fn new(words: Words) -> Result<Self, String> {
        let mut patterns: Vec<&str> = Vec::new();
        let mut kinds = Vec::new();
        for (list, is_password, is_own) in [
            (&words.password, true, false),
            (&words.password_own, true, true),
            (&words.token, false, false),
            (&words.token_own, false, true),
        ] {
            patterns.extend(list.iter().map(String::as_str));
            kinds.resize(patterns.len(), Kind { is_password, is_own });
        }
        let finder = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .build(&patterns)
            .map_err(|error| error.to_string())?;
        if words.phrases.iter().any(|phrase| phrase.len() < 3) {
            return Err("a phrase has a kind and two words".to_owned());
        }
        Ok(Self { words, finder, kinds })
    }

    /// What a word has to hold to be looked at.
    pub(super) fn spots(&self) -> impl Iterator<Item = &str> {
        let words =
            [&self.words.password, &self.words.password_own, &self.words.token, &self.words.token_own];
        let phrases = self.words.phrases.iter().filter_map(|phrase| phrase.get(1));
        words.into_iter().flatten().chain(phrases).map(String::as_str).chain(["-u", "--user", "--proxy-user"])
    }

    /// Finds the values in a word.
    pub(super) fn find(
        &self,
        text: &str,
        expecting: &mut Expecting,
        ids: &Detectors,
        found: &mut Vec<(Range<usize>, usize)>,
    ) {
        let mut at = quote_goes_on(text, expecting, ids, found);
        if expecting.expect == Expect::Pair {
            expecting.expect = Expect::Nothing;
            found.extend(value::pair(text).map(|span| (span, ids.password)));
        }
        at = self.advance(text, at, expecting, ids, found);
        if let Some((key, end)) = self.phrase(text, at, expecting) {
            expecting.expect = Expect::Separator { key, left: PROSE_WORDS, is_next: true };
            at = self.advance(text, end, expecting, ids, found);
        }
        while let Some((expect, end)) = self.next_key(text, at) {
            expecting.expect = expect;
            at = self.advance(text, end, expecting, ids, found).max(end);
        }
        if matches!(text, "-u" | "--user" | "--proxy-user") {
            expecting.expect = Expect::Pair;
        }
    }

    /// Reads on from `at` as far as what is awaited tells; gives back where key words may stand again.
    fn advance(
        &self,
        text: &str,
        mut at: usize,
        expecting: &mut Expecting,
        ids: &Detectors,
        found: &mut Vec<(Range<usize>, usize)>,
    ) -> usize {
        if let Expect::Separator { key, left, is_next } = expecting.expect {
            let rest = text.get(at..).unwrap_or_default();
            let (expect, len) = if at > 0 {
                behind_key(rest, key)
            } else {
                self.next_word(rest, key, left, is_next, &mut |span| {
                    found.push((span, ids.of(key.is_password)));
                })
            };
            expecting.expect = expect;
            at += len;
        }
        if let Expect::Value { key, form, left } = expecting.expect {
            let rest = text.get(at..).unwrap_or_default();
            let part = value::part(rest);
            let word = rest.get(part.range.clone()).unwrap_or_default();
            let is_filling = form == Form::Prose && self.words.filling.contains(&word.to_lowercase());
            let is_scheme = ["bearer", "basic"].iter().any(|name| word.eq_ignore_ascii_case(name));
            if word.is_empty() || is_filling || is_scheme {
                expecting.expect = match left.checked_sub(1) {
                    Some(left) => Expect::Value { key, form, left },
                    None => Expect::Nothing,
                };
                return at;
            }
            expecting.expect = Expect::Nothing;
            let is_phrase = part.open.is_some() && key.is_password && !super::look::is_placeholder(word);
            if is_phrase || value::is_secret(word, key, form, part.is_quoted) {
                found.push((at + part.range.start..at + part.range.end, ids.of(key.is_password)));
                expecting.quote = part.open.filter(|_| is_phrase).map(|close| (close, QUOTE_LIMIT));
                return at + part.range.end;
            }
            // `user / password: admin / …`
            if rest.ends_with(char::is_alphanumeric) {
                expecting.expect = Expect::Separator { key, left: 0, is_next: false };
            }
            return at + part.range.start;
        }
        at
    }

    /// What the word behind a key word says.
    fn next_word(
        &self,
        text: &str,
        key: Key,
        left: u8,
        is_next: bool,
        found: &mut dyn FnMut(Range<usize>),
    ) -> (Expect, usize) {
        let awaits = |form| Expect::Value { key, form, left: FILLING_WORDS };
        if is_next && key.place == Place::Option {
            return (awaits(Form::Equals), 0);
        }
        let is_sign = !text.chars().any(char::is_alphanumeric) && !text.ends_with(['.', '!', '?', ',', ';']);
        if is_sign {
            let form = if text.contains('=') { Form::Equals } else { Form::Colon };
            return (awaits(form), text.len());
        }
        if text.starts_with([':', '=']) {
            return behind_key(text, key);
        }
        // `<add key="ApiKey" value="…"/>`
        if let Some(rest) = text.strip_prefix("value")
            && rest.starts_with(['=', ':'])
        {
            let (expect, len) = behind_key(rest, Key { place: Place::Setting, ..key });
            return (expect, "value".len() + len);
        }
        let word = text.trim_matches(['*', '_', '"', '\'', '(', ')', '[', ']', '`']);
        let lower = word.to_lowercase();
        if self.words.is.contains(&lower) {
            return (awaits(Form::Prose), text.len());
        }
        if word.ends_with([':', '=']) {
            let is_is = self.words.is.iter().any(|is| lower.strip_suffix(':') == Some(is));
            return (awaits(if is_is { Form::Colon } else { Form::Prose }), text.len());
        }
        let part = value::part(text);
        let value = text.get(part.range.clone()).unwrap_or_default();
        if is_next && value::is_secret(value, key, Form::Beside, part.is_quoted) {
            found(part.range.clone());
            return (Expect::Nothing, part.range.end);
        }
        if text.ends_with(['.', '!', '?', ';', ',']) {
            return (Expect::Nothing, 0);
        }
        let expect = match left.checked_sub(1) {
            Some(left) => Expect::Separator { key, left, is_next: false },
            None => Expect::Nothing,
        };
        (expect, 0)
    }

    /// Goes on with phrases that began; gives back the key and where it ends when one is complete.
    fn phrase(&self, text: &str, from: usize, expecting: &mut Expecting) -> Option<(Key, usize)> {
        let running = std::mem::take(&mut expecting.phrases);
        if from > 0 {
            return None;
        }
        let word = text.trim_start_matches(['*', '_', '"', '\'', '(', '`', '#', '|']);
        let lead = text.len() - word.len();
        let mut complete = None;
        let beginnings = (0..self.words.phrases.len()).map(|phrase| (phrase, 0));
        for (phrase, done) in running.into_iter().chain(beginnings) {
            let Some(parts) = self.words.phrases.get(phrase) else { continue };
            // The first entry is the kind.
            let (Some(part), is_last) = (parts.get(done + 1), done + 2 == parts.len()) else { continue };
            let Some(len) = same_start(word, part) else { continue };
            let rest = word.get(len..).unwrap_or_default();
            if is_last && !rest.starts_with(char::is_alphabetic) {
                let is_password = parts.first().is_some_and(|kind| kind == "password");
                complete = Some((Key { is_password, place: Place::Talk }, lead + len));
            } else if !is_last && rest.is_empty() {
                expecting.phrases.push((phrase, done + 1));
            }
        }
        complete
    }

    /// The next key word from `from` on, and where it ends.
    fn next_key(&self, text: &str, from: usize) -> Option<(Expect, usize)> {
        let rest = text.get(from..)?;
        self.finder.find_iter(rest).find_map(|hit| {
            let (start, end) = (from + hit.start(), from + hit.end());
            let kind = self.kinds.get(hit.pattern().as_usize())?;
            let before = text.get(..start)?;
            let last = before.chars().next_back();
            let is_hump = before.chars().rev().take(2).filter(|each| each.is_lowercase()).count() == 2
                && text.get(start..)?.starts_with(|each: char| each.is_ascii_uppercase());
            let is_apart = is_hump || !last.is_some_and(char::is_alphabetic) || ends_with_escape(before);
            if kind.is_own && !is_apart {
                return None;
            }
            let behind = text.get(end..)?;
            let suffix = behind
                .find(|each: char| !(each.is_alphanumeric() || matches!(each, '_' | '-')))
                .unwrap_or(behind.len());
            let suffix = behind.get(..suffix)?.trim_end_matches('-');
            let is_joined = kind.is_own && suffix.starts_with(|each: char| each.is_ascii_alphabetic());
            if is_joined || suffix.starts_with(char::is_lowercase) || self.is_about_another(suffix) {
                return None;
            }
            let name_start = before
                .rfind(|each: char| !(each.is_alphanumeric() || matches!(each, '_' | '-' | '.')))
                .map_or(0, |at| {
                    at + before.get(at..).and_then(|c| c.chars().next()).map_or(1, char::len_utf8)
                });
            let name = text.get(name_start..end + suffix.len())?;
            // `/etc/passwd: …` is about the file.
            let is_path = text.get(..name_start)?.ends_with('/') && text.starts_with(['/', '~']);
            if name.len() > NAME_LIMIT || is_path {
                return None;
            }
            let key = Key { is_password: kind.is_password, place: place(text.get(..name_start)?, name) };
            let end = end + suffix.len();
            // Korean joins "is" to the word.
            let is_is = !suffix.is_ascii() && self.words.is.iter().any(|is| is == suffix);
            let expect = if is_is {
                Expect::Value { key, form: Form::Prose, left: FILLING_WORDS }
            } else {
                Expect::Separator { key, left: PROSE_WORDS, is_next: true }
            };
            Some((expect, end))
        })
    }

    /// `password_hash`, `tokenType`, `secret-name`.
    fn is_about_another(&self, suffix: &str) -> bool {
        let lower = suffix.to_lowercase();
        let mut parts = lower.split(['_', '-']);
        parts.any(|part| {
            self.words.not_the_value.iter().any(|word| word == part.trim_end_matches(char::is_numeric))
        })
    }
}

/// Where a key word stands, by what is in front of it and how it is written.
fn place(before: &str, name: &str) -> Place {
    let is_caps = name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase);
    if before.ends_with('<') {
        Place::Tag
    } else if name.starts_with("--") {
        Place::Option
    } else if name.to_ascii_lowercase().ends_with("authorization") {
        Place::Header
    } else if before.ends_with(['"', '\'', '$']) || is_caps || name.contains('_') {
        Place::Setting
    } else {
        Place::Talk
    }
}

/// A line break or tab written out stands before.
fn ends_with_escape(before: &str) -> bool {
    ["\\n", "\\t", "\\r"].iter().any(|escape| before.ends_with(escape))
}

/// What stands behind a key word in the same word.
fn behind_key(rest: &str, key: Key) -> (Expect, usize) {
    let text = rest.trim_start_matches(['"', '\'', '*', '`', ')', ']', '\\']);
    let skipped = rest.len() - text.len();
    if text.is_empty() {
        return (Expect::Separator { key, left: PROSE_WORDS, is_next: true }, rest.len());
    }
    // "Das Passwort, …"
    if rest == "," {
        return (Expect::Separator { key, left: 2, is_next: false }, rest.len());
    }
    let encoded = ["%3D", "%3d", "%3A", "%3a", "&#61;", "&#58;"].iter().find(|sign| text.starts_with(**sign));
    let len = match encoded {
        Some(sign) => sign.len(),
        None => text.find(|each: char| !"=:>|~!→".contains(each)).unwrap_or(text.len()),
    };
    let sign = text.get(..len).unwrap_or_default();
    let is_arrow = text.starts_with("->");
    if (len == 0 && !is_arrow)
        || sign.starts_with("::")
        || (sign.starts_with(['>', '!', '~']) && !sign.contains('=') && key.place != Place::Tag)
    {
        return (Expect::Nothing, 0);
    }
    let is_equals = sign.contains(['=', 'D', 'd']) || sign == "&#61;" || is_arrow;
    let form = if is_equals { Form::Equals } else { Form::Colon };
    let len = if is_arrow { "->".len() } else { len };
    (Expect::Value { key, form, left: FILLING_WORDS }, skipped + len)
}

/// The rest of a quoted value that began in a word before.
fn quote_goes_on(
    text: &str,
    expecting: &mut Expecting,
    ids: &Detectors,
    found: &mut Vec<(Range<usize>, usize)>,
) -> usize {
    let Some((close, left)) = expecting.quote.take() else { return 0 };
    match (text.find(close), left.checked_sub(text.len())) {
        (Some(end), _) => {
            found.push((0..end, ids.password));
            end + close.len_utf8()
        }
        (None, Some(left)) => {
            found.push((0..text.len(), ids.password));
            expecting.quote = Some((close, left));
            text.len()
        }
        (None, None) => 0,
    }
}

/// How long `part` is at the beginning of `word`, whatever the case.
fn same_start(word: &str, part: &str) -> Option<usize> {
    let mut rest = word.char_indices();
    for expected in part.chars() {
        let (_, each) = rest.next()?;
        if each != expected && !each.to_lowercase().eq(expected.to_lowercase()) {
            return None;
        }
    }
    Some(rest.next().map_or(word.len(), |(at, _)| at))
}
