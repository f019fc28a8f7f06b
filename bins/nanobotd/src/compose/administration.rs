//! Who administers a running nanobot: the desk that hears owners in their chats, the watcher of the policy file, the
//! room for sessions.

use std::sync::Arc;

use nanobot_core::Projector;
use nanobot_core::ports::AdminDesk;
use nanobot_core::stand_in::NoCommands;

use super::Adapters;
use crate::control::{Kept, SessionRoom};
use crate::lanes::Lanes;
use crate::owners::Owners;
use crate::panic::PanicSwitch;
use crate::policy::{Desk, Watcher};
use crate::pump::Pump;

/// The room for sessions, for acts that come in over one way.
pub(super) fn session_room(with: &Adapters, projector: &Arc<Projector>, via: &'static str) -> SessionRoom {
    let (journal, lines, projector) = (with.journal.clone(), with.lines.clone(), projector.clone());
    SessionRoom {
        sessions: with.sessions.clone(),
        kept: Some(Kept { journal, lines, projector }),
        audit: with.audit.clone(),
        clock: with.clock.clone(),
        via,
    }
}

/// The desk; nobody sits at it where a stand-in decides.
pub(super) fn desk(
    with: &Adapters,
    sessions: Arc<SessionRoom>,
    lanes: &Lanes,
    panic: &Arc<PanicSwitch>,
) -> Arc<dyn AdminDesk> {
    let Some(room) = with.room.clone() else { return Arc::new(NoCommands) };
    let (lanes, panic, audit) = (lanes.clone(), panic.clone(), with.audit.clone());
    Arc::new(Desk { room, sessions, lanes, panic, audit })
}

/// The way to the owners.
pub(super) fn owners(with: &Adapters, pump: &Pump) -> Owners {
    Owners {
        policy: with.policy.clone(),
        journal: with.journal.clone(),
        security: with.security.clone(),
        clock: with.clock.clone(),
        ids: with.ids.clone(),
        pump: pump.clone(),
        networks: with.networks.iter().map(|network| network.sender.channel()).collect(),
    }
}

/// The watcher, where there is a file to watch.
pub(super) fn watcher(with: &Adapters, owners: &Owners) -> Option<Watcher> {
    with.room.clone().map(|room| Watcher { room, telemetry: with.telemetry.clone(), owners: owners.clone() })
}
