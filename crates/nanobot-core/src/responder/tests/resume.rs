//! Turns that are taken up again: what an earlier attempt did is not done twice, and nothing of it is forgotten.

use serde_json::json;

use super::super::Failure;
use super::world::{ALLOWED, Death, World};
use crate::cancel::StopReason;
use crate::cooldown::Language;
use crate::decision::{CooldownPolicy, PolicyDecision};
use crate::event::InboundEvent;
use crate::intent::{Intent, SessionLine};
use crate::label::Label;
use crate::model::{ChatMessage, ModelErrorKind, ModelReply};
use crate::notice;
use crate::outcome::TurnOutcome;
use crate::pipeline::Handled;
use crate::record::{RecordedStep, StepAnswer, StepKind};
use crate::stand_in::hold;
use crate::testing::ScriptedModel;
use crate::testing::event::wa;
use crate::testing::models::{call, call_reply, text_reply};
use crate::testing::policy::decision;
use crate::turn::EXHAUSTED_ANSWER;

fn question() -> InboundEvent {
    wa("please see to it").group("1@g.us").build()
}

/// A model that gives these answers.
fn model(replies: impl IntoIterator<Item = ModelReply>) -> ScriptedModel {
    let model = ScriptedModel::new();
    replies.into_iter().for_each(|reply| model.push_reply(reply));
    model
}

/// An answer that calls these tools.
fn calls(tools: &[&str]) -> ModelReply {
    let one = |(number, tool): (usize, &&str)| call(&format!("c{number}"), tool, json!({"number": number}));
    call_reply(tools.iter().enumerate().map(one).collect())
}

/// A turn that looks, puts, pays and answers: the steps model, look, put, pay, model.
fn whole_turn() -> (World, Handled) {
    let world = World::new(model([calls(&ALLOWED), text_reply("all is seen to")]));
    let handled = world.attempt(&question(), Vec::new()).unwrap();
    assert_eq!(world.steps().len(), 5);
    (world, handled)
}

/// The record of an attempt that died while this step ran.
fn died_at(steps: &[RecordedStep], index: usize) -> Vec<RecordedStep> {
    let mut steps = steps[..=index].to_vec();
    steps[index].done = None;
    steps
}

/// The same with the policy of another day.
fn under(policy: &PolicyDecision, model: ScriptedModel) -> World {
    let world = World::new(model);
    world.policy.set(policy.clone());
    world
}

fn allowing(tools: &[&str]) -> PolicyDecision {
    let allowed_tools = tools.iter().map(ToString::to_string).collect();
    PolicyDecision { allowed_tools, ..decision("another day") }
}

/// What the chat is told.
fn told(handled: &Handled) -> Vec<&str> {
    let mut texts = Vec::new();
    for intent in &handled.intents {
        if let Intent::SendMessage(message) = intent {
            texts.push(message.text.as_str());
        }
    }
    texts
}

fn lines(handled: &Handled) -> Vec<SessionLine> {
    let lines = |intent: &Intent| match intent {
        Intent::AppendSession(append) => append.lines.clone(),
        _ => Vec::new(),
    };
    handled.intents.iter().flat_map(lines).collect()
}

fn outcome(handled: &Handled) -> TurnOutcome {
    match handled.intents.last() {
        Some(Intent::Close(outcome)) => *outcome,
        other => panic!("a turn ends with its outcome: {other:?}"),
    }
}

/// The results of tools that the model saw last.
fn results(world: &World) -> Vec<String> {
    let requests = world.model.requests();
    let result = |message: &ChatMessage| match message {
        ChatMessage::ToolResult { content, .. } => Some(content.clone()),
        ChatMessage::System(_) | ChatMessage::User { .. } | ChatMessage::Assistant { .. } => None,
    };
    requests.last().unwrap().messages.iter().filter_map(result).collect()
}

#[test]
fn steps_that_are_done_are_not_done_again_and_lead_to_the_same() {
    let (first, undisturbed) = whole_turn();
    for known in 0..=first.steps().len() {
        let second = World::new(model([calls(&ALLOWED), text_reply("all is seen to")].into_iter().skip(
            // The answers that are on record are not asked for.
            match known {
                0 => 0,
                1..=4 => 1,
                _ => 2,
            },
        )));
        let again = second.attempt(&question(), first.steps()[..known].to_vec()).unwrap();
        assert_eq!(again, undisturbed, "{known} steps are known");
        assert_eq!(second.model.unused(), 0, "{known} steps are known");
        let left = &first.ran()[known.saturating_sub(1).min(3)..];
        assert_eq!(second.ran(), left, "{known} steps are known");
        let announced = second.journal.inner.started().len();
        assert_eq!(announced, first.steps().len() - known, "what is on record is not announced again");
    }
}

