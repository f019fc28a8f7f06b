//! Numbers 3 and 4: nothing leaves but through the outbox, and what was acknowledged has one outcome.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use nanobot_channels::local::ClientEvent;
use nanobot_core::TurnOutcome;
use nanobot_core::event::InboundEvent;
use nanobot_core::ids::{ChannelName, DeliveryKey, SessionKey, TurnId};
use nanobot_core::model::ModelErrorKind;
use nanobot_core::ports::{Delivery, IngestError, SendError, SessionStore, StoreErrorKind};
use nanobot_core::testing::event::{cli, wa};
use nanobot_core::testing::models::text_reply;
use nanobot_core::testing::{
    MemoryArchive, MemoryJournal, MemorySeenChats, MemorySessions, RecordingSender, ScriptedModel,
};
use nanobotd::{Adapters, App, Drained};
use proptest::prelude::*;

use crate::support::{Log, PATIENCE, TestHome, Watcher, Yielding, cases, network, until};

/// A wired nanobot whose stores fail on request.
struct Wired {
    home: TestHome,
    journal: Arc<MemoryJournal>,
    sessions: Arc<MemorySessions>,
    archive: Arc<MemoryArchive>,
    seen_chats: Arc<MemorySeenChats>,
    whatsapp: Arc<RecordingSender>,
}

impl Wired {
    fn new() -> Self {
        Self {
            home: TestHome::new(""),
            journal: Arc::default(),
            sessions: Arc::default(),
            archive: Arc::default(),
            seen_chats: Arc::default(),
            whatsapp: Arc::new(RecordingSender::new(ChannelName::WHATSAPP)),
        }
    }

    async fn start(&self, model: ScriptedModel) -> App {
        let boot = self.home.boot();
        let adapters = Adapters {
            journal: self.journal.clone(),
            lines: self.journal.clone(),
            outbox: self.journal.clone(),
            sessions: self.sessions.clone(),
            archive: Some(self.archive.clone()),
            seen_chats: self.seen_chats.clone(),
            networks: vec![network(self.whatsapp.clone())],
            ..self.home.adapters(&boot, Arc::new(Yielding(model))).await
        };
        App::start_with(boot, adapters).await.unwrap()
    }

    /// The deliveries of all closings that took effect.
    fn closed(&self) -> HashMap<DeliveryKey, Delivery> {
        let all = self.journal.closings().into_iter().flat_map(|closing| closing.deliveries);
        all.map(|delivery| (delivery.key.clone(), delivery)).collect()
    }
}

/// Answers at once, after a while, or never, as the question asks.
fn model() -> ScriptedModel {
    ScriptedModel::answering(|request| match format!("{:?}", request.messages.last()) {
        last if last.contains("fail") => Err(ModelErrorKind::Server),
        last if last.contains("break") => std::panic::resume_unwind(Box::new("broken on request")),
        _ => Ok(text_reply("here you are")),
    })
}

// Invariant 4: an inbound message is durable before its channel is told so.
#[test]
fn a_message_that_cannot_be_stored_is_not_acknowledged() {
    Log::default().run(async {
        let wired = Wired::new();
        let app = wired.start(model()).await;
        wired.journal.trouble.fail_next_in("ingest", StoreErrorKind::Full);
        let refused = app.ingest().receive(wa("hello").build()).await;
        assert!(matches!(refused, Err(IngestError::Store(error)) if error.kind == StoreErrorKind::Full));
        // It is no repeat when it comes again: it was never taken.
        let receipt = app.ingest().receive(wa("hello").build()).await.unwrap();
        assert_eq!(app.drain(PATIENCE).await, Drained::Whole);
        let closings = wired.journal.closings();
        assert_eq!(closings.len(), 1, "the refused message has no turn");
        assert_eq!(Some(&closings[0].turn), receipt.turn.as_ref());
        assert_eq!(closings[0].outcome, TurnOutcome::Answered);
        assert_eq!(wired.whatsapp.texts(), ["here you are"]);
    });
}

