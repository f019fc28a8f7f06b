//! The brake at work: a canned text, or one that a model words, in place of an answer.

use std::time::Duration;

use super::{Response, Run};
use crate::cooldown::Language;
use crate::label::Labels;
use crate::model::ModelRequest;
use crate::pipeline::Answer;
use crate::ports::{DeltaSink, StoreError};
use crate::text::{cut, trim};

/// How long a model may take to word the text, and how many code points of it are sent (the original's
/// figures).
const WORDING_LIMIT: Duration = Duration::from_secs(6);
const WORDING_CHARS: usize = 220;

impl Run<'_> {
    /// A text in place of the answer, when somebody talks about one thing without end; none when nobody does.
    pub(super) async fn brake(&mut self) -> Result<Option<Response>, StoreError> {
        let policy = &self.turn.decision.cooldown;
        let now = self.turn.scope.now.instant;
        let Some(language) = self.responder.cooldown.observe(self.turn, now) else { return Ok(None) };
        let until = now.checked_add(policy.delay).unwrap_or(now);
        let waited = self.turn.scope.cancel.race(self.responder.with.clock.sleep_until(until)).await;
        if waited.is_none() {
            return Ok(Some(Response::Cancelled(None)));
        }
        let worded = if policy.use_model { self.word(language).await? } else { None };
        if self.turn.scope.cancel.is_cancelled() {
            return Ok(Some(Response::Cancelled(None)));
        }
        let text = worded.unwrap_or_else(|| language.text().to_owned());
        Ok(Some(Response::Answer(Answer { text, labels: Labels::NONE })))
    }

    /// Asks the model for the text; none when it fails, is late, or calls tools.
    async fn word(&mut self, language: Language) -> Result<Option<String>, StoreError> {
        let request = ModelRequest { messages: language.request(), tools: Vec::new() };
        let until = self.responder.with.clock.now().instant.checked_add(WORDING_LIMIT).ok();
        let Ok(reply) = self.ask(&request, &mut Mute, until).await? else { return Ok(None) };
        let text = trim(&reply.text);
        Ok((reply.tool_calls.is_empty() && !text.is_empty()).then(|| cut(text, WORDING_CHARS)))
    }
}

/// Text that nobody sees while it comes.
struct Mute;

impl DeltaSink for Mute {
    fn text(&mut self, _piece: &str) {}
}
