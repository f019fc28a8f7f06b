//! The durable journal gives the answers of the volatile one, whatever is asked in whatever order.

use std::time::Duration;

use nanobot_core::ids::{DeliveryKey, SessionKey, TurnId};
use nanobot_core::ports::{Closing, InboundId, Journal, LineQueue, Outbox};
use nanobot_core::stand_in::VolatileJournal;
use nanobot_core::testing::event::wa;
use nanobot_core::testing::journal::{closing, delivery, write};
use nanobot_core::time::{Timestamp, WallTime};
use proptest::prelude::*;

use crate::options::Synchronous;
use crate::testing::{Home, now, turn};
use crate::{JournalOptions, SqliteJournal};

/// Messages, turns, chats and sessions are few, so that they meet.
const MESSAGES: usize = 4;
const TURNS: usize = 6;
const CHATS: [&str; 3] = ["a", "b", "c"];

#[derive(Debug, Clone)]
enum Ask {
    Ingest(usize),
    Begin(usize),
    HandBack(usize),
    /// Turn, deliveries by chat, lines by chat.
    Close(usize, Vec<usize>, Vec<usize>),
    Due(u64, usize),
    Delivered(usize, usize),
    Postpone(usize, usize, u64),
    Park(usize, usize),
    Release(usize, usize),
    Discard(usize, usize),
    List(usize),
    Waiting(usize),
    WaitingIn(usize),
    EndOf(usize),
    /// The row that has this place among the waiting ones, and how much further the file ends.
    Written(usize, u64),
    Settle(usize),
    Restart,
}

fn ask() -> impl Strategy<Value = Ask> {
    let (message, row) = (0..MESSAGES, 0..TURNS * 3);
    let key = (MESSAGES..TURNS + MESSAGES, 0..3_usize);
    let chats = || prop::collection::vec(0..CHATS.len(), 0..3);
    prop_oneof![
        1 => message.clone().prop_map(Ask::Ingest),
        1 => message.clone().prop_map(Ask::Begin),
        1 => message.prop_map(Ask::HandBack),
        4 => (0..TURNS + MESSAGES, chats(), chats()).prop_map(|(turn, out, lines)| Ask::Close(turn, out, lines)),
        3 => (0..4_u64, 0..5_usize).prop_map(|(at, limit)| Ask::Due(at, limit)),
        2 => key.clone().prop_map(|(turn, index)| Ask::Delivered(turn, index)),
        2 => (key.clone(), 0..4_u64).prop_map(|((turn, index), at)| Ask::Postpone(turn, index, at)),
        2 => key.clone().prop_map(|(turn, index)| Ask::Park(turn, index)),
        1 => key.clone().prop_map(|(turn, index)| Ask::Release(turn, index)),
        1 => key.prop_map(|(turn, index)| Ask::Discard(turn, index)),
        1 => (0..20_usize).prop_map(Ask::List),
        1 => (0..20_usize).prop_map(Ask::Waiting),
        1 => (0..CHATS.len()).prop_map(Ask::WaitingIn),
        1 => (0..CHATS.len()).prop_map(Ask::EndOf),
        3 => (row, 0..9_u64).prop_map(|(row, more)| Ask::Written(row, more)),
        2 => (0..CHATS.len()).prop_map(Ask::Settle),
        1 => Just(Ask::Restart),
    ]
}

fn at(step: u64) -> Timestamp {
    now().checked_add(Duration::from_secs(step)).unwrap()
}

fn key(turn: usize, index: usize) -> DeliveryKey {
    DeliveryKey::of(&TurnId::new(format!("t{turn}")).unwrap(), index)
}

fn session(chat: usize) -> SessionKey {
    SessionKey::new(format!("cli:{}", CHATS[chat])).unwrap()
}

/// The numbers that a journal gave to messages, by message.
type Given = [Option<InboundId>; MESSAGES];

