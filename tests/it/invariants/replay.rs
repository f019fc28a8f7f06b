//! Number 2: the same event, state, clock, ids and recorded answers give the same intents.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use nanobot_core::cancel::CancelToken;
use nanobot_core::decision::{CooldownPolicy, PolicyDecision};
use nanobot_core::event::InboundEvent;
use nanobot_core::ids::TurnId;
use nanobot_core::label::Label;
use nanobot_core::model::{ChatMessage, ModelErrorKind, ModelReply, ModelRequest, ToolClass};
use nanobot_core::pipeline::{Handled, TurnScope};
use nanobot_core::ports::{Clock, Ingested, Journal, LineQueue, Seen};
use nanobot_core::replay::{Replayed, replay};
use nanobot_core::reply_context::WindowLimits;
use nanobot_core::responder::{ModelResponder, ResponderParts};
use nanobot_core::stand_in::{NoCommands, NoPersonas};
use nanobot_core::testing::event::EventBuilder;
use nanobot_core::testing::models::{call, call_reply, text_reply};
use nanobot_core::testing::policy::decision;
use nanobot_core::testing::{
    FakeClock, FixedWorkspace, MemoryArchive, MemoryJournal, MemorySeenChats, MemorySessions, RecordingSink,
    RecordingTelemetry, ScriptedGate, ScriptedModel, ScriptedPolicy, ScriptedTools,
};
use nanobot_core::turn::TurnLimits;
use nanobot_core::{Dispatcher, Orchestrator, OrchestratorParts, Projector};
use nanobot_journal::{JournalOptions, JournalReader, SqliteJournal};
use proptest::prelude::*;
use serde_json::json;

use crate::support::{cases, channel};

const CHATS: [(&str, &str); 5] = [
    ("whatsapp", "1@g.us"),
    ("whatsapp", "2@g.us"),
    ("telegram", "1"),
    ("cli", "default"),
    ("cli", "1@g.us"),
];

/// What is said, and what gate and model make of it.
const WORDS: [&str; 9] = [
    "",
    "tell me about the garden",
    "tell me about the garden again",
    "please look it up",
    "just a reaction",
    "the model fails here",
    "there is a bomb in it",
    "say my pin",
    "the garden once more, please",
];

#[derive(Debug, Clone)]
struct Said {
    chat: usize,
    words: usize,
    id: Option<u8>,
    quotes: Option<u8>,
    label: Label,
}

fn said() -> impl Strategy<Value = Vec<Said>> {
    let one = (
        0..CHATS.len(),
        0..WORDS.len(),
        prop::option::weighted(0.8, 0..6_u8),
        prop::option::weighted(0.3, 0..6_u8),
        prop::sample::select(&Label::ALL[..]),
    )
        .prop_map(|(chat, words, id, quotes, label)| Said { chat, words, id, quotes, label });
    prop::collection::vec(one, 1..24)
}

fn event(said: &Said) -> InboundEvent {
    let (name, chat) = CHATS[said.chat];
    let mut event =
        EventBuilder::new(channel(name), chat, "somebody", WORDS[said.words]).labelled(said.label);
    if chat.ends_with("@g.us") {
        event = event.group(chat);
    }
    if let Some(id) = said.id {
        event = event.id(&format!("m{id}"));
    }
    if let Some(id) = said.quotes {
        event = event.replying_to(&format!("m{id}"));
    }
    event.build()
}

/// The recorded answers: the same request gets the same one.
fn answer(request: &ModelRequest) -> Result<ModelReply, ModelErrorKind> {
    let Some(ChatMessage::User { text, .. }) =
        request.messages.iter().rev().find(|message| matches!(message, ChatMessage::User { .. }))
    else {
        return Ok(text_reply("nobody asked"));
    };
    let used_tools = matches!(request.messages.last(), Some(ChatMessage::ToolResult { .. }));
    let own = text.split("\n\n[Re").next().unwrap();
    match own {
        "please look it up" if !used_tools => {
            Ok(call_reply(vec![call("c1", "look_up", json!({"what": "it"}))]))
        }
        "just a reaction" => Ok(text_reply("::reaction:: 👍")),
        "the model fails here" => Err(ModelErrorKind::Overloaded),
        "say my pin" => Ok(text_reply("your pin is 1234")),
        _ => Ok(text_reply(&format!("{} lines before {text}", request.messages.len()))),
    }
}

/// Everything that a turn reads and writes.
struct World {
    orchestrator: Orchestrator,
    dispatcher: Dispatcher,
    projector: Projector,
    journal: Arc<dyn Journal>,
    security: Arc<ScriptedGate>,
    clock: Arc<FakeClock>,
    turns: BTreeMap<usize, usize>,
}

impl World {
    fn in_memory() -> Self {
        Self::over(Arc::new(MemoryJournal::new()))
    }

