//! The queue of deliveries: first in, first out per chat. Plain data; the journal holds the lock.

use std::collections::{HashSet, VecDeque};

use super::VolatileJournal;
use crate::ids::DeliveryKey;
use crate::ports::{Delivery, QueuedDelivery, StoreError, StoreErrorKind};
use crate::time::Timestamp;

/// Deliveries of all chats, in the order in which their turns closed.
#[derive(Debug, Default)]
pub(super) struct DeliveryQueue {
    rows: VecDeque<QueuedDelivery>,
    keys: HashSet<DeliveryKey>,
}

impl DeliveryQueue {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Adds a delivery; one whose key already waits is the same one and is not added again.
    pub(super) fn push(&mut self, delivery: Delivery) {
        if self.keys.insert(delivery.key.clone()) {
            self.rows.push_back(QueuedDelivery { delivery, attempts: 0, not_before: None, parked: None });
        }
    }

    /// The head of each chat, if its time has come. A postponed head keeps the rows behind it waiting; a
    /// parked row is no head.
    pub(super) fn due(&self, now: Timestamp, limit: usize) -> Vec<QueuedDelivery> {
        let mut chats = HashSet::new();
        self.rows
            .iter()
            .filter(|row| row.parked.is_none() && chats.insert(row.delivery.outgoing.target()))
            .filter(|head| head.not_before.is_none_or(|instant| instant <= now))
            .take(limit)
            .cloned()
            .collect()
    }

    /// Answers whether it was there.
    pub(super) fn remove(&mut self, key: &DeliveryKey) -> bool {
        let known = self.keys.remove(key);
        if known {
            self.rows.retain(|row| row.delivery.key != *key);
        }
        known
    }

    pub(super) fn postpone(&mut self, key: &DeliveryKey, until: Timestamp) -> Result<(), StoreError> {
        let row = self.row(key, "postponing a delivery")?;
        row.attempts = row.attempts.saturating_add(1);
        row.not_before = Some(until);
        Ok(())
    }

    pub(super) fn park(&mut self, key: &DeliveryKey, why: &str) -> Result<(), StoreError> {
        let row = self.row(key, "parking a delivery")?;
        row.attempts = row.attempts.saturating_add(1);
        row.parked = Some(why.to_owned());
        self.forget_oldest_parked();
        Ok(())
    }

    pub(super) fn release(&mut self, key: &DeliveryKey) -> Result<(), StoreError> {
        let row = self.row(key, "taking back a delivery")?;
        (row.parked, row.attempts, row.not_before) = (None, 0, None);
        Ok(())
    }

    /// Parked rows wait for a person, and there may be none: they must not fill the queue.
    fn forget_oldest_parked(&mut self) {
        let mut parked = self.rows.iter().filter(|row| row.parked.is_some());
        let oldest = parked.next().map(|row| row.delivery.key.clone());
        if parked.count() >= VolatileJournal::MAX_PARKED_ROWS
            && let Some(key) = oldest
        {
            self.remove(&key);
        }
    }

    pub(super) fn list(&self, limit: usize) -> Vec<QueuedDelivery> {
        self.rows.iter().take(limit).cloned().collect()
    }

    fn row(&mut self, key: &DeliveryKey, doing: &'static str) -> Result<&mut QueuedDelivery, StoreError> {
        self.rows
            .iter_mut()
            .find(|row| row.delivery.key == *key)
            .ok_or_else(|| StoreError::new(StoreErrorKind::NotFound, doing))
    }
}
