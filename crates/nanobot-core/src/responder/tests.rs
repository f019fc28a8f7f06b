//! The responder over a scripted model and scripted tools. Turns that are taken up again are in `tests/resume.rs`.

mod gate;
mod random;
mod resume;
pub(crate) mod world;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::Label;
use crate::cancel::{CancelSwitch, CancelToken};
use crate::decision::CooldownPolicy;
use crate::ids::TurnId;
use crate::model::{ChatMessage, ToolClass};
use crate::ports::Seen;
use crate::testing::event::{EventBuilder, cli, wa};
use crate::testing::policy::decision;
use crate::testing::{
    FakeClock, FixedWorkspace, MemoryJournal, MemorySessions, RecordingSink, RecordingTelemetry,
    ScriptedGate, ScriptedModel, ScriptedPolicy, ScriptedTools, SeenLive,
};

/// A responder and everything around it.
struct Scene {
    model: Arc<ScriptedModel>,
    tools: Arc<ScriptedTools>,
    policy: Arc<ScriptedPolicy>,
    sessions: Arc<MemorySessions>,
    journal: Arc<MemoryJournal>,
    live: Arc<RecordingSink>,
    responder: ModelResponder,
}

fn scene() -> Scene {
    scene_with(ScriptedGate::new())
}

fn scene_with(gate: ScriptedGate) -> Scene {
    let model = Arc::new(ScriptedModel::new().in_pieces_of(3));
    let tools = ScriptedTools::new().with("read_file", ToolClass::Pure, "file text");
    let tools = Arc::new(tools.with("exec", ToolClass::Once, "it ran"));
    let policy = Arc::new(ScriptedPolicy::accepting(&["read_file", "exec"]));
    let sessions = Arc::new(MemorySessions::new());
    let journal = Arc::new(MemoryJournal::new());
    let live = Arc::new(RecordingSink::new());
    let responder = ModelResponder::new(ResponderParts {
        model: model.clone(),
        tools: tools.clone(),
        policy: policy.clone(),
        security: Arc::new(gate),
        sessions: sessions.clone(),
        workspace: Arc::new(FixedWorkspace::empty("/ws")),
        journal: journal.clone(),
        lines: journal.clone(),
        live: live.clone(),
        telemetry: Arc::new(RecordingTelemetry::new()),
        clock: Arc::new(FakeClock::at("2026-02-22T12:00:00Z").auto()),
        limits: TurnLimits::default(),
    });
    Scene { model, tools, policy, sessions, journal, live, responder }
}

async fn respond(scene: &Scene, event: EventBuilder, cancel: CancelToken) -> Response {
    let event = event.build();
    let text = event.text();
    let decision = PolicyDecision {
        allowed_tools: ["read_file".to_owned(), "exec".to_owned()].into(),
        cooldown: CooldownPolicy { delay: Duration::ZERO, ..CooldownPolicy::default() },
        ..decision("ok")
    };
    let scope = TurnScope {
        beside: false,
        turn: TurnId::new("t1").unwrap(),
        now: crate::time::WallTime::utc("2026-02-22T12:00:00Z".parse().unwrap()),
        seen: Seen::First,
        cancel,
        recorded: Arc::new([]),
    };
    let turn = TurnInput {
        event: &event,
        text: &text,
        decision: &decision,
        context: &ReplyContext::default(),
        scope: &scope,
        route: Route::of(&event),
    };
    scene.responder.respond(&turn).await
}

async fn ask(scene: &Scene, text: &str) -> Response {
    respond(scene, cli(text), CancelToken::never()).await
}

fn words(response: &Response) -> &str {
    match response {
        Response::Answer(answer) => &answer.text,
        other => panic!("no answer: {other:?}"),
    }
}

fn last_tool_result(scene: &Scene) -> String {
    let requests = scene.model.requests();
    let messages = &requests.last().unwrap().messages;
    messages
        .iter()
        .rev()
        .find_map(|message| match message {
            ChatMessage::ToolResult { content, .. } => Some(content.clone()),
            _ => None,
        })
        .unwrap()
}

#[tokio::test]
async fn words_are_streamed_and_answered() {
    let scene = scene();
    scene.model.push_text("Hello there");
    assert_eq!(words(&ask(&scene, "hi").await), "Hello there");
    assert_eq!(scene.live.text(), "Hello there");
    assert!(scene.live.events().len() > 1, "it came in pieces");
}

