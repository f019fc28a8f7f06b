//! The promises of [`Clock`] and [`IdGenerator`].
#![expect(clippy::unwrap_used, reason = "contract suites are test code")]

use std::collections::HashSet;
use std::time::Duration;

use crate::ports::{Clock, IdGenerator};

/// So many names are drawn.
const DRAWN: usize = 1_000;

/// Checks that time does not run backwards between two readings and that waiting for the past takes no time.
/// Waits a few milliseconds on a real clock; a standing fake must be in a mode that lets sleepers go.
///
/// # Panics
/// When a promise is broken.
pub async fn clock_contract<C: Clock>(make: impl AsyncFn() -> C) {
    let clock = make().await;
    let first = clock.now();
    let second = clock.now();
    assert!(second.instant >= first.instant, "two readings are in order");
    assert!(!first.zone.trim().is_empty(), "a reading names its zone");

    clock.sleep_until(first.instant).await;
    clock.sleep_until(first.instant.checked_sub(Duration::from_hours(24)).unwrap()).await;
    let until = clock.now().instant.checked_add(Duration::from_millis(5)).unwrap();
    clock.sleep_until(until).await;
    assert!(clock.now().instant >= until, "who waits until an instant does not wake before it");
}

/// Checks that names are fresh and tokens have their shape. That nobody can guess them cannot be tested here.
///
/// # Panics
/// When a promise is broken.
pub fn id_generator_contract<I: IdGenerator>(make: impl Fn() -> I) {
    let ids = make();
    let turns: HashSet<_> = (0..DRAWN).map(|_| ids.turn_id()).collect();
    assert_eq!(turns.len(), DRAWN, "every turn id is fresh");
    let tokens: HashSet<_> = (0..DRAWN).map(|_| ids.token()).collect();
    assert_eq!(tokens.len(), DRAWN, "every token is fresh");
    let is_token = |token: &String| {
        token.len() == 32 && token.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
    };
    assert!(tokens.iter().all(is_token), "a token is 32 lower-case hex digits");
}