// Invariant 3.
#[test]
fn a_turn_that_cannot_be_closed_sends_nothing_and_appends_nothing() {
    Log::default().run(async {
        let wired = Wired::new();
        let mut app = wired.start(model()).await;
        let terminal = Watcher::attach(&mut app, "default").await;
        // Neither with its answer nor with the notice that stands in for it.
        wired.journal.trouble.fail_next_in("close", StoreErrorKind::Full);
        wired.journal.trouble.fail_next_in("close", StoreErrorKind::Full);
        app.ingest().receive(cli("hello").id("c1").build()).await.unwrap();
        terminal.ends(1).await;
        wired.journal.trouble.fail_next_in("close", StoreErrorKind::Full);
        wired.journal.trouble.fail_next_in("close", StoreErrorKind::Full);
        app.ingest().receive(wa("hello").build()).await.unwrap();
        until(|| wired.journal.trouble.pending() == 0).await;
        assert_eq!(app.drain(PATIENCE).await, Drained::Whole);

        assert_eq!(wired.whatsapp.texts(), [""; 0]);
        assert_eq!(wired.sessions.list().await.unwrap(), []);
        let seen = terminal.finish().await;
        let is_delivery = |event: &&ClientEvent| matches!(event, ClientEvent::Message { .. });
        assert_eq!(seen.iter().filter(is_delivery).count(), 0);
        let failed = |event: &ClientEvent| {
            matches!(event, ClientEvent::Ended { outcome: Some(TurnOutcome::Failed), .. })
        };
        assert!(seen.iter().any(failed), "{seen:?}");
    });
}

// Too many lines that wait for their files are a reason to bring them there, and none to lose an answer.
#[test]
fn an_answer_waits_for_session_lines_to_make_room_and_is_not_replaced() {
    Log::default().run(async {
        let wired = Wired::new();
        let app = wired.start(model()).await;
        wired.journal.trouble.fail_next_in("close", StoreErrorKind::Limit);
        app.ingest().receive(wa("hello").build()).await.unwrap();
        until(|| !wired.whatsapp.texts().is_empty()).await;
        assert_eq!(app.drain(PATIENCE).await, Drained::Whole);
        assert_eq!(wired.whatsapp.texts(), ["here you are"]);
        assert_eq!(wired.journal.trouble.pending(), 0, "the first closing was not refused");
    });
}

const CHATS: usize = 24;
const MESSAGES: usize = 6;

// Invariant 3, the other way round: what a closing holds is in the file once, though many turns bring lines
// into files at the same time.
#[test]
fn turns_side_by_side_write_each_session_line_once_and_in_order() {
    let home = TestHome::new("");
    Log::default().run(async {
        let boot = home.boot();
        let adapters = home.adapters(&boot, Arc::new(Yielding(model()))).await;
        let app = App::start_with(boot, adapters).await.unwrap();
        let mut speakers = tokio::task::JoinSet::new();
        for room in 0..CHATS {
            let ingest = app.ingest();
            speakers.spawn(async move {
                for number in 0..MESSAGES {
                    let event = wa(&format!("hello {number}")).chat(&format!("{room}@s.whatsapp.net"));
                    ingest.receive(event.id(&format!("m{number}")).build()).await.unwrap();
                }
            });
        }
        speakers.join_all().await;
        assert_eq!(app.drain(PATIENCE).await, Drained::Whole);
        let sessions = nanobotd::sessions_at(&nanobot_config::Home::at(home.root(), None));
        let wanted: Vec<String> =
            (0..MESSAGES).flat_map(|number| [format!("hello {number}"), "here you are".to_owned()]).collect();
        for room in 0..CHATS {
            let session = wa("").chat(&format!("{room}@s.whatsapp.net")).build().session();
            let lines = sessions.history(&session, 100).await.unwrap();
            let words: Vec<String> = lines.into_iter().map(|line| line.content).collect();
            assert_eq!(words, wanted, "session {session}");
        }
    });
}

