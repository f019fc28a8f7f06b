//! Messages, cancels and the drain in any order: nothing deadlocks, and each turn ends once (number 4).

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use nanobot_channels::local::ClientEvent;
use nanobot_core::ids::{ChannelName, SessionKey, TurnId};
use nanobot_core::model::{ChatMessage, ModelCall, ModelError, ModelErrorKind, ModelReply};
use nanobot_core::ports::{DeltaSink, Ingest, IngestError, ModelClient, ModelInfo};
use nanobot_core::testing::event::{EventBuilder, cli};
use nanobot_core::testing::models::{call, call_reply, text_reply};
use nanobotd::{App, Drained};
use proptest::prelude::*;
use serde_json::json;

use crate::support::{Log, PATIENCE, TestHome, Watcher, cases, chat, hold};

const CHATS: [&str; 3] = ["one", "two", "three"];

#[derive(Debug, Clone, Copy)]
enum Op {
    Say(usize, &'static str),
    Cancel(usize),
    Breathe(u8),
}

fn ops(least: usize) -> impl Strategy<Value = Vec<Op>> {
    let words =
        prop::sample::select(vec!["quick", "quick", "slow", "hang", "fail", "break", "tool", "list", ""]);
    let one = prop_oneof![
        6 => (0..CHATS.len(), words).prop_map(|(chat, words)| Op::Say(chat, words)),
        3 => (0..CHATS.len()).prop_map(Op::Cancel),
        3 => (1..20_u8).prop_map(Op::Breathe),
    ];
    prop::collection::vec(one, least..24)
}

/// Does what the question says.
struct Moody;

#[async_trait]
impl ModelClient for Moody {
    fn info(&self) -> ModelInfo {
        ModelInfo { provider: "moody".into(), model: "moody".into(), endpoint: None, is_language_model: true }
    }

    async fn complete(
        &self,
        asked: &ModelCall<'_>,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        let request = asked.request;
        let last = format!("{:?}", request.messages.last());
        let asks = |word: &str| last.contains(&format!("\"{word}\""));
        if asks("slow") {
            for _ in 0..50 {
                deltas.text("…");
                tokio::task::yield_now().await;
            }
        }
        if asks("hang") {
            deltas.text("let me think");
            return std::future::pending().await;
        }
        if asks("fail") {
            return Err(ModelError::new(ModelErrorKind::Network));
        }
        if asks("break") {
            std::panic::resume_unwind(Box::new("broken on request"));
        }
        if asks("tool") {
            return Ok(call_reply(vec![call("c1", "no_such_tool", json!({}))]));
        }
        if asks("list") {
            return Ok(call_reply(vec![call("c1", "list_dir", json!({"path": "."}))]));
        }
        deltas.text("done");
        Ok(text_reply("done"))
    }
}

/// Carries the operations out; answers the turns of the messages that were taken.
async fn act(ingest: Arc<dyn Ingest>, ops: Vec<Op>, name: &'static str) -> Vec<TurnId> {
    let mut turns = Vec::new();
    for (number, op) in ops.into_iter().enumerate() {
        match op {
            Op::Say(room, words) => {
                let event = cli(words).chat(CHATS[room]).id(&format!("{name}{number}")).build();
                match ingest.receive(event).await {
                    Ok(receipt) => turns.extend(receipt.turn),
                    Err(IngestError::Draining) => {}
                    Err(other) => panic!("refused: {other}"),
                }
            }
            Op::Cancel(room) => {
                ingest.cancel(&SessionKey::of(&ChannelName::CLI, &chat(CHATS[room]))).await;
            }
            Op::Breathe(times) => {
                for _ in 0..times {
                    tokio::task::yield_now().await;
                }
            }
        }
    }
    turns
}

/// Two callers act side by side, and while the second still does, the drain begins.
async fn live_through(first: Vec<Op>, second: Vec<Op>, limit: Duration) -> Result<(), TestCaseError> {
    let home = TestHome::new("");
    let boot = home.boot();
    let adapters = home.adapters(&boot, Arc::new(Moody)).await;
    let mut app = App::start_with(boot, adapters).await.unwrap();
    let mut terminals = Vec::new();
    for name in CHATS {
        terminals.push(Watcher::attach(&mut app, name).await);
    }
    let late = tokio::spawn(act(app.ingest(), second, "s"));
    let mut turns = act(app.ingest(), first, "f").await;
    let drained = tokio::time::timeout(PATIENCE, app.drain(limit)).await;
    prop_assert!(drained.is_ok(), "the drain hangs");
    turns.extend(late.await.unwrap());
    let mut ends = Vec::new();
    for terminal in terminals {
        ends.extend(terminal.finish().await.into_iter().filter_map(|event| match event {
            ClientEvent::Ended { turn, .. } => Some(turn),
            _ => None,
        }));
    }
    turns.sort();
    ends.sort();
    prop_assert_eq!(ends, turns, "each turn ends once");
    Ok(())
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn in_any_order_nothing_deadlocks_and_each_turn_ends_once(first in ops(1), second in ops(0)) {
        Log::default().run(live_through(first, second, Duration::from_millis(20)))?;
    }
}

// A turn that waits behind one that hangs is stopped too when the time for the drain is up.
#[test]
fn turns_that_wait_behind_a_hanging_one_end_with_the_drain() {
    let ops = vec![Op::Say(0, "hang"), Op::Say(0, "hang"), Op::Say(0, "hang")];
    Log::default().run(live_through(ops, Vec::new(), Duration::from_millis(20))).unwrap();
}

/// Counts the calls that run at the same time for one chat.
#[derive(Default)]
struct Overlaps {
    running: Mutex<HashMap<String, usize>>,
    most: AtomicUsize,
    calls: AtomicUsize,
}

#[async_trait]
impl ModelClient for Overlaps {
    fn info(&self) -> ModelInfo {
        Moody.info()
    }

