//! A conversation of any shape, killed at any of its writes, any number of times: in the end it comes to the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::world::{ALLOWED, Death, World, at_once};
use crate::event::InboundEvent;
use crate::intent::Intent;
use crate::model::{ChatMessage, ModelErrorKind, ModelReply, ModelRequest};
use crate::notice;
use crate::pipeline::Handled;
use crate::record::{RecordedStep, StepAnswer, StepKind};
use crate::stand_in::hold;
use crate::testing::ScriptedModel;
use crate::testing::event::wa;
use crate::testing::models::{call, call_reply, text_reply};

/// What the model says, round by round.
#[derive(Debug, Clone)]
struct Script {
    /// Tools that are called in each round, and whether they fail.
    rounds: Vec<Vec<(&'static str, bool)>>,
    end: End,
}

#[derive(Debug, Clone)]
enum End {
    Words(String),
    Reaction,
    Fails,
}

fn script() -> impl Strategy<Value = Script> {
    let tool = prop::sample::select(vec!["look", "put", "pay", "pay", "ban", "ghost"]);
    let round = prop::collection::vec((tool, prop::bool::weighted(0.2)), 1..4);
    let end = prop_oneof![
        4 => Just(End::Words("all is seen to".to_owned())),
        1 => Just(End::Reaction),
        1 => Just(End::Fails),
    ];
    (prop::collection::vec(round, 0..4), end).prop_map(|(rounds, end)| Script { rounds, end })
}

/// How the attempts end that do not come through.
fn deaths() -> impl Strategy<Value = Vec<(usize, Death)>> {
    let death = prop::sample::select(vec![Death::JournalFails, Death::BeforeTheWrite, Death::BehindTheWrite]);
    prop::collection::vec((0..24_usize, death), 0..5)
}

fn question() -> InboundEvent {
    wa("please see to it").group("1@g.us").build()
}

/// Which round a request is for: the calls that the model has made already in this turn.
fn round(request: &ModelRequest) -> usize {
    let calls = |message: &&ChatMessage| matches!(message, ChatMessage::Assistant { tool_calls, .. } if !tool_calls.is_empty());
    request.messages.iter().filter(calls).count()
}

impl Script {
    fn model(&self) -> ScriptedModel {
        let script = self.clone();
        ScriptedModel::answering(move |request| script.answer(round(request)))
    }

    fn answer(&self, round: usize) -> Result<ModelReply, ModelErrorKind> {
        match (self.rounds.get(round), &self.end) {
            (Some(tools), _) => Ok(calls(round, tools)),
            (None, End::Words(text)) => Ok(text_reply(text)),
            (None, End::Reaction) => Ok(text_reply("::reaction:: 👍")),
            (None, End::Fails) => Err(ModelErrorKind::Overloaded),
        }
    }

