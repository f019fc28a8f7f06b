//! Disks that are full or broken.

use nanobot_core::ports::{InboundId, Journal as _, Outbox as _, StoreErrorKind};
use nanobot_core::testing::event::wa;

use crate::testing::{Home, answered, asked, break_pages_of, now, turn};
use crate::{JournalOptions, SqliteJournal};

#[tokio::test]
async fn a_broken_page_is_an_answer_and_no_end() {
    let home = Home::new();
    let journal = home.open().await;
    let mut closed = None;
    for index in 0..50 {
        closed = Some(answered(&journal, &format!("t{index}"), "a", &"hello ".repeat(200)).await);
    }
    let open = asked(&journal, "open", "a", "hello").await;
    journal.shut_down().await;
    break_pages_of(&home, "outbox", 0..4_096).await;
    let journal = home.open().await;
    assert_eq!(journal.due(now(), 10).await.unwrap_err().kind, StoreErrorKind::Corrupt);
    let key = &closed.unwrap().deliveries[0].key;
    assert_eq!(journal.delivered(key).await.unwrap_err().kind, StoreErrorKind::Corrupt);
    assert_eq!(journal.open_turns(InboundId(0), 10).await.unwrap().len(), 1, "what is whole is read");
    journal.hand_back(open).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_refuses_and_what_was_stored_stands() {
    let home = Home::new();
    home.open().await.shut_down().await;
    let pages = u32::try_from(std::fs::metadata(home.path()).unwrap().len() / 4_096).unwrap();
    let full = JournalOptions { max_pages: Some(pages + 20), ..home.options() };
    let journal = SqliteJournal::open(full).await.unwrap();
    let mut stored = 0;
    let refused = loop {
        let id = format!("t{stored}");
        let event = wa(&"hello ".repeat(500)).chat("a").id(&id).build();
        match journal.ingest(&event, &turn(&id), now()).await {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 100, "the disk is full at some time");
    };
    assert_eq!(refused.kind, StoreErrorKind::Full, "{refused}");
    assert!(stored > 0);
    assert_eq!(journal.open_turns(InboundId(0), 100).await.unwrap().len(), stored);
    journal.shut_down().await;

    let journal = home.open().await;
    asked(&journal, "later", "a", "there is room again").await;
    assert_eq!(journal.open_turns(InboundId(0), 100).await.unwrap().len(), stored + 1);
}
