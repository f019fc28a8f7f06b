//! The dispatcher and the projector over fakes.

use super::*;
use crate::cancel::CancelToken;
use crate::ids::{ChannelName, ChatId, TurnId};
use crate::ports::{Seen, StoreErrorKind};
use crate::testing::journal::{append, closing};
use crate::testing::{MemoryJournal, MemorySeenChats, MemorySessions, RecordingTelemetry};
use crate::time::WallTime;

fn scope() -> TurnScope {
    TurnScope {
        turn: TurnId::new("t1").unwrap(),
        now: WallTime::utc("2026-02-22T12:00:00Z".parse().unwrap()),
        seen: Seen::First,
        cancel: CancelToken::never(),
    }
}

#[tokio::test]
async fn nothing_takes_effect_when_the_turn_cannot_be_closed() {
    let journal = Arc::new(MemoryJournal::new());
    let seen_chats = Arc::new(MemorySeenChats::new());
    let dispatcher = Dispatcher {
        journal: journal.clone(),
        seen_chats: seen_chats.clone(),
        memory: None,
        telemetry: Arc::new(RecordingTelemetry::new()),
    };
    let (channel, chat) = (ChannelName::WHATSAPP, ChatId::new("1@g.us").unwrap());
    let remember = Intent::RememberChat { channel: channel.clone(), chat: chat.clone() };
    journal.trouble.fail_next_in("close", StoreErrorKind::Full);
    let intents = vec![remember.clone(), Intent::Close(TurnOutcome::Answered)];
    assert!(dispatcher.dispatch(&scope(), None, intents.clone()).await.is_err());
    assert!(!seen_chats.contains(&channel, &chat).await.unwrap());
    assert_eq!(dispatcher.dispatch(&scope(), None, intents).await.unwrap(), TurnOutcome::Answered);
    assert!(seen_chats.contains(&channel, &chat).await.unwrap());
}

#[tokio::test]
async fn a_session_that_cannot_be_written_holds_no_other_up() {
    let journal = Arc::new(MemoryJournal::new());
    let sessions = Arc::new(MemorySessions::new());
    let projector = Projector::new(journal.clone(), sessions.clone());
    for n in 0..200 {
        let mut closing = closing(&format!("t{n}"));
        let session = if n % 100 == 99 { format!("cli:good{n}") } else { "cli:bad".to_owned() };
        closing.sessions = vec![append(&session, &format!("line {n}"))];
        journal.close(&closing).await.unwrap();
    }
    // The first append is of the bad session; the store refuses it once, and the projector asks no second time.
    sessions.trouble.fail_next_in("append", StoreErrorKind::ReadOnly);
    assert!(projector.run().await.is_err());
    for good in ["cli:good99", "cli:good199"] {
        assert_eq!(sessions.lines(&SessionKey::new(good).unwrap()).len(), 1, "{good}");
    }
    assert_eq!(sessions.lines(&SessionKey::new("cli:bad").unwrap()).len(), 0);
    projector.run().await.unwrap();
    let bad: Vec<_> = sessions.lines(&SessionKey::new("cli:bad").unwrap());
    assert_eq!(bad.len(), 198);
    assert!(
        bad.iter()
            .map(|line| &line.content)
            .is_sorted_by_key(|text| text.trim_start_matches("line ").parse::<u32>().unwrap())
    );
}
