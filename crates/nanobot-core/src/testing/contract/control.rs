//! The promises of [`Control`] and its parts, [`SessionAdmin`](crate::ports::SessionAdmin) and
//! [`OutboxAdmin`](crate::ports::OutboxAdmin).
#![expect(clippy::unwrap_used, reason = "contract suites are test code")]

use crate::ids::{DeliveryKey, SessionKey};
use crate::ports::{Control, ControlError, Wanted};

/// Who acts in this suite.
const ACTOR: &str = "local:uid=1000";

/// Checks status, sessions and outbox. `make` gives a daemon at rest that has one session, `cli:default`, with two
/// messages, and in its outbox `t/0` and `t/1`, in this order, both parked.
///
/// # Panics
/// When a promise is broken.
pub async fn control_contract<C: Control>(make: impl AsyncFn() -> C) {
    it_says_what_it_is(&make().await).await;
    sessions_are_listed_shown_and_forgotten(&make().await).await;
    the_outbox_is_listed_as_asked(&make().await).await;
    what_is_unknown_keeps_no_other_delivery_from_being_retried(&make().await).await;
    what_is_dropped_is_gone(&make().await).await;
}

async fn it_says_what_it_is(control: &impl Control) {
    let report = control.status().await;
    assert!(!report.version.is_empty() && !report.home.is_empty(), "a daemon says what it is and where");
    assert!(report.now.instant >= report.started.instant, "it started before it reported");
    assert_eq!(report.queues.outbox, 2, "what is parked counts");
}

async fn sessions_are_listed_shown_and_forgotten(control: &impl Control) {
    let key = SessionKey::new("cli:default").unwrap();
    let messages = async || {
        let sessions = control.sessions().await.unwrap();
        sessions.iter().map(|summary| (summary.session.clone(), summary.messages)).collect::<Vec<_>>()
    };
    assert_eq!(messages().await, [(key.clone(), 2)]);
    assert_eq!(control.session(&key, 10).await.unwrap().len(), 2, "both messages are shown");
    assert_eq!(control.session(&key, 1).await.unwrap().len(), 1, "a limit holds");

    let unknown = SessionKey::new("cli:unknown").unwrap();
    let refused = control.reset_session(&unknown, ACTOR).await.unwrap_err();
    assert!(matches!(refused, ControlError::NoSuchSession(key) if key == unknown), "it names the session");
    assert_eq!(messages().await, [(key.clone(), 2)], "a refused reset forgets nothing");
    let forgotten = control.reset_session(&key, ACTOR).await.unwrap();
    assert_eq!(forgotten, 2, "it says how many were forgotten");
    assert_eq!(messages().await, [(key, 0)], "the session itself stays");
}

fn keys(names: &[&str]) -> Vec<DeliveryKey> {
    names.iter().map(|&name| DeliveryKey::new(name).unwrap()).collect()
}

/// The keys that are listed, and how many there are.
async fn listed(control: &impl Control, wanted: Wanted, limit: usize) -> (Vec<DeliveryKey>, usize) {
    let listing = control.outbox(&wanted, limit).await.unwrap();
    (listing.rows.into_iter().map(|row| row.delivery.key).collect(), listing.total)
}

async fn the_outbox_is_listed_as_asked(control: &impl Control) {
    assert_eq!(listed(control, Wanted::All, 10).await, (keys(&["t/0", "t/1"]), 2), "oldest first");
    assert_eq!(listed(control, Wanted::Parked, 10).await, (keys(&["t/0", "t/1"]), 2));
    assert_eq!(
        listed(control, Wanted::All, 1).await,
        (keys(&["t/0"]), 2),
        "a limit holds, and the rest is counted"
    );
    let some = Wanted::Of(keys(&["t/1", "nobody/0"]));
    assert_eq!(listed(control, some, 10).await, (keys(&["t/1"]), 1), "only what is asked for");
}

async fn what_is_unknown_keeps_no_other_delivery_from_being_retried(control: &impl Control) {
    let handled = control.retry_deliveries(&keys(&["nobody/0", "t/1"]), ACTOR).await.unwrap();
    assert_eq!(handled.unknown, keys(&["nobody/0"]));
    assert_eq!(handled.done, keys(&["t/1"]));
}

async fn what_is_dropped_is_gone(control: &impl Control) {
    let handled = control.drop_deliveries(&keys(&["nobody/0", "t/0"]), ACTOR).await.unwrap();
    assert_eq!(handled.unknown, keys(&["nobody/0"]));
    assert_eq!(handled.done, keys(&["t/0"]));
    assert_eq!(listed(control, Wanted::All, 10).await, (keys(&["t/1"]), 1), "the others stay");
    let again = control.drop_deliveries(&keys(&["t/0"]), ACTOR).await.unwrap();
    assert_eq!(again.unknown, keys(&["t/0"]), "it is gone already");
}
