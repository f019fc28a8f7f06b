//! What of an answer that comes in pieces may leave when. Held back is the word that is not finished yet, and what
//! stands before it as long as the two could be one secret. It decides nothing about words.

use std::ops::Range;
use std::sync::Arc;

use super::judge::{Context, Find, Step, judge};
use super::unit::{self, Kind, WORD_LIMIT};
use super::{OutputRules, pack};
use crate::report::Hit;

/// Words of at least this many bytes are looked at even when nothing in them was spotted: some tokens have no
/// beginning of their own (the shortest: a Telegram token with 31).
const LONG: usize = 28;

/// More than this many bytes held back are looked at again only when a quarter has come on top, so that a block that
/// arrives byte by byte is not read anew for each of them.
const EAGER: usize = 2 * 1024;

/// More finds than this are not reported one by one; they are replaced all the same.
const HITS_LIMIT: usize = 256;

/// The output stage of one answer.
#[derive(Debug)]
pub(crate) struct Stream {
    rules: Arc<OutputRules>,
    state: State,
}

impl Stream {
    /// Before the first chunk.
    pub(super) fn new(rules: Arc<OutputRules>) -> Self {
        Self { rules, state: State::default() }
    }

    /// Takes the next chunk; gives back what may leave now.
    pub(crate) fn push(&mut self, chunk: &str) -> String {
        let mut out = String::new();
        self.state.push(&self.rules, chunk, &mut out);
        out
    }

    /// Ends the answer; gives back what may leave after all, and what was replaced.
    pub(crate) fn finish(self) -> (String, Vec<Hit>) {
        let mut out = String::new();
        let hits = self.state.finish(&self.rules, &mut out);
        (out, hits)
    }
}

/// A stream without its rules.
#[derive(Debug, Default)]
pub(super) struct State {
    /// What came and did not leave.
    held: String,
    /// How many bytes were looked at and are gone.
    gone: usize,
    /// Below this length a further look at `held` cannot tell more.
    wake: usize,
    context: Context,
    hits: Vec<Hit>,
}

impl State {
    /// Takes the next chunk.
    pub(super) fn push(&mut self, rules: &OutputRules, chunk: &str, out: &mut String) {
        self.held.push_str(chunk);
        let is_due = self.held.len() >= self.wake;
        if is_due && (self.wake > 0 || self.held.len() > WORD_LIMIT || unit::has_break(chunk)) {
            self.drain(rules, false, out);
        }
    }

    /// Lets the rest leave.
    pub(super) fn finish(mut self, rules: &OutputRules, out: &mut String) -> Vec<Hit> {
        self.drain(rules, true, out);
        self.hits
    }

    /// Looks at every unit that is complete.
    fn drain(&mut self, rules: &OutputRules, is_end: bool, out: &mut String) {
        let held = std::mem::take(&mut self.held);
        let mut spots = rules.spotter.find_iter(&held).peekable();
        let (mut at, mut left_to) = (0, 0);
        self.wake = 0;
        while let Some(rest) = held.get(at..)
            && let Some(unit) = unit::first(rest, is_end)
        {
            let end = at + unit.len;
            while spots.next_if(|spot| spot.end() <= at).is_some() {}
            let is_spotted = spots.peek().is_some_and(|spot| spot.start() < end);
            if unit.kind == Kind::Space {
                self.context.pass_space(rest.get(..unit.len).unwrap_or_default());
                at = end;
                continue;
            }
            if !is_spotted && unit.len < LONG && self.context.is_idle() {
                at = end;
                continue;
            }
            match judge(rules, rest, unit, is_end, &mut self.context) {
                Step::More => {
                    let more = held.len() - at;
                    self.wake = if more > EAGER { more + more / 4 } else { 1 };
                    break;
                }
                Step::Take { len, finds } => {
                    for (span, found) in merged(rules, finds) {
                        let replacement = found.first().map_or("", |find| rules.replacement(find.rule));
                        out.push_str(held.get(left_to..at + span.start).unwrap_or_default());
                        out.push_str(replacement);
                        left_to = at + span.end;
                        self.report(rules, at, &found);
                    }
                    at += len;
                }
            }
        }
        out.push_str(held.get(left_to..at).unwrap_or_default());
        self.gone += at;
        held.get(at..).unwrap_or_default().clone_into(&mut self.held);
    }

    fn report(&mut self, rules: &OutputRules, at: usize, found: &[Find]) {
        for find in found {
            let span = self.gone + at + find.span.start..self.gone + at + find.span.end;
            if self.hits.len() < HITS_LIMIT {
                self.hits.extend(rules.hit(find.rule, span, find.view));
            }
        }
    }
}

/// Finds that overlap become one; a secret outweighs a mention, and of two mentions the first one counts.
fn merged(rules: &OutputRules, mut finds: Vec<Find>) -> Vec<(Range<usize>, Vec<Find>)> {
    finds.retain(|find| !find.span.is_empty());
    finds.sort_by_key(|find| (find.span.start, std::cmp::Reverse(find.span.end), find.rule));
    let is_mention = |find: &Find| rules.tag(find.rule) == pack::CONFIG_TAG;
    let mut all: Vec<(Range<usize>, Vec<Find>)> = Vec::new();
    for find in finds {
        match all.last_mut() {
            Some((span, found)) if find.span.start < span.end => {
                span.end = span.end.max(find.span.end);
                if is_mention(&find) { found.push(find) } else { found.insert(0, find) }
            }
            _ => all.push((find.span.clone(), vec![find])),
        }
    }
    all
}
