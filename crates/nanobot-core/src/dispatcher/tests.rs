//! The dispatcher over fakes: what is closed, where session lines are to stand, and what comes behind.

use super::*;
use crate::cancel::CancelToken;
use crate::ids::{ChannelName, ChatId, TurnId};
use crate::ports::{PendingAppend, Seen, StoreErrorKind};
use crate::testing::event::cli;
use crate::testing::journal::{append, line};
use crate::testing::{MemoryJournal, MemorySeenChats, MemorySessions, RecordingTelemetry};
use crate::time::WallTime;

/// A dispatcher and everything around it.
struct Scene {
    journal: Arc<MemoryJournal>,
    sessions: Arc<MemorySessions>,
    seen_chats: Arc<MemorySeenChats>,
    telemetry: Arc<RecordingTelemetry>,
    dispatcher: Dispatcher,
}

fn scene() -> Scene {
    let journal = Arc::new(MemoryJournal::new());
    let sessions = Arc::new(MemorySessions::new());
    let seen_chats = Arc::new(MemorySeenChats::new());
    let telemetry = Arc::new(RecordingTelemetry::new());
    let dispatcher = Dispatcher {
        journal: journal.clone(),
        lines: journal.clone(),
        sessions: sessions.clone(),
        seen_chats: seen_chats.clone(),
        memory: None,
        telemetry: telemetry.clone(),
    };
    Scene { journal, sessions, seen_chats, telemetry, dispatcher }
}

fn scope(turn: &str) -> TurnScope {
    TurnScope {
        beside: false,
        turn: TurnId::new(turn).unwrap(),
        now: WallTime::utc("2026-02-22T12:00:00Z".parse().unwrap()),
        seen: Seen::First,
        cancel: CancelToken::never(),
        recorded: Arc::new([]),
    }
}

fn handled(mut intents: Vec<Intent>) -> Handled {
    intents.push(Intent::Close(TurnOutcome::Answered));
    Handled { intents, readings: Readings::default() }
}

fn says(session: &str, texts: &[&str]) -> Intent {
    let lines = texts.iter().map(|text| line(crate::intent::SessionRole::User, text)).collect();
    Intent::AppendSession(SessionAppend { lines, ..append(session, "") })
}

impl Scene {
    /// Closes a turn; answers its session lines as they were stored.
    async fn close(&self, turn: &str, intents: Vec<Intent>) -> Vec<SessionWrite> {
        self.dispatcher.dispatch(&scope(turn), None, handled(intents)).await.unwrap();
        self.journal.closings().pop().unwrap().sessions
    }

    async fn waiting(&self) -> Vec<PendingAppend> {
        self.journal.waiting(usize::MAX).await.unwrap()
    }

    fn text(&self, intent: &Intent) -> String {
        let Intent::AppendSession(append) = intent else { panic!("no session lines: {intent:?}") };
        self.sessions.render(append).unwrap()
    }
}

#[tokio::test]
async fn nothing_takes_effect_when_the_turn_cannot_be_closed() {
    let scene = scene();
    let (channel, chat) = (ChannelName::WHATSAPP, ChatId::new("1@g.us").unwrap());
    let remember = Intent::RememberChat { channel: channel.clone(), chat: chat.clone() };
    scene.journal.trouble.fail_next_in("close", StoreErrorKind::Full);
    let intents = handled(vec![remember, says("cli:default", &["hi"])]);
    assert!(scene.dispatcher.dispatch(&scope("t1"), None, intents.clone()).await.is_err());
    assert!(!scene.seen_chats.contains(&channel, &chat).await.unwrap());
    assert_eq!(scene.waiting().await, []);
    let outcome = scene.dispatcher.dispatch(&scope("t1"), None, intents).await.unwrap();
    assert_eq!(outcome, TurnOutcome::Answered);
    assert!(scene.seen_chats.contains(&channel, &chat).await.unwrap());
    assert_eq!(scene.waiting().await.len(), 1);
}

#[tokio::test]
async fn lines_are_to_stand_where_their_file_ends() {
    let scene = scene();
    let earlier = says("cli:default", &["from before"]);
    let Intent::AppendSession(before) = &earlier else { unreachable!() };
    scene.sessions.append(before, scope("t").now.local()).await.unwrap();
    let first = says("cli:default", &["hi", "hello"]);
    let stored = scene.close("t1", vec![first.clone()]).await;
    assert_eq!(stored[0].offset, scene.text(&earlier).len() as u64);
    assert_eq!(stored[0].text, scene.text(&first), "as the store writes them, to the byte");
}

