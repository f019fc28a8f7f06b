//! The operator's requests: from the wire to the [`Control`] port and back.

use nanobot_core::ids::{IdError, SessionKey};
use nanobot_core::ports::Control;
use serde_json::Value;

use super::frames::{control_failure, messages_value, reset_value, sessions_value, status_value};
use super::protocol::{ControlOp, ErrorBody, MAX_SHOWN_MESSAGES};

/// A request with its identifiers checked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Op {
    /// How the daemon is.
    Status,
    /// All sessions.
    Sessions,
    /// The last messages of one session.
    Show(SessionKey, usize),
    /// Forget the messages of one session.
    Reset(SessionKey),
}

/// Checks a request.
///
/// # Errors
/// When a session key is none.
pub(crate) fn op_of(op: ControlOp) -> Result<Op, IdError> {
    Ok(match op {
        ControlOp::Status => Op::Status,
        ControlOp::SessionList => Op::Sessions,
        ControlOp::SessionShow { session, limit } => {
            let limit = usize::try_from(limit.min(MAX_SHOWN_MESSAGES)).unwrap_or(usize::MAX);
            Op::Show(SessionKey::new(session)?, limit)
        }
        ControlOp::SessionReset { session } => Op::Reset(SessionKey::new(session)?),
    })
}

/// Carries a request out. `actor` goes into the audit log.
///
/// # Errors
/// What the daemon answers in place of a result.
pub(crate) async fn answer(control: &dyn Control, op: Op, actor: &str) -> Result<Value, ErrorBody> {
    let answered = match op {
        Op::Status => Ok(status_value(&control.status().await)),
        Op::Sessions => control.sessions().await.map(|sessions| sessions_value(&sessions)),
        Op::Show(key, limit) => {
            control.session(&key, limit).await.map(|messages| messages_value(&key, &messages))
        }
        Op::Reset(key) => {
            control.reset_session(&key, actor).await.map(|forgotten| reset_value(&key, forgotten))
        }
    };
    answered.map_err(|error| control_failure(&error))
}
