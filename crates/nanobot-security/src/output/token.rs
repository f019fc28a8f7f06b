//! Tokens that give themselves away: by their beginning, by their structure, or because they name a file of ours. The
//! shapes are data (`packs/output`); what a shape alone cannot say is checked here.

use std::ops::Range;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use regex::{Match, Regex};
use serde::Deserialize;

use super::look::{Look, is_jumbled, is_specimen};

/// Below this length no rule without a beginning of its own matches.
const SHAPE_LEN: usize = 28;

/// What has to hold beside the shape.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Check {
    /// Nothing more than that it is no specimen.
    #[default]
    Shape,
    /// Letters and digits.
    Mixed,
    /// The disorder of a token.
    Random,
    /// A header that is JSON with `alg` (RFC 7515, RFC 7516).
    Jwt,
    /// Nothing at all.
    Literal,
}

/// What delimits a match.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Border {
    /// No letter or digit in front.
    #[default]
    Front,
    /// No letter or digit on either side.
    Both,
    /// None.
    Free,
}

/// One shape.
#[derive(Debug)]
pub(super) struct Token {
    /// The place of the rule.
    pub(super) rule: usize,
    /// What a word has to hold for the shape to be tried; none: every long word.
    pub(super) starts: Vec<String>,
    /// The shape; its first group, when there is one, is what gets replaced.
    pub(super) shape: Regex,
    /// The check.
    pub(super) check: Check,
    /// The border.
    pub(super) border: Border,
}

/// All shapes.
#[derive(Debug)]
pub(super) struct Tokens {
    shapes: Vec<Token>,
    finder: AhoCorasick,
    /// Of each pattern of `finder` the token it belongs to.
    owners: Vec<usize>,
}

impl Tokens {
    /// Makes shapes ready; fails with what is wrong.
    pub(super) fn new(shapes: Vec<Token>) -> Result<Self, String> {
        let starts =
            || shapes.iter().enumerate().flat_map(|(at, token)| token.starts.iter().map(move |s| (at, s)));
        let finder = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(starts().map(|(_, start)| start))
            .map_err(|error| error.to_string())?;
        let owners = starts().map(|(at, _)| at).collect();
        Ok(Self { shapes, finder, owners })
    }

    /// What a word has to hold to be looked at.
    pub(super) fn spots(&self) -> impl Iterator<Item = &str> {
        self.shapes.iter().flat_map(|token| token.starts.iter().map(String::as_str))
    }

    /// Finds the tokens in a word; `before` is the character in front of it when the word was cut.
    pub(super) fn find(&self, text: &str, before: Option<char>, found: &mut Vec<(Range<usize>, usize)>) {
        let mut tried: Vec<usize> = self
            .finder
            .find_overlapping_iter(text)
            .filter_map(|hit| self.owners.get(hit.pattern().as_usize()).copied())
            .collect();
        if text.len() >= SHAPE_LEN && text.bytes().any(|byte| byte.is_ascii_digit()) {
            tried.extend(
                self.shapes.iter().enumerate().filter(|(_, t)| t.starts.is_empty()).map(|(at, _)| at),
            );
        }
        tried.sort_unstable();
        tried.dedup();
        for token in tried.into_iter().filter_map(|at| self.shapes.get(at)) {
            token.find(text, before, found);
        }
    }
}

impl Token {
    fn find(&self, text: &str, before: Option<char>, found: &mut Vec<(Range<usize>, usize)>) {
        let mut from = 0;
        while let Some(whole) = self.shape.find_at(text, from) {
            // A shape never matches nothing, but a loop must end even if one did.
            from = whole.end().max(from + 1);
            if self.is_free(text, &whole.range(), before) {
                let part = self.part(text, whole);
                if self.holds(part.as_str()) {
                    found.push((part.range(), self.rule));
                }
            }
        }
    }

    /// The part of a match that gets replaced.
    fn part<'text>(&self, text: &'text str, whole: Match<'text>) -> Match<'text> {
        if self.shape.captures_len() < 2 {
            return whole;
        }
        self.shape.captures_at(text, whole.start()).and_then(|groups| groups.get(1)).unwrap_or(whole)
    }

    fn is_free(&self, text: &str, span: &Range<usize>, before: Option<char>) -> bool {
        if self.border == Border::Free {
            return true;
        }
        let front = text.get(..span.start).unwrap_or_default();
        let is_front = front.chars().next_back().or(before).is_none_or(|each| !each.is_ascii_alphanumeric())
            || is_escape(front);
        let back = text.get(span.end..).unwrap_or_default();
        let is_back = !back.starts_with(|each: char| each.is_ascii_alphanumeric());
        is_front && (self.border == Border::Front || is_back)
    }

    fn holds(&self, found: &str) -> bool {
        let start = self
            .starts
            .iter()
            .filter_map(|start| found.strip_prefix(start.as_str()))
            .min_by_key(|body| body.len());
        let body = start.unwrap_or(found);
        match self.check {
            Check::Literal => true,
            _ if is_specimen(body) => false,
            Check::Shape => true,
            Check::Mixed => Look::of(body).is_mixed(),
            Check::Random => is_jumbled(body),
            Check::Jwt => is_jwt(found),
        }
    }
}

/// The letter in front belongs to an escape: `\n`, `\t`, `%3D`, `%22`, `\u003d`.
fn is_escape(front: &str) -> bool {
    let hex = |each: Option<char>| each.is_some_and(|each| each.is_ascii_hexdigit());
    let mut back = front.chars().rev();
    let (last, second, third) = (back.next(), back.next(), back.next());
    second == Some('\\') && matches!(last, Some('n' | 't' | 'r'))
        || third == Some('%') && hex(last) && hex(second)
        || front.ends_with("u003d")
        || front.ends_with("u003D")
}

/// The part before the first dot is JSON and names an algorithm.
fn is_jwt(token: &str) -> bool {
    let Some((header, _)) = token.split_once('.') else { return false };
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(header) else { return false };
    serde_json::from_slice::<serde_json::Value>(&bytes).is_ok_and(|value| value.get("alg").is_some())
}