#[test]
fn an_interrupted_model_call_is_made_again() {
    let (first, undisturbed) = whole_turn();
    let second = World::new(model([text_reply("all is seen to")]));
    let again = second.attempt(&question(), died_at(&first.steps(), 4)).unwrap();
    assert_eq!(again, undisturbed);
    assert_eq!((second.model.requests().len(), second.ran()), (1, vec![]));
    assert_eq!(second.model.requests()[0], first.model.requests()[1], "and it is asked the same");
}

#[test]
fn an_interrupted_tool_that_may_run_twice_does_so_under_the_same_key() {
    let (first, undisturbed) = whole_turn();
    for (index, left) in [(1, &first.ran()[..]), (2, &first.ran()[1..])] {
        let second = World::new(model([text_reply("all is seen to")]));
        let again = second.attempt(&question(), died_at(&first.steps(), index)).unwrap();
        assert_eq!(again, undisturbed);
        assert_eq!(second.ran(), left);
    }
}

const UNKNOWN: &str = "⚠️ Outcome unknown: I was restarted in the middle of pay.";

#[test]
fn an_interrupted_once_tool_does_not_run_again_and_model_and_person_are_told() {
    let (first, _) = whole_turn();
    let second = World::new(model([text_reply("I tried.")]));
    let again = second.attempt(&question(), died_at(&first.steps(), 3)).unwrap();
    assert_eq!(second.ran(), []);
    assert!(results(&second)[2].contains("outcome unknown"), "{:?}", results(&second));
    assert!(told(&again)[0].starts_with(&format!("I tried.\n\n{UNKNOWN}")), "{:?}", told(&again));
    assert_eq!(lines(&again)[1].content, told(&again)[0], "the session says the same");
    assert_eq!(second.journal.inner.done()[0].1.answer, StepAnswer::OutcomeUnknown);

    // Once more, with the model call interrupted this time.
    let mut recorded = died_at(&first.steps(), 3);
    recorded[3].done = Some(second.journal.inner.done()[0].1.clone());
    let third = World::new(model([text_reply("I tried.")]));
    assert_eq!(third.attempt(&question(), recorded).unwrap(), again);
    assert_eq!((third.ran(), third.model.requests().len()), (vec![], 1));
    assert_eq!(third.model.requests(), second.model.requests());
}

#[test]
fn an_unknown_outcome_is_told_although_the_model_fails_then() {
    let (first, _) = whole_turn();
    let second = World::new(ScriptedModel::new());
    second.model.push_error(ModelErrorKind::Auth);
    let again = second.attempt(&question(), died_at(&first.steps(), 3)).unwrap();
    let failure = notice::of_failure(Failure::Model(ModelErrorKind::Auth));
    assert!(told(&again)[0].starts_with(&format!("{failure}\n\n{UNKNOWN}")), "{:?}", told(&again));
}

#[test]
fn a_refused_call_stays_refused_although_it_is_allowed_now() {
    let first = World::new(model([calls(&["ban"]), text_reply("I may not.")]));
    let undisturbed = first.attempt(&question(), Vec::new()).unwrap();
    for recorded in [first.steps()[..2].to_vec(), died_at(&first.steps(), 1)] {
        let second = under(&allowing(&["ban"]), model([text_reply("I may not.")]));
        let again = second.attempt(&question(), recorded).unwrap();
        assert_eq!(second.ran(), []);
        assert_eq!(results(&second), results(&first));
        assert_eq!(again.intents, undisturbed.intents);
    }
}

#[test]
fn a_call_that_was_made_is_not_refused_afterwards() {
    let (first, undisturbed) = whole_turn();
    let second = under(&allowing(&[]), model([text_reply("all is seen to")]));
    let again = second.attempt(&question(), first.steps()[..4].to_vec()).unwrap();
    assert_eq!(results(&second), results(&first));
    assert_eq!(again.intents, undisturbed.intents);
}

