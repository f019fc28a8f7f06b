//! The promises of [`Control`] and its part [`SessionAdmin`](crate::ports::SessionAdmin).
#![expect(clippy::unwrap_used, reason = "contract suites are test code")]

use crate::ids::SessionKey;
use crate::ports::{Control, ControlError};

/// Checks status, list and reset. `make` gives a daemon at rest that has one session, `cli:default`, with two
/// messages.
///
/// # Panics
/// When a promise is broken.
pub async fn control_contract<C: Control>(make: impl AsyncFn() -> C) {
    let control = make().await;
    let report = control.status().await;
    assert!(!report.version.is_empty() && !report.home.is_empty(), "a daemon says what it is and where");
    assert!(report.now.instant >= report.started.instant, "it started before it reported");

    let key = SessionKey::new("cli:default").unwrap();
    let messages = async || {
        let sessions = control.sessions().await.unwrap();
        sessions.iter().map(|summary| (summary.session.clone(), summary.messages)).collect::<Vec<_>>()
    };
    assert_eq!(messages().await, [(key.clone(), 2)]);
    assert_eq!(control.session(&key, 10).await.unwrap().len(), 2, "both messages are shown");
    assert_eq!(control.session(&key, 1).await.unwrap().len(), 1, "a limit holds");

    let unknown = SessionKey::new("cli:unknown").unwrap();
    let refused = control.reset_session(&unknown, "local:uid=1000").await.unwrap_err();
    assert!(matches!(refused, ControlError::NoSuchSession(key) if key == unknown), "it names the session");
    assert_eq!(messages().await, [(key.clone(), 2)], "a refused reset forgets nothing");
    let forgotten = control.reset_session(&key, "local:uid=1000").await.unwrap();
    assert_eq!(forgotten, 2, "it says how many were forgotten");
    assert_eq!(messages().await, [(key, 0)], "the session itself stays");
}