    /// The same with the words of a person who has to be told of an unknown outcome.
    fn told(&self, note: Option<&str>) -> Handled {
        let Some(note) = note else { return undisturbed(self) };
        let end = match &self.end {
            End::Words(text) => End::Words(format!("{text}\n\n{note}")),
            End::Reaction => End::Words(note.to_owned()),
            End::Fails => End::Fails,
        };
        let mut handled = undisturbed(&Self { end, ..self.clone() });
        if matches!(self.end, End::Fails) {
            for intent in &mut handled.intents {
                match intent {
                    Intent::SendMessage(message) => message.text = format!("{}\n\n{note}", message.text),
                    Intent::AppendSession(append) => {
                        append.lines[1].content = format!("{}\n\n{note}", append.lines[1].content);
                    }
                    _ => {}
                }
            }
        }
        handled
    }
}

/// No two calls are the same, so that no loop is suspected.
fn calls(round: usize, tools: &[(&str, bool)]) -> ModelReply {
    let one = |(number, (tool, fails)): (usize, &(&str, bool))| {
        let mut arguments: Map<String, Value> = Map::new();
        arguments.insert("at".to_owned(), format!("{round}.{number}").into());
        if *fails {
            arguments.insert("fail".to_owned(), true.into());
        }
        call(&format!("c{round}.{number}"), tool, arguments.into())
    };
    call_reply(tools.iter().enumerate().map(one).collect())
}

fn undisturbed(script: &Script) -> Handled {
    World::new(script.model()).attempt(&question(), Vec::new()).unwrap()
}

/// A turn that was tried until it came through.
struct Lived {
    handled: Handled,
    steps: Vec<RecordedStep>,
    /// The keys under which each call ran: call, tool, keys.
    ran: BTreeMap<(String, String), Vec<String>>,
    /// Rounds that the model was asked for although their answer was on record.
    repeated: Vec<usize>,
}

fn live_through(script: &Script, deaths: &[(usize, Death)]) -> Lived {
    let mut steps: Vec<RecordedStep> = Vec::new();
    let mut ran: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    let mut repeated = Vec::new();
    for death in deaths.iter().copied().map(Some).chain([None]) {
        // Another process, over the same journal.
        let world = World::new(script.model());
        keep(&world, &steps);
        if let Some((writes, death)) = death {
            world.journal.ends_after(writes, death);
        }
        let handled = world.attempt(&question(), steps.clone());
        for (call, key) in hold(&world.tools.calls).iter() {
            ran.entry((call.id.to_string(), call.name.clone())).or_default().push(key.clone());
        }
        let known = answered(&steps);
        repeated.extend(world.model.requests().iter().map(round).filter(|round| known.contains(round)));
        steps = world.steps();
        // A turn that ran into a failing journal cannot be closed either: it stays open.
        let failed = world.journal.has_failed();
        if let Some(handled) = handled.filter(|_| !failed) {
            return Lived { handled, steps, ran, repeated };
        }
    }
    unreachable!("the last attempt is not disturbed")
}

/// Puts what earlier attempts did into a fresh journal.
fn keep(world: &World, steps: &[RecordedStep]) {
    use crate::ports::Journal as _;
    let journal = Arc::clone(&world.journal);
    let turn = super::world::turn();
    for step in steps {
        at_once(journal.step_started(&turn, &step.started)).unwrap().unwrap();
        if let Some(done) = &step.done {
            at_once(journal.step_done(&turn, done)).unwrap().unwrap();
        }
    }
}

/// The rounds whose answer is on record.
fn answered(steps: &[RecordedStep]) -> BTreeSet<usize> {
    let models = steps.iter().filter(|step| matches!(step.started.step, StepKind::Model { .. }));
    models.enumerate().filter(|(_, step)| step.done.is_some()).map(|(round, _)| round).collect()
}

/// How many once tools were interrupted.
fn unknown(steps: &[RecordedStep]) -> usize {
    let is_unknown = |step: &&RecordedStep| {
        step.done.as_ref().is_some_and(|done| done.answer == StepAnswer::OutcomeUnknown)
    };
    steps.iter().filter(is_unknown).count()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn a_turn_that_is_killed_anywhere_comes_to_the_same_in_the_end(script in script(), deaths in deaths()) {
        let lived = live_through(&script, &deaths);
        prop_assert_eq!(lived.repeated, Vec::<usize>::new(), "a model call whose answer is on record was repeated");
        for ((call, tool), keys) in &lived.ran {
            prop_assert!(ALLOWED.contains(&tool.as_str()), "{} ran, and nobody allowed it", tool);
            prop_assert!(tool != "pay" || keys.len() == 1, "{} of a once tool ran {} times", call, keys.len());
            prop_assert!(keys.iter().all(|key| *key == keys[0]), "{} ran under several keys: {:?}", call, keys);
        }
        let note = notice::of_unknown_outcomes(&lived.steps);
        prop_assert_eq!(note.is_some(), unknown(&lived.steps) > 0);
        prop_assert_eq!(lived.handled.intents, script.told(note.as_deref()).intents);
        // Each step stands on record once, in order, with an answer.
        for (index, step) in lived.steps.iter().enumerate() {
            prop_assert_eq!(usize::try_from(step.started.index).unwrap(), index);
            prop_assert!(step.done.is_some(), "step {} has no end", index);
        }
    }
}
