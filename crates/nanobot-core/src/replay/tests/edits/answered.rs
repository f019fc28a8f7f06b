//! Edits of one turn that looks, puts and pays twice, and answers then.
//!
//! Its steps are model, look, put, pay, model, look, put, pay, model; its deliveries a notice to the owner and the
//! answer.

use super::{Edits, answer, check, closing, event, line, recorded, set_chat, set_text};
use crate::ids::{ChatId, SenderId};
use crate::label::Label;
use crate::outcome::TurnOutcome;
use crate::pipeline::GivenUp;
use crate::record::{StepAnswer, StepKind};
use crate::testing::event::wa;
use crate::time::{WallTime, civil};

fn check_all(edits: &Edits) {
    let (recorder, turn) = recorded("use tools", |_| {});
    assert_eq!((turn.steps.len(), turn.closing.as_ref().unwrap().deliveries.len()), (9, 2));
    check(&recorder, &turn, edits);
}

const READ: &Edits = &[
    (
        "the words of the message",
        |turn| event(turn).blocks = wa("look it up").build().blocks,
        "session line 1",
    ),
    (
        "where the message came from",
        |turn| event(turn).blocks[0].labels = Label::Owner.into(),
        "session line 1",
    ),
    ("the chat of the message", |turn| event(turn).chat = ChatId::new("2@g.us").unwrap(), "session line 1"),
    (
        "the clock",
        |turn| turn.at = Some(WallTime::utc("2026-02-23T00:00:00Z".parse().unwrap())),
        "session line 1",
    ),
    (
        "whether the sender may talk",
        |turn| {
            closing(turn).readings.decision.as_mut().unwrap().accept = false;
        },
        "outcome",
    ),
    (
        "whether it is answered",
        |turn| closing(turn).readings.decision.as_mut().unwrap().respond = false,
        "outcome",
    ),
    ("that there was a decision", |turn| closing(turn).readings.decision = None, "outcome"),
    ("whether the chat was known", |turn| closing(turn).readings.chat_known = Some(true), "delivery 1"),
    ("that somebody asked for the chat", |turn| closing(turn).readings.chat_known = None, "delivery 1"),
    ("the owners", |turn| closing(turn).readings.owners = vec![SenderId::new("7").unwrap()], "delivery 1"),
    ("whether the session could be read", |turn| closing(turn).readings.unreadable = true, "outcome"),
    (
        "where a quote came from",
        |turn| closing(turn).readings.context.labels = Label::File.into(),
        "session line 2",
    ),
];

#[test]
fn an_edit_of_what_was_said_and_read_is_named() {
    check_all(READ);
}

const STEPS: &Edits = &[
    (
        "the model's last words",
        |turn| match answer(turn, 8) {
            StepAnswer::Model(reply) => reply.text.push('!'),
            other => panic!("{other:?}"),
        },
        "session line 2",
    ),
    (
        "a call of the model",
        |turn| match answer(turn, 4) {
            StepAnswer::Model(reply) => reply.tool_calls[1].name = "look".to_owned(),
            other => panic!("{other:?}"),
        },
        "outcome",
    ),
    (
        "how the model ended",
        |turn| {
            *answer(turn, 8) = StepAnswer::ModelFailed { code: "network".to_owned() };
        },
        "outcome",
    ),
    (
        "that a person stopped it",
        |turn| *answer(turn, 8) = StepAnswer::Stopped { shown: String::new() },
        "outcome",
    ),
    (
        "where a tool's words came from",
        |turn| match answer(turn, 1) {
            StepAnswer::Tool { labels, .. } => labels.push_str("+file"),
            other => panic!("{other:?}"),
        },
        "session line 2",
    ),
    (
        "what a tool was asked",
        |turn| match &mut turn.steps[2].started.step {
            StepKind::Tool { call, .. } => call.arguments = serde_json::json!({"at": 7}),
            other => panic!("{other:?}"),
        },
        "outcome",
    ),
    (
        "that the outcome of a tool is known",
        |turn| *answer(turn, 3) = StepAnswer::OutcomeUnknown,
        "session line 2",
    ),
    (
        "what the conversation was made of",
        |turn| match &mut turn.steps[0].started.step {
            StepKind::Model { labels, .. } => labels.push_str("+file"),
            other => panic!("{other:?}"),
        },
        "session line 2",
    ),
    (
        "how often the model might be asked",
        |turn| match &mut turn.steps[0].started.step {
            StepKind::Model { limit, .. } => *limit = 2,
            other => panic!("{other:?}"),
        },
        "session line 2",
    ),
    ("the last step is missing", |turn| drop(turn.steps.pop()), "outcome"),
    ("the first step is missing", |turn| drop(turn.steps.remove(0)), "outcome"),
    ("a step in the middle is missing", |turn| drop(turn.steps.remove(2)), "outcome"),
    ("the end of a step is missing", |turn| turn.steps[4].done = None, "outcome"),
    ("two steps are swapped", |turn| turn.steps.swap(1, 2), "outcome"),
    (
        "the ends of two model calls are swapped",
        |turn| {
            let (first, last) = (answer(turn, 0).clone(), answer(turn, 8).clone());
            *answer(turn, 0) = last;
            *answer(turn, 8) = first;
        },
        "session line 2",
    ),
];

