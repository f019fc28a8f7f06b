//! Each stage by itself, over fakes. The whole line is met by the recorded cases in `tests/it/compat`.

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::Labels;
use crate::cancel::CancelToken;
use crate::event::{InboundEvent, QuotedMessage};
use crate::ids::{ChannelName, MessageId, SenderId, TurnId};
use crate::intent::Intent;
use crate::model::ModelErrorKind;
use crate::outcome::TurnOutcome;
use crate::pipeline::{Answer, Flow, PipelineContext, Stage, TurnScope};
use crate::ports::{InboundArchive, Seen};
use crate::record::{RECORD_VERSION, RecordedStep, StepKind, StepStarted, ToolCallRecord};
use crate::reply_context::{QuoteSource, WindowLimits};
use crate::responder::{Failure, Responder, Response, TurnInput};
use crate::stand_in::{NoPersonas, NoSecurity};
use crate::telemetry::{NotesOutcome, StoreName, TelemetryEvent};
use crate::testing::event::{cli, wa};
use crate::testing::policy::decision;
use crate::testing::{MemoryArchive, MemorySeenChats, RecordingSink, ScriptedGate, ScriptedPolicy, SeenLive};
use crate::time::WallTime;

fn context(event: InboundEvent) -> PipelineContext {
    let scope = TurnScope {
        beside: false,
        turn: TurnId::new("t1").unwrap(),
        now: WallTime::utc("2026-02-22T12:00:00Z".parse().unwrap()),
        seen: Seen::First,
        cancel: CancelToken::never(),
        recorded: Arc::new([]),
    };
    let text = event.text();
    let mut cx = PipelineContext::new(event, scope);
    cx.text = text;
    cx
}

async fn run(stage: impl Stage, cx: &mut PipelineContext) -> Flow {
    stage.run(cx).await
}

fn emitted(cx: PipelineContext) -> Vec<Intent> {
    cx.into_handled("scripted", None).intents
}

fn facts(cx: PipelineContext) -> Vec<TelemetryEvent> {
    let fact = |intent| match intent {
        Intent::RecordTelemetry(fact) => Some(fact),
        _ => None,
    };
    emitted(cx).into_iter().filter_map(fact).collect()
}

fn answered(event: InboundEvent, text: &str) -> PipelineContext {
    let mut cx = context(event);
    cx.decision = Some(decision("ok"));
    cx.answer = Some(Answer { text: text.to_owned(), labels: Labels::NONE });
    cx.outcome = TurnOutcome::Answered;
    cx
}

#[tokio::test]
async fn blank_text_is_dropped_before_anything_else_happens() {
    let mut cx = context(wa(" \u{1f}\n\t ").build());
    assert_eq!(run(Normalise, &mut cx).await, Flow::Stop);
    assert_eq!(facts(cx), [TelemetryEvent::DroppedEmpty { channel: ChannelName::WHATSAPP }]);
}

#[tokio::test]
async fn words_lose_the_space_around_them() {
    let mut cx = context(wa("  hi \n").build());
    assert_eq!(run(Normalise, &mut cx).await, Flow::Continue);
    assert_eq!(cx.text, "hi");
}

#[tokio::test]
async fn the_journals_verdict_decides_on_repeats() {
    let mut cx = context(wa("hi").build());
    assert_eq!(run(Dedupe, &mut cx).await, Flow::Continue);
    cx.scope.seen = Seen::Again;
    assert_eq!(run(Dedupe, &mut cx).await, Flow::Stop);
}

#[tokio::test]
async fn a_quote_is_archived_without_a_sender_and_behind_the_message() {
    let archive = Arc::new(MemoryArchive::new());
    let quote = QuotedMessage {
        message_id: Some(MessageId::new("Q").unwrap()),
        text: Some("quoted".into()),
        ..QuotedMessage::default()
    };
    let mut cx = context(wa("hi").id("M").quoting(quote).build());
    run(Archive::new(Some(archive.clone())), &mut cx).await;
    let find = async |id: &str| {
        let id = MessageId::new(id).unwrap();
        archive.find(&cx.event.channel, &cx.event.chat, &id).await.unwrap().unwrap()
    };
    assert_eq!(find("Q").await.sender, None);
    assert_eq!(find("M").await.sender, Some(cx.event.sender.clone()));
    run(ReplyContextStage::new(Some(archive), WindowLimits::default()), &mut cx).await;
    assert_eq!(cx.reply_context.ambient, [""; 0], "a quote is not said just before the message");
}

