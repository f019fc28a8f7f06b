//! The way to an outbox: through whoever serves the home, or by opening its journal under the home's lock.

use std::sync::Arc;

use nanobot_channels::local::LocalClient;
use nanobot_channels::local::protocol::{HandledAnswer, OutboxAnswer};
use nanobot_core::ids::DeliveryKey;
use nanobot_core::ports::{Outbox, OutboxAdmin as _, Wanted};
use nanobot_core::stand_in::VolatileJournal;
use nanobotd::control::OutboxRoom;
use nanobotd::lock::HomeLock;
use nanobotd::outbox_at;
use nanobotd::system::SystemClock;

use crate::exit::Failure;
use crate::home::Place;
use crate::{audit, daemon};

/// A way that stays open for one command.
pub(super) enum Way {
    /// Somebody serves the home.
    Served(LocalClient),
    /// Nobody does, and it is locked meanwhile.
    Locked { room: OutboxRoom, _lock: HomeLock },
    /// There is no home, and none is made for this.
    Nowhere,
}

impl Way {
    pub(super) async fn to(place: &Place) -> Result<Self, Failure> {
        if let Some(client) = daemon::find(place).await? {
            return Ok(Self::Served(client));
        }
        if !place.home.root().is_dir() {
            return Ok(Self::Nowhere);
        }
        let lock = HomeLock::take(place.home.root(), &place.home.lock())?;
        // A home that has heard nothing yet has no journal, and gets none here: nothing waits in it.
        let outbox: Arc<dyn Outbox> = match outbox_at(&place.home).await? {
            Some(outbox) => outbox,
            None => Arc::new(VolatileJournal::new()),
        };
        let audit = Arc::new(audit::log(place));
        let room = OutboxRoom { outbox, audit, clock: Arc::new(SystemClock::new()), via: "cli" };
        Ok(Self::Locked { room, _lock: lock })
    }

    pub(super) async fn list(
        &self,
        wanted: &Wanted,
        limit: u32,
        with_text: bool,
    ) -> Result<OutboxAnswer, Failure> {
        Ok(match self {
            Self::Served(client) => client.outbox(wanted, limit, with_text).await?,
            Self::Locked { room, .. } => {
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                OutboxAnswer::of(&room.outbox(wanted, limit).await?, with_text)
            }
            Self::Nowhere => OutboxAnswer { deliveries: Vec::new(), total: 0 },
        })
    }

    pub(super) async fn retry(&self, keys: &[DeliveryKey]) -> Result<HandledAnswer, Failure> {
        Ok(match self {
            Self::Served(client) => client.retry_deliveries(keys).await?,
            Self::Locked { room, .. } => room.retry_deliveries(keys, &audit::actor()).await?.into(),
            Self::Nowhere => all_unknown(keys),
        })
    }

    pub(super) async fn drop(&self, keys: &[DeliveryKey]) -> Result<HandledAnswer, Failure> {
        Ok(match self {
            Self::Served(client) => client.drop_deliveries(keys).await?,
            Self::Locked { room, .. } => room.drop_deliveries(keys, &audit::actor()).await?.into(),
            Self::Nowhere => all_unknown(keys),
        })
    }

    /// Says goodbye.
    pub(super) async fn close(self) {
        if let Self::Served(client) = self {
            client.close().await;
        }
    }
}

fn all_unknown(keys: &[DeliveryKey]) -> HandledAnswer {
    HandledAnswer { done: Vec::new(), unknown: keys.iter().map(ToString::to_string).collect() }
}