#[tokio::test]
async fn a_tool_runs_is_recorded_and_marks_the_answer() {
    let scene = scene();
    scene.model.push_call("c1", "read_file", json!({"path": "a"}));
    scene.model.push_text("It says file text.");
    let response = ask(&scene, "read a").await;
    let Response::Answer(answer) = &response else { panic!("{response:?}") };
    assert!(answer.labels.contains(Label::Tool) && answer.labels.contains(Label::Owner));
    assert_eq!(last_tool_result(&scene), "file text");
    assert_eq!(scene.journal.started().len(), 3);
    assert_eq!(scene.journal.done().len(), 3);
    assert!(scene.live.events().contains(&SeenLive::Tool("read_file".into())));
}

#[tokio::test]
async fn a_tool_that_is_not_allowed_does_not_run() {
    let scene = scene();
    scene.model.push_call("c1", "spawn", json!({"command": "id"}));
    scene.model.push_text("I may not.");
    ask(&scene, "run id").await;
    assert_eq!(last_tool_result(&scene), "Error: Tool 'spawn' is blocked by policy for this chat.");
    assert!(scene.tools.calls().is_empty());
}

#[tokio::test]
async fn a_tool_that_was_revoked_meanwhile_does_not_run() {
    let scene = scene();
    scene.policy.revoke("read_file");
    scene.model.push_call("c1", "read_file", json!({"path": "a"}));
    scene.model.push_text("I may not.");
    ask(&scene, "read").await;
    assert!(scene.tools.calls().is_empty());
}

#[tokio::test]
async fn a_sender_who_was_blocked_meanwhile_gets_no_further_step() {
    let scene = scene();
    scene.policy.set(PolicyDecision { accept: false, ..scene.policy.evaluate(&wa("x").build()) });
    scene.model.push_text("too late");
    let response = ask(&scene, "hello").await;
    assert_eq!(response, Response::Cancelled(None));
    assert!(scene.model.requests().is_empty());
}

#[tokio::test]
async fn the_tool_stage_blocks_with_the_recorded_words() {
    let scene = scene_with(ScriptedGate::new().block_tool("secret"));
    scene.model.push_call("c1", "read_file", json!({"path": "secret"}));
    scene.model.push_text("no");
    ask(&scene, "read").await;
    assert!(last_tool_result(&scene).starts_with("Error: Tool call blocked by security middleware ("));
    assert!(scene.tools.calls().is_empty());
}

#[tokio::test]
async fn what_the_output_stage_holds_back_is_never_seen() {
    let scene = scene_with(ScriptedGate::new().sanitize_output("sk-12345"));
    scene.model.push_text("the key is sk-12345, keep it");
    ask(&scene, "key?").await;
    assert!(!scene.live.text().contains("sk-12345"));
    assert!(scene.live.text().starts_with("the key is "));
}

#[tokio::test]
async fn a_reaction_marker_is_not_shown_while_it_comes() {
    let scene = scene();
    scene.model.push_text(" ::reaction::👍");
    assert_eq!(words(&ask(&scene, "thanks").await), " ::reaction::👍");
    assert_eq!(scene.live.text(), "");
    scene.model.push_text("::read this");
    ask(&scene, "hm").await;
    assert_eq!(scene.live.text(), "::read this");
}

#[tokio::test]
async fn a_failing_model_is_a_failure_by_kind() {
    let scene = scene();
    scene.model.push_error_after("Once upon", ModelErrorKind::IdleTimeout);
    assert_eq!(ask(&scene, "story").await, Response::Failed(Failure::Model(ModelErrorKind::IdleTimeout)));
}

#[tokio::test]
async fn a_stopped_turn_keeps_what_was_seen() {
    let scene = scene();
    scene.model.push_hang_after("Once upon");
    let (switch, token) = CancelSwitch::new();
    let stop = async {
        while scene.live.text() != "Once upon" {
            tokio::task::yield_now().await;
        }
        switch.cancel();
    };
    let (response, ()) = tokio::join!(respond(&scene, cli("story"), token), stop);
    let Response::Cancelled(Some(answer)) = response else { panic!("{response:?}") };
    assert_eq!(answer.text, "Once upon");
}

