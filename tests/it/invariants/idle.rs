//! Number 12: nothing calls a model while the assistant is idle.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::ids::ChannelName;
use nanobot_core::ports::{ChannelSender, Delivery, SendError};
use nanobot_core::stand_in::VolatileJournal;
use nanobot_core::testing::ScriptedModel;
use nanobot_core::testing::event::{cli, wa};
use nanobotd::{Adapters, App, Drained};

use crate::support::{PATIENCE, TestHome, VirtualClock, Watcher, network};

const AN_HOUR: Duration = Duration::from_hours(1);
const A_DAY: Duration = Duration::from_hours(24);

/// A network that is down.
#[derive(Default)]
struct Down(AtomicUsize);

#[async_trait]
impl ChannelSender for Down {
    fn channel(&self) -> ChannelName {
        ChannelName::WHATSAPP
    }

    async fn send(&self, _delivery: &Delivery) -> Result<(), SendError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Err(SendError::Unreachable { wait: None })
    }
}

// Invariant 12. The day is one of paused time; an answer that cannot be delivered keeps the pump busy with it. The
// journal is the one in memory: the other has a thread of its own, and paused time does not wait for threads.
#[tokio::test]
async fn an_idle_day_calls_no_model() {
    let home = TestHome::new("");
    let boot = home.boot();
    let model = Arc::new(ScriptedModel::replying(&["hello", "hello there"]));
    let down = Arc::new(Down::default());
    let honest = home.adapters(&boot, model.clone()).await;
    tokio::time::pause();
    let journal = Arc::new(VolatileJournal::new());
    let adapters = Adapters {
        clock: Arc::new(VirtualClock::new()),
        networks: vec![network(down.clone())],
        journal: journal.clone(),
        lines: journal.clone(),
        outbox: journal,
        ..honest
    };
    let mut app = App::start_with(boot, adapters).await.unwrap();
    tokio::time::sleep(AN_HOUR).await;
    assert_eq!(model.requests().len(), 0, "nobody has said anything yet");

    let terminal = Watcher::attach(&mut app, "default").await;
    app.ingest().receive(cli("hi").id("c1").build()).await.unwrap();
    terminal.ends(1).await;
    app.ingest().receive(wa("hi").build()).await.unwrap();
    let control = app.control();
    tokio::time::sleep(A_DAY).await;
    assert_eq!(model.requests().len(), 2, "two messages, two calls, however long the day is");
    assert_eq!(model.unused(), 0);
    let tries = down.0.load(Ordering::Relaxed);
    assert!((2..=20).contains(&tries), "the pump was awake and gave up in the end: {tries} tries");
    let queues = control.status().await.queues;
    assert_eq!((queues.lanes, queues.waiting, queues.running), (0, 0, 0));
    assert_eq!(app.drain(PATIENCE).await, Drained::Whole);
}
