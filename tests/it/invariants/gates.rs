//! Number 6: what leaves has passed the output stage, and what runs has passed policy and the tool stage.

use std::sync::Arc;

use nanobot_channels::local::ClientEvent;
use nanobot_core::decision::{CooldownPolicy, PolicyDecision};
use nanobot_core::ids::{ChannelName, SenderId};
use nanobot_core::model::{ChatMessage, ModelErrorKind, ModelReply, ModelRequest, ToolCall, ToolClass};
use nanobot_core::ports::{
    Delivery, HistoryRole, Outgoing, OutputGuard, OutputVerdict, SecurityContext, SecurityGate,
};
use nanobot_core::testing::event::{cli, wa};
use nanobot_core::testing::models::{call, call_reply, text_reply};
use nanobot_core::testing::policy::decision;
use nanobot_core::testing::security::PLACEHOLDER;
use nanobot_core::testing::{RecordingSender, ScriptedGate, ScriptedModel, ScriptedPolicy, ScriptedTools};
use nanobot_core::verdict::{Finding, SecurityVerdict, Severity};
use nanobotd::{Adapters, App, Drained};
use proptest::prelude::*;
use serde_json::json;

use crate::support::{Log, PATIENCE, TestHome, Watcher, cases, network, until};

/// The only text that leaves through a [`Stamp`].
const STAMPED: &str = "⟦passed⟧";

/// A gate that puts its own text into the place of every other.
struct Stamp;

struct StampGuard(bool);

fn stamped() -> SecurityVerdict {
    let finding = Finding { reason: "stamp".to_owned(), severity: Severity::Low, tags: Vec::new() };
    SecurityVerdict::Sanitize(finding, STAMPED.to_owned())
}

impl SecurityGate for Stamp {
    fn name(&self) -> &'static str {
        "stamp"
    }

    fn fingerprint(&self) -> &str {
        self.name()
    }

    fn check_input(&self, text: &str, _context: &SecurityContext) -> SecurityVerdict {
        match stamped() {
            SecurityVerdict::Sanitize(finding, _) if text.contains("block") => {
                SecurityVerdict::Block(finding)
            }
            _ => SecurityVerdict::Allow,
        }
    }

    fn check_tool(&self, _call: &ToolCall, _context: &SecurityContext) -> SecurityVerdict {
        SecurityVerdict::Allow
    }

    fn check_output(&self, _text: &str, _context: &SecurityContext) -> SecurityVerdict {
        stamped()
    }

    fn open_output(&self, _context: &SecurityContext) -> Box<dyn OutputGuard> {
        Box::new(StampGuard(false))
    }

    fn block_message(&self) -> &'static str {
        "blocked"
    }
}

impl OutputGuard for StampGuard {
    fn push(&mut self, _chunk: &str) -> String {
        let rest = if self.0 { "" } else { STAMPED };
        self.0 = true;
        rest.to_owned()
    }

    fn finish(mut self: Box<Self>) -> OutputVerdict {
        OutputVerdict { rest: self.push(""), verdict: stamped() }
    }
}

fn answer(request: &ModelRequest) -> Result<ModelReply, ModelErrorKind> {
    let used_tools = matches!(request.messages.last(), Some(ChatMessage::ToolResult { .. }));
    match format!("{:?}", request.messages.last()) {
        last if last.contains("please fail") => Err(ModelErrorKind::Auth),
        last if last.contains("please react") => Ok(text_reply("::reaction:: 👍")),
        last if last.contains("use tools") && !used_tools => {
            Ok(call_reply(vec![call("c1", "no_such_tool", json!({}))]))
        }
        last if last.contains("no words") => Ok(text_reply("")),
        _ => Ok(text_reply("the model's own words")),
    }
}

/// Every way on which a turn comes to words.
const WAYS: [&str; 6] = ["hello", "please fail", "please react", "use tools", "no words", "a block of text"];

// Invariant 6: every outgoing text, whoever worded it. The message that stands for a blocked text is the
// gate's own.
#[test]
fn every_outgoing_text_passed_the_output_stage() {
    let home = TestHome::new("");
    let left = Log::default().run(async {
        let boot = home.boot();
        let whatsapp = Arc::new(RecordingSender::new(ChannelName::WHATSAPP));
        let policy = ScriptedPolicy::accepting(&[]);
        policy.set_owners(ChannelName::WHATSAPP, vec![SenderId::new("+49 171").unwrap()]);
        let honest = home.adapters(&boot, Arc::new(ScriptedModel::answering(answer))).await;
        let adapters = Adapters {
            security: Arc::new(Stamp),
            policy: Arc::new(policy),
            networks: vec![network(whatsapp.clone())],
            ..honest
        };
        let mut app = App::start_with(boot, adapters).await.unwrap();
        let terminal = Watcher::attach(&mut app, "default").await;
        for (number, words) in WAYS.into_iter().enumerate() {
            app.ingest().receive(wa(words).id(&format!("m{number}")).build()).await.unwrap();
            app.ingest().receive(cli(words).id(&format!("m{number}")).build()).await.unwrap();
        }
        terminal.ends(WAYS.len()).await;
        let control = app.control();
        for summary in control.sessions().await.unwrap() {
            for line in control.session(&summary.session, 100).await.unwrap() {
                if line.role == HistoryRole::Assistant {
                    assert_eq!(line.content, STAMPED, "in session {}", summary.session);
                }
            }
        }
        assert_eq!(app.drain(PATIENCE).await, Drained::Whole);
        // The owner hears of the new chat before anybody gets an answer.
        let owner = "49171@s.whatsapp.net";
        let notices = |sent: &Delivery| sent.outgoing.target().1.as_str() == owner;
        assert_eq!(whatsapp.sent().iter().filter(|sent| notices(sent)).count(), 1);
        let mut left = whatsapp.texts();
        for event in terminal.finish().await {
            match event {
                ClientEvent::Delta { text, .. } | ClientEvent::Message { text, .. } => left.push(text),
                ClientEvent::Reaction { emoji, .. } => left.push(emoji),
                _ => {}
            }
        }
        left
    });
    assert!(left.len() >= 2 * WAYS.len(), "{left:?}");
    let unchecked: Vec<&String> = left.iter().filter(|text| *text != STAMPED && *text != "blocked").collect();
    assert_eq!(unchecked, Vec::<&String>::new());
    assert_eq!(
        left.iter().filter(|text| *text == "blocked").count(),
        2,
        "the gate's own message, once per chat"
    );
}

