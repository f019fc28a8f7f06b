//! Number 13: every queue has a stated limit.

use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::event::InboundEvent;
use nanobot_core::ids::ChannelName;
use nanobot_core::model::{ModelCall, ModelError, ModelReply};
use nanobot_core::ports::{DeltaSink, IngestError, ModelClient, ModelInfo};
use nanobot_core::testing::event::EventBuilder;
use nanobot_core::testing::models::text_reply;
use nanobot_core::testing::{MemorySessions, RecordingSender, ScriptedModel};
use nanobotd::{Adapters, App, Drained, MAX_INBOUND_CHARS};
use tokio::sync::watch;

use crate::support::{Log, PATIENCE, TestHome, channel, network, until};

/// A model that answers questions with `hold` in them only when it is let go.
struct Held {
    inner: ScriptedModel,
    open: watch::Sender<bool>,
}

impl Held {
    fn new() -> Arc<Self> {
        let inner = ScriptedModel::answering(|_| Ok(text_reply("answered")));
        Arc::new(Self { inner, open: watch::Sender::new(false) })
    }

    fn let_go(&self) {
        self.open.send_replace(true);
    }
}

#[async_trait]
impl ModelClient for Held {
    fn info(&self) -> ModelInfo {
        self.inner.info()
    }

    async fn complete(
        &self,
        call: &ModelCall<'_>,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        let request = call.request;
        let reply = self.inner.complete(call, deltas).await;
        if format!("{:?}", request.messages.last()).contains("hold") {
            self.open.subscribe().wait_for(|open| *open).await.expect("the model keeps its own switch");
        }
        reply
    }
}

fn says(chat: &str, words: &str) -> InboundEvent {
    EventBuilder::new(channel("irc"), chat, "somebody", words).build()
}

async fn start(home: &TestHome, model: Arc<Held>) -> (App, Arc<RecordingSender>) {
    let boot = home.boot();
    let irc: Arc<RecordingSender> = Arc::new(RecordingSender::new(ChannelName::new("irc").unwrap()));
    let adapters = Adapters {
        networks: vec![network(irc.clone())],
        // Hundreds of files are waited for one by one, and how long a disk takes is not what is shown here.
        sessions: Arc::new(MemorySessions::new()),
        ..home.adapters(&boot, model).await
    };
    (App::start_with(boot, adapters).await.unwrap(), irc)
}

// Invariant 13: the queue of one chat.
#[test]
fn a_flooded_chat_is_refused_with_the_number_and_others_are_served() {
    Log::default().run(async {
        let home = TestHome::new("[daemon]\nlane_queue = 4\nmax_lanes = 3\n");
        let model = Held::new();
        let (app, irc) = start(&home, model.clone()).await;
        let ingest = app.ingest();
        ingest.receive(says("#flooded", "hold")).await.unwrap();
        until(|| model.inner.requests().len() == 1).await;
        for _ in 0..4 {
            ingest.receive(says("#flooded", "hold")).await.unwrap();
        }
        for _ in 0..100 {
            let refused = ingest.receive(says("#flooded", "hold")).await;
            assert!(matches!(refused, Err(IngestError::QueueFull { waiting: 4 })), "{refused:?}");
        }
        ingest.receive(says("#calm", "hello")).await.unwrap();
        until(|| irc.texts() == ["answered"]).await;

        // Two more lanes are taken and held; the next chat has to wait.
        until_idle_but(&app, 1).await;
        ingest.receive(says("#second", "hold")).await.unwrap();
        ingest.receive(says("#third", "hold")).await.unwrap();
        let refused = ingest.receive(says("#fourth", "hello")).await;
        assert!(matches!(refused, Err(IngestError::TooManyChats { limit: 3 })), "{refused:?}");

        model.let_go();
        assert_eq!(app.drain(PATIENCE).await, Drained::Whole);
        assert_eq!(irc.texts().len(), 1 + 5 + 2, "everything that was taken is answered, nothing else");
    });
}

async fn until_idle_but(app: &App, lanes: usize) {
    let control = app.control();
    let polled = async {
        while control.status().await.queues.lanes != lanes {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, polled).await.expect("lanes end with their work");
}

// Invariant 13: the number of lanes.
#[test]
fn ten_thousand_chats_do_not_get_ten_thousand_lanes() {
    Log::default().run(async {
        let home = TestHome::new("");
        let model = Held::new();
        let (app, irc) = start(&home, model.clone()).await;
        let ingest = app.ingest();
        let mut taken = 0;
        for number in 0..10_000 {
            match ingest.receive(says(&format!("#chat{number}"), "hold")).await {
                Ok(_) => taken += 1,
                Err(IngestError::TooManyChats { limit }) => assert_eq!(limit, 256),
                Err(other) => panic!("refused for another reason: {other}"),
            }
        }
        assert_eq!(taken, 256, "the default of daemon.max_lanes");
        assert_eq!(app.control().status().await.queues.lanes, 256);
        model.let_go();
        until_idle_but(&app, 0).await;
        ingest.receive(says("#late", "hello")).await.unwrap();
        assert_eq!(app.drain(PATIENCE).await, Drained::Whole);
        assert_eq!(irc.texts().len(), taken + 1);
    });
}

// Invariant 13: the size of a message, in characters and not in bytes.
#[test]
fn a_message_beyond_the_stated_length_is_refused_with_both_numbers() {
    Log::default().run(async {
        let home = TestHome::new("");
        let (app, irc) = start(&home, Held::new()).await;
        let long = "ü".repeat(MAX_INBOUND_CHARS);
        app.ingest().receive(says("#a", &long)).await.unwrap();
        let refused = app.ingest().receive(says("#a", &format!("{long}ü"))).await;
        assert!(
            matches!(refused, Err(IngestError::TooLarge { found, limit })
                if found == MAX_INBOUND_CHARS + 1 && limit == MAX_INBOUND_CHARS),
            "{refused:?}"
        );
        assert_eq!(app.drain(PATIENCE).await, Drained::Whole);
        assert_eq!(irc.texts(), ["answered"]);
    });
}
