//! The room over an outbox in memory: what is done, and what is written down about it.

use nanobot_core::ids::DeliveryKey;
use nanobot_core::ports::{Closing, Journal as _};
use nanobot_core::testing::journal::{closing, delivery};
use nanobot_core::testing::{FakeClock, MemoryJournal, RecordingAudit};

use super::*;

struct Fixture {
    journal: Arc<MemoryJournal>,
    audit: Arc<RecordingAudit>,
    room: OutboxRoom,
}

/// An outbox with `t/0`, parked, and `t/1`, which waits.
async fn fixture() -> Fixture {
    let (journal, audit) = (Arc::new(MemoryJournal::new()), Arc::new(RecordingAudit::new()));
    let deliveries = vec![delivery("t", 0, "1@g.us", "one"), delivery("t", 1, "1@g.us", "two")];
    journal.close(&Closing { deliveries, ..closing("t") }).await.unwrap();
    journal.park(&key("t/0"), "refused").await.unwrap();
    let room = OutboxRoom {
        outbox: journal.clone(),
        audit: audit.clone(),
        clock: Arc::new(FakeClock::default()),
        via: "cli",
    };
    Fixture { journal, audit, room }
}

fn key(name: &str) -> DeliveryKey {
    DeliveryKey::new(name).unwrap()
}

impl Fixture {
    /// What was written down: act, delivery, result.
    fn rows(&self) -> Vec<String> {
        let acts = self.audit.acts().into_iter();
        acts.map(|act| format!("{} {} {}", act.action, act.target, act.result)).collect()
    }
}

#[tokio::test]
async fn a_parked_delivery_is_due_again_as_if_it_had_not_been_tried() {
    let fixture = fixture().await;
    let handled = fixture.room.retry_deliveries(&[key("t/0"), key("x/0")], "me").await.unwrap();
    assert_eq!((handled.done, handled.unknown), (vec![key("t/0")], vec![key("x/0")]));
    let row = fixture.room.outbox(&Wanted::Of(vec![key("t/0")]), 1).await.unwrap().rows.remove(0);
    assert_eq!((row.parked, row.attempts, row.not_before), (None, 0, None));
    assert_eq!(fixture.rows(), ["outbox.retry t/0 done", "outbox.retry x/0 refused"]);
}

#[tokio::test]
async fn a_dropped_delivery_is_gone_and_named_once_is_enough() {
    let fixture = fixture().await;
    let handled = fixture.room.drop_deliveries(&[key("t/1"), key("t/1")], "me").await.unwrap();
    assert_eq!((handled.done, handled.unknown), (vec![key("t/1")], vec![key("t/1")]));
    assert_eq!(fixture.room.outbox(&Wanted::All, 10).await.unwrap().total, 1);
    assert_eq!(
        fixture.rows(),
        ["outbox.drop t/1 done", "outbox.drop t/1 done", "outbox.drop t/1 failed"],
        "what was gone by then has a second row"
    );
}

#[tokio::test]
async fn what_cannot_be_written_down_does_not_happen() {
    let fixture = fixture().await;
    fixture.audit.trouble.fail_next(StoreErrorKind::Full);
    let error = fixture.room.drop_deliveries(&[key("t/0"), key("t/1")], "me").await.unwrap_err();
    assert!(matches!(error, ControlError::Store(error) if error.kind == StoreErrorKind::Full));
    assert_eq!(fixture.journal.count().await.unwrap(), 2);
}

#[tokio::test]
async fn a_store_that_fails_in_the_middle_leaves_what_was_done_before() {
    let fixture = fixture().await;
    fixture.journal.trouble.fail_next_in("release", StoreErrorKind::Full);
    let error = fixture.room.retry_deliveries(&[key("t/0")], "me").await.unwrap_err();
    assert!(matches!(error, ControlError::Store(_)));
    assert_eq!(fixture.rows(), ["outbox.retry t/0 done", "outbox.retry t/0 failed"]);
}
