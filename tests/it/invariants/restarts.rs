//! Number 4 across processes: nanobot dies in the middle of any call to the outside, again and again, and is
//! started again on the same home.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use nanobot_config::Home;
use nanobot_core::TurnOutcome;
use nanobot_core::event::InboundEvent;
use nanobot_core::ids::{ChannelName, DeliveryKey, TurnId};
use nanobot_core::label::Label;
use nanobot_core::model::{
    ChatMessage, ModelCall, ModelError, ModelErrorKind, ModelReply, ToolCall, ToolClass, ToolSpec,
};
use nanobot_core::ports::{
    ChannelSender, Delivery, DeltaSink, ModelClient, ModelInfo, Outgoing, SendError, ToolContext,
    ToolExecutor, ToolOutcome,
};
use nanobot_core::replay::{Replayed, replay};
use nanobot_core::stand_in::{AllowAll, NoSecurity};
use nanobot_core::testing::event::wa;
use nanobot_core::testing::models::{call, call_reply, text_reply};
use nanobot_journal::{DeliveryState, JournalReader};
use nanobotd::{Adapters, App, Drained, sessions_at};
use proptest::prelude::*;
use serde_json::json;
use tokio::sync::watch;

use crate::support::{Log, PATIENCE, TestHome, cases, hold, network};

const WORDS: [&str; 5] = ["hello", "please pay", "please look", "please fail", "please pay and fail"];

/// One message. Its number is its id, and stands in its words.
#[derive(Debug, Clone)]
struct Said {
    room: u8,
    words: usize,
    /// The network brings it twice.
    twice: bool,
}

/// What is said in one life, and at which call to the outside it ends.
#[derive(Debug, Clone)]
struct Life {
    said: Vec<Said>,
    dies_at: usize,
}

fn lives() -> impl Strategy<Value = Vec<Life>> {
    let said = (0..3_u8, 0..WORDS.len(), prop::bool::weighted(0.2)).prop_map(|(room, words, twice)| Said {
        room,
        words,
        twice,
    });
    let life =
        (prop::collection::vec(said, 0..5), 0..12_usize).prop_map(|(said, dies_at)| Life { said, dies_at });
    prop::collection::vec(life, 1..6)
}

fn event(number: usize, said: &Said) -> InboundEvent {
    let words = format!("{} ({number})", WORDS[said.words]);
    wa(&words).chat(&format!("{}@s.whatsapp.net", said.room)).id(&format!("m{number}")).build()
}

/// Model, tools and network: what stays when the process is gone.
struct Outside {
    /// Calls that are still served; none when all are.
    left: Mutex<Option<usize>>,
    is_dead: watch::Sender<bool>,
    /// The keys under which `pay` was run.
    paid: Mutex<Vec<String>>,
    /// What has reached the network.
    sent: Mutex<Vec<(DeliveryKey, Outgoing)>>,
}

impl Outside {
    fn new() -> Arc<Self> {
        let is_dead = watch::Sender::new(false);
        Arc::new(Self { left: Mutex::default(), is_dead, paid: Mutex::default(), sent: Mutex::default() })
    }

    /// One more point at which the process may die.
    async fn point(&self) {
        let dies = match hold(&self.left).as_mut() {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        };
        if dies {
            self.is_dead.send_replace(true);
            pending::<()>().await;
        }
    }
}

#[async_trait]
impl ModelClient for Outside {
    fn info(&self) -> ModelInfo {
        ModelInfo {
            provider: "outside".into(),
            model: "outside".into(),
            endpoint: None,
            is_language_model: true,
        }
    }

    async fn complete(&self, asked: &ModelCall<'_>, _: &mut dyn DeltaSink) -> Result<ModelReply, ModelError> {
        let request = asked.request;
        self.point().await;
        let question =
            request.messages.iter().rposition(|message| matches!(message, ChatMessage::User { .. }));
        let behind = &request.messages[question.expect("a prompt ends with a question")..];
        let ChatMessage::User { text, .. } = &behind[0] else { unreachable!("it was looked for") };
        let own = text.split("\n\n[Re").next().unwrap();
        let used_tools = matches!(behind.last(), Some(ChatMessage::ToolResult { .. }));
        let tool = ["pay", "look"].into_iter().find(|tool| own.contains(tool));
        match tool {
            Some(tool) if !used_tools => Ok(call_reply(vec![call("c1", tool, json!({ "for": own }))])),
            _ if own.contains("fail") => Err(ModelError::new(ModelErrorKind::Overloaded)),
            _ => Ok(text_reply("here you are")),
        }
    }
}

#[async_trait]
impl ToolExecutor for Outside {
    fn specs(&self) -> Vec<ToolSpec> {
        let spec = |(name, class): (&str, ToolClass)| ToolSpec {
            name: name.to_owned(),
            description: String::new(),
            parameters: json!({"type": "object"}),
            class,
        };
        [("pay", ToolClass::Once), ("look", ToolClass::Pure)].map(spec).into()
    }

    async fn execute(&self, call: &ToolCall, context: &ToolContext) -> ToolOutcome {
        self.point().await;
        if call.name == "pay" {
            hold(&self.paid).push(context.key.clone());
        }
        self.point().await;
        ToolOutcome { content: "done".to_owned(), labels: Label::Tool.into(), failed: false }
    }
}

#[async_trait]
impl ChannelSender for Outside {
    fn channel(&self) -> ChannelName {
        ChannelName::WHATSAPP
    }