#[tokio::test]
async fn a_quote_without_an_id_has_no_named_source() {
    let quote = QuotedMessage { text: Some("quoted".into()), ..QuotedMessage::default() };
    let mut cx = context(wa("hi").id("M").quoting(quote).build());
    let archive = Arc::new(MemoryArchive::new());
    run(ReplyContextStage::new(Some(archive), WindowLimits::default()), &mut cx).await;
    assert_eq!((cx.reply_context.quoted_text.as_deref(), cx.reply_context.source), (Some("quoted"), None));
    assert_eq!(facts(cx), []);
}

#[tokio::test]
async fn a_quote_from_another_chat_is_not_found() {
    let archive = Arc::new(MemoryArchive::new());
    let mut other = context(wa("secret of the other chat").chat("other@g.us").id("Q").build());
    run(Archive::new(Some(archive.clone())), &mut other).await;
    let mut cx = context(wa("what?").id("M").replying_to("Q").build());
    run(ReplyContextStage::new(Some(archive), WindowLimits::default()), &mut cx).await;
    assert_eq!(cx.reply_context.quoted_text, None);
    assert_eq!(facts(cx), [TelemetryEvent::ReplyContext { channel: ChannelName::WHATSAPP, hit: false }]);
}

#[tokio::test]
async fn an_archived_quote_brings_its_words_and_the_lines_before() {
    let archive: Arc<MemoryArchive> = Arc::default();
    for (id, text) in [("A", "before"), ("B", "the quoted one"), ("C", "after")] {
        let mut cx = context(wa(text).id(id).from("7").build());
        run(Archive::new(Some(archive.clone())), &mut cx).await;
    }
    let mut cx = context(wa("what?").id("D").replying_to("B").build());
    run(Archive::new(Some(archive.clone())), &mut cx).await;
    run(ReplyContextStage::new(Some(archive), WindowLimits::default()), &mut cx).await;
    assert_eq!(cx.reply_context.source, Some(QuoteSource::Archive));
    assert_eq!(cx.reply_context.quoted_text.as_deref(), Some("the quoted one"));
    assert_eq!(cx.reply_context.window, ["[7] before"]);
    assert_eq!(cx.reply_context.ambient, ["[7] before", "[7] the quoted one", "[7] after"]);
    assert_eq!(cx.reply_context.labels, crate::Label::Stranger.into());
}

#[tokio::test]
async fn a_failing_archive_costs_context_and_not_the_answer() {
    let archive = Arc::new(MemoryArchive::new());
    archive.trouble.fail_next(crate::ports::StoreErrorKind::Backend);
    let mut cx = context(wa("hi").id("M").build());
    assert_eq!(run(Archive::new(Some(archive)), &mut cx).await, Flow::Continue);
    assert!(matches!(facts(cx).as_slice(), [TelemetryEvent::StoreFailed { store: StoreName::Archive, .. }]));
}

#[tokio::test]
async fn the_policy_decides() {
    let mut cx = context(wa("hi").build());
    run(Policy::new(Arc::new(ScriptedPolicy::refusing("blocked_sender")), Arc::new(NoPersonas)), &mut cx)
        .await;
    assert_eq!(cx.decision.map(|d| (d.accept, d.reason)), Some((false, "blocked_sender".to_owned())));
}

