//! The brake at work: a canned text, or one that a model words, in place of an answer.

use std::time::Duration;

use super::steps::{Claim, misfit, model_answer};
use super::{Response, Run};
use crate::cancel::StopReason;
use crate::cooldown::Language;
use crate::label::Labels;
use crate::model::ModelRequest;
use crate::pipeline::Answer;
use crate::ports::{DeltaSink, StoreError};
use crate::record::{StepAnswer, StepKind};
use crate::text::{cut, trim};

/// How long a model may take to word the text, and how many code points of it are sent (the original's
/// figures).
const WORDING_LIMIT: Duration = Duration::from_secs(6);
const WORDING_CHARS: usize = 220;

impl Run<'_> {
    /// A text in place of the answer, when somebody talks about one thing without end; none when nobody does.
    /// A turn that is resumed goes the way that its first attempt went.
    pub(super) async fn brake(&mut self) -> Result<Option<Response>, StoreError> {
        let now = self.turn.scope.now.instant;
        let due = match self.steps.recorded().map(|step| &step.started.step) {
            Some(StepKind::Brake) => Some(Language::of(self.turn.text)),
            Some(StepKind::Model { .. } | StepKind::Tool { .. }) => None,
            None => self.responder.cooldown.observe(self.turn, now),
        };
        let Some(language) = due else { return Ok(None) };
        match self.steps.claim(StepKind::Brake).await? {
            Claim::Taken(answer) => match *answer {
                StepAnswer::Brake { text } => Ok(Some(said(text))),
                StepAnswer::Stopped { .. } => Ok(Some(Response::Cancelled(None))),
                _ => Err(misfit(0)),
            },
            // The wording may stand in the record by half; the canned text is as good.
            Claim::Interrupted(step) => self.say(step, language.text().to_owned()).await.map(Some),
            Claim::Free(step) => self.wait_and_word(step, language).await.map(Some),
        }
    }

    async fn wait_and_word(&mut self, step: u32, language: Language) -> Result<Response, StoreError> {
        let policy = &self.turn.decision.cooldown;
        let now = self.turn.scope.now.instant;
        let until = now.checked_add(policy.delay).unwrap_or(now);
        let _ = self.turn.scope.cancel.race(self.responder.with.clock.sleep_until(until)).await;
        let stopped = self.turn.scope.cancel.is_cancelled();
        let worded = if policy.use_model && !stopped { self.word(language).await? } else { None };
        let is_shut_out = !self.responder.with.policy.accepts(self.turn.event);
        match self.turn.scope.cancel.reason() {
            // Blocked while the text waited: on record like a person's stop.
            None if is_shut_out => self.stop_brake(step).await,
            None => self.say(step, worded.unwrap_or_else(|| language.text().to_owned())).await,
            Some(StopReason::Person) => self.stop_brake(step).await,
            Some(StopReason::Shutdown) => Ok(Response::Cancelled(None)),
        }
    }

    async fn stop_brake(&self, step: u32) -> Result<Response, StoreError> {
        self.steps.done(step, StepAnswer::Stopped { shown: String::new() }).await?;
        Ok(Response::Cancelled(None))
    }

    async fn say(&self, step: u32, text: String) -> Result<Response, StoreError> {
        self.steps.done(step, StepAnswer::Brake { text: text.clone() }).await?;
        Ok(said(text))
    }

    /// Asks the model for the text; none when it fails, is late, or calls tools.
    async fn word(&mut self, language: Language) -> Result<Option<String>, StoreError> {
        let Claim::Free(step) = self.steps.claim(self.model_step(Labels::NONE)).await? else {
            return Ok(None);
        };
        let request = ModelRequest { messages: language.request(), ..ModelRequest::default() };
        let until = self.responder.with.clock.now().instant.checked_add(WORDING_LIMIT).ok();
        let called = self.ask(&request, &mut Mute, until).await;
        self.steps.done(step, model_answer(&called)).await?;
        let Ok(reply) = called else { return Ok(None) };
        let text = trim(&reply.text);
        Ok((reply.tool_calls.is_empty() && !text.is_empty()).then(|| cut(text, WORDING_CHARS)))
    }
}

fn said(text: String) -> Response {
    Response::Answer(Answer { text, labels: Labels::NONE })
}

/// Text that nobody sees while it comes.
struct Mute;

impl DeltaSink for Mute {
    fn text(&mut self, _piece: &str) {}

    fn restart(&mut self) {}
}
