//! What holds for every policy, tried with made ones; and that no text at all brings the reading down.

mod made;
mod spelled;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use super::*;
use crate::json::pretty;
use spelled::spelled;

/// The same cases each time: a test that fails today fails tomorrow.
fn runner() -> TestRunner {
    TestRunner::new(Config {
        cases: 10_000,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(4),
        ..Config::default()
    })
}

#[test]
fn saving_and_loading_and_saving_gives_the_same() {
    let property = |made: Value<'_>| {
        let document = load(&pretty(&made));
        let saved = document.text().expect("no halves are made");
        let again = load(&saved);
        prop_assert_eq!(again.policy(), document.policy());
        prop_assert_eq!(again.text().expect("still none"), saved);
        prop_assert_eq!(again.hash(), document.hash());
        Ok(())
    };
    runner().run(&made::policy(), property).expect("the identity");
}

#[test]
fn order_spelling_and_layout_say_nothing() {
    let choices = proptest::collection::vec(any::<u8>(), 1..64);
    let property = |(made, choices): (Value<'_>, Vec<u8>)| {
        let plain = load(&pretty(&made));
        let other = load(&spelled(&made, &choices));
        prop_assert_eq!(other.policy(), plain.policy());
        prop_assert_eq!(other.hash(), plain.hash());
        Ok(())
    };
    runner().run(&(made::policy(), choices), property).expect("one meaning");
}

#[test]
fn any_bytes_are_a_policy_or_a_fault() {
    let pieces = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..8),
        proptest::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\",
            "\\u",
            "\\ud800",
            "\"version\"",
            "\"owners\"",
            "\"fileAccess\"",
            "null",
            "NaN",
            "-",
            "1e9",
            "0.5",
            "\n",
            "\u{feff}",
            "\"~x\"",
            "true",
            "99999999999999999999",
        ])
        .prop_map(|piece| piece.as_bytes().to_vec()),
    ];
    let property = |pieces: Vec<Vec<u8>>| {
        if let Err(fault) = Document::parse(&pieces.concat(), &places()) {
            prop_assert!(!fault.lines().is_empty());
        }
        Ok(())
    };
    runner().run(&proptest::collection::vec(pieces, 0..24), property).expect("no panic");
}
