//! Has turns run by the real pipeline, and gives back what a journal would have of them: everything goes through its
//! stored form.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cancel::{CancelSwitch, StopReason};
use crate::dispatcher::Dispatcher;
use crate::event::InboundEvent;
use crate::ids::TurnId;
use crate::intent::SessionAppend;
use crate::model::{ChatMessage, ModelErrorKind, ModelReply, ModelRequest};
use crate::notice;
use crate::outcome::TurnOutcome;
use crate::pipeline::{GivenUp, Handled, Readings, TurnScope};
use crate::ports::{Closing, InboundId, Journal, Outgoing, Seen};
use crate::projector::Projector;
use crate::record::{
    EventRecord, LinesRecord, OutgoingRecord, ReadingsRecord, RecordedStep, StepDone, StepStarted,
};
use crate::replay::{RecordedTurn, Replayed, replay};
use crate::responder::tests::world::{World, at_once, scope};
use crate::testing::models::{call, call_reply, text_reply};
use crate::testing::{RecordingTelemetry, ScriptedGate, ScriptedModel};

/// So often a turn is tried before it is given up.
const TRIES: u32 = 3;

/// A pipeline with everything behind it.
pub(super) struct Recorder {
    pub(super) world: World,
    dispatcher: Dispatcher,
    projector: Projector,
    turns: u32,
}

impl Recorder {
    pub(super) fn new() -> Self {
        let gate = ScriptedGate::new().block_input("bomb").sanitize_output("1234").block_tool("\"at\":9");
        let world = World::behind(gate, ScriptedModel::answering(answer));
        let telemetry = Arc::new(RecordingTelemetry::new());
        let (lines, sessions) = (world.journal.inner.clone(), world.sessions.clone());
        let dispatcher = Dispatcher {
            journal: world.journal.clone(),
            lines: lines.clone(),
            sessions: sessions.clone(),
            seen_chats: world.seen_chats.clone(),
            memory: None,
            telemetry: telemetry.clone(),
        };
        let projector = Projector::new(lines, sessions, telemetry);
        Self { world, dispatcher, projector, turns: 0 }
    }

    /// Runs a message to its end, as a daemon does that is started again whenever it dies. None for a repeat: its
    /// outcome is the first one's.
    pub(super) fn record(&mut self, event: &InboundEvent, stop: Option<StopReason>) -> Option<RecordedTurn> {
        self.turns += 1;
        let turn = TurnId::new(format!("turn-{}", self.turns)).unwrap();
        let (switch, cancel) = CancelSwitch::new();
        if let Some(reason) = stop {
            switch.throw(reason);
        }
        let first = scope(&turn, cancel, Vec::new());
        let journal = self.world.journal.inner.clone();
        let ingested = at_once(journal.ingest(event, &turn, first.now.instant)).unwrap().unwrap();
        if ingested.seen == Seen::Again {
            return None;
        }
        let (mut attempts, mut last) = (0, None);
        while attempts < TRIES && last.is_none() {
            attempts += 1;
            let scope = TurnScope { recorded: journal.steps(&turn).into(), ..first.clone() };
            last = self.world.handle(event, &scope);
            if last.is_none() {
                self.world.journal.recovers();
            }
        }
        self.world.journal.recovers();
        let handled = last.unwrap_or_else(|| self.give_up(event, &first));
        self.close(&first, ingested.id, handled);
        let closing = journal.closings().pop().unwrap();
        Some(RecordedTurn {
            turn: turn.clone(),
            inbound: Some(ingested.id),
            received: first.now.instant,
            event: Some(InboundEvent::try_from(again(&EventRecord::from(event))).unwrap()),
            attempts,
            at: Some(first.now),
            steps: journal.steps(&turn).iter().map(step).collect(),
            closing: Some(stored(closing)),
            altered: Vec::new(),
        })
    }

    fn give_up(&self, event: &InboundEvent, scope: &TurnScope) -> Handled {
        let outcome = TurnOutcome::Abandoned;
        let given_up = GivenUp { outcome, notice: notice::ABANDONED.to_owned() };
        at_once(self.world.orchestrator.give_up(event.clone(), scope.clone(), given_up)).unwrap()
    }

    fn close(&self, scope: &TurnScope, inbound: InboundId, handled: Handled) {
        at_once(self.dispatcher.dispatch(scope, Some(inbound), handled)).unwrap().unwrap();
        at_once(self.projector.run()).unwrap().unwrap();
    }

    pub(super) fn replay(&self, turn: &RecordedTurn) -> Replayed {
        at_once(replay(turn, self.world.security.clone())).unwrap()
    }
}

/// The model: does what the question asks for.
fn answer(request: &ModelRequest) -> Result<ModelReply, ModelErrorKind> {
    let question =
        request.messages.iter().rposition(|message| matches!(message, ChatMessage::User { .. })).unwrap();
    let ChatMessage::User { text, .. } = &request.messages[question] else {
        unreachable!("it was looked for")
    };
    let own = text.split("\n\n[Re").next().unwrap();
    let is_call = |message: &&ChatMessage| matches!(message, ChatMessage::Assistant { tool_calls, .. } if !tool_calls.is_empty());
    let round = request.messages[question..].iter().filter(is_call).count();
    let tools: &[&str] = match own {
        "use tools" if round < 2 => &["look", "put", "pay"],
        "the same again and again" => &["look"],
        "what is forbidden" if round == 0 => &["ban", "ghost", "look"],
        _ => &[],
    };
    if own == "wait for a tool" && round == 0 {
        let hanging = call_reply(vec![call("c1", "look", serde_json::json!({"hang": true}))]);
        return Ok(ModelReply { text: "Let me look.".to_owned(), ..hanging });
    }
    if !tools.is_empty() {
        // The gate forbids the nines.
        let at = match own {
            "use tools" => round,
            "what is forbidden" => 9,
            _ => 0,
        };
        let one = |tool: &&str| call(&format!("{tool}-{round}"), tool, serde_json::json!({ "at": at }));
        return Ok(call_reply(tools.iter().map(one).collect()));
    }
    match own {
        "just a reaction" => Ok(text_reply("::reaction:: 👍")),
        "the model fails here" => Err(ModelErrorKind::Overloaded),
        "say my pin" => Ok(text_reply("your pin is 1234")),
        "say nothing" => Ok(text_reply(" ")),
        _ => Ok(text_reply(&format!("{} lines before {own}", request.messages.len()))),
    }
}

/// Through its stored form and back.
fn again<T: Serialize + DeserializeOwned>(record: &T) -> T {
    serde_json::from_str(&serde_json::to_string(record).unwrap()).unwrap()
}

fn step(step: &RecordedStep) -> RecordedStep {
    let started: StepStarted = again(&step.started);
    let done: Option<StepDone> = again(&step.done);
    RecordedStep { started, done }
}

fn stored(mut closing: Closing) -> Closing {
    closing.readings = Readings::try_from(again(&ReadingsRecord::from(&closing.readings))).unwrap();
    for write in &mut closing.sessions {
        write.append = SessionAppend::try_from(again(&LinesRecord::from(&write.append))).unwrap();
    }
    for delivery in &mut closing.deliveries {
        delivery.outgoing = Outgoing::try_from(again(&OutgoingRecord::from(&delivery.outgoing))).unwrap();
    }
    closing
}

/// How many turns ended how.
pub(super) type Tally = BTreeMap<&'static str, usize>;
