//! Which refusals become rows of the audit log, and how many of them.
//!
//! Each token that was called wrong is a row; the limits on those bound them. Of what is refused for coming too
//! often, or for meaning another server, one row a minute and kind is written, in the name of the first: a flood
//! must not fill the disk. Reading is no act of administration and leaves no row.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use nanobot_core::ports::{AdminAct, AuditLog, Clock};

use crate::limits::{ApiLimits, Rate};
use crate::rates::{SharedRate, SteadyClock};

/// How many rows a kind of flood may leave.
const FLOOD_ROWS: Rate = Rate::per_minute(1, 1);

/// What was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// A wrong token, or none.
    Token,
    /// Too many of these.
    Tokens,
    /// Too many requests with the token.
    Reads,
    /// Too many questions for health.
    Health,
    /// A request that means another server.
    Host,
}

/// Writes the rows.
pub(crate) struct Trail {
    log: Arc<dyn AuditLog>,
    clock: Arc<dyn Clock>,
    limit: Duration,
    tokens: SharedRate,
    reads: SharedRate,
    health: SharedRate,
    host: SharedRate,
}

impl Trail {
    pub(crate) fn new(
        log: Arc<dyn AuditLog>,
        clock: Arc<dyn Clock>,
        steady: &SteadyClock,
        limits: &ApiLimits,
    ) -> Self {
        let rate = || SharedRate::new(FLOOD_ROWS, steady);
        Self { log, clock, limit: limits.audit, tokens: rate(), reads: rate(), health: rate(), host: rate() }
    }

    /// Writes the row of a refusal, if it gets one. A row that cannot be written, or not in time, is a line in the
    /// daemon's log: the request is refused all the same.
    pub(crate) async fn refused(&self, refused: Refused, peer: IpAddr, target: &str) {
        if !self.gets_a_row(refused) {
            return;
        }
        let act = row(refused, peer, target);
        match tokio::time::timeout(self.limit, self.log.record(&act, &self.clock.now())).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, action = act.action, "a refusal was not audited"),
            Err(_) => tracing::warn!(action = act.action, "a refusal was not audited in time"),
        }
    }

    fn gets_a_row(&self, refused: Refused) -> bool {
        match refused {
            Refused::Token => true,
            Refused::Tokens => self.tokens.take().is_ok(),
            Refused::Reads => self.reads.take().is_ok(),
            Refused::Health => self.health.take().is_ok(),
            Refused::Host => self.host.take().is_ok(),
        }
    }
}

fn row(refused: Refused, peer: IpAddr, target: &str) -> AdminAct {
    let (action, result) = match refused {
        Refused::Token => ("auth", "refused"),
        Refused::Tokens => ("auth", "rate_limited"),
        Refused::Reads => ("api.read", "rate_limited"),
        Refused::Health => ("health.read", "rate_limited"),
        Refused::Host => ("host", "refused"),
    };
    let (actor, target) = (peer.to_canonical().to_string(), target.to_owned());
    AdminAct { actor, via: "api", action, target, result }
}