// Invariant 6: the brake's canned line is worded by nobody who is asked later.
#[test]
fn the_line_of_the_brake_passed_the_output_stage() {
    Log::default().run(async {
        let home = TestHome::new("");
        let boot = home.boot();
        let cooldown = CooldownPolicy {
            enabled: true,
            streak_threshold: 1,
            delay: std::time::Duration::ZERO,
            ..CooldownPolicy::default()
        };
        let whatsapp = Arc::new(RecordingSender::new(ChannelName::WHATSAPP));
        let model = Arc::new(ScriptedModel::answering(answer));
        let adapters = Adapters {
            security: Arc::new(Stamp),
            policy: Arc::new(ScriptedPolicy::new(PolicyDecision { cooldown, ..decision("all") })),
            networks: vec![network(whatsapp.clone())],
            ..home.adapters(&boot, model.clone()).await
        };
        let app = App::start_with(boot, adapters).await.unwrap();
        app.ingest().receive(wa("gardens and nothing else").group("1@g.us").build()).await.unwrap();
        until(|| whatsapp.sent().len() == 1).await;
        assert_eq!(app.drain(PATIENCE).await, Drained::Whole);
        assert_eq!(model.requests().len(), 0, "the brake answered");
        assert_eq!(whatsapp.texts(), [STAMPED]);
    });
}

// Invariant 6, "reactions included".
#[test]
fn a_reaction_passed_the_output_stage() {
    Log::default().run(async {
        let home = TestHome::new("");
        let boot = home.boot();
        let whatsapp = Arc::new(RecordingSender::new(ChannelName::WHATSAPP));
        let adapters = Adapters {
            security: Arc::new(ScriptedGate::new().sanitize_output("👍")),
            networks: vec![network(whatsapp.clone())],
            ..home.adapters(&boot, Arc::new(ScriptedModel::answering(answer))).await
        };
        let app = App::start_with(boot, adapters).await.unwrap();
        app.ingest().receive(wa("please react").build()).await.unwrap();
        assert_eq!(app.drain(PATIENCE).await, Drained::Whole);
        let sent = whatsapp.sent();
        assert!(
            matches!(&sent[..], [delivery] if matches!(&delivery.outgoing, Outgoing::Reaction(reaction) if reaction.emoji == PLACEHOLDER)),
            "{sent:?}"
        );
    });
}

const TOOLS: [&str; 4] = ["first", "second", "third", "fourth"];

proptest! {
    #![proptest_config(cases(48))]

    // Invariant 6: policy as decided, policy in force now, and the tool stage; all three.
    #[test]
    fn a_tool_runs_only_when_policy_and_the_tool_stage_agree(
        decided in prop::sample::subsequence(TOOLS.to_vec(), 0..=4),
        revoked in prop::sample::subsequence(TOOLS.to_vec(), 0..=4),
        blocked in prop::sample::subsequence(TOOLS.to_vec(), 0..=4),
    ) {
        let wanted: Vec<&str> = TOOLS.into_iter()
            .filter(|tool| decided.contains(tool) && !revoked.contains(tool) && !blocked.contains(tool))
            .collect();
        let ran = Log::default().run(async {
            let home = TestHome::new("");
            let boot = home.boot();
            let model = ScriptedModel::new();
            let calls = TOOLS.into_iter().map(|tool| call(&format!("c-{tool}"), tool, json!({}))).collect();
            model.push_reply(call_reply(calls));
            model.push_text("done");
            let tools = TOOLS.into_iter().fold(ScriptedTools::new(), |tools, name| tools.with(name, ToolClass::Once, "ran"));
            let tools = Arc::new(tools);
            let policy = ScriptedPolicy::accepting(&decided);
            for tool in &revoked {
                policy.revoke(tool);
            }
            let gate = blocked.iter().fold(ScriptedGate::new(), |gate, tool| gate.block_tool(&format!("{tool} {{")));
            let adapters = Adapters {
                tools: tools.clone(),
                policy: Arc::new(policy),
                security: Arc::new(gate),
                ..home.adapters(&boot, Arc::new(model)).await
            };
            let app = App::start_with(boot, adapters).await.unwrap();
            app.ingest().receive(cli("go").id("c1").build()).await.unwrap();
            assert_eq!(app.drain(PATIENCE).await, Drained::Whole);
            tools.calls()
        });
        let ran: Vec<&str> = ran.iter().map(|call| call.name.as_str()).collect();
        prop_assert_eq!(ran, wanted);
    }
}
