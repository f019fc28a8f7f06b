//! The turn machine, driven by hand and by random sequences.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::ids::ToolCallId;
use crate::label::Label;
use crate::model::{FinishReason, Usage};

fn user(text: &str) -> ChatMessage {
    ChatMessage::User { text: text.into(), images: vec![], labels: Label::Owner.into() }
}

fn call(id: &str, name: &str) -> ToolCall {
    ToolCall { id: ToolCallId::new(id).unwrap(), name: name.into(), arguments: json!({"path": "."}) }
}

fn says(text: &str) -> ModelReply {
    ModelReply {
        text: text.into(),
        tool_calls: vec![],
        finish: FinishReason::Stop,
        usage: Usage::default(),
        served: None,
    }
}

fn calls(calls: Vec<ToolCall>) -> ModelReply {
    ModelReply { tool_calls: calls, finish: FinishReason::ToolCalls, ..says("") }
}

fn outcome(text: &str) -> ToolOutcome {
    ToolOutcome { content: text.into(), labels: Label::File.into(), failed: false }
}

fn machine() -> TurnMachine {
    TurnMachine::new(vec![user("hello")], vec![], TurnLimits::default())
}

#[test]
fn words_without_tools_end_the_turn() {
    let mut turn = machine();
    turn.model_answered(says("hi"));
    assert_eq!(turn.next(), Step::Done(TurnEnd::Answer("hi".into())));
}

#[test]
fn no_words_get_the_originals_question_mark() {
    let mut turn = machine();
    turn.model_answered(says("  \n"));
    assert_eq!(turn.next(), Step::Done(TurnEnd::Answer(EMPTY_ANSWER.into())));
}

#[test]
fn a_tool_call_comes_back_as_its_result_and_leaves_its_label() {
    let mut turn = machine();
    turn.model_answered(calls(vec![call("c1", "read_file")]));
    assert_eq!(turn.next(), Step::CallTools(vec![call("c1", "read_file")]));
    turn.tools_answered(&[outcome("text")]);
    let Step::CallModel(request) = turn.next() else { panic!("the model should be asked again") };
    assert!(matches!(
        request.messages.last(),
        Some(ChatMessage::ToolResult { content, .. }) if content == "text"
    ));
    assert!(turn.labels().contains(Label::File) && turn.labels().contains(Label::Owner));
}

#[test]
fn the_model_is_asked_at_most_so_often() {
    let limits = TurnLimits { model_calls: 3, repeats: 99, ..TurnLimits::default() };
    let mut turn = TurnMachine::new(vec![user("go")], vec![], limits);
    let mut asked = 0;
    while let Step::CallModel(_) = turn.next() {
        asked += 1;
        turn.model_answered(calls(vec![call(&format!("c{asked}"), "read_file")]));
        turn.tools_answered(&[outcome(&format!("result {asked}"))]);
    }
    assert_eq!(asked, 3);
    assert_eq!(turn.next(), Step::Done(TurnEnd::Answer(EXHAUSTED_ANSWER.into())));
}

#[test]
fn equal_rounds_take_the_tools_away() {
    let spec = ToolSpec {
        name: "read_file".into(),
        description: String::new(),
        parameters: json!({}),
        class: crate::model::ToolClass::Pure,
    };
    let mut turn = TurnMachine::new(vec![user("go")], vec![spec], TurnLimits::default());
    for round in 0..3 {
        let Step::CallModel(request) = turn.next() else { panic!("round {round} ended early") };
        assert_eq!(request.tools.len(), 1);
        turn.model_answered(calls(vec![call(&format!("c{round}"), "read_file")]));
        turn.tools_answered(&[outcome("same")]);
    }
    let Step::CallModel(request) = turn.next() else { panic!("the model gets one more chance") };
    assert_eq!(request.tools.len(), 0);
    turn.model_answered(calls(vec![call("c9", "read_file")]));
    assert_eq!(turn.next(), Step::Done(TurnEnd::Answer(EMPTY_ANSWER.into())));
}

#[test]
fn too_many_calls_in_one_step_are_refused_and_said_so() {
    let limits = TurnLimits { tool_calls_per_step: 1, ..TurnLimits::default() };
    let mut turn = TurnMachine::new(vec![user("go")], vec![], limits);
    turn.model_answered(calls(vec![call("a", "read_file"), call("b", "read_file")]));
    assert_eq!(turn.next(), Step::CallTools(vec![call("a", "read_file")]));
    turn.tools_answered(&[outcome("x")]);
    let Step::CallModel(request) = turn.next() else { panic!("the model should be asked again") };
    assert_eq!(request.messages, repair(request.messages.clone()), "every call has its result");
}

