//! The output stage: secrets and mentions of our own configuration are replaced before a text leaves. The whole text
//! is judged by the stream that also judges an answer in pieces, so both agree by construction. It never blocks.
//!
//! Read on in `output/stream.rs` (what leaves when), then `output/judge.rs` (what one word means).

mod block;
mod fold;
mod judge;
mod keys;
mod look;
mod pack;
mod scheme;
mod stream;
mod token;
mod unit;
mod url;

use std::sync::Arc;

use aho_corasick::AhoCorasick;

use crate::failure::StageError;
use crate::pack::PackError;
use crate::report::Hit;
use crate::rule::RuleInfo;

pub(crate) use pack::texts;

pub(crate) use stream::Stream;

/// The reason of every finding of this stage (the original's words).
pub(crate) const REASON: &str = "Sensitive token or config file pattern detected in output";

/// What stands in place of a mention of our own files (the original's words).
const CONFIG_PLACEHOLDER: &str = "interne Konfiguration";

/// All rules of the stage, ready to match.
#[derive(Debug)]
pub(crate) struct OutputRules {
    /// What stands in place of a secret.
    placeholder: String,
    /// Every rule as people see it; the other fields name rules by their place here.
    rules: Vec<RuleInfo>,
    /// Finds the words that are worth a closer look: beginnings of tokens, key words, characters that hide.
    spotter: AhoCorasick,
    tokens: token::Tokens,
    keys: keys::Keys,
    ids: pack::Detectors,
}

/// A text as it may leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Redacted {
    /// The text.
    pub(crate) text: String,
    /// What was replaced; none: the text is the one that came in.
    pub(crate) hits: Vec<Hit>,
}

impl OutputRules {
    /// Reads the packs. `placeholder` stands in place of a secret.
    ///
    /// # Errors
    /// When a pack of ours cannot be used.
    pub(crate) fn load(placeholder: &str) -> Result<Self, PackError> {
        Self::with(placeholder, pack::ALL)
    }

    /// Secrets alone: for logs and for the operator, who may see the names of our files.
    ///
    /// # Errors
    /// When a pack of ours cannot be used.
    pub(crate) fn load_secrets(placeholder: &str) -> Result<Self, PackError> {
        Self::with(placeholder, pack::SECRETS)
    }

    fn with(placeholder: &str, packs: &[&[pack::Source]]) -> Result<Self, PackError> {
        let pack::Loaded { rules, tokens, keys, ids, spotter } = pack::load(packs)?;
        Ok(Self { placeholder: placeholder.to_owned(), rules, spotter, tokens, keys, ids })
    }

    /// Judges a whole text.
    ///
    /// # Errors
    /// None today; the stages share their shape.
    #[expect(clippy::unnecessary_wraps, reason = "the engine treats all stages alike")]
    pub(crate) fn scan(&self, text: &str) -> Result<Redacted, StageError> {
        let mut state = stream::State::default();
        let mut out = String::with_capacity(text.len());
        state.push(self, text, &mut out);
        let hits = state.finish(self, &mut out);
        Ok(Redacted { text: out, hits })
    }

    /// Opens the stage for a text that comes in pieces.
    pub(crate) fn open(self: &Arc<Self>) -> Stream {
        Stream::new(Arc::clone(self))
    }

    /// Every rule, as people see it.
    pub(crate) fn rules(&self) -> impl Iterator<Item = RuleInfo> {
        self.rules.iter().cloned()
    }

    /// What stands in place of what rule `rule` finds.
    fn replacement(&self, rule: usize) -> &str {
        if self.tag(rule) == pack::CONFIG_TAG { CONFIG_PLACEHOLDER } else { &self.placeholder }
    }

    fn tag(&self, rule: usize) -> &str {
        self.rules.get(rule).map_or("", |info| info.tag.as_str())
    }

    /// The report of one find.
    fn hit(&self, rule: usize, span: std::ops::Range<usize>, view: &'static str) -> Option<Hit> {
        let info = self.rules.get(rule)?;
        Some(Hit {
            rule: info.id.clone(),
            tag: info.tag.clone(),
            severity: info.severity,
            reason: info.reason.clone(),
            view,
            span: Some(span),
        })
    }
}

#[cfg(test)]
mod tests;
