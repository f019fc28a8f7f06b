//! Deriving a turn again from its record, and showing where the two part.
//!
//! The stages, the turn machine and the dispatcher's plan are the real ones; everything that they ask is answered
//! from the record (`replay/recorded.rs`). Nothing is sent, stored or called.

mod recorded;

use std::sync::Arc;

use crate::cancel::CancelToken;
use crate::dispatcher::{Plan, plan};
use crate::event::InboundEvent;
use crate::ids::TurnId;
use crate::intent::{SessionAppend, SessionRole};
use crate::orchestrator::{Orchestrator, OrchestratorParts};
use crate::pipeline::TurnScope;
use crate::ports::{Closing, Delivery, InboundId, Outgoing, SecurityGate, Seen};
use crate::record::RecordedStep;
use crate::reply_context::WindowLimits;
use crate::responder::{ModelResponder, ResponderParts};
use crate::stage::RecordedDesk;
use crate::stand_in::{NoPersonas, NoSecurity};
use crate::time::{Timestamp, WallTime};
use crate::turn::TurnLimits;

use recorded::{Record, Unused};

/// A turn as a journal knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedTurn {
    /// Its name.
    pub turn: TurnId,
    /// The number of its message; none for a turn that answers none.
    pub inbound: Option<InboundId>,
    /// When its message was stored.
    pub received: Timestamp,
    /// The message; none when its words were forgotten.
    pub event: Option<InboundEvent>,
    /// How often it was tried.
    pub attempts: u32,
    /// Its reading of the clock; none when it was never tried.
    pub at: Option<WallTime>,
    /// Its steps, by index.
    pub steps: Vec<RecordedStep>,
    /// What it left behind; none while it is open, and when its words were forgotten.
    pub closing: Option<Closing>,
    /// Parts of the record that are not as they were written, each as a person would name it.
    pub altered: Vec<String>,
}

/// What came of deriving a turn again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replayed {
    /// The same.
    Same,
    /// Something else; the first difference.
    Differs(Difference),
    /// It cannot be told.
    NotPossible(&'static str),
}

/// Where a record and what follows from it part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What differs (`outcome`, `session line 2`, `delivery 1`).
    pub what: String,
    /// As the record has it.
    pub recorded: String,
    /// As it follows from the record.
    pub derived: String,
}

/// Derives a turn again, under this gate if it is the one of its day.
pub async fn replay(turn: &RecordedTurn, security: Arc<dyn SecurityGate>) -> Replayed {
    if let Some(part) = turn.altered.first() {
        return Replayed::Differs(Difference {
            what: part.clone(),
            recorded: "not as it was written".to_owned(),
            derived: "as it was written".to_owned(),
        });
    }
    let (Some(event), Some(at)) = (&turn.event, &turn.at) else {
        return Replayed::NotPossible("its words were forgotten, or it was never tried");
    };
    let Some(closing) = &turn.closing else { return Replayed::NotPossible("it is not closed") };
    // Records from before there was a gate were made under the one that stands open.
    let security = match closing.readings.gate.as_deref() {
        None | Some(NoSecurity::NAME) => Arc::new(NoSecurity) as Arc<dyn SecurityGate>,
        Some(gate) if gate == security.fingerprint() => security,
        Some(_) => return Replayed::NotPossible("other security rules or settings were in force"),
    };
    let derived = derive(turn, event, at, closing, security).await;
    first_difference(closing, &derived).map_or(Replayed::Same, Replayed::Differs)
}

/// What follows from the record.
async fn derive(
    turn: &RecordedTurn,
    event: &InboundEvent,
    at: &WallTime,
    closing: &Closing,
    security: Arc<dyn SecurityGate>,
) -> Plan {
    let scope = TurnScope {
        beside: false,
        turn: turn.turn.clone(),
        now: at.clone(),
        seen: Seen::First,
        cancel: CancelToken::never(),
        recorded: turn.steps.clone().into(),
    };
    let orchestrator = orchestrator(at, closing, security);
    let handled = match &closing.readings.given_up {
        None => orchestrator.handle(event.clone(), scope.clone()).await,
        Some(given_up) => orchestrator.give_up(event.clone(), scope.clone(), given_up.clone()).await,
    };
    plan(&scope, closing.inbound, handled)
}