#[test]
fn a_policy_that_forbids_it_meanwhile_keeps_an_interrupted_call_from_running_again() {
    let (first, _) = whole_turn();
    let revoking = World::new(model([text_reply("some")]));
    revoking.policy.revoke("look");
    for second in [under(&allowing(&["put", "pay"]), model([text_reply("some")])), revoking] {
        second.attempt(&question(), died_at(&first.steps(), 1)).unwrap();
        assert_eq!(second.ran(), first.ran()[1..]);
        assert_eq!(results(&second)[0], "Error: Tool 'look' is blocked by policy for this chat.");
    }
}

#[test]
fn a_persons_stop_is_on_record_and_stays_a_stop() {
    let hanging = ScriptedModel::new();
    hanging.push_hang_after("Once upon");
    let first = World::new(hanging);
    let stopped = first.attempt_until(&question(), Vec::new(), Some(StopReason::Person)).unwrap();
    assert_eq!(
        (outcome(&stopped), lines(&stopped)[1].content.as_str()),
        (TurnOutcome::Cancelled, "Once upon")
    );
    let second = World::new(ScriptedModel::new());
    assert_eq!(second.attempt(&question(), first.steps()).unwrap(), stopped);
}

#[test]
fn a_stop_in_the_middle_of_a_tool_keeps_what_was_seen_before_it() {
    let looking = call_reply(vec![call("c1", "look", json!({"hang": true}))]);
    let first = World::new(model([ModelReply { text: "Let me look.".to_owned(), ..looking }]));
    let stopped = first.attempt_until(&question(), Vec::new(), Some(StopReason::Person)).unwrap();
    assert_eq!(
        (outcome(&stopped), lines(&stopped)[1].content.as_str()),
        (TurnOutcome::Cancelled, "Let me look.")
    );
    let second = World::new(ScriptedModel::new());
    assert_eq!(second.attempt(&question(), first.steps()).unwrap(), stopped);
    assert_eq!(second.ran(), []);
}

#[test]
fn a_shutdowns_stop_is_not_on_record_and_the_step_is_taken_again() {
    let hanging = ScriptedModel::new();
    hanging.push_hang_after("Once upon");
    let first = World::new(hanging);
    let cut_off = first.attempt_until(&question(), Vec::new(), Some(StopReason::Shutdown)).unwrap();
    assert_eq!(outcome(&cut_off), TurnOutcome::Abandoned);
    let steps = first.steps();
    assert!(matches!(steps[..], [RecordedStep { done: None, .. }]), "{steps:?}");
    let second = World::new(model([text_reply("Once upon a time")]));
    assert_eq!(told(&second.attempt(&question(), steps).unwrap()), ["Once upon a time"]);
}

fn braking(use_model: bool) -> PolicyDecision {
    let cooldown =
        CooldownPolicy { enabled: true, streak_threshold: 1, use_model, ..CooldownPolicy::default() };
    PolicyDecision { cooldown, ..decision("brake") }
}

#[test]
fn a_brake_that_was_recorded_is_taken_from_the_record() {
    let first = under(&braking(true), model([text_reply("a pause, please")]));
    let braked = first.attempt(&question(), Vec::new()).unwrap();
    assert_eq!((told(&braked), first.steps().len()), (vec!["a pause, please"], 2));
    // Without any brake in force, and without a model.
    let second = World::new(ScriptedModel::new());
    assert_eq!(second.attempt(&question(), first.steps()).unwrap().intents, braked.intents);
    // One that was interrupted says the canned text: nobody is asked to word it twice.
    for recorded in [died_at(&first.steps(), 0), {
        let mut half = first.steps();
        half[0].done = None;
        half
    }] {
        let second = World::new(ScriptedModel::new());
        let again = second.attempt(&question(), recorded).unwrap();
        assert_eq!(told(&again), [Language::English.text()]);
    }
}

#[test]
fn a_stopped_brake_stays_stopped() {
    let mut policy = braking(true);
    policy.cooldown.delay = std::time::Duration::ZERO;
    let first = under(&policy, ScriptedModel::new());
    first.model.push_hang_after("");
    let stopped = first.attempt_until(&question(), Vec::new(), Some(StopReason::Person)).unwrap();
    assert_eq!(outcome(&stopped), TurnOutcome::Cancelled);
    let second = World::new(ScriptedModel::new());
    assert_eq!(second.attempt(&question(), first.steps()).unwrap().intents, stopped.intents);
}