#[tokio::test]
async fn who_may_not_talk_goes_no_further_and_leaves_no_note_unless_wanted() {
    for (enabled, blocked, outcome) in [
        (false, true, None),
        (true, false, Some(NotesOutcome::DroppedByPolicy)),
        (true, true, Some(NotesOutcome::Enqueued)),
    ] {
        let mut cx = context(wa("hi").build());
        let mut refused = decision("who_can_talk");
        refused.accept = false;
        refused.notes.enabled = enabled;
        refused.notes.allow_blocked_senders = blocked;
        cx.decision = Some(refused);
        assert_eq!(run(Access::new(Arc::new(ScriptedGate::new())), &mut cx).await, Flow::Stop);
        let facts = facts(cx);
        let noted = facts.iter().find_map(|fact| match fact {
            TelemetryEvent::Notes { outcome, .. } => Some(*outcome),
            _ => None,
        });
        assert_eq!(noted, outcome);
        assert!(matches!(facts.last(), Some(TelemetryEvent::DroppedByAccess { .. })));
    }
}

#[tokio::test]
async fn an_attack_becomes_no_note() {
    let mut cx = context(wa("jailbreak").build());
    let mut silent = decision("mention_only");
    silent.respond = false;
    silent.notes.enabled = true;
    cx.decision = Some(silent);
    let gate = Arc::new(ScriptedGate::new().block_input("jailbreak"));
    assert_eq!(run(NoReply::new(gate), &mut cx).await, Flow::Stop);
    let intents = emitted(cx);
    assert!(!intents.iter().any(|intent| matches!(intent, Intent::CaptureMemory(_))));
    assert_eq!(intents.len(), 3);
}

#[tokio::test]
async fn owners_hear_once_about_a_new_chat() {
    let seen = Arc::new(MemorySeenChats::new());
    let policy = Arc::new(ScriptedPolicy::accepting(&[]));
    let owner = |text: &str| SenderId::new(text).unwrap();
    policy.set_owners(ChannelName::WHATSAPP, vec![owner("+49 170 1"), owner("491701"), owner("x@lid")]);
    let mut cx = context(wa("hi").group("1@g.us").build());
    run(NewChat::new(seen.clone(), policy.clone(), Arc::new(NoSecurity)), &mut cx).await;
    let intents = emitted(cx);
    let told: Vec<_> = intents
        .iter()
        .filter_map(|intent| match intent {
            Intent::SendMessage(message) => Some((message.chat.as_str(), message.text.as_str())),
            _ => None,
        })
        .collect();
    let text = "🔔 Nano was added to a new WhatsApp group: `1@g.us`\n\
                /approve 1@g.us: answers everything there\n\
                /approve-mention 1@g.us: answers when it is mentioned\n\
                /deny 1@g.us: talks to its owners only";
    assert_eq!(told, [("491701@s.whatsapp.net", text), ("x@lid", text)]);
    let Some(Intent::RememberChat { channel, chat }) = intents.last() else { panic!("not remembered") };
    crate::ports::SeenChats::remember(seen.as_ref(), channel, chat).await.unwrap();
    let mut again = context(wa("hi").group("1@g.us").build());
    run(NewChat::new(seen, policy, Arc::new(NoSecurity)), &mut again).await;
    assert_eq!(again.chat_known, Some(true));
    assert_eq!(emitted(again), []);
}

#[tokio::test]
async fn the_commands_of_a_notice_name_the_chat_as_a_shell_reads_it() {
    let policy = Arc::new(ScriptedPolicy::accepting(&[]));
    policy.set_owners(ChannelName::WHATSAPP, vec![SenderId::new("491701").unwrap()]);
    let mut cx = context(wa("hi").group("it's a b@g.us").build());
    run(NewChat::new(Arc::new(MemorySeenChats::new()), policy, Arc::new(NoSecurity)), &mut cx).await;
    let told = emitted(cx).into_iter().find_map(|intent| match intent {
        Intent::SendMessage(message) => Some(message.text),
        _ => None,
    });
    assert!(told.unwrap().contains(r"/approve 'it'\''s a b@g.us': answers"));
}

