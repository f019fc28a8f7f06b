//! The steps of one turn: which come next, and which an earlier attempt has taken already.
//!
//! The turn machine asks for the same steps in the same order as long as it gets the same answers. So the record
//! is read by index, and it decides: policy and brake are not asked again about a step that stands in it.

use crate::model::{ModelError, ModelErrorKind, ModelReply};
use crate::pipeline::TurnScope;
use crate::ports::{Journal, StoreError, StoreErrorKind};
use crate::record::{RECORD_VERSION, RecordedStep, ReplyRecord, StepAnswer, StepDone, StepKind, StepStarted};

/// The steps of a turn.
pub(super) struct Steps<'a> {
    journal: &'a dyn Journal,
    scope: &'a TurnScope,
    /// Steps claimed.
    next: u32,
}

/// What becomes of a step that is due.
pub(super) enum Claim {
    /// It is announced and may run.
    Free(u32),
    /// An earlier attempt announced it and did not live to see its end.
    Interrupted(u32),
    /// An earlier attempt has its answer.
    Taken(Box<StepAnswer>),
}

impl<'a> Steps<'a> {
    pub(super) fn new(journal: &'a dyn Journal, scope: &'a TurnScope) -> Self {
        Self { journal, scope, next: 0 }
    }

    /// What an earlier attempt did in place of the step that is due.
    pub(super) fn recorded(&self) -> Option<&'a RecordedStep> {
        self.scope.recorded.get(usize::try_from(self.next).ok()?)
    }

    /// The name of the step that is due, the same in every attempt.
    pub(super) fn key(&self) -> String {
        format!("{}/{}", self.scope.turn, self.next)
    }

    /// Takes the next index for a step; announces it, unless an earlier attempt did.
    pub(super) async fn claim(&mut self, kind: StepKind) -> Result<Claim, StoreError> {
        let index = self.next;
        let recorded = self.recorded();
        self.next += 1;
        let Some(recorded) = recorded else {
            let started = StepStarted { v: RECORD_VERSION, index, step: kind };
            self.journal.step_started(&self.scope.turn, &started).await?;
            return Ok(Claim::Free(index));
        };
        if recorded.started.index != index || !same(&recorded.started.step, &kind) {
            return Err(misfit(index));
        }
        Ok(match &recorded.done {
            Some(done) => Claim::Taken(Box::new(done.answer.clone())),
            None => Claim::Interrupted(index),
        })
    }

    pub(super) async fn done(&self, index: u32, answer: StepAnswer) -> Result<(), StoreError> {
        let done = StepDone { v: RECORD_VERSION, index, answer };
        self.journal.step_done(&self.scope.turn, &done).await
    }
}

/// Whether two steps are the same one. What a conversation was made of, and how a call was judged, may have
/// changed since; the record stands.
fn same(recorded: &StepKind, due: &StepKind) -> bool {
    match (recorded, due) {
        (StepKind::Model { .. }, StepKind::Model { .. }) | (StepKind::Brake, StepKind::Brake) => true,
        (StepKind::Tool { call: recorded, .. }, StepKind::Tool { call: due, .. }) => recorded == due,
        _ => false,
    }
}

/// The record has another step than the one that is due: it was written by another version, or changed.
pub(super) fn misfit(index: u32) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, format!("resuming a turn at step {index}"))
}

/// A model call's end as a record.
pub(super) fn model_answer(called: &Result<ModelReply, ModelError>) -> StepAnswer {
    match called {
        Ok(reply) => StepAnswer::Model(ReplyRecord::from(reply)),
        Err(error) => StepAnswer::ModelFailed { code: error.kind.code().to_owned() },
    }
}

/// A recorded model call's end. A code that this version does not know counts as a failure of the provider.
pub(super) fn recorded_model(answer: &StepAnswer) -> Result<Result<ModelReply, ModelErrorKind>, StoreError> {
    match answer {
        StepAnswer::Model(reply) => ModelReply::try_from(reply.clone()).map(Ok).map_err(|error| StoreError {
            kind: StoreErrorKind::Corrupt,
            doing: "reading a recorded answer".to_owned(),
            source: Some(Box::new(error)),
        }),
        StepAnswer::ModelFailed { code } => {
            let known = ModelErrorKind::ALL.into_iter().find(|kind| kind.code() == code);
            Ok(Err(known.unwrap_or(ModelErrorKind::Server)))
        }
        StepAnswer::Brake { .. }
        | StepAnswer::Tool { .. }
        | StepAnswer::OutcomeUnknown
        | StepAnswer::Stopped { .. } => {
            Err(StoreError::new(StoreErrorKind::Corrupt, "reading a recorded answer"))
        }
    }
}