#[test]
fn a_turn_without_a_brake_gets_none_at_its_second_attempt() {
    let mut policy = braking(false);
    policy.cooldown.streak_threshold = 2;
    let world = under(&policy, model([text_reply("first"), text_reply("second")]));
    world.journal.ends_after(1, Death::BeforeTheWrite);
    assert_eq!(world.attempt(&question(), Vec::new()), None, "it dies with its model call");
    world.journal.recovers();
    // The same process: it has counted this message already.
    let again = world.attempt(&question(), world.steps()).unwrap();
    assert_eq!(told(&again), ["second"]);
}

#[test]
fn a_record_with_another_step_than_is_due_fails_the_turn_and_calls_nothing() {
    let (first, _) = whole_turn();
    let steps = first.steps();
    let [asked, looked, put, ..] = &steps[..] else { panic!("five steps") };
    let other_call = {
        let mut step = looked.clone();
        if let StepKind::Tool { call, .. } = &mut step.started.step {
            call.arguments = json!({"number": 7});
        }
        step
    };
    let misplaced = {
        let mut step = looked.clone();
        step.started.index = 2;
        step
    };
    let answered_by_a_tool = RecordedStep { done: looked.done.clone(), ..asked.clone() };
    let answered_by_a_model = RecordedStep { done: asked.done.clone(), ..looked.clone() };
    for (what, recorded) in [
        ("a tool in place of the model", vec![looked.clone()]),
        ("a model in place of a tool", vec![asked.clone(), asked.clone()]),
        ("another tool", vec![asked.clone(), put.clone()]),
        ("other arguments", vec![asked.clone(), other_call]),
        ("another index", vec![asked.clone(), misplaced]),
        ("a model call with a tool's answer", vec![answered_by_a_tool]),
        ("a tool call with a model's answer", vec![asked.clone(), answered_by_a_model]),
    ] {
        let second = World::new(ScriptedModel::new());
        let again = second.attempt(&question(), recorded).unwrap();
        assert_eq!(told(&again), [notice::of_failure(Failure::Journal)], "{what}");
        assert_eq!(outcome(&again), TurnOutcome::Failed, "{what}");
        assert_eq!(second.ran(), [], "{what}");
        assert_eq!(second.journal.inner.started(), [], "{what}");
    }
}

#[test]
fn a_resumed_turn_may_ask_as_often_as_its_first_attempt_might() {
    let (first, _) = whole_turn();
    let mut recorded = first.steps()[..1].to_vec();
    let StepKind::Model { limit, .. } = &mut recorded[0].started.step else { panic!("it asks first") };
    *limit = 1;
    let second = World::new(ScriptedModel::new());
    assert_eq!(told(&second.attempt(&question(), recorded).unwrap()), [EXHAUSTED_ANSWER]);
}

#[test]
fn a_recorded_answer_keeps_the_labels_of_what_it_was_made_of() {
    // The history that it was made of has been forgotten meanwhile.
    let first = World::new(model([text_reply("as I read")]));
    first.attempt(&question(), Vec::new()).unwrap();
    let mut recorded = first.steps();
    let StepKind::Model { labels, .. } = &mut recorded[0].started.step else { panic!("it asks first") };
    labels.push_str("+web");
    let second = World::new(ScriptedModel::new());
    let again = second.attempt(&question(), recorded).unwrap();
    let labels = lines(&again)[1].labels;
    assert!(labels.contains(Label::Web) && labels.contains(Label::Stranger), "{labels}");
}

#[test]
fn a_tool_that_had_its_effect_and_is_not_on_record_is_told() {
    for (tool, told_so) in [("look", false), ("ban", false), ("put", true), ("pay", true)] {
        let world = World::new(model([calls(&[tool])]));
        world.journal.ends_after(3, Death::JournalFails);
        let handled = world.attempt(&question(), Vec::new()).unwrap();
        let failure = if told_so { Failure::Unrecorded } else { Failure::Journal };
        assert_eq!(told(&handled), [notice::of_failure(failure)], "{tool}");
        // Nor can a later attempt say what became of it.
        let second = World::new(ScriptedModel::new());
        second.journal.ends_after(0, Death::JournalFails);
        let again = second.attempt(&question(), world.steps()).unwrap();
        assert_eq!(again.intents, handled.intents, "{tool}");
    }
}

#[test]
fn the_calls_of_a_resumed_turn_are_those_that_the_record_has() {
    let (first, _) = whole_turn();
    let second = World::new(model([text_reply("all is seen to")]));
    second.attempt(&question(), died_at(&first.steps(), 2)).unwrap();
    let (before, after) = (hold(&first.tools.calls).clone(), hold(&second.tools.calls).clone());
    assert_eq!(after, before[1..], "to the argument");
}