#[tokio::test]
async fn what_the_new_chat_stage_read_is_said_and_a_failing_store_is_no_reading() {
    let seen = Arc::new(MemorySeenChats::new());
    let policy = Arc::new(ScriptedPolicy::accepting(&[]));
    let owner = SenderId::new("491701").unwrap();
    policy.set_owners(ChannelName::WHATSAPP, vec![owner.clone()]);
    let stage = || NewChat::new(seen.clone(), policy.clone(), Arc::new(NoSecurity));
    let mut cx = context(wa("hi").build());
    run(stage(), &mut cx).await;
    let readings = cx.into_handled("scripted", None).readings;
    assert_eq!((readings.chat_known, readings.owners), (Some(false), vec![owner]));

    seen.trouble.fail_next(crate::ports::StoreErrorKind::Backend);
    let mut cx = context(wa("hi").build());
    run(stage(), &mut cx).await;
    let handled = cx.into_handled("scripted", None);
    assert_eq!((handled.readings.chat_known, handled.readings.owners), (None, vec![]));
    assert!(matches!(handled.intents[..], [Intent::RecordTelemetry(TelemetryEvent::StoreFailed { .. })]));
}

#[tokio::test]
async fn a_blocked_message_is_answered_with_a_reaction_or_a_text() {
    let gate = Arc::new(ScriptedGate::new().block_input("jailbreak"));
    let mut cx = context(wa("jailbreak").id("M").build());
    assert_eq!(run(InputSecurity::new(gate.clone()), &mut cx).await, Flow::Stop);
    assert_eq!(cx.outcome, TurnOutcome::Blocked);
    assert!(emitted(cx).iter().any(|intent| matches!(intent, Intent::SendReaction(_))));
    let mut cx = context(wa("jailbreak").without_id().build());
    run(InputSecurity::new(gate), &mut cx).await;
    assert!(emitted(cx).iter().any(|intent| matches!(intent, Intent::SendMessage(_))));
}

#[tokio::test]
async fn a_warning_passes_silently() {
    let gate = Arc::new(ScriptedGate::new().warn_input("careful"));
    let mut cx = context(wa("careful now").build());
    assert_eq!(run(InputSecurity::new(gate), &mut cx).await, Flow::Continue);
    assert_eq!(emitted(cx), []);
}

#[tokio::test]
async fn typing_is_shown_at_once_and_only_where_it_can_be() {
    let live = Arc::new(RecordingSink::new());
    let mut cx = context(wa("hi").build());
    run(Typing::new(live.clone()), &mut cx).await;
    assert!(cx.is_typing());
    let mut terminal = context(cli("hi").build());
    run(Typing::new(live.clone()), &mut terminal).await;
    assert!(!terminal.is_typing());
    assert_eq!(live.events(), [SeenLive::Typing(true)]);
}

/// A responder that gives what it was told to give.
struct Fixed(Response);

#[async_trait::async_trait]
impl Responder for Fixed {
    async fn respond(&self, _turn: &TurnInput<'_>) -> Response {
        self.0.clone()
    }
}

#[tokio::test]
async fn a_failure_is_told_and_is_no_response() {
    let mut cx = context(wa("hi").build());
    cx.decision = Some(decision("ok"));
    let failed = Fixed(Response::Failed(Failure::Model(ModelErrorKind::Auth)));
    assert_eq!(run(Respond::new(Arc::new(failed)), &mut cx).await, Flow::Continue);
    run(Outbound, &mut cx).await;
    assert_eq!(cx.outcome, TurnOutcome::Failed);
    let intents = emitted(cx);
    assert!(intents.iter().any(|i| matches!(i, Intent::SendMessage(m) if m.text.contains("key"))));
    assert!(intents.iter().any(|i| matches!(i, Intent::AppendSession(a) if a.lines.len() == 2)));
    let sent = |i: &Intent| matches!(i, Intent::RecordTelemetry(TelemetryEvent::ResponseSent { .. }));
    assert!(!intents.iter().any(sent));
}

