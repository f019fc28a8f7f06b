//! What one word means, given what stands before it: which parts of it are secrets or mentions, and whether the next
//! words have to be seen first.

use std::ops::Range;

use super::unit::{Kind, Unit};
use super::{OutputRules, block, fold, keys, look, scheme, url};

/// What is carried from word to word.
#[derive(Debug, Default)]
pub(super) struct Context {
    /// What the key words before say.
    pub(super) keys: keys::Expecting,
    /// The last character, when the word before was cut and goes on.
    before: Option<char>,
    /// The rest of the word that was cut belongs to what was replaced.
    is_swallowing: bool,
}

impl Context {
    /// Nothing that came before matters for the next word.
    pub(super) fn is_idle(&self) -> bool {
        self.before.is_none() && !self.is_swallowing && self.keys.is_idle()
    }

    /// White space lies between this word and the next.
    pub(super) fn pass_space(&mut self, space: &str) {
        self.before = None;
        self.is_swallowing = false;
        self.keys.pass_space(space);
    }
}

/// A part to replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Find {
    /// Where, in bytes from the beginning of the word.
    pub(super) span: Range<usize>,
    /// The place of the rule.
    pub(super) rule: usize,
    /// In which reading.
    pub(super) view: &'static str,
}

/// What comes of a look.
#[derive(Debug)]
pub(super) enum Step {
    /// The next words have to be seen first.
    More,
    /// This much is done with.
    Take {
        /// How many bytes.
        len: usize,
        /// What of them to replace.
        finds: Vec<Find>,
    },
}

/// Judges the word at the beginning of `rest`.
pub(super) fn judge(
    rules: &OutputRules,
    rest: &str,
    mut unit: Unit,
    is_end: bool,
    context: &mut Context,
) -> Step {
    let raw = rest.get(..unit.len).unwrap_or(rest);
    if let Some(at) = block::opening(raw) {
        if at == 0 {
            context.before = None;
            context.is_swallowing = false;
            return match block::judge(rest, is_end) {
                block::Block::More => Step::More,
                block::Block::Secret(len) => {
                    let find = Find { span: 0..len, rule: rules.ids.block, view: "plain" };
                    context.keys = keys::Expecting::default();
                    Step::Take { len, finds: vec![find] }
                }
                block::Block::Harmless(len) => Step::Take { len, finds: Vec::new() },
            };
        }
        unit = Unit { len: at, kind: Kind::Piece };
    }
    word(rules, rest, unit, is_end, context)
}

fn word(rules: &OutputRules, rest: &str, unit: Unit, is_end: bool, context: &mut Context) -> Step {
    let raw = rest.get(..unit.len).unwrap_or(rest);
    let folded = fold::of(raw);
    let text: &str = &folded.text;
    let view = folded.view();
    let mut found: Vec<(Range<usize>, usize)> = Vec::new();
    if context.is_swallowing {
        let len = look::token_len(text);
        found.push((0..len, rules.ids.rest));
    }
    let (mut len, mut goes_on) = (unit.len, false);
    if let Some(scheme) = scheme::at_end(text) {
        // The credential stands in the next word, or in what follows the scheme here.
        let after = rest.get(unit.len..).unwrap_or_default();
        match scheme::credential(scheme, after, is_end, context.keys.is_header()) {
            scheme::Credential::More => return Step::More,
            scheme::Credential::None => {}
            scheme::Credential::Ends { at, is_cut } => {
                found.push((scheme.start..text.len(), rules.ids.scheme));
                // What is behind the scheme belongs to it too, so the find goes on to the credential's end.
                len = unit.len + at;
                goes_on = is_cut;
            }
        }
    }
    let has_credential = len > unit.len;
    rules.tokens.find(text, context.before, &mut found);
    url::find(text, &rules.ids, &mut found);
    rules.keys.find(text, &mut context.keys, &rules.ids, &mut found);
    if has_credential {
        context.keys = keys::Expecting::default();
    }

    let is_cut = unit.kind == Kind::Piece && !has_credential;
    let reaches_end = found.iter().any(|(span, _)| span.end == text.len());
    context.is_swallowing = goes_on || (is_cut && reaches_end);
    context.before = if is_cut { text.chars().next_back() } else { None };
    let finds = found
        .into_iter()
        .map(|(span, rule)| {
            let mut origin = folded.origin(&span);
            if has_credential && rule == rules.ids.scheme && span.end == text.len() {
                origin.end = len;
            }
            Find { span: origin, rule, view }
        })
        .collect();
    Step::Take { len, finds }
}