/// What a journal answers, in a form that can be compared. Its numbers of messages are its own affair.
async fn answer<J: Journal + Outbox + LineQueue>(journal: &J, given: &mut Given, ask: &Ask) -> String {
    let shown = |answer: Result<String, nanobot_core::ports::StoreError>| match answer {
        Ok(answer) => answer,
        Err(error) => format!("refused: {:?}", error.kind),
    };
    match ask {
        Ask::Ingest(message) => {
            let event = wa("hello").id(&format!("m{message}")).build();
            let ingested = journal.ingest(&event, &turn(&format!("t{message}")), now()).await.unwrap();
            let is_same = given[*message].is_none_or(|id| id == ingested.id);
            given[*message] = Some(ingested.id);
            format!("{:?} {is_same}", ingested.seen)
        }
        Ask::Begin(message) => match given[*message] {
            Some(id) => {
                shown(journal.begin(id, &WallTime::utc(now())).await.map(|attempt| format!("{attempt:?}")))
            }
            None => String::new(),
        },
        Ask::HandBack(message) => match given[*message] {
            Some(id) => shown(journal.hand_back(id).await.map(|()| String::new())),
            None => String::new(),
        },
        Ask::Close(number, deliveries, lines) => {
            let inbound = given.get(*number).copied().flatten();
            let closed = closing_of(*number, inbound, deliveries, lines);
            shown(journal.close(&closed).await.map(|()| String::new()))
        }
        Ask::Due(step, limit) => format!("{:?}", journal.due(at(*step), *limit).await.unwrap()),
        Ask::Delivered(turn, index) => format!("{:?}", journal.delivered(&key(*turn, *index)).await.is_ok()),
        Ask::Postpone(turn, index, step) => {
            let postponed = journal.postpone(&key(*turn, *index), at(*step), "unreachable").await;
            shown(postponed.map(|()| String::new()))
        }
        Ask::Park(turn, index) => {
            shown(journal.park(&key(*turn, *index), "rejected").await.map(|()| String::new()))
        }
        Ask::Release(turn, index) => {
            shown(journal.release(&key(*turn, *index)).await.map(|()| String::new()))
        }
        Ask::Discard(turn, index) => {
            format!("{:?}", journal.discard(&key(*turn, *index), "expired").await.unwrap())
        }
        Ask::List(limit) => {
            format!("{} {:?}", journal.count().await.unwrap(), journal.list(*limit).await.unwrap())
        }
        Ask::Waiting(limit) => format!("{:?}", journal.waiting(*limit).await.unwrap()),
        Ask::WaitingIn(chat) => format!("{:?}", journal.waiting_in(&session(*chat)).await.unwrap()),
        Ask::EndOf(chat) => format!("{:?}", journal.end_of(&session(*chat)).await.unwrap()),
        Ask::Written(row, more) => {
            let waiting = journal.waiting(100).await.unwrap();
            if let Some(row) = waiting.get(*row) {
                journal.written(row.id, row.write.end() + more);
            }
            format!("{:?}", journal.unsettled(100))
        }
        Ask::Settle(chat) => {
            let last = journal.unsettled(100).into_iter().find(|(known, _)| *known == session(*chat));
            if let Some((session, last)) = last {
                journal.settle(&[(session, last)]).await.unwrap();
            }
            format!("{:?}", journal.unsettled(2))
        }
        Ask::Restart => String::new(),
    }
}

fn closing_of(number: usize, inbound: Option<InboundId>, deliveries: &[usize], lines: &[usize]) -> Closing {
    let id = format!("t{number}");
    let mut closed = closing(&id);
    closed.inbound = inbound;
    closed.deliveries = deliveries
        .iter()
        .enumerate()
        .map(|(index, chat)| delivery(&id, index, CHATS[*chat], &format!("{id}-{index}")))
        .collect();
    closed.sessions = lines.iter().map(|chat| write(&format!("cli:{}", CHATS[*chat]), &id, 10)).collect();
    closed
}

/// Closes what was journalled, so that both are asked what they promise: nobody begins a closed turn.
fn is_allowed(ask: &Ask, closed: [bool; MESSAGES]) -> bool {
    match ask {
        Ask::Begin(message) | Ask::HandBack(message) => !closed[*message],
        _ => true,
    }
}

async fn compare(asks: &[Ask]) -> Result<(), TestCaseError> {
    let home = Home::new();
    let options = JournalOptions { synchronous: Synchronous::Off, ..home.options() };
    let mut durable = SqliteJournal::open(options.clone()).await.unwrap();
    let volatile = VolatileJournal::new();
    let (mut given, mut model_given) = (Given::default(), Given::default());
    let mut closed = [false; MESSAGES];
    for ask in asks {
        if !is_allowed(ask, closed) {
            continue;
        }
        if let Ask::Close(number, ..) = ask
            && *number < MESSAGES
        {
            if given[*number].is_none() {
                continue;
            }
            closed[*number] = true;
        }
        if matches!(ask, Ask::Restart) {
            // Only where nothing is written: a restart makes such rows wait again, and the volatile journal has none.
            if durable.unsettled(1).is_empty() {
                durable.shut_down().await;
                durable = SqliteJournal::open(options.clone()).await.unwrap();
            }
            continue;
        }
        let real = answer(&durable, &mut given, ask).await;
        let model = answer(&volatile, &mut model_given, ask).await;
        prop_assert_eq!(real, model, "asked {:?}", ask);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_answers_as_the_volatile_journal_does(asks in prop::collection::vec(ask(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(compare(&asks))?;
    }
}
