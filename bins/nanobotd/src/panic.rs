//! The emergency stop: an owner presses it in a chat, and the daemon ends.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nanobot_core::ids::TurnId;
use tokio::sync::watch;

use crate::lanes::Lanes;

/// The switch. Pressed in the middle of the turn that commands it, it takes effect once that turn is on record:
/// otherwise the next start would find the command open and end again.
pub(crate) struct PanicSwitch {
    lanes: Lanes,
    /// By which turns, and how long each lets the daemon go on. Only an owner's turn comes in here.
    pressed: Mutex<HashMap<TurnId, Duration>>,
    thrown: watch::Sender<bool>,
}

impl PanicSwitch {
    pub(crate) fn new(lanes: Lanes) -> Self {
        Self { lanes, pressed: Mutex::default(), thrown: watch::Sender::new(false) }
    }

    /// Stops every turn now, and the daemon a while after the turn that says so. What waits, or comes meanwhile, is
    /// left to the next start: the drain must not find anything new under way.
    pub(crate) fn press(&self, turn: &TurnId, delay: Duration) {
        self.lanes.cancel_all();
        self.lanes.shut_down();
        self.pressed.lock().unwrap_or_else(PoisonError::into_inner).insert(turn.clone(), delay);
    }

    /// A turn is over; if somebody pressed the switch in it, the daemon's end is next.
    pub(crate) async fn after_turn(&self, turn: &TurnId) {
        let pressed = self.pressed.lock().unwrap_or_else(PoisonError::into_inner).remove(turn);
        if let Some(delay) = pressed {
            tracing::error!(?delay, "an owner pressed the emergency stop");
            tokio::time::sleep(delay).await;
            self.thrown.send_replace(true);
        }
    }

    /// Resolves when the daemon is to end.
    pub(crate) async fn thrown(&self) {
        // The sender lives as long as this does.
        let _ = self.thrown.subscribe().wait_for(|thrown| *thrown).await;
    }
}
