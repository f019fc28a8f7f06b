//! Commands of owners, given in a chat.

use std::sync::Arc;

use async_trait::async_trait;

use crate::admin::AdminVerdict;
use crate::event::InboundEvent;
use crate::ids::TurnId;
use crate::time::WallTime;

/// Takes the commands of owners.
#[async_trait]
pub trait AdminDesk: Send + Sync {
    /// Whether a message is a command that must not wait behind the turns of its chat, since it is to stop one. Its
    /// sender's right to give it is looked at here, too.
    fn is_urgent(&self, event: &InboundEvent) -> bool;

    /// An urgent message could not be stored, so it will have no turn. What must not depend on a disk is done now.
    fn unrecorded(self: Arc<Self>, event: &InboundEvent, turn: &TurnId);

    /// Looks at a message and does what it commands. `turn` names the act: a command that comes again under the
    /// same turn, after a crash, takes effect once and is answered the same way.
    async fn take(&self, event: &InboundEvent, text: &str, turn: &TurnId, now: &WallTime) -> AdminVerdict;
}