#[tokio::test]
async fn lines_are_to_stand_behind_those_on_their_way() {
    let scene = scene();
    let first = scene.close("t1", vec![says("cli:default", &["hi", "hello"])]).await;
    let other = scene.close("t2", vec![says("cli:other", &["elsewhere"])]).await;
    let second = scene.close("t3", vec![says("cli:default", &["and"])]).await;
    assert_eq!((first[0].offset, other[0].offset), (0, 0));
    assert_eq!(second[0].offset, first[0].end(), "the file is empty still, its lines wait");

    // Written and not settled: the file has them, and the journal says where they end.
    scene.journal.written(scene.waiting().await[0].id, 1_000);
    let third = scene.close("t4", vec![says("cli:default", &["more"])]).await;
    assert_eq!(third[0].offset, second[0].end(), "the last row counts");
}

#[tokio::test]
async fn two_appends_of_one_closing_follow_each_other() {
    let scene = scene();
    let (one, two) = (says("cli:default", &["one"]), says("cli:default", &["two"]));
    let between = says("cli:other", &["between"]);
    let stored = scene.close("t1", vec![one.clone(), between, two]).await;
    let length = scene.text(&one).len() as u64;
    assert_eq!(stored.iter().map(|write| write.offset).collect::<Vec<_>>(), [0, 0, length]);
}

#[tokio::test]
async fn a_torn_last_line_stays_by_itself() {
    let scene = scene();
    let torn = SessionWrite { append: append("cli:default", "x"), text: "torn".to_owned(), offset: 0 };
    scene.sessions.place(&torn, scope("t").now.local()).await.unwrap();
    let intent = says("cli:default", &["hi"]);
    let stored = scene.close("t1", vec![intent.clone(), intent.clone()]).await;
    assert_eq!(
        (stored[0].offset, stored[0].text.as_str()),
        (4, format!("\n{}", scene.text(&intent)).as_str())
    );
    assert_eq!((stored[1].offset, &stored[1].text), (stored[0].end(), &scene.text(&intent)));
}

#[tokio::test]
async fn a_session_file_that_cannot_be_read_keeps_no_answer_back() {
    let scene = scene();
    scene.sessions.trouble.fail_next_in("end", StoreErrorKind::Backend);
    let intent = says("cli:default", &["hi"]);
    let stored = scene.close("t1", vec![intent.clone(), intent.clone()]).await;
    let unknown = SessionEnd::UNKNOWN.offset;
    assert_eq!(stored.iter().map(|write| write.offset).collect::<Vec<_>>(), [unknown, unknown]);
    let facts = scene.telemetry.events();
    assert!(
        matches!(facts[..], [TelemetryEvent::StoreFailed { store: StoreName::Sessions, .. }]),
        "{facts:?}"
    );
    // Nor the next one: what stands behind an unknown end stands at an unknown place as well.
    let stored = scene.close("t2", vec![intent]).await;
    assert_eq!(stored[0].offset, unknown);
}

#[tokio::test]
async fn lines_that_the_store_does_not_take_close_nothing() {
    let scene = scene();
    scene.sessions.trouble.fail_next_in("render", StoreErrorKind::Limit);
    let intents = handled(vec![says("cli:default", &["hi"])]);
    let error = scene.dispatcher.dispatch(&scope("t1"), None, intents).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Limit);
    assert_eq!(scene.journal.closings(), []);
}

#[tokio::test]
async fn a_turn_with_nothing_to_store_writes_nothing() {
    let scene = scene();
    let fact = TelemetryEvent::DroppedEmpty { channel: ChannelName::CLI };
    let intents = || handled(vec![Intent::RecordTelemetry(fact.clone())]);
    scene.dispatcher.dispatch(&scope("t1"), None, intents()).await.unwrap();
    assert_eq!(scene.journal.closings(), []);
    assert_eq!(scene.telemetry.events(), std::slice::from_ref(&fact), "what comes behind comes all the same");

    // A message that was journalled has an outcome, also without a word.
    let at = scope("t2").now.instant;
    let taken = scene.journal.ingest(&cli("hi").build(), &scope("t2").turn, at).await.unwrap();
    scene.dispatcher.dispatch(&scope("t2"), Some(taken.id), intents()).await.unwrap();
    assert_eq!(scene.journal.closings().len(), 1);
}

#[tokio::test]
async fn what_was_read_and_when_is_part_of_the_closing() {
    let scene = scene();
    let readings = Readings { chat_known: Some(true), ..Readings::default() };
    let handled = Handled { readings: readings.clone(), ..handled(vec![says("cli:default", &["hi"])]) };
    scene.dispatcher.dispatch(&scope("t1"), None, handled).await.unwrap();
    let closing = scene.journal.closings().pop().unwrap();
    assert_eq!((closing.readings, closing.at), (readings, scope("t1").now));
}
