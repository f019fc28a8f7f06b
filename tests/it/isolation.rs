//! Chats do not see each other: chats on several networks talk at the same time, each with words that no
//! other chat uses, and afterwards nothing of one chat is found in anything of another, and nobody's words
//! in the log.
//!
//! `PROPTEST_CASES` asks for more cases. That the check would notice is shown with adapters that leak.

mod chats;
mod evidence;
mod leaky;

use proptest::prelude::*;

use self::chats::{everybody_talks, talk};
use self::evidence::{Evidence, Seen};
use crate::support::cases;

proptest! {
    #![proptest_config(cases(32))]

    // Invariant 7: no session line and no prompt byte crosses chats. Invariant 11, for people's words: none in
    // a log line.
    #[test]
    fn no_chat_finds_a_word_of_another_anywhere(talk in talk()) {
        let evidence = Evidence::of(&talk, |honest| honest);
        prop_assert_eq!(evidence.leaks(), Vec::new());
        prop_assert_eq!(evidence.answers_per_room(), talk.answers_per_room());
        prop_assert_eq!(evidence.silent_rooms(), Vec::<usize>::new());
    }
}

/// Where the check finds leaks when one adapter is bad.
fn leaking(spoil: impl FnOnce(nanobotd::Adapters) -> nanobotd::Adapters) -> Vec<Seen> {
    let mut places: Vec<Seen> =
        Evidence::of(&everybody_talks(), spoil).leaks().iter().map(|leak| leak.place).collect();
    places.sort_unstable();
    places.dedup();
    places
}

#[test]
fn the_check_is_silent_about_honest_adapters() {
    assert_eq!(leaking(|honest| honest), []);
}

#[test]
fn an_archive_that_searches_all_chats_is_found_out() {
    let found = leaking(leaky::searching_all_chats);
    assert!(found.contains(&Seen::Prompt) && found.contains(&Seen::Journal), "{found:?}");
}

#[test]
fn a_session_store_that_mixes_keys_is_found_out() {
    let found = leaking(leaky::mixing_session_keys);
    assert!(found.contains(&Seen::Prompt) && found.contains(&Seen::File), "{found:?}");
}

#[test]
fn an_outbox_that_mistakes_the_chat_is_found_out() {
    assert!(leaking(leaky::mistaking_the_chat).contains(&Seen::Delivery));
}

#[test]
fn a_model_client_that_mixes_up_its_streams_is_found_out() {
    let found = leaking(leaky::mixing_up_streams);
    assert!(found.contains(&Seen::Delivery) && found.contains(&Seen::Live), "{found:?}");
}

#[test]
fn a_log_line_with_words_in_it_is_found_out() {
    assert_eq!(leaking(leaky::logging_words), [Seen::Log]);
}