    fn over(journal: Arc<impl Journal + LineQueue + 'static>) -> Self {
        let sessions = Arc::new(MemorySessions::new());
        let (clock, live) = (Arc::new(FakeClock::default().auto()), Arc::new(RecordingSink::new()));
        let (seen_chats, telemetry) = (Arc::new(MemorySeenChats::new()), Arc::new(RecordingTelemetry::new()));
        let security = Arc::new(ScriptedGate::new().block_input("bomb").sanitize_output("1234"));
        let allowed_tools = ["look_up".to_owned()].into();
        let cooldown = CooldownPolicy {
            enabled: true,
            streak_threshold: 3,
            delay: Duration::ZERO,
            ..CooldownPolicy::default()
        };
        let policy =
            Arc::new(ScriptedPolicy::new(PolicyDecision { allowed_tools, cooldown, ..decision("all") }));
        policy.set_owners(channel("whatsapp"), vec![nanobot_core::ids::SenderId::new("+49 170").unwrap()]);
        let responder = ModelResponder::new(ResponderParts {
            model: Arc::new(ScriptedModel::answering(answer)),
            tools: Arc::new(ScriptedTools::new().with("look_up", ToolClass::Pure, "it is green")),
            policy: policy.clone(),
            security: security.clone(),
            sessions: sessions.clone(),
            workspace: Arc::new(FixedWorkspace::default()),
            journal: journal.clone(),
            lines: journal.clone(),
            live: live.clone(),
            telemetry: telemetry.clone(),
            clock: clock.clone(),
            limits: TurnLimits::default(),
        });
        let orchestrator = Orchestrator::new(OrchestratorParts {
            admin: Arc::new(NoCommands),
            personas: Arc::new(NoPersonas),
            policy,
            security: security.clone(),
            responder: Arc::new(responder),
            live,
            seen_chats: seen_chats.clone(),
            archive: Some(Arc::new(MemoryArchive::new())),
            windows: WindowLimits::default(),
        });
        let dispatcher = Dispatcher {
            journal: journal.clone(),
            lines: journal.clone(),
            sessions: sessions.clone(),
            seen_chats,
            memory: None,
            telemetry: telemetry.clone(),
        };
        let projector = Projector::new(journal.clone(), sessions, telemetry);
        Self { orchestrator, dispatcher, projector, journal, security, clock, turns: BTreeMap::new() }
    }

    /// One turn; turns are named by their chat, so that other chats have no part in the name.
    async fn hear(&mut self, said: &Said) -> Handled {
        let event = event(said);
        let number = self.turns.entry(said.chat).or_default();
        *number += 1;
        let turn = turn(said.chat, *number);
        let now = self.clock.now();
        let Ingested { id, seen } = self.journal.ingest(&event, &turn, now.instant).await.unwrap();
        // A repeat is no try at the message, and not what it came to.
        let inbound = (seen == Seen::First).then_some(id);
        if let Some(id) = inbound {
            self.journal.begin(id, &now).await.unwrap();
        }
        let scope = TurnScope {
            beside: false,
            turn,
            now,
            seen,
            cancel: CancelToken::never(),
            recorded: Arc::new([]),
        };
        let handled = self.orchestrator.handle(event, scope.clone()).await;
        self.dispatcher.dispatch(&scope, inbound, handled.clone()).await.unwrap();
        self.projector.run().await.unwrap();
        handled
    }
}

fn turn(chat: usize, number: usize) -> TurnId {
    TurnId::new(format!("turn-{number}-of-{chat}")).unwrap()
}

fn at_once<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// What each chat's messages led to, in order.
fn hear_all<'s>(said: impl IntoIterator<Item = &'s Said>) -> BTreeMap<usize, Vec<Handled>> {
    at_once(async {
        let mut world = World::in_memory();
        let mut heard: BTreeMap<usize, Vec<Handled>> = BTreeMap::new();
        for said in said {
            let handled = world.hear(said).await;
            heard.entry(said.chat).or_default().push(handled);
        }
        heard
    })
}

/// What comes of deriving each turn again from what a journal on the disk has of it; none for a repeat.
fn hear_and_replay(said: &[Said]) -> Vec<Option<Replayed>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("journal.db");
    at_once(async {
        let journal = SqliteJournal::open(JournalOptions::new(&file)).await.unwrap();
        let mut world = World::over(Arc::new(journal.clone()));
        for said in said {
            world.hear(said).await;
        }
        journal.shut_down().await;
        let reader = JournalReader::open(&file).await.unwrap();
        let mut replayed = Vec::new();
        for (chat, count) in &world.turns {
            for number in 1..=*count {
                replayed.push(match reader.turn(&turn(*chat, number)).await.unwrap() {
                    Some(recorded) => Some(replay(&recorded, world.security.clone()).await),
                    None => None,
                });
            }
        }
        reader.close().await;
        replayed
    })
}

proptest! {
    #![proptest_config(cases(64))]

    // Invariant 2.
    #[test]
    fn the_same_event_state_clock_ids_and_answers_give_the_same_intents(said in said()) {
        prop_assert_eq!(hear_all(&said), hear_all(&said));
    }

    // Invariant 2, and with it 7: what other chats do is no part of a chat's state.
    #[test]
    fn the_order_of_other_chats_turns_makes_no_difference(said in said()) {
        let mixed = hear_all(&said);
        let mut one_after_the_other: Vec<&Said> = said.iter().collect();
        one_after_the_other.sort_by_key(|said| said.chat);
        prop_assert_eq!(&hear_all(one_after_the_other), &mixed);
        for (chat, alone) in &mixed {
            let only = hear_all(said.iter().filter(|said| said.chat == *chat));
            prop_assert_eq!(only.get(chat), Some(alone), "chat {} without the others", chat);
        }
    }
}

proptest! {
    #![proptest_config(cases(16))]

    // Invariant 2, over what is kept: whatever a journal has of a turn leads to what the turn led to.
    #[test]
    fn every_turn_follows_from_what_the_journal_keeps_of_it(said in said()) {
        let replayed = hear_and_replay(&said);
        let known: Vec<&Replayed> = replayed.iter().flatten().collect();
        prop_assert!(!known.is_empty(), "the first message is no repeat");
        for (index, replayed) in known.into_iter().enumerate() {
            prop_assert_eq!(replayed, &Replayed::Same, "turn {}", index);
        }
    }
}