    async fn send(&self, delivery: &Delivery) -> Result<(), SendError> {
        self.point().await;
        hold(&self.sent).push((delivery.key.clone(), delivery.outgoing.clone()));
        self.point().await;
        Ok(())
    }
}

/// What all lives together came to.
struct Lived {
    home: TestHome,
    outside: Arc<Outside>,
    /// Every message that was acknowledged as new, with its turn.
    acknowledged: Vec<(InboundEvent, TurnId)>,
}

async fn start(home: &TestHome, outside: &Arc<Outside>) -> App {
    let boot = home.boot();
    let adapters = Adapters {
        tools: outside.clone(),
        policy: Arc::new(AllowAll::new(["pay", "look"])),
        networks: vec![network(outside.clone())],
        ..home.adapters(&boot, outside.clone()).await
    };
    App::start_with(boot, adapters).await.unwrap()
}

/// Waits until there is nothing to do.
async fn idle(app: &App) {
    let control = app.control();
    loop {
        let queues = control.status().await.queues;
        if (queues.lanes, queues.outbox) == (0, 0) {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// One life: it ends in the middle of a call, or when there is nothing to do any more. Either way nothing is put in
/// order; what runs is dropped with the runtime.
async fn live(lived: &mut Lived, life: &Life) {
    *hold(&lived.outside.left) = Some(life.dies_at);
    lived.outside.is_dead.send_replace(false);
    let mut dead = lived.outside.is_dead.subscribe();
    let app = start(&lived.home, &lived.outside).await;
    for said in &life.said {
        let event = event(lived.acknowledged.len(), said);
        let receipt = app.ingest().receive(event.clone()).await.unwrap();
        lived.acknowledged.push((event.clone(), receipt.turn.expect("it is new")));
        if said.twice {
            let again = app.ingest().receive(event).await.unwrap();
            assert_eq!(again.turn, None, "a repeat has no turn, also where the first one was never answered");
        }
    }
    tokio::select! {
        _ = dead.wait_for(|dead| *dead) => {}
        () = idle(&app) => {}
    }
}

fn live_through(lives: &[Life]) -> Lived {
    // The gate has tests of its own, and reading its packs at each of so many starts takes longer than all the rest.
    let home = TestHome::with_json(&json!({"security": {"enabled": false}}));
    let mut story = Lived { home, outside: Outside::new(), acknowledged: Vec::new() };
    for life in lives {
        Log::default().run(live(&mut story, life));
    }
    *hold(&story.outside.left) = None;
    Log::default().run(async {
        let app = start(&story.home, &story.outside).await;
        assert_eq!(app.drain(PATIENCE).await, Drained::Whole);
    });
    story
}

/// How a turn must have ended, unless it was given up.
fn outcome(words: &str) -> TurnOutcome {
    if words.contains("fail") { TurnOutcome::Failed } else { TurnOutcome::Answered }
}

async fn check(lived: &Lived) -> Result<(), TestCaseError> {
    let home = Home::at(lived.home.root(), None);
    let journal = JournalReader::open(home.journal()).await.unwrap();
    let turns = journal.turns(None, None, 1_000).await.unwrap();
    prop_assert_eq!(turns.len(), lived.acknowledged.len(), "a message has one turn");
    let sessions = sessions_at(&home);
    for (event, turn) in &lived.acknowledged {
        let fate = journal.fate(turn).await.unwrap().expect("what was acknowledged is in the journal");
        let outcome = outcome(&event.text());
        prop_assert!(
            fate.summary.outcome.is_some_and(|found| found == outcome || found == TurnOutcome::Abandoned),
            "{:?} of {:?}",
            fate.summary,
            event
        );
        prop_assert_eq!(fate.deliveries.len(), 1);
        prop_assert!(
            fate.deliveries.iter().all(|delivery| delivery.state == DeliveryState::Delivered),
            "{:?}",
            fate
        );
        prop_assert!(fate.lines.iter().all(|lines| lines.is_settled), "{:?}", fate);
        // What was said and what was answered stand in the session's file once.
        let lines = sessions.history(&event.session(), 1_000).await.unwrap();
        let said = lines.iter().filter(|line| line.content == event.text()).count();
        prop_assert_eq!(said, 1, "{:?}", event);
        // Number 2, with all the attempts that it took.
        let recorded = journal.turn(turn).await.unwrap().expect("it is known");
        prop_assert_eq!(replay(&recorded, Arc::new(NoSecurity)).await, Replayed::Same, "{:#?}", recorded);
    }
    journal.close().await;
    Ok(())
}

proptest! {
    #![proptest_config(cases(20))]

    // Invariant 4: one outcome, outbound at least once under a stable key, a once tool at most once.
    #[test]
    fn what_was_acknowledged_comes_to_one_outcome_however_often_the_process_dies(lives in lives()) {
        let lived = live_through(&lives);
        Log::default().run(check(&lived))?;
        let mut sent: BTreeMap<DeliveryKey, Outgoing> = BTreeMap::new();
        for (key, outgoing) in hold(&lived.outside.sent).iter() {
            let first = sent.entry(key.clone()).or_insert_with(|| outgoing.clone());
            prop_assert_eq!(first, outgoing, "one key, one message");
        }
        prop_assert_eq!(sent.len(), lived.acknowledged.len(), "every turn is answered in its chat");
        let mut paid = hold(&lived.outside.paid).clone();
        let runs = paid.len();
        paid.sort();
        paid.dedup();
        prop_assert_eq!(paid.len(), runs, "a once tool ran twice");
    }
}
