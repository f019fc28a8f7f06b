//! A model and those that stand in for it. A chain is only accepted if no step of it goes to a dearer or a less
//! trusted model, or if its owner said in so many words that it may.

use std::sync::Arc;

use super::hop::Hop;
use crate::price::DearerOn;

/// Most models in a chain, the first one included. More would never be reached within a turn's patience.
pub const CHAIN_LIMIT: usize = 8;

/// A chain, best model first.
#[derive(Debug, Clone)]
pub struct Chain {
    hops: Vec<Arc<Hop>>,
    escalates: Escalation,
}

/// Whether a chain may go to a dearer or less trusted model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escalation {
    /// Never.
    Forbidden,
    /// The profile says `allow_escalation`.
    Allowed,
}

/// Why a chain is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// It has no model.
    #[error("the chain has no model")]
    Empty,
    /// It is too long.
    #[error("the chain has {found} models, and {CHAIN_LIMIT} are the most")]
    TooLong {
        /// How many it has.
        found: usize,
    },
    /// A step goes where it must not.
    #[error(
        "falling back from {from} to {to} is refused: {why}; choose another fallback, or set allow_escalation"
    )]
    Step {
        /// The model before.
        from: String,
        /// The model behind.
        to: String,
        /// Why.
        why: StepRefusal,
    },
}

/// Why a step is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StepRefusal {
    /// It costs more on some kind of token.
    #[error("it is dearer on {0}")]
    Dearer(DearerOn),
    /// Nobody knows what it costs, so it counts as dearer.
    #[error("nobody knows its price, which counts as dearer")]
    UnknownPrice,
    /// Its provider is trusted less.
    #[error("its provider is trusted less")]
    LessTrusted,
}

impl Chain {
    /// A chain of these models, checked.
    ///
    /// # Errors
    /// [`ChainError`].
    pub fn new(hops: Vec<Arc<Hop>>, escalates: Escalation) -> Result<Self, ChainError> {
        if hops.is_empty() {
            return Err(ChainError::Empty);
        }
        if hops.len() > CHAIN_LIMIT {
            return Err(ChainError::TooLong { found: hops.len() });
        }
        for pair in hops.windows(2) {
            let [from, to] = pair else { continue };
            if let Err(why) = step(from, to, escalates) {
                return Err(ChainError::Step { from: from.name(), to: to.name(), why });
            }
        }
        Ok(Self { hops, escalates })
    }

    /// The models, best first.
    pub fn hops(&self) -> &[Arc<Hop>] {
        &self.hops
    }

    /// Whether the model at that place may stand in for the first one, by what is known now.
    pub(crate) fn may_stand_in(&self, hop: &Hop) -> Result<(), StepRefusal> {
        self.hops.first().map_or(Ok(()), |first| step(first, hop, self.escalates))
    }
}

fn step(from: &Hop, to: &Hop, escalates: Escalation) -> Result<(), StepRefusal> {
    if escalates == Escalation::Allowed || std::ptr::eq(from, to) {
        return Ok(());
    }
    if to.trust > from.trust {
        return Err(StepRefusal::LessTrusted);
    }
    let is_same_model = from.provider == to.provider && from.model == to.model;
    match (from.price.get(), to.price.get()) {
        (Some(before), Some(behind)) => {
            behind.dearer_on(&before).map_or(Ok(()), |on| Err(StepRefusal::Dearer(on)))
        }
        (None, None) if is_same_model => Ok(()),
        (_, None) => Err(StepRefusal::UnknownPrice),
        (None, Some(_)) => Ok(()),
    }
}