fn orchestrator(at: &WallTime, closing: &Closing, security: Arc<dyn SecurityGate>) -> Orchestrator {
    let record = Arc::new(Record::of(&closing.readings, at));
    let unused = Arc::new(Unused);
    let responder = ModelResponder::new(ResponderParts {
        model: unused.clone(),
        tools: unused.clone(),
        policy: record.clone(),
        security: security.clone(),
        sessions: record.clone(),
        workspace: unused.clone(),
        journal: unused.clone(),
        lines: unused.clone(),
        live: unused.clone(),
        telemetry: unused.clone(),
        clock: record.clone(),
        limits: TurnLimits::default(),
    });
    let parts = OrchestratorParts {
        admin: Arc::new(RecordedDesk(closing.readings.admin.clone())),
        policy: record.clone(),
        personas: Arc::new(NoPersonas),
        security,
        responder: Arc::new(responder),
        live: unused,
        seen_chats: record,
        archive: None,
        windows: WindowLimits::default(),
    };
    Orchestrator::recorded(parts, closing.readings.context.clone())
}

fn first_difference(recorded: &Closing, derived: &Plan) -> Option<Difference> {
    let differs = |what: String, recorded: String, derived: String| {
        (recorded != derived).then_some(Difference { what, recorded, derived })
    };
    let outcome = differs(
        "outcome".to_owned(),
        recorded.outcome.name().to_owned(),
        derived.closing.outcome.name().to_owned(),
    );
    outcome
        .or_else(|| {
            let recorded: Vec<_> = recorded.sessions.iter().flat_map(|write| lines(&write.append)).collect();
            let derived: Vec<_> = derived.appends.iter().flat_map(lines).collect();
            pairwise("session line", &recorded, &derived)
        })
        .or_else(|| {
            let recorded: Vec<_> = recorded.deliveries.iter().map(delivery).collect();
            let derived: Vec<_> = derived.closing.deliveries.iter().map(delivery).collect();
            pairwise("delivery", &recorded, &derived)
        })
}

fn pairwise(what: &str, recorded: &[String], derived: &[String]) -> Option<Difference> {
    let missing = || "nothing".to_owned();
    (0..recorded.len().max(derived.len())).find_map(|index| {
        let (recorded, derived) = (recorded.get(index), derived.get(index));
        (recorded != derived).then(|| Difference {
            what: format!("{what} {}", index + 1),
            recorded: recorded.cloned().unwrap_or_else(missing),
            derived: derived.cloned().unwrap_or_else(missing),
        })
    })
}

fn lines(append: &SessionAppend) -> Vec<String> {
    let line = |line: &crate::intent::SessionLine| {
        let role = match line.role {
            SessionRole::User => "user",
            SessionRole::Assistant => "assistant",
        };
        format!("{} {} {role} [{}]: {}", append.session, line.at, line.labels, line.content)
    };
    append.lines.iter().map(line).collect()
}

fn delivery(delivery: &Delivery) -> String {
    match &delivery.outgoing {
        Outgoing::Message(message) => format!(
            "{} to {}:{}{}: {} {:?}",
            delivery.key,
            message.channel,
            message.chat,
            message.reply_to.as_ref().map(|id| format!(" answering {id}")).unwrap_or_default(),
            message.text,
            message.media,
        ),
        Outgoing::Reaction(reaction) => format!(
            "{} to {}:{}: {} on {}{}",
            delivery.key,
            reaction.channel,
            reaction.chat,
            reaction.emoji,
            reaction.message_id,
            reaction.participant.as_ref().map(|id| format!(" of {id}")).unwrap_or_default(),
        ),
    }
}

#[cfg(test)]
mod tests;
