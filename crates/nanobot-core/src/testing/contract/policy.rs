//! The promises of [`PolicyEngine`], [`PolicyStore`] and [`PersonaSource`].
#![expect(clippy::unwrap_used, reason = "contract suites are test code")]

use crate::ports::{
    ChainHead, ChangeRow, PersonaSource, PolicyChange, PolicyEngine, PolicyStore, StoreErrorKind,
};
use crate::testing::event;

/// Checks that decisions are repeatable and agree with themselves.
///
/// # Panics
/// When a promise is broken.
pub fn policy_engine_contract<P: PolicyEngine>(make: impl Fn() -> P) {
    let policy = make();
    assert!(!policy.name().trim().is_empty(), "an engine has a name for the status report");
    let events = [
        event::wa("hello").build(),
        event::wa("hello").group("garden@g.us").build(),
        event::wa("hello").group("garden@g.us").mentioning_bot().build(),
        event::cli("hello").build(),
    ];
    for event in events {
        let decision = policy.evaluate(&event);
        assert_eq!(decision, policy.evaluate(&event), "the same event gets the same answer");
        assert!(
            !decision.reason.is_empty() && !decision.source.is_empty(),
            "a decision says why and by whom"
        );
        assert!(decision.accept || !decision.respond, "who may not talk is not answered");
        for tool in &decision.allowed_tools {
            assert!(policy.allows_tool(&event, tool), "a tool that was decided may run now: {tool}");
        }
        assert!(!policy.allows_tool(&event, "no_such_tool"), "an unknown tool is never allowed");
        assert_eq!(policy.owners(&event.channel), policy.owners(&event.channel), "owners stay the same");
    }
}

/// Checks that nobody overwrites what he has not seen, and that every change can be read again and taken back.
///
/// # Panics
/// When a promise is broken.
pub async fn policy_store_contract<S: PolicyStore>(make: impl AsyncFn() -> S) {
    let store = make().await;
    assert_eq!((store.load().await.unwrap(), store.changed().await.unwrap()), (None, None), "no file yet");
    assert_eq!(store.recover(None).await.unwrap(), None, "there is no chain before the first change");
    assert_eq!(store.history(10).await.unwrap(), []);
    let early = store.change(&policy_change(1, Some("never was"), "{}")).await.unwrap_err();
    assert_eq!(early.kind, StoreErrorKind::Busy, "a version that never was cannot have been seen");
    let first = store.change(&policy_change(1, None, "{}")).await.unwrap();
    assert_eq!(first.rows, 1, "a refused change leaves no row");
    let saved = store.load().await.unwrap().unwrap();
    assert_eq!(saved.bytes, b"{}", "as it was written, byte for byte");
    assert_eq!(store.changed().await.unwrap(), Some(saved.changed));

    let late = store.change(&policy_change(2, None, r#"{"version":3}"#)).await.unwrap_err();
    assert_eq!(late.kind, StoreErrorKind::Busy, "somebody else was faster");
    assert_eq!(store.load().await.unwrap().as_ref(), Some(&saved), "a refused change changes nothing");
    let second = store.change(&policy_change(2, Some("{}"), r#"{"version":3}"#)).await.unwrap();
    assert_eq!(second.rows, 2);
    assert_ne!(second.hash, first.hash, "each row moves the head");
    assert_eq!(
        store.recover(Some(&second)).await.unwrap(),
        Some(second.clone()),
        "nothing was left half done"
    );
    for foreign in
        [ChainHead { rows: 3, ..second.clone() }, ChainHead { hash: "f".repeat(64), ..second.clone() }]
    {
        let cut = store.recover(Some(&foreign)).await.unwrap_err();
        assert_eq!(cut.kind, StoreErrorKind::Corrupt, "a log that is not what the journal knows is named");
        let change =
            PolicyChange { known: Some(foreign), ..policy_change(3, Some(r#"{"version":3}"#), "{}") };
        let refused = store.change(&change).await.unwrap_err();
        assert_eq!(refused.kind, StoreErrorKind::Corrupt, "and no change covers that up");
    }

    let rows = store.history(10).await.unwrap();
    assert_eq!(rows, [policy_change(2, None, "").row, policy_change(1, None, "").row], "newest first");
    assert_eq!(store.history(1).await.unwrap().len(), 1, "no more than was asked for");
    let backup = store.backup(&policy_change(2, None, "").row.id).await.unwrap();
    assert_eq!(backup.as_deref(), Some(b"before 2".as_slice()));
    assert_eq!(
        store.backup("../../policy").await.unwrap_or_default(),
        None,
        "a backup is named by its change"
    );
    assert_eq!(store.backup(&"0".repeat(32)).await.unwrap(), None, "there is no such change");
}

/// A change of this number, made from this document.
fn policy_change(number: u32, seen: Option<&str>, text: &str) -> PolicyChange {
    let row = ChangeRow {
        id: format!("{number:032x}"),
        at: event::SENT_AT.parse().unwrap(),
        source: "dm".to_owned(),
        actor: "491510000001".to_owned(),
        channel: Some("whatsapp".to_owned()),
        chat: Some("491510000001@s.whatsapp.net".to_owned()),
        command: format!("/policy set-when {number}@g.us all"),
        before_hash: "a".repeat(64),
        after_hash: "b".repeat(64),
        rollback_of: (number == 2).then(|| format!("{:032x}", 1)),
    };
    let seen = seen.map(|text| text.as_bytes().to_vec());
    PolicyChange { row, seen, known: None, backup: format!("before {number}"), text: text.to_owned() }
}

/// Checks that a persona is read and that nothing outside the workspace is. `make` gives a source in whose
/// workspace `personas/kind.md` has the text `Be kind.`
///
/// # Panics
/// When a promise is broken.
pub async fn persona_source_contract<S: PersonaSource>(make: impl AsyncFn() -> S) {
    let source = make().await;
    let persona = source.persona("personas/kind.md").await.unwrap();
    assert_eq!(persona.as_deref(), Some("Be kind."));
    assert_eq!(source.persona("personas/none.md").await.unwrap(), None, "there is no such file");
    for outside in ["../secret.md", "personas/../../secret.md", "/etc/hostname"] {
        assert!(source.persona(outside).await.is_err(), "{outside} lies outside the workspace");
    }
}
