//! What the vendor's book says.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{CHAT, Client, MESSAGES, question, vendor};
use crate::fake_vendor::{FakeOptions, FakeVendor, Mood, Outcome, TokenPrices};

const SOON: Duration = Duration::from_secs(10);

#[test]
fn an_answered_request_is_charged_by_the_bytes() {
    let prices = [("m".to_owned(), TokenPrices { input: 3, output: 7 })].into();
    let vendor = FakeVendor::start(FakeOptions { prices, ..FakeOptions::default() }).unwrap();
    let mut client = Client::of(&vendor);
    client.post(CHAT, "key-1", &question(false));
    let (_, body) = client.response();
    let told: Value = serde_json::from_slice(&body).unwrap();

    let ledger = vendor.stop();
    let entry = &ledger.entries[0];
    let (read, written) =
        (told["usage"]["prompt_tokens"].as_u64(), told["usage"]["completion_tokens"].as_u64());
    assert_eq!(
        (Some(entry.input_tokens), Some(entry.output_tokens)),
        (read, written),
        "as it told the client"
    );
    assert_eq!(entry.charged, entry.input_tokens * 3 + entry.output_tokens * 7);
    assert_eq!((entry.credential.as_str(), entry.model.as_str()), ("key-1", "m"));
    assert_eq!((entry.mark.as_str(), entry.dialect, entry.streamed), ("turn-7", "openai", false));
    assert_eq!((entry.outcome, entry.status, entry.mood), (Outcome::Answered, 200, "healthy"));
    assert_eq!(ledger.totals.charged, entry.charged);
}

#[test]
fn what_was_streamed_is_charged_as_what_was_whole() {
    let vendor = vendor();
    let mut client = Client::of(&vendor);
    for (path, streamed) in [(CHAT, false), (CHAT, true), (MESSAGES, false), (MESSAGES, true)] {
        client.post(path, "k", &question(streamed));
        client.response();
    }
    let written: Vec<u64> = vendor.stop().entries.iter().map(|entry| entry.output_tokens).collect();
    assert!(written[0] > 0 && written.iter().all(|tokens| *tokens == written[0]), "{written:?}");
}

#[test]
fn refusals_cost_nothing_and_lost_work_costs_all() {
    let vendor = vendor();
    for (mood, outcome) in [
        (Mood::Status(500), Outcome::Refused),
        (Mood::ExpiredKey, Outcome::Refused),
        (Mood::WrongContentType, Outcome::Broken),
        (Mood::ResetBeforeHeaders, Outcome::Broken),
        (Mood::ResetAfterHeaders, Outcome::Broken),
    ] {
        vendor.set_mood(mood);
        let mut client = Client::of(&vendor);
        client.post(CHAT, "k", &question(true));
        client.rest();
        assert!(vendor.wait_for(SOON, |totals| totals.open == 0));
        let entry = vendor.ledger().entries.pop().unwrap();
        assert_eq!(entry.outcome, outcome, "{mood:?}");
        let worked = matches!(mood, Mood::ResetBeforeHeaders | Mood::ResetAfterHeaders);
        assert_eq!((entry.input_tokens > 0, entry.output_tokens > 0), (worked, worked), "{mood:?}");
        assert_eq!(entry.charged > 0, worked, "{mood:?}");
    }
}

#[test]
fn thoughts_are_charged_although_an_error_follows_them() {
    for (path, streamed) in [(CHAT, true), (CHAT, false), (MESSAGES, true)] {
        let vendor = vendor();
        vendor.set_mood(Mood::ErrorInStream { after: 50 });
        let mut client = Client::of(&vendor);
        client.post(path, "k", &question(streamed));
        client.response();
        let entry = vendor.stop().entries.pop().unwrap();
        assert_eq!((entry.outcome, entry.status), (Outcome::Refused, 200));
        assert_eq!(entry.output_tokens, ("let me see ".len() * 50).div_ceil(4) as u64);
        assert!(entry.charged > 0);
    }
}

#[test]
fn a_stalled_answer_costs_what_was_said_and_ends_when_the_client_leaves() {
    let vendor = vendor();
    vendor.set_mood(Mood::StallMidStream { after: 2 });
    let mut client = Client::of(&vendor);
    client.post(CHAT, "k", &question(true));
    client.rest();
    assert_eq!(vendor.ledger().totals.open, 1);
    drop(client);
    assert!(vendor.wait_for(SOON, |totals| totals.client_left == 1));
    let entry = vendor.stop().entries.pop().unwrap();
    assert_eq!(entry.output_tokens, "vendor with ".len().div_ceil(4) as u64);
}

#[test]
fn a_client_that_leaves_while_the_vendor_thinks_is_seen() {
    let options = FakeOptions { think: Duration::from_mins(1), ..FakeOptions::default() };
    let vendor = FakeVendor::start(options).unwrap();
    let mut client = Client::of(&vendor);
    client.post(CHAT, "k", &question(true));
    assert!(vendor.wait_for(SOON, |totals| totals.open == 1));
    drop(client);
    assert!(vendor.wait_for(SOON, |totals| totals.client_left == 1));
}

#[test]
fn no_more_is_charged_than_was_allowed_even_without_an_end() {
    let vendor = vendor();
    vendor.set_mood(Mood::TooLong);
    let mut body = question(true);
    body["max_tokens"] = json!(100);
    let mut client = Client::of(&vendor);
    client.post(CHAT, "k", &body);
    let mut bytes = vec![0; 100_000];
    std::io::Read::read_exact(&mut client.0, &mut bytes).unwrap();
    drop(client);
    assert!(vendor.wait_for(SOON, |totals| totals.client_left == 1));
    assert_eq!(vendor.ledger().totals.output_tokens, 100);
}

#[test]
fn a_request_under_way_is_in_the_book_when_the_vendor_stops() {
    let vendor = vendor();
    vendor.set_mood(Mood::HangBeforeFirstByte);
    let mut client = Client::of(&vendor);
    client.post(CHAT, "k", &question(true));
    assert!(vendor.wait_for(SOON, |totals| totals.open == 1));
    let ledger = vendor.stop();
    assert_eq!((ledger.totals.open, ledger.totals.broken), (0, 1));
    assert_eq!(ledger.entries[0].outcome, Outcome::Broken);
}

#[test]
fn the_same_body_has_the_same_hash() {
    let vendor = vendor();
    let mut client = Client::of(&vendor);
    for streamed in [false, false, true] {
        client.post(CHAT, "k", &question(streamed));
        client.response();
    }
    let hashes: Vec<u64> = vendor.stop().entries.iter().map(|entry| entry.body_hash).collect();
    assert_eq!(hashes[0], hashes[1]);
    assert_ne!(hashes[0], hashes[2]);
}
