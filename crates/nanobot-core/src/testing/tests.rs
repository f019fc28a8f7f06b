//! What the fakes do beyond their contracts: scripts, failures on request, and time that stands still.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use proptest::prelude::*;

use super::event::SENT_AT;
use super::models::{call, text_reply};
use super::tools::{context, failure};
use super::*;
use crate::ids::{ChannelName, ChatId, MessageId, TurnId};
use crate::model::{ModelCall, ModelErrorKind, ModelRequest, ModelTask, ToolClass};
use crate::ports::{
    Clock, Journal, ModelClient, SecurityContext, SecurityGate, StoreErrorKind, ToolExecutor,
};
use crate::time::Timestamp;
use crate::verdict::SecurityVerdict;

fn is_ready<F: Future>(future: &mut std::pin::Pin<&mut F>) -> bool {
    let mut cx = Context::from_waker(Waker::noop());
    matches!(future.as_mut().poll(&mut cx), Poll::Ready(_))
}

#[test]
fn a_sleeper_wakes_when_the_clock_has_moved_far_enough() {
    let clock = FakeClock::default();
    let until: Timestamp = "2026-02-22T12:01:00Z".parse().unwrap();
    let mut sleeper = pin!(clock.sleep_until(until));
    assert!(!is_ready(&mut sleeper));
    clock.advance(Duration::from_secs(59));
    assert!(!is_ready(&mut sleeper), "a second is missing");
    clock.advance(Duration::from_secs(1));
    assert!(is_ready(&mut sleeper));
}

#[tokio::test]
async fn an_automatic_clock_jumps_to_what_is_waited_for_and_never_back() {
    let clock = FakeClock::default().auto();
    let until: Timestamp = "2026-02-23T00:00:00Z".parse().unwrap();
    clock.sleep_until(until).await;
    assert_eq!(clock.now().instant, until);
    clock.sleep_until(SENT_AT.parse().unwrap()).await;
    assert_eq!(clock.now().instant, until);
}

#[tokio::test]
async fn an_ordered_failure_strikes_its_method_once() {
    let journal = MemoryJournal::new();
    journal.trouble.fail_next_in("close", StoreErrorKind::Full);
    let event = event::wa("hello").build();
    let (turn, at) = (TurnId::new("t1").unwrap(), SENT_AT.parse().unwrap());
    journal.ingest(&event, &turn, at).await.unwrap();
    assert_eq!(journal.trouble.pending(), 1, "another method is not struck");
    let closing = journal::closing("t1");
    assert_eq!(journal.close(&closing).await.unwrap_err().kind, StoreErrorKind::Full);
    assert_eq!(journal.closings(), Vec::new(), "what failed did not happen");
    journal.close(&closing).await.unwrap();
    journal.trouble.fail_next(StoreErrorKind::Busy);
    assert_eq!(journal.ingest(&event, &turn, at).await.unwrap_err().kind, StoreErrorKind::Busy);
}

fn no_request() -> ModelRequest {
    ModelRequest::default()
}

#[tokio::test]
async fn a_scripted_model_follows_its_script() {
    let model = ScriptedModel::answering(|_| Ok(text_reply("standing"))).in_pieces_of(3);
    model.push_text("zwölf");
    model.push_error_after("half an", ModelErrorKind::IdleTimeout);
    model.push_call("c1", "read_file", tools::argument("path", "notes.md"));

    let mut deltas = CollectedDeltas::default();
    assert_eq!(
        model.complete(&ModelCall::own(&no_request(), ModelTask::Reply), &mut deltas).await.unwrap().text,
        "zwölf"
    );
    assert_eq!(deltas.0, ["zwö", "lf"]);
    let mut deltas = CollectedDeltas::default();
    let error =
        model.complete(&ModelCall::own(&no_request(), ModelTask::Reply), &mut deltas).await.unwrap_err();
    assert_eq!((error.kind, deltas.0.concat().as_str()), (ModelErrorKind::IdleTimeout, "half an"));
    let reply = model
        .complete(&ModelCall::own(&no_request(), ModelTask::Reply), &mut CollectedDeltas::default())
        .await
        .unwrap();
    assert_eq!(reply.tool_calls, [call("c1", "read_file", tools::argument("path", "notes.md"))]);
    assert_eq!(model.unused(), 0);
    let reply = model
        .complete(&ModelCall::own(&no_request(), ModelTask::Reply), &mut CollectedDeltas::default())
        .await
        .unwrap();
    assert_eq!(reply.text, "standing");
    assert_eq!(model.requests().len(), 4);
}

