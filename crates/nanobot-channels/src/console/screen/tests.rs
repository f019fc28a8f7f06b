//! Events in, a transcript out: `|text` for words, `# note` for remarks.

use super::*;
use crate::testing::{chat, turn};
use nanobot_core::ids::{DeliveryKey, MessageId};
use proptest::prelude::*;
use std::fmt::Write as _;

fn delta(text: &str) -> ClientEvent {
    ClientEvent::Delta { chat: chat("c"), turn: turn("t"), text: text.to_owned() }
}

fn message_of(turn_name: &str, text: &str) -> ClientEvent {
    ClientEvent::Message {
        key: DeliveryKey::of(&turn(turn_name), 0),
        chat: chat("c"),
        turn: turn(turn_name),
        text: text.to_owned(),
        reply_to: None,
        media: Vec::new(),
    }
}

fn message(text: &str) -> ClientEvent {
    message_of("t", text)
}

fn aside() -> ClientEvent {
    ClientEvent::Aside { chat: chat("c"), turn: turn("t") }
}

fn tool(name: &str) -> ClientEvent {
    ClientEvent::Tool { chat: chat("c"), turn: turn("t"), name: name.to_owned() }
}

fn ended(outcome: TurnOutcome) -> ClientEvent {
    ClientEvent::Ended { chat: chat("c"), turn: turn("t"), outcome: Some(outcome) }
}

fn watching(style: Style) -> Screen {
    let mut screen = Screen::new(style, chat("c"));
    screen.begin(turn("t"));
    screen
}

/// What stands on the terminal after the events.
fn transcript(style: Style, events: Vec<ClientEvent>) -> String {
    let mut screen = watching(style);
    let mut paper = String::new();
    for event in events {
        for show in screen.event(event) {
            match show {
                Show::Text(text) => paper.push_str(&text),
                Show::Note(note) => {
                    assert!(paper.is_empty() || paper.ends_with('\n'), "a remark begins a line");
                    let _ = writeln!(paper, "# {note}");
                }
            }
        }
    }
    paper
}

#[test]
fn a_streamed_answer_is_not_repeated_by_its_delivery() {
    let events = vec![delta("Hello "), delta("you"), message("Hello you"), ended(TurnOutcome::Answered)];
    insta::assert_snapshot!(transcript(Style::Live, events), @"Hello you");
}

#[test]
fn a_delivery_completes_what_was_streamed() {
    let events = vec![delta("\nHello "), message("Hello you, friend"), ended(TurnOutcome::Answered)];
    assert_eq!(transcript(Style::Live, events), "\nHello you, friend\n");
}