#[test]
fn approval_holds_the_tools_and_refusal_is_told() {
    let mut turn = machine();
    turn.model_answered(calls(vec![call("c1", "exec")]));
    turn.hold_for_approval();
    assert_eq!(turn.next(), Step::AwaitApproval(vec![call("c1", "exec")]));
    let mut granted = turn.clone();
    granted.approval(Approval::Granted);
    assert_eq!(granted.next(), Step::CallTools(vec![call("c1", "exec")]));
    turn.approval(Approval::Refused);
    let Step::CallModel(request) = turn.next() else { panic!("the model should be asked again") };
    assert!(matches!(
        request.messages.last(),
        Some(ChatMessage::ToolResult { content, .. }) if content.contains("refused")
    ));
}

#[test]
fn cancel_ends_it_anywhere_but_not_twice() {
    let mut turn = machine();
    turn.model_answered(calls(vec![call("c1", "exec")]));
    turn.cancel();
    assert_eq!(turn.next(), Step::Done(TurnEnd::Cancelled));
    let mut done = machine();
    done.model_answered(says("hi"));
    done.cancel();
    assert_eq!(done.next(), Step::Done(TurnEnd::Answer("hi".into())));
}

#[derive(Debug, Clone)]
enum Move {
    Words(String),
    Tools(u8),
    Results(u8),
    Hold,
    Approve(bool),
    Fail,
    Cancel,
}

fn any_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        ".{0,8}".prop_map(Move::Words),
        (1u8..4).prop_map(Move::Tools),
        (0u8..4).prop_map(Move::Results),
        Just(Move::Hold),
        any::<bool>().prop_map(Move::Approve),
        Just(Move::Fail),
        Just(Move::Cancel),
    ]
}

fn apply(turn: &mut TurnMachine, step: &Move, serial: &mut u32) {
    match step {
        Move::Words(text) => turn.model_answered(says(text)),
        Move::Tools(count) => {
            let batch = (0..*count)
                .map(|_| {
                    *serial += 1;
                    call(&format!("c{serial}"), "read_file")
                })
                .collect();
            turn.model_answered(calls(batch));
        }
        Move::Results(count) => {
            let outcomes: Vec<_> = (0..*count).map(|n| outcome(&n.to_string())).collect();
            turn.tools_answered(&outcomes);
        }
        Move::Hold => turn.hold_for_approval(),
        Move::Approve(true) => turn.approval(Approval::Granted),
        Move::Approve(false) => turn.approval(Approval::Refused),
        Move::Fail => turn.model_failed(ModelErrorKind::Server),
        Move::Cancel => turn.cancel(),
    }
}

proptest! {
    #[test]
    fn any_sequence_survives_being_recorded_and_restored(moves in prop::collection::vec(any_move(), 0..40)) {
        let mut turn = machine();
        let mut serial = 0;
        for step in &moves {
            apply(&mut turn, step, &mut serial);
            let text = serde_json::to_string(&turn.record()).unwrap();
            let back = TurnMachine::restore(
                serde_json::from_str(&text).unwrap(), vec![], TurnLimits::default(),
            ).unwrap();
            prop_assert_eq!(&back, &turn);
        }
    }

    #[test]
    fn what_the_model_is_asked_is_always_in_order(moves in prop::collection::vec(any_move(), 0..40)) {
        let mut turn = machine();
        let mut serial = 0;
        for step in &moves {
            apply(&mut turn, step, &mut serial);
            if let Step::CallModel(request) = turn.next() {
                prop_assert_eq!(repair(request.messages.clone()), request.messages);
            }
        }
    }

    #[test]
    fn repair_pairs_calls_and_results(order in prop::collection::vec((0u8..4, 0u8..5), 0..30)) {
        let messages = order.iter().map(|(kind, id)| {
            let id = format!("c{id}");
            match kind {
                0 => user("x"),
                1 => ChatMessage::System("s".into()),
                2 => ChatMessage::Assistant {
                    text: String::new(),
                    tool_calls: vec![call(&id, "t"), call("c0", "t")],
                    labels: Labels::NONE,
                },
                _ => ChatMessage::ToolResult {
                    call: ToolCallId::new(id).unwrap(), name: "t".into(), content: "r".into(),
                    labels: Labels::NONE,
                },
            }
        }).collect();
        let fixed = repair(messages);
        let mut due: Vec<ToolCallId> = vec![];
        for message in &fixed {
            match message {
                ChatMessage::ToolResult { call, .. } => prop_assert_eq!(call, &due.remove(0)),
                ChatMessage::Assistant { tool_calls, .. } => {
                    prop_assert!(due.is_empty());
                    due = tool_calls.iter().map(|c| c.id.clone()).collect();
                }
                _ => prop_assert!(due.is_empty()),
            }
        }
        prop_assert!(due.is_empty());
        prop_assert_eq!(repair(fixed.clone()), fixed);
    }
}