#[test]
fn a_hanging_model_shows_its_text_and_never_ends() {
    let model = ScriptedModel::new();
    model.push_hang_after("wait");
    let (request, mut deltas) = (no_request(), CollectedDeltas::default());
    {
        let asked = ModelCall::own(&request, ModelTask::Reply);
        let mut call = pin!(model.complete(&asked, &mut deltas));
        assert!(!is_ready(&mut call) && !is_ready(&mut call));
    }
    assert_eq!(deltas.0.concat(), "wait");
}

#[tokio::test]
#[should_panic(expected = "once more than the test has answers")]
async fn a_model_without_script_stops_the_test() {
    let _ = ScriptedModel::new()
        .complete(&ModelCall::own(&no_request(), ModelTask::Reply), &mut CollectedDeltas::default())
        .await;
}

#[tokio::test]
async fn a_scripted_tool_gives_its_queued_answers_first() {
    let tools = ScriptedTools::new().with("look", ToolClass::Pure, "standing");
    tools.push("look", failure("Error: broken"));
    let (call, context) =
        (call("c1", "look", tools::argument("path", ".")), context(&event::cli("x").build()));
    assert!(tools.execute(&call, &context).await.failed);
    assert_eq!(tools.execute(&call, &context).await.content, "standing");
    assert_eq!(tools.calls(), [call.clone(), call]);
}

#[test]
fn an_event_is_what_its_setters_say() {
    let event =
        event::wa("hello").group("garden@g.us").from("49171@s.whatsapp.net").replying_to("m0").build();
    assert_eq!(event.author().as_str(), "49171@s.whatsapp.net");
    assert_eq!(event.session().as_str(), "whatsapp:garden@g.us");
    assert_eq!(event.message_id, Some(MessageId::new("m1").unwrap()));
    assert_eq!(event.reply.and_then(|quote| quote.message_id), Some(MessageId::new("m0").unwrap()));
    let spoken = event::cli("").spoken("good morning").build();
    assert!(spoken.is_voice() && spoken.chat == ChatId::new("default").unwrap());
    assert_eq!(spoken.text(), "good morning");
}

#[test]
fn a_scripted_gate_judges_inputs_and_tool_calls() {
    let gate = ScriptedGate::new().block_input("bomb").warn_input("odd").sanitize_input("pin 1234");
    let gate = gate.block_tool(".env");
    let judged = |text: &str| gate.check_input(text, &turn_context());
    assert_eq!(judged("good morning"), SecurityVerdict::Allow);
    assert!(matches!(judged("an odd bomb"), SecurityVerdict::Block(_)), "the hardest rule decides");
    assert!(matches!(judged("odd"), SecurityVerdict::Warn(_)));
    let clean = "my [REDACTED], odd";
    assert!(matches!(judged("my pin 1234, odd"), SecurityVerdict::Sanitize(_, text) if text == clean));
    let call = call("c1", "read_file", tools::argument("path", "a/.env"));
    assert!(matches!(gate.check_tool(&call, &turn_context()), SecurityVerdict::Block(_)));
}

fn turn_context() -> SecurityContext {
    SecurityContext { channel: ChannelName::CLI, labels: crate::Labels::NONE, path: "turn" }
}

proptest! {
    #[test]
    fn however_an_answer_is_cut_the_same_bytes_leave(
        chunks in prop::collection::vec("[abßé]{0,3}", 0..12),
        needles in prop::collection::vec("[abßé]{1,4}", 0..4),
    ) {
        let gate = needles.iter().fold(ScriptedGate::new(), |gate, needle| gate.sanitize_output(needle));
        let whole = chunks.concat();
        let mut guard = gate.open_output(&turn_context());
        let mut left: String = chunks.iter().map(|chunk| guard.push(chunk)).collect();
        let end = guard.finish();
        left.push_str(&end.rest);
        match gate.check_output(&whole, &turn_context()) {
            SecurityVerdict::Sanitize(_, clean) => prop_assert_eq!(left, clean),
            SecurityVerdict::Allow | SecurityVerdict::Warn(_) => prop_assert_eq!(left, whole),
            SecurityVerdict::Block(_) => prop_assert_eq!(left, ""),
        }
    }
}
