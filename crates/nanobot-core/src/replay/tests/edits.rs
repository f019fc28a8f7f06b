//! A record that somebody has changed, in one place each: the place is named wherever something follows from it.

use super::recorder::Recorder;
use crate::event::InboundEvent;
use crate::ids::{ChannelName, ChatId, SenderId};
use crate::intent::SessionLine;
use crate::label::Label;
use crate::outcome::TurnOutcome;
use crate::ports::{Closing, Outgoing, SecurityGate};
use crate::record::{StepAnswer, StepKind};
use crate::replay::{RecordedTurn, Replayed};
use crate::responder::tests::world::Death;
use crate::testing::ScriptedGate;
use crate::testing::event::wa;
use crate::time::WallTime;

type Edit = fn(&mut RecordedTurn);

fn recorded(words: &str, before: impl FnOnce(&Recorder)) -> (Recorder, RecordedTurn) {
    let mut recorder = Recorder::new();
    recorder.world.policy.set_owners(ChannelName::WHATSAPP, vec![SenderId::new("+49 170").unwrap()]);
    before(&recorder);
    let turn = recorder.record(&wa(words).group("1@g.us").build(), None).unwrap();
    assert_eq!(recorder.replay(&turn), Replayed::Same, "before anybody touched it");
    (recorder, turn)
}

/// Each edit of a turn with these words, and what is named for it; nothing where nothing follows from it.
fn check(recorder: &Recorder, turn: &RecordedTurn, edits: &[(&str, Edit, &str)]) {
    for (edit, change, named) in edits {
        let mut edited = turn.clone();
        change(&mut edited);
        assert_ne!(&edited, turn, "{edit}: nothing was edited");
        match recorder.replay(&edited) {
            Replayed::Same => assert_eq!(*named, "", "{edit} was not seen"),
            Replayed::Differs(difference) => {
                assert_eq!(difference.what, *named, "{edit}: {difference:?}");
                assert_ne!(difference.recorded, difference.derived, "{edit}");
            }
            Replayed::NotPossible(why) => panic!("{edit}: {why}"),
        }
    }
}

fn closing(turn: &mut RecordedTurn) -> &mut Closing {
    turn.closing.as_mut().unwrap()
}

fn event(turn: &mut RecordedTurn) -> &mut InboundEvent {
    turn.event.as_mut().unwrap()
}

fn line(turn: &mut RecordedTurn, index: usize) -> &mut SessionLine {
    &mut closing(turn).sessions[0].append.lines[index]
}

fn answer(turn: &mut RecordedTurn, index: usize) -> &mut StepAnswer {
    &mut turn.steps[index].done.as_mut().unwrap().answer
}

fn outgoing(turn: &mut RecordedTurn, index: usize) -> &mut Outgoing {
    &mut closing(turn).deliveries[index].outgoing
}

fn set_text(turn: &mut RecordedTurn, index: usize) {
    match outgoing(turn, index) {
        Outgoing::Message(message) => message.text.push('!'),
        Outgoing::Reaction(reaction) => reaction.emoji.push('!'),
    }
}

fn set_chat(turn: &mut RecordedTurn, index: usize) {
    let elsewhere = ChatId::new("2@g.us").unwrap();
    match outgoing(turn, index) {
        Outgoing::Message(message) => message.chat = elsewhere,
        Outgoing::Reaction(reaction) => reaction.chat = elsewhere,
    }
}