#[tokio::test]
async fn a_stopped_tool_ends_the_turn() {
    let scene = scene();
    scene.model.push_call("c1", "read_file", json!({"path": "a"}));
    scene.tools.push_hang("read_file");
    let (switch, token) = CancelSwitch::new();
    let stop = async {
        while scene.tools.calls().is_empty() {
            tokio::task::yield_now().await;
        }
        switch.cancel();
    };
    let (response, ()) = tokio::join!(respond(&scene, cli("read"), token), stop);
    assert_eq!(response, Response::Cancelled(None));
}

#[tokio::test]
async fn an_unreadable_session_is_told_and_the_model_is_not_asked() {
    let scene = scene();
    scene.sessions.trouble.fail_next(crate::ports::StoreErrorKind::Corrupt);
    assert_eq!(ask(&scene, "hi").await, Response::Failed(Failure::History));
    assert!(scene.model.requests().is_empty());
}

#[tokio::test]
async fn without_a_record_no_step_runs() {
    let scene = scene();
    scene.journal.trouble.fail_next_in("step_started", crate::ports::StoreErrorKind::Full);
    let response = ask(&scene, "hi").await;
    assert_eq!(response, Response::Failed(Failure::Journal));
    assert!(scene.model.requests().is_empty());
}

#[tokio::test]
async fn lines_that_wait_for_their_file_are_part_of_the_history() {
    let scene = scene();
    let mut closing = crate::testing::journal::closing("t0");
    closing.sessions = vec![crate::testing::journal::write("cli:default", "from before", 0)];
    scene.journal.close(&closing).await.unwrap();
    scene.model.push_text("ok");
    respond(&scene, cli("hi").chat("default"), CancelToken::never()).await;
    let asked = format!("{:?}", scene.model.requests()[0].messages);
    assert!(asked.contains("from before"));
}

#[tokio::test]
async fn the_first_message_reaches_the_model_once() {
    let scene = scene();
    scene.model.push_text("ok");
    ask(&scene, "unmistakable").await;
    let asked = format!("{:?}", scene.model.requests()[0].messages);
    assert_eq!(asked.matches("unmistakable").count(), 1);
}

/// Answers of the same message, sent once per expected answer, under a brake that trips at the second one.
async fn braked(scene: &Scene, use_model: bool) -> Vec<String> {
    let mut policy = decision("ok");
    policy.cooldown = CooldownPolicy {
        enabled: true,
        streak_threshold: 2,
        delay: Duration::ZERO,
        use_model,
        ..CooldownPolicy::default()
    };
    let scope = TurnScope {
        beside: false,
        turn: TurnId::new("t1").unwrap(),
        now: crate::time::WallTime::utc("2026-02-22T12:00:00Z".parse().unwrap()),
        seen: Seen::First,
        cancel: CancelToken::never(),
        recorded: Arc::new([]),
    };
    let event = wa("garden hose water").group("1@g.us").build();
    let mut answers = Vec::new();
    for _ in 0..2 {
        let turn = TurnInput {
            event: &event,
            text: "garden hose water",
            decision: &policy,
            context: &ReplyContext::default(),
            scope: &scope,
            route: Route::of(&event),
        };
        answers.push(words(&scene.responder.respond(&turn).await).to_owned());
    }
    answers
}

#[tokio::test]
async fn endless_talk_in_a_group_is_braked() {
    let scene = scene();
    scene.model.push_text("first answer");
    let canned = crate::cooldown::Language::German.text();
    assert_eq!(braked(&scene, false).await, ["first answer", canned]);
}

#[tokio::test]
async fn a_model_may_word_the_brake_and_its_call_is_a_recorded_step() {
    let scene = scene();
    scene.model.push_text("first answer");
    scene.model.push_text(&"a pause, please ".repeat(30));
    let answers = braked(&scene, true).await;
    assert!(answers[1].starts_with("a pause, please") && answers[1].chars().count() == 223, "{}", answers[1]);
    assert_eq!(
        (scene.journal.started().len(), scene.journal.done().len()),
        (3, 3),
        "its own call, the brake, its wording"
    );
}

#[tokio::test]
async fn the_canned_text_stands_in_for_a_model_that_fails_to_word_the_brake() {
    let scene = scene();
    scene.model.push_text("first answer");
    scene.model.push_error(ModelErrorKind::Overloaded);
    assert_eq!(braked(&scene, true).await[1], crate::cooldown::Language::German.text());
}