#[test]
fn an_edit_of_a_step_is_named() {
    check_all(STEPS);
}

const LEFT_BEHIND: &Edits = &[
    ("the outcome", |turn| closing(turn).outcome = TurnOutcome::Failed, "outcome"),
    ("a session line", |turn| line(turn, 0).content.push('!'), "session line 1"),
    ("the labels of a session line", |turn| line(turn, 1).labels = Label::Owner.into(), "session line 2"),
    (
        "the time of a session line",
        |turn| {
            line(turn, 1).at = civil::date(2026, 2, 23).at(0, 0, 0, 0);
        },
        "session line 2",
    ),
    (
        "a session line is missing",
        |turn| drop(closing(turn).sessions[0].append.lines.pop()),
        "session line 2",
    ),
    (
        "the session lines are swapped",
        |turn| closing(turn).sessions[0].append.lines.swap(0, 1),
        "session line 1",
    ),
    (
        "a line too many",
        |turn| {
            let more = closing(turn).sessions[0].clone();
            closing(turn).sessions.push(more);
        },
        "session line 3",
    ),
    ("the text of a delivery", |turn| set_text(turn, 1), "delivery 2"),
    ("the target of a delivery", |turn| set_chat(turn, 1), "delivery 2"),
    ("the target of a notice", |turn| set_chat(turn, 0), "delivery 1"),
    ("a delivery is missing", |turn| drop(closing(turn).deliveries.remove(0)), "delivery 1"),
    (
        "a delivery too many",
        |turn| {
            let more = closing(turn).deliveries[1].clone();
            closing(turn).deliveries.push(more);
        },
        "delivery 3",
    ),
    (
        "that it was given up",
        |turn| {
            let notice = "given up".to_owned();
            let given_up = GivenUp { outcome: TurnOutcome::Answered, notice };
            closing(turn).readings.given_up = Some(given_up);
        },
        "session line 2",
    ),
];

#[test]
fn an_edit_of_what_the_turn_left_behind_is_named() {
    check_all(LEFT_BEHIND);
}

/// What only the model saw, and what was asked only before a call was made.
const WITHOUT_CONSEQUENCE: &Edits = &[
    (
        "the tools that were allowed",
        |turn| {
            closing(turn).readings.decision.as_mut().unwrap().allowed_tools.clear();
        },
        "",
    ),
    (
        "the words of a tool",
        |turn| match answer(turn, 1) {
            StepAnswer::Tool { content, .. } => content.push('!'),
            other => panic!("{other:?}"),
        },
        "",
    ),
    ("the number of tries", |turn| turn.attempts = 2, ""),
];

#[test]
fn an_edit_from_which_nothing_follows_is_no_difference() {
    check_all(WITHOUT_CONSEQUENCE);
}