/// A `once` tool of this name that was started, and whose end nobody wrote down.
fn interrupted(tool: &str) -> RecordedStep {
    let call = ToolCallRecord { id: "c1".to_owned(), name: tool.to_owned(), arguments: json!({}) };
    let step = StepKind::Tool { call, class: "once".to_owned() };
    RecordedStep { started: StepStarted { v: RECORD_VERSION, index: 1, step }, done: None }
}

async fn with_unknown_outcome(response: Response) -> Vec<Intent> {
    let mut cx = context(wa("pay").id("m1").build());
    cx.scope.recorded = Arc::new([interrupted("pay_bill")]);
    cx.decision = Some(decision("ok"));
    run(Respond::new(Arc::new(Fixed(response))), &mut cx).await;
    if run(ReactionReply, &mut cx).await == Flow::Continue {
        run(Outbound, &mut cx).await;
    }
    emitted(cx)
}

fn says(text: &str) -> Response {
    Response::Answer(Answer { text: text.to_owned(), labels: Labels::NONE })
}

#[tokio::test]
async fn an_unknown_outcome_is_told_behind_the_answer_and_behind_a_failure() {
    for (response, begins) in [
        (says("I tried."), "I tried.\n\n⚠️ Outcome unknown"),
        (Response::Failed(Failure::Model(ModelErrorKind::Auth)), "⚠️ The model's provider"),
    ] {
        let intents = with_unknown_outcome(response).await;
        let told = |i: &Intent| matches!(i, Intent::SendMessage(m) if m.text.starts_with(begins) && m.text.contains("the middle of pay_bill"));
        assert!(intents.iter().any(told), "{intents:?}");
    }
}

#[tokio::test]
async fn an_unknown_outcome_is_told_in_words_where_the_answer_was_a_reaction() {
    let intents = with_unknown_outcome(says(" ::reaction::👍")).await;
    let told = |i: &Intent| matches!(i, Intent::SendMessage(m) if m.text.starts_with("⚠️ Outcome unknown"));
    assert!(intents.iter().any(told), "{intents:?}");
    assert!(!intents.iter().any(|i| matches!(i, Intent::SendReaction(_))));
}

#[tokio::test]
async fn what_was_seen_before_a_stop_is_kept() {
    let shown = Answer { text: "Once upon".into(), labels: Labels::NONE };
    for (shown, lines) in [(Some(shown), 1), (None, 0)] {
        let mut cx = context(wa("a story").build());
        cx.decision = Some(decision("ok"));
        let stage = Respond::new(Arc::new(Fixed(Response::Cancelled(shown))));
        assert_eq!(run(stage, &mut cx).await, Flow::Stop);
        assert_eq!(cx.outcome, TurnOutcome::Cancelled);
        let kept = emitted(cx).iter().filter(|i| matches!(i, Intent::AppendSession(_))).count();
        assert_eq!(kept, lines);
    }
}

#[tokio::test]
async fn a_turn_that_a_shutdown_cut_off_is_told_and_is_no_persons_stop() {
    let (switch, token) = crate::cancel::CancelSwitch::new();
    switch.throw(crate::cancel::StopReason::Shutdown);
    let mut cx = context(wa("a story").build());
    cx.scope.cancel = token;
    cx.decision = Some(decision("ok"));
    let stage = Respond::new(Arc::new(Fixed(Response::Cancelled(None))));
    assert_eq!(run(stage, &mut cx).await, Flow::Continue);
    run(Outbound, &mut cx).await;
    assert_eq!(cx.outcome, TurnOutcome::Abandoned);
    let told = |i: &Intent| matches!(i, Intent::SendMessage(m) if m.text == crate::notice::CUT_OFF);
    assert!(emitted(cx).iter().any(told));
}

