//! The outbox as an operator handles it, with or without a daemon: the command line uses the same code on a
//! home that it has locked.
//!
//! It wakes nobody: whoever sends is told by whoever wires (`ControlRoom`).

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::ids::DeliveryKey;
use nanobot_core::ports::{
    AdminAct, AuditLog, Clock, ControlError, DeliveriesHandled, Outbox, OutboxAdmin, OutboxListing,
    StoreError, StoreErrorKind, Wanted,
};
use nanobot_core::time::WallTime;

/// So many rows are looked at: more than an outbox takes in.
const MOST_ROWS: usize = 20_000;

/// What the outbox notes beside a delivery that an operator has given up.
const DROPPED: &str = "dropped by the operator";

/// The outbox and its audit log.
pub struct OutboxRoom {
    /// What waits.
    pub outbox: Arc<dyn Outbox>,
    /// One row per delivery that something is done to.
    pub audit: Arc<dyn AuditLog>,
    /// Dates the rows.
    pub clock: Arc<dyn Clock>,
    /// Over which way acts come in (`socket`, `cli`).
    pub via: &'static str,
}

/// What can be done to a delivery.
#[derive(Clone, Copy)]
enum Act {
    Retry,
    Drop,
}

impl Act {
    /// Its name in the audit log.
    const fn action(self) -> &'static str {
        match self {
            Self::Retry => "outbox.retry",
            Self::Drop => "outbox.drop",
        }
    }
}

#[async_trait]
impl OutboxAdmin for OutboxRoom {
    async fn outbox(&self, wanted: &Wanted, limit: usize) -> Result<OutboxListing, ControlError> {
        let mut rows = self.outbox.list(MOST_ROWS).await?;
        rows.retain(|row| wanted.takes(row));
        let total = rows.len();
        rows.truncate(limit);
        Ok(OutboxListing { rows, total })
    }

    async fn retry_deliveries(
        &self,
        keys: &[DeliveryKey],
        actor: &str,
    ) -> Result<DeliveriesHandled, ControlError> {
        self.handle(Act::Retry, keys, actor).await
    }

    async fn drop_deliveries(
        &self,
        keys: &[DeliveryKey],
        actor: &str,
    ) -> Result<DeliveriesHandled, ControlError> {
        self.handle(Act::Drop, keys, actor).await
    }
}

impl OutboxRoom {
    async fn handle(
        &self,
        act: Act,
        keys: &[DeliveryKey],
        actor: &str,
    ) -> Result<DeliveriesHandled, ControlError> {
        let rows = self.outbox.list(MOST_ROWS).await?;
        let there: HashSet<DeliveryKey> = rows.into_iter().map(|row| row.delivery.key).collect();
        let mut handled = DeliveriesHandled::default();
        for key in keys {
            let now = self.clock.now();
            if !there.contains(key) {
                self.record(act, key, actor, "refused", &now).await?;
                handled.unknown.push(key.clone());
                continue;
            }
            // Written first: an act that cannot be written down does not happen.
            self.record(act, key, actor, "done", &now).await?;
            match self.carry_out(act, key).await {
                Ok(true) => handled.done.push(key.clone()),
                // It went out since the look.
                Ok(false) => {
                    self.record(act, key, actor, "failed", &now).await?;
                    handled.unknown.push(key.clone());
                }
                Err(error) => {
                    self.record(act, key, actor, "failed", &now).await?;
                    return Err(error.into());
                }
            }
        }
        Ok(handled)
    }

    /// Answers whether there was something to do it to.
    async fn carry_out(&self, act: Act, key: &DeliveryKey) -> Result<bool, StoreError> {
        match act {
            Act::Retry => match self.outbox.release(key).await {
                Ok(()) => Ok(true),
                Err(error) if error.kind == StoreErrorKind::NotFound => Ok(false),
                Err(error) => Err(error),
            },
            Act::Drop => self.outbox.discard(key, DROPPED).await,
        }
    }

    async fn record(
        &self,
        act: Act,
        key: &DeliveryKey,
        actor: &str,
        result: &'static str,
        now: &WallTime,
    ) -> Result<(), StoreError> {
        let row = AdminAct {
            actor: actor.to_owned(),
            via: self.via,
            action: act.action(),
            target: key.to_string(),
            result,
        };
        self.audit.record(&row, now).await
    }
}

#[cfg(test)]
mod tests;
