//! `no_commands` and `no_personas`: nobody commands anything in a chat, and no persona is known.

use std::sync::Arc;

use async_trait::async_trait;

use crate::admin::AdminVerdict;
use crate::event::InboundEvent;
use crate::ids::TurnId;
use crate::ports::{AdminDesk, PersonaSource, StoreError};
use crate::time::WallTime;

/// A desk at which nobody sits: what looks like a command is a message like any other.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCommands;

#[async_trait]
impl AdminDesk for NoCommands {
    fn is_urgent(&self, _event: &InboundEvent) -> bool {
        false
    }

    fn unrecorded(self: Arc<Self>, _event: &InboundEvent, _turn: &TurnId) {}

    async fn take(
        &self,
        _event: &InboundEvent,
        _text: &str,
        _turn: &TurnId,
        _now: &WallTime,
    ) -> AdminVerdict {
        AdminVerdict::NotACommand
    }
}

/// No persona: the assistant speaks in its own voice.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPersonas;

#[async_trait]
impl PersonaSource for NoPersonas {
    async fn persona(&self, _file: &str) -> Result<Option<String>, StoreError> {
        Ok(None)
    }
}