// The steps: model, look, put, pay, model, look, put, pay, model. The deliveries: a notice to the owner, the answer.
#[test]
fn each_edit_of_an_answered_turn_is_named_where_something_follows_from_it() {
    let (recorder, turn) = recorded("use tools", |_| {});
    assert_eq!((turn.steps.len(), turn.closing.as_ref().unwrap().deliveries.len()), (9, 2));
    let edits: &[(&str, Edit, &str)] = &[
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
        (
            "the chat of the message",
            |turn| event(turn).chat = ChatId::new("2@g.us").unwrap(),
            "session line 1",
        ),
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
        (
            "the owners",
            |turn| closing(turn).readings.owners = vec![SenderId::new("7").unwrap()],
            "delivery 1",
        ),
        ("whether the session could be read", |turn| closing(turn).readings.unreadable = true, "outcome"),
        (
            "where a quote came from",
            |turn| closing(turn).readings.context.labels = Label::File.into(),
            "session line 2",
        ),
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
        ("the outcome", |turn| closing(turn).outcome = TurnOutcome::Failed, "outcome"),
        ("a session line", |turn| line(turn, 0).content.push('!'), "session line 1"),
        ("the labels of a session line", |turn| line(turn, 1).labels = Label::Owner.into(), "session line 2"),
        (
            "the time of a session line",
            |turn| {
                line(turn, 1).at = crate::time::civil::date(2026, 2, 23).at(0, 0, 0, 0);
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
                let given_up = crate::pipeline::GivenUp { outcome: TurnOutcome::Answered, notice };
                closing(turn).readings.given_up = Some(given_up);
            },
            "session line 2",
        ),
        // What only the model saw, and what was asked only before a call was made: nothing follows from it here.
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
    check(&recorder, &turn, edits);
}

#[test]
fn each_edit_of_a_turn_that_was_given_up_is_named() {
    let (recorder, turn) = recorded("wait for a tool", |_| {});
    assert_eq!(turn.closing.as_ref().unwrap().outcome, TurnOutcome::Abandoned);
    check(
        &recorder,
        &turn,
        &[
            (
                "the notice",
                |turn| closing(turn).readings.given_up.as_mut().unwrap().notice.push('!'),
                "session line 2",
            ),
            (
                "how it was given up",
                |turn| {
                    closing(turn).readings.given_up.as_mut().unwrap().outcome = TurnOutcome::Failed;
                },
                "outcome",
            ),
            ("that it was given up", |turn| closing(turn).readings.given_up = None, "outcome"),
        ],
    );
}

#[test]
fn each_edit_of_a_reaction_is_named() {
    let (recorder, turn) = recorded("just a reaction", |_| {});
    check(
        &recorder,
        &turn,
        &[
            ("the emoji", |turn| set_text(turn, 1), "delivery 2"),
            ("its chat", |turn| set_chat(turn, 1), "delivery 2"),
            (
                "whose message it is on",
                |turn| match outgoing(turn, 1) {
                    Outgoing::Reaction(reaction) => reaction.participant = None,
                    Outgoing::Message(_) => panic!("no reaction"),
                },
                "delivery 2",
            ),
            (
                "the message that it is on",
                |turn| {
                    event(turn).message_id = Some(crate::ids::MessageId::new("m7").unwrap());
                },
                "delivery 2",
            ),
        ],
    );
}

#[test]
fn each_edit_of_a_turn_without_an_answer_is_named() {
    let (recorder, turn) = recorded("tell me about the garden", |recorder| {
        recorder.world.sessions.trouble.fail_next_in("history", crate::ports::StoreErrorKind::Corrupt);
    });
    check(
        &recorder,
        &turn,
        &[(
            "that the session could not be read",
            |turn| closing(turn).readings.unreadable = false,
            "session line 2",
        )],
    );

    let (recorder, turn) = recorded("there is a bomb in it", |_| {});
    let harmless = |turn: &mut RecordedTurn| {
        event(turn).blocks = wa("there is nothing in it").build().blocks;
    };
    check(&recorder, &turn, &[("the words of the message", harmless, "outcome")]);

    let (recorder, turn) =
        recorded("use tools", |recorder| recorder.world.journal.ends_after(7, Death::JournalFails));
    assert_eq!((turn.steps.len(), turn.closing.as_ref().unwrap().outcome), (4, TurnOutcome::Failed));
    check(
        &recorder,
        &turn,
        &[
            ("that a once tool had been started", |turn| drop(turn.steps.pop()), "session line 2"),
            (
                "what had been started",
                |turn| match &mut turn.steps[3].started.step {
                    StepKind::Tool { class, .. } => "pure".clone_into(class),
                    other => panic!("{other:?}"),
                },
                "session line 2",
            ),
        ],
    );
}

#[test]
fn another_gate_leads_to_something_else() {
    let (recorder, turn) = recorded("say my pin", |_| {});
    let open: std::sync::Arc<dyn SecurityGate> = std::sync::Arc::new(ScriptedGate::new());
    let replayed = crate::responder::tests::world::at_once(crate::replay::replay(&turn, open)).unwrap();
    let Replayed::Differs(difference) = replayed else { panic!("{replayed:?}") };
    assert_eq!(difference.what, "session line 2");
    assert!(difference.derived.contains("1234") && !difference.recorded.contains("1234"), "{difference:?}");
    drop(recorder);
}

#[test]
fn what_is_not_as_it_was_written_is_named_first() {
    let (recorder, mut turn) = recorded("use tools", |_| {});
    turn.altered = vec!["step 2".to_owned(), "step 3".to_owned()];
    closing(&mut turn).outcome = TurnOutcome::Failed;
    let Replayed::Differs(difference) = recorder.replay(&turn) else { panic!("it was altered") };
    assert_eq!(difference.what, "step 2");
    turn.closing = None;
    assert!(matches!(recorder.replay(&turn), Replayed::Differs(_)), "also where nothing can be derived");
}

#[test]
fn an_open_or_emptied_turn_cannot_be_derived() {
    let (recorder, turn) = recorded("use tools", |_| {});
    let open = RecordedTurn { closing: None, ..turn.clone() };
    let emptied = RecordedTurn { event: None, closing: None, ..turn.clone() };
    let untried = RecordedTurn { at: None, ..turn };
    for turn in [open, emptied, untried] {
        assert!(matches!(recorder.replay(&turn), Replayed::NotPossible(_)), "{turn:?}");
    }
}
