//! A record that somebody has changed, in one place each: the place is named wherever something follows from it.

mod answered;

use super::recorder::Recorder;
use crate::event::InboundEvent;
use crate::ids::{ChannelName, ChatId, SenderId};
use crate::intent::SessionLine;
use crate::outcome::TurnOutcome;
use crate::ports::{Closing, Outgoing, SecurityGate};
use crate::record::{StepAnswer, StepKind};
use crate::replay::{RecordedTurn, Replayed};
use crate::responder::tests::world::Death;
use crate::testing::ScriptedGate;
use crate::testing::event::wa;

/// What is edited, how, and what is named for it; nothing where nothing follows from it.
type Edits = [(&'static str, fn(&mut RecordedTurn), &'static str)];

fn recorded(words: &str, before: impl FnOnce(&Recorder)) -> (Recorder, RecordedTurn) {
    let mut recorder = Recorder::new();
    recorder.world.policy.set_owners(ChannelName::WHATSAPP, vec![SenderId::new("+49 170").unwrap()]);
    before(&recorder);
    let turn = recorder.record(&wa(words).group("1@g.us").build(), None).unwrap();
    assert_eq!(recorder.replay(&turn), Replayed::Same, "before anybody touched it");
    (recorder, turn)
}

fn check(recorder: &Recorder, turn: &RecordedTurn, edits: &Edits) {
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
fn a_turn_of_other_rules_is_not_derived_under_these() {
    let (recorder, mut turn) = recorded("hello", |recorder| recorder.world.model.push_text("hello to you"));
    closing(&mut turn).readings.gate = Some("rules:of-last-year".to_owned());
    assert!(
        matches!(recorder.replay(&turn), Replayed::NotPossible(why) if why.contains("other security rules"))
    );
    closing(&mut turn).readings.gate = None;
    assert_eq!(recorder.replay(&turn), Replayed::Same, "from before there were any rules");
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