#[test]
fn a_delivery_that_differs_is_said_to_and_shown_whole() {
    let events =
        vec![delta("The key is abc"), message("The key is [redacted]"), ended(TurnOutcome::Answered)];
    insta::assert_snapshot!(transcript(Style::Live, events), @r"
    The key is abc
    # (what was shown so far is not the final answer; this is:)
    The key is [redacted]
    ");
}

#[test]
fn tools_and_asides_stand_on_their_own_lines() {
    let events = vec![
        delta("Let me look."),
        aside(),
        tool("list_dir"),
        tool("evil\x1b[2J\nname"),
        delta("Two files."),
        message("Two files."),
        ended(TurnOutcome::Answered),
    ];
    insta::assert_snapshot!(transcript(Style::Live, events), @r"
    Let me look.
    # · list_dir
    # · evil␛[2J name
    Two files.
    ");
}

#[test]
fn a_turn_without_answer_says_how_it_ended() {
    let events = vec![delta("Thinking"), ended(TurnOutcome::Cancelled)];
    insta::assert_snapshot!(transcript(Style::Live, events), @r"
    Thinking
    # (no answer: cancelled)
    ");
    insta::assert_snapshot!(transcript(Style::Live, vec![ended(TurnOutcome::Ignored)]), @"# (no answer: ignored)");
}

#[test]
fn media_and_reactions_are_remarks() {
    let picture = ClientEvent::Message {
        key: DeliveryKey::of(&turn("t"), 0),
        chat: chat("c"),
        turn: turn("t"),
        text: String::new(),
        reply_to: None,
        media: vec!["/tmp/a\x1b.png".into()],
    };
    let reaction = ClientEvent::Reaction {
        key: DeliveryKey::of(&turn("t"), 1),
        chat: chat("c"),
        turn: turn("t"),
        message_id: MessageId::new("m").unwrap(),
        emoji: "👍".to_owned(),
    };
    insta::assert_snapshot!(transcript(Style::Live, vec![picture, reaction]), @r"
    # [file: /tmp/a␛.png]
    # (reacted with 👍)
    ");
}

#[test]
fn other_turns_show_their_messages_but_not_their_streams() {
    let mut other = delta("not here");
    if let ClientEvent::Delta { turn: id, .. } = &mut other {
        *id = turn("other");
    }
    let mut elsewhere = message("another chat");
    if let ClientEvent::Message { chat: place, .. } = &mut elsewhere {
        *place = chat("d");
    }
    let events = vec![delta("Half"), other, elsewhere, message_of("other", "A reminder"), delta("way")];
    insta::assert_snapshot!(transcript(Style::Live, events), @r"
    Half
    A reminder
    way
    ");
}

#[test]
fn a_program_sees_the_answer_once_it_is_whole_and_good() {
    let mut screen = watching(Style::Whole);
    assert_eq!(screen.event(delta("Let me")), []);
    assert_eq!(screen.event(tool("list_dir")), []);
    assert_eq!(screen.event(message("Two\r\nfiles.")), []);
    assert_eq!(
        screen.event(ended(TurnOutcome::Answered)),
        [Show::Text("Two\nfiles.".to_owned()), Show::Text("\n".to_owned())]
    );
    assert_eq!(screen.progress(), Progress::Over(TurnEnd::Answered));
}

#[test]
fn a_program_sees_a_failure_as_a_remark() {
    let told = vec![message("Sorry."), ended(TurnOutcome::Failed)];
    insta::assert_snapshot!(transcript(Style::Whole, told), @"# Sorry.");
    let leftover =
        vec![message_of("yesterday", "An old answer"), message("New."), ended(TurnOutcome::Answered)];
    insta::assert_snapshot!(transcript(Style::Whole, leftover), @r"
    # An old answer
    New.
    ");
}

#[test]
fn an_end_before_the_message_waits_for_it() {
    let mut screen = watching(Style::Whole);
    screen.event(ended(TurnOutcome::Answered));
    assert_eq!(screen.progress(), Progress::AwaitingDelivery);
    assert_eq!(screen.event(message("Here")), [Show::Text("Here".to_owned()), Show::Text("\n".to_owned())]);
    assert_eq!(screen.progress(), Progress::Over(TurnEnd::Answered));
    // A second message of the same turn, after its end, is still an answer.
    assert_eq!(screen.event(message("More\n")), [Show::Text("More\n".to_owned())]);
}

#[test]
fn of_a_turn_that_was_left_only_the_message_is_shown() {
    let mut screen = watching(Style::Live);
    assert_eq!(screen.event(delta("Half")), [Show::Text("Half".to_owned())]);
    screen.leave();
    assert_eq!(screen.progress(), Progress::Over(TurnEnd::Ignored));
    assert_eq!(screen.event(delta(" way")), []);
    assert_eq!(screen.event(tool("list_dir")), []);
    let shown = ["\n", "Half way there", "\n"].map(|text| Show::Text(text.to_owned()));
    assert_eq!(screen.event(message("Half way there")), shown);
    assert_eq!(screen.event(ended(TurnOutcome::Answered)), []);
}

#[test]
fn progress_follows_the_outcome() {
    for (outcome, told, expected) in [
        (TurnOutcome::Answered, true, Progress::Over(TurnEnd::Answered)),
        (TurnOutcome::Answered, false, Progress::AwaitingDelivery),
        (TurnOutcome::Ignored, false, Progress::Over(TurnEnd::Ignored)),
        (TurnOutcome::Blocked, false, Progress::AwaitingDelivery),
        (TurnOutcome::Blocked, true, Progress::Over(TurnEnd::Failed)),
        (TurnOutcome::Failed, true, Progress::Over(TurnEnd::Failed)),
        (TurnOutcome::Cancelled, false, Progress::Over(TurnEnd::Failed)),
        (TurnOutcome::Abandoned, true, Progress::Over(TurnEnd::Failed)),
    ] {
        let mut screen = watching(Style::Live);
        assert_eq!(screen.progress(), Progress::Running);
        if told {
            screen.event(message("x"));
        }
        screen.event(ended(outcome));
        assert_eq!(screen.progress(), expected, "{outcome:?}, told: {told}");
    }
}

proptest! {
    #[test]
    fn however_an_answer_is_cut_it_is_shown_exactly_once(
        pieces in proptest::collection::vec("[a-z \n]{0,6}", 0..8),
        lost in 0_usize..8,
    ) {
        let whole = pieces.concat();
        let mut events: Vec<_> =
            pieces.iter().take(pieces.len().saturating_sub(lost)).map(|piece| delta(piece)).collect();
        events.push(message(&whole));
        let expected = if whole.is_empty() || whole.ends_with('\n') { whole } else { whole + "\n" };
        let paper = transcript(Style::Live, events);
        prop_assert_eq!(paper.trim_start(), expected.trim_start());
    }

    #[test]
    fn nothing_that_is_shown_can_command_a_terminal(
        texts in proptest::collection::vec(any::<String>(), 4),
    ) {
        let events = vec![delta(&texts[0]), tool(&texts[1]), delta(&texts[2]), message(&texts[3])];
        let paper = transcript(Style::Live, events);
        prop_assert!(paper.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'));
    }
}