#[tokio::test]
async fn the_output_stage_changes_what_leaves_and_what_is_stored() {
    let gate = Arc::new(ScriptedGate::new().sanitize_output("sk-123").block_output("forbidden"));
    let mut cx = answered(wa("hi").build(), "the key is sk-123.");
    run(OutputSecurity::new(gate.clone()), &mut cx).await;
    assert!(!cx.answer.clone().unwrap().text.contains("sk-123"));
    run(Outbound, &mut cx).await;
    let stored = emitted(cx).into_iter().find_map(|intent| match intent {
        Intent::AppendSession(append) => Some(append.lines),
        _ => None,
    });
    assert!(!stored.unwrap()[1].content.contains("sk-123"));
    let mut cx = answered(wa("hi").build(), "forbidden words");
    run(OutputSecurity::new(gate.clone()), &mut cx).await;
    assert_eq!(cx.answer.unwrap().text, crate::ports::SecurityGate::block_message(gate.as_ref()));
}

#[tokio::test]
async fn only_a_bare_marker_is_a_reaction() {
    for (text, emoji) in [
        ("::reaction::👍", Some("👍")),
        (" ::reaction:: 🎉 \n", Some("🎉")),
        ("::reaction::a\nb", Some("a\nb")),
        ("text ::reaction::👍", None),
        ("::REACTION::👍", None),
        ("::reaction::", None),
        ("::reaction::  ", None),
    ] {
        let mut cx = answered(wa("hi").id("M").build(), text);
        let flow = run(ReactionReply, &mut cx).await;
        let sent = emitted(cx).into_iter().find_map(|intent| match intent {
            Intent::SendReaction(reaction) => Some(reaction.emoji),
            _ => None,
        });
        assert_eq!(sent.as_deref(), emoji, "{text:?}");
        assert_eq!(flow == Flow::Stop, emoji.is_some());
    }
    let mut cx = answered(wa("hi").without_id().build(), "::reaction::👍");
    assert_eq!(run(ReactionReply, &mut cx).await, Flow::Continue);
}

#[tokio::test]
async fn a_message_to_itself_is_answered_where_it_points() {
    for (chat, channel, target) in [
        ("whatsapp:120@g.us", "whatsapp", "120@g.us"),
        ("direct", "system", "direct"),
        (":x", "system", ":x"),
        ("whatsapp:", "system", "whatsapp:"),
    ] {
        let event = crate::testing::event::EventBuilder::new(ChannelName::SYSTEM, chat, "subagent", "done");
        let mut cx = answered(event.build(), "Hello");
        run(Routing, &mut cx).await;
        run(Outbound, &mut cx).await;
        let Some(Intent::SendMessage(message)) = emitted(cx).into_iter().next() else { panic!() };
        assert_eq!((message.channel.as_str(), message.chat.as_str()), (channel, target));
    }
}

#[test]
fn an_owners_chat_is_found_from_any_spelling_of_the_number() {
    let chat = |owner: &str| owner_chat(&ChannelName::WHATSAPP, owner).map(|chat| chat.to_string());
    assert_eq!(chat("+49 (170) 1").as_deref(), Some("491701@s.whatsapp.net"));
    assert_eq!(chat("x@lid").as_deref(), Some("x@lid"));
    assert_eq!(chat("abc"), None);
}

/// Says of everything that it is a command of somebody who may not give it.
struct NoOwners;

#[async_trait::async_trait]
impl crate::ports::AdminDesk for NoOwners {
    fn is_urgent(&self, _event: &InboundEvent) -> bool {
        false
    }

    fn unrecorded(self: Arc<Self>, _event: &InboundEvent, _turn: &TurnId) {}

    async fn take(
        &self,
        _event: &InboundEvent,
        _text: &str,
        _turn: &TurnId,
        _now: &WallTime,
    ) -> crate::admin::AdminVerdict {
        crate::admin::AdminVerdict::Ignored { command: "panic".to_owned() }
    }
}

#[tokio::test]
async fn what_runs_beside_the_turns_of_its_chat_and_is_no_command_gets_no_answer() {
    for (beside, flow) in [(false, Flow::Continue), (true, Flow::Stop)] {
        let mut cx = context(wa("/panic").build());
        cx.scope.beside = beside;
        assert_eq!(AdminCommand::new(Arc::new(NoOwners), Arc::new(NoSecurity)).run(&mut cx).await, flow);
    }
}
