//! The turns of a plan, one beginning after another, as many under way as there are chats; and the vendors' moods, which
//! change with them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use nanobot_core::ports::Clock;
use nanobot_core::time::Timestamp;
use nanobotd::system::SystemClock;
use tokio::task::JoinSet;

use super::house::Vendors;
use super::plan::Plan;
use super::tally::Tally;
use super::turn::{Answerer, CHATS, Turn};

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Driven {
    pub(super) turns: Vec<Turn>,
    /// When each outage began and ended, by its number.
    pub(super) outages: Vec<Span>,
}

/// From when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) began: Timestamp,
    pub(super) ended: Option<Timestamp>,
}

struct Drive {
    plan: Plan,
    vendors: Arc<Vendors>,
    tally: Option<Arc<Tally>>,
    clock: SystemClock,
    /// Who holds it lets the next turn begin. Waits count from one beginning to the next, so that a jam never eats up
    /// the calm between two outages.
    next: tokio::sync::Mutex<usize>,
    driven: Mutex<Driven>,
}

/// Drives an answerer through a plan.
pub(super) async fn drive(
    plan: &Plan,
    vendors: &Arc<Vendors>,
    answerer: Arc<dyn Answerer>,
    tally: Option<Arc<Tally>>,
) -> Result<Driven> {
    let drive = Arc::new(Drive {
        plan: plan.clone(),
        vendors: Arc::clone(vendors),
        tally,
        clock: SystemClock::new(),
        next: tokio::sync::Mutex::new(0),
        driven: Mutex::default(),
    });
    let mut chats = JoinSet::new();
    for chat in 0..CHATS {
        chats.spawn(Arc::clone(&drive).talk(chat, Arc::clone(&answerer)));
    }
    while let Some(ended) = chats.join_next().await {
        ended.context("a chat of the campaign broke")?;
    }
    vendors.primary.set_rules(Vec::new());
    vendors.fallback.set_rules(Vec::new());
    Ok(std::mem::take(&mut *drive.driven.lock().unwrap_or_else(PoisonError::into_inner)))
}

impl Drive {
    async fn talk(self: Arc<Self>, chat: usize, answerer: Arc<dyn Answerer>) {
        while let Some(turn) = self.begin().await {
            let turn = answerer.answer(chat, turn).await;
            self.driven.lock().unwrap_or_else(PoisonError::into_inner).turns.push(turn);
        }
    }

    /// Waits for one's turn, and changes the weather if it is time.
    async fn begin(&self) -> Option<usize> {
        let mut next = self.next.lock().await;
        let turn = *next;
        let wait: Duration = *self.plan.waits.get(turn)?;
        *next += 1;
        tokio::time::sleep(wait).await;
        for change in self.plan.changes.iter().filter(|change| change.turn == turn) {
            let now = self.clock.now().instant;
            if let Some(outage) = change.begins {
                let shuts = self.plan.outages.get(outage).is_some_and(|outage| outage.shuts_door);
                if let Some(tally) = &self.tally {
                    tally.door_is_shut(shuts);
                }
            }
            self.vendors.primary.set_rules(change.primary.clone());
            self.vendors.fallback.set_rules(change.fallback.clone());
            let mut driven = self.driven.lock().unwrap_or_else(PoisonError::into_inner);
            if change.begins.is_some() {
                driven.outages.push(Span { began: now, ended: None });
            } else if let Some(span) = driven.outages.last_mut() {
                span.ended = Some(self.clock.now().instant);
            }
        }
        Some(turn)
    }
}
