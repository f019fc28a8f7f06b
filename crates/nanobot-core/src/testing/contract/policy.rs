//! The promises of [`PolicyEngine`], [`PolicyStore`] and [`PersonaSource`].
#![expect(clippy::unwrap_used, reason = "contract suites are test code")]

use crate::ports::{PersonaSource, PolicyEngine, PolicyStore, StoreErrorKind};
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

/// Checks that nobody overwrites what he has not seen. `first` and `second` are two documents that the store
/// accepts.
///
/// # Panics
/// When a promise is broken.
pub async fn policy_store_contract<S: PolicyStore>(make: impl AsyncFn() -> S, first: &str, second: &str) {
    let store = make().await;
    assert_eq!(store.load().await.unwrap(), None, "there is no file yet");
    let early = store.save(first, Some("0123456789abcdef")).await.unwrap_err();
    assert_eq!(early.kind, StoreErrorKind::Busy, "a version that never was cannot have been seen");
    let saved = store.save(first, None).await.unwrap();
    assert_eq!(store.load().await.unwrap().as_ref(), Some(&saved), "what was saved is in force");
    assert_eq!(saved.text, first, "as it was written");
    let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    assert!(!saved.hash.is_empty() && saved.hash.chars().all(is_hex), "the hash is lower-case hex");

    let late = store.save(second, None).await.unwrap_err();
    assert_eq!(late.kind, StoreErrorKind::Busy, "somebody else was faster");
    assert_eq!(store.load().await.unwrap().as_ref(), Some(&saved), "a refused document changes nothing");
    let replaced = store.save(second, Some(&saved.hash)).await.unwrap();
    assert_ne!(replaced.hash, saved.hash, "another text has another hash");
    assert_eq!(store.load().await.unwrap(), Some(replaced), "the seen version may be replaced");
}

/// Checks that a persona is read and that nothing outside the workspace is. `make` gives a source in whose
/// workspace `personas/kind.md` has the text `Be kind.`
///
/// # Panics
/// When a promise is broken.
pub async fn persona_source_contract<S: PersonaSource>(make: impl AsyncFn() -> S) {
    let source = make().await;
    let persona = source.persona("personas/kind.md").await.unwrap();
    assert_eq!(persona.map(|persona| persona.text).as_deref(), Some("Be kind."));
    assert_eq!(source.persona("personas/none.md").await.unwrap(), None, "there is no such file");
    for outside in ["../secret.md", "personas/../../secret.md", "/etc/hostname"] {
        assert!(source.persona(outside).await.is_err(), "{outside} lies outside the workspace");
    }
}