/// Something that happens while messages come in.
#[derive(Debug, Clone)]
enum Happens {
    Message { local: bool, chat: u8, id: u8, words: &'static str },
    Cancel { local: bool, chat: u8 },
    JournalFails(&'static str),
    SessionsFail(&'static str),
    ArchiveFails(&'static str),
    SeenChatsFail(&'static str),
    SendingFails,
    Breath,
}

fn happenings() -> impl Strategy<Value = Vec<Happens>> {
    let words = prop::sample::select(vec!["hello", "hello", "hello", "please fail", "please break", ""]);
    let message = (any::<bool>(), 0..3_u8, 0..12_u8, words)
        .prop_map(|(local, chat, id, words)| Happens::Message { local, chat, id, words });
    let one = prop_oneof![
        12 => message,
        2 => (any::<bool>(), 0..3_u8).prop_map(|(local, chat)| Happens::Cancel { local, chat }),
        2 => prop::sample::select(vec![
            "ingest", "begin", "step_started", "step_done", "close", "waiting", "waiting_in", "end_of", "settle",
            "due", "delivered", "postpone",
        ]).prop_map(Happens::JournalFails),
        1 => prop::sample::select(vec!["history", "render", "end", "place", "sync", "refresh"]).prop_map(Happens::SessionsFail),
        1 => prop::sample::select(vec!["record", "find", "before"]).prop_map(Happens::ArchiveFails),
        1 => prop::sample::select(vec!["contains", "remember"]).prop_map(Happens::SeenChatsFail),
        1 => Just(Happens::SendingFails),
        2 => Just(Happens::Breath),
    ];
    prop::collection::vec(one, 1..40)
}

fn event(local: bool, room: u8, id: u8, words: &str) -> InboundEvent {
    let id = format!("m{id}");
    if local {
        cli(words).chat(&format!("c{room}")).id(&id).build()
    } else {
        wa(words).chat(&format!("{room}@s.whatsapp.net")).id(&id).build()
    }
}

/// What came of the messages.
struct Aftermath {
    wired: Wired,
    /// The turns of acknowledged messages; not those of blank ones, which are not journalled.
    acknowledged: Vec<TurnId>,
    /// The same messages, by their key.
    taken: HashSet<(bool, u8, u8)>,
    seen: Vec<ClientEvent>,
    /// Failures that were ordered where they keep a turn from being recorded.
    unrecorded_at_most: usize,
}

async fn live_through(happenings: Vec<Happens>) -> Aftermath {
    let wired = Wired::new();
    let mut app = wired.start(model()).await;
    let mut terminals = Vec::new();
    for room in 0..3 {
        terminals.push(Watcher::attach(&mut app, &format!("c{room}")).await);
    }
    let ingest = app.ingest();
    let may_be_cut = happenings
        .iter()
        .any(|happening| matches!(happening, Happens::JournalFails(_) | Happens::SessionsFail(_)));
    let (mut acknowledged, mut taken, mut unrecorded_at_most) = (Vec::new(), HashSet::new(), 0);
    for happening in happenings {
        match happening {
            Happens::Message { local, chat, id, words } => {
                let received = ingest.receive(event(local, chat, id, words)).await;
                if let Some(receipt) = received.ok().filter(|_| !words.is_empty()) {
                    acknowledged.extend(receipt.turn);
                    taken.insert((local, chat, id));
                }
            }
            Happens::Cancel { local, chat } => {
                ingest.cancel(&event(local, chat, 0, "").session()).await;
            }
            Happens::JournalFails(method) => {
                unrecorded_at_most += usize::from(matches!(method, "begin" | "close" | "end_of"));
                wired.journal.trouble.fail_next_in(method, StoreErrorKind::Busy);
            }
            Happens::SessionsFail(method) => {
                unrecorded_at_most += usize::from(method == "render");
                wired.sessions.trouble.fail_next_in(method, StoreErrorKind::Busy);
            }
            Happens::ArchiveFails(method) => wired.archive.trouble.fail_next_in(method, StoreErrorKind::Busy),
            Happens::SeenChatsFail(method) => {
                wired.seen_chats.trouble.fail_next_in(method, StoreErrorKind::Busy);
            }
            Happens::SendingFails => {
                wired.whatsapp.fail_next(SendError::Rejected { code: "on_request".to_owned() });
            }
            Happens::Breath => tokio::task::yield_now().await,
        }
    }
    // A store that fails while the end is being brought about leaves something; nothing else may.
    let drained = app.drain(PATIENCE).await;
    assert!(drained == Drained::Whole || may_be_cut, "{drained:?}");
    let mut seen = Vec::new();
    for terminal in terminals {
        seen.extend(terminal.finish().await);
    }
    Aftermath { wired, acknowledged, taken, seen, unrecorded_at_most }
}

proptest! {
    #![proptest_config(cases(64))]

    // Invariant 3.
    #[test]
    fn nothing_reaches_a_chat_except_through_the_outbox(happenings in happenings()) {
        let after = Log::default().run(live_through(happenings));
        let closed = after.wired.closed();
        for sent in after.wired.whatsapp.sent() {
            prop_assert_eq!(closed.get(&sent.key), Some(&sent));
        }
        for event in &after.seen {
            if let ClientEvent::Message { key, .. } = event {
                prop_assert!(closed.contains_key(key), "{:?} was never in the outbox", event);
            }
        }
        // Nor does a session hold a line that no closing had, or one more often than it was closed.
        let mut lines: BTreeMap<SessionKey, Vec<_>> = BTreeMap::new();
        for write in after.wired.journal.closings().into_iter().flat_map(|closing| closing.sessions) {
            lines.entry(write.append.session).or_default().extend(write.append.lines);
        }
        for room in 0..3 {
            for local in [true, false] {
                let session = event(local, room, 0, "").session();
                let mut closed = lines.remove(&session).unwrap_or_default();
                for stored in after.wired.sessions.lines(&session) {
                    let known = closed.iter().position(|line| *line == stored);
                    prop_assert!(known.is_some(), "{:?} was not closed as often as it is stored", stored);
                    closed.swap_remove(known.unwrap());
                }
            }
        }
    }

    // Invariant 4, as far as one process goes.
    #[test]
    fn an_acknowledged_message_ends_in_exactly_one_recorded_outcome(happenings in happenings()) {
        let after = Log::default().run(live_through(happenings));
        let closings = after.wired.journal.closings();
        let mut outcomes: BTreeMap<_, usize> = BTreeMap::new();
        for closing in closings.iter().filter(|closing| closing.inbound.is_some()) {
            *outcomes.entry(closing.inbound).or_default() += 1;
        }
        prop_assert!(outcomes.values().all(|count| *count == 1), "{:?}", closings);
        prop_assert!(outcomes.len() <= after.taken.len());
        // A repeat and a blank message are dropped under turns of their own, which leave nothing behind.
        let others = closings.iter().find(|closing| !after.acknowledged.contains(&closing.turn));
        prop_assert_eq!(others, None);
        // Those that are open are the ones whose outcome could not be stored.
        let closed: HashSet<&TurnId> = closings.iter().map(|closing| &closing.turn).collect();
        prop_assert_eq!(closed.len(), closings.len(), "a turn closes once");
        let open = after.acknowledged.iter().filter(|turn| !closed.contains(turn)).count();
        prop_assert!(open <= after.unrecorded_at_most, "{} open", open);
        prop_assert_eq!(after.taken.len(), after.acknowledged.len());
        // Whoever looks on sees one end of each turn.
        let local: HashSet<String> = (0..3).map(|room| format!("c{room}")).collect();
        let ends = after.seen.iter().filter_map(|event| match event {
            ClientEvent::Ended { chat, turn, .. } if local.contains(chat.as_str()) => Some(turn),
            _ => None,
        });
        let ends: Vec<&TurnId> = ends.collect();
        prop_assert_eq!(ends.iter().collect::<HashSet<_>>().len(), ends.len(), "a turn ends once");
    }
}
