//! The operator's requests: from the wire to the [`Control`] port and back.

use nanobot_core::ids::{DeliveryKey, IdError, SessionKey};
use nanobot_core::ports::{Control, PolicyAsk, Wanted};
use serde_json::{Value, json};

use super::frames::{control_failure, messages_value, reset_value, sessions_value, status_value};
use super::protocol::{
    ControlOp, ErrorBody, HandledAnswer, MAX_LISTED_DELIVERIES, MAX_NAMED_DELIVERIES, MAX_SHOWN_MESSAGES,
    OutboxAnswer, PolicyResult, WantedDeliveries,
};

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
    /// What waits to be sent, so many of it, with or without its words.
    Outbox(Wanted, usize, bool),
    /// Take deliveries back.
    Retry(Vec<DeliveryKey>),
    /// Give deliveries up.
    Drop(Vec<DeliveryKey>),
    /// Change the policy.
    Policy(PolicyAsk),
}

/// Why a request is none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadOp {
    /// An identifier in it is none.
    #[error(transparent)]
    Id(#[from] IdError),
    /// It names too many deliveries.
    #[error("at most {MAX_NAMED_DELIVERIES} deliveries can be named at once")]
    TooManyKeys,
}

/// Checks a request.
///
/// # Errors
/// When an identifier is none, or there are too many.
pub(crate) fn op_of(op: ControlOp) -> Result<Op, BadOp> {
    Ok(match op {
        ControlOp::Status => Op::Status,
        ControlOp::SessionList => Op::Sessions,
        ControlOp::SessionShow { session, limit } => {
            let limit = usize::try_from(limit.min(MAX_SHOWN_MESSAGES)).unwrap_or(usize::MAX);
            Op::Show(SessionKey::new(session)?, limit)
        }
        ControlOp::SessionReset { session } => Op::Reset(SessionKey::new(session)?),
        ControlOp::OutboxList { wanted, limit, text } => {
            let limit = usize::try_from(limit.min(MAX_LISTED_DELIVERIES)).unwrap_or(usize::MAX);
            Op::Outbox(wanted_of(wanted)?, limit, text)
        }
        ControlOp::OutboxRetry { keys } => Op::Retry(keys_of(keys)?),
        ControlOp::OutboxDrop { keys } => Op::Drop(keys_of(keys)?),
        ControlOp::PolicyEdit { edit, dry_run, confirm } => {
            Op::Policy(PolicyAsk { edit: edit.into(), dry_run, confirm })
        }
    })
}

fn wanted_of(wanted: WantedDeliveries) -> Result<Wanted, BadOp> {
    Ok(match wanted {
        WantedDeliveries::All => Wanted::All,
        WantedDeliveries::Parked => Wanted::Parked,
        WantedDeliveries::Keys(keys) => Wanted::Of(keys_of(keys)?),
    })
}

fn keys_of(keys: Vec<String>) -> Result<Vec<DeliveryKey>, BadOp> {
    if keys.len() > MAX_NAMED_DELIVERIES {
        return Err(BadOp::TooManyKeys);
    }
    Ok(keys.into_iter().map(DeliveryKey::new).collect::<Result<_, _>>()?)
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
        Op::Outbox(wanted, limit, with_text) => {
            control.outbox(&wanted, limit).await.map(|listing| json!(OutboxAnswer::of(&listing, with_text)))
        }
        Op::Retry(keys) => {
            control.retry_deliveries(&keys, actor).await.map(|handled| json!(HandledAnswer::from(handled)))
        }
        Op::Drop(keys) => {
            control.drop_deliveries(&keys, actor).await.map(|handled| json!(HandledAnswer::from(handled)))
        }
        Op::Policy(ask) => {
            control.edit_policy(&ask, actor).await.map(|answer| json!(PolicyResult::from(answer)))
        }
    };
    answered.map_err(|error| control_failure(&error))
}