    async fn complete(
        &self,
        asked: &ModelCall<'_>,
        _deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        let request = asked.request;
        let Some(ChatMessage::System(instructions)) = request.messages.first() else {
            panic!("a prompt begins with instructions")
        };
        let session = instructions.rsplit("## Current Session").next().unwrap().to_owned();
        let now = {
            let mut running = hold(&self.running);
            let count = running.entry(session.clone()).or_default();
            *count += 1;
            *count
        };
        self.most.fetch_max(now, Ordering::Relaxed);
        self.calls.fetch_add(1, Ordering::Relaxed);
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        *hold(&self.running).get_mut(&session).unwrap() -= 1;
        Ok(text_reply("done"))
    }
}

// Turns of one session run one after the other, also those that the assistant causes itself.
#[test]
fn messages_of_the_assistant_to_itself_wait_in_the_lane_of_their_chat() {
    Log::default().run(async {
        let home = TestHome::new("");
        let boot = home.boot();
        let model = Arc::new(Overlaps::default());
        let adapters = home.adapters(&boot, model.clone()).await;
        let app = App::start_with(boot, adapters).await.unwrap();
        for number in 0..12 {
            let said = cli("hello").chat(CHATS[number % 2]).id(&format!("c{number}"));
            app.ingest().receive(said.build()).await.unwrap();
            let named = format!("cli:{}", CHATS[number % 2]);
            let to_itself = EventBuilder::new(ChannelName::SYSTEM, &named, "assistant", "go on");
            app.ingest().receive(to_itself.id(&format!("s{number}")).build()).await.unwrap();
        }
        assert_eq!(app.drain(PATIENCE).await, Drained::Whole);
        assert_eq!(model.calls.load(Ordering::Relaxed), 24);
        assert_eq!(model.most.load(Ordering::Relaxed), 1, "one turn of a session at a time");
    });
}
