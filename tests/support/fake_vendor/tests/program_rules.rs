//! What another process can see and set over HTTP.

use std::io::Write as _;

use serde_json::{Value, json};

use super::client::{CHAT, Client, question, vendor};
use crate::fake_vendor::{FakeVendor, Mood, Rule};

fn admin(vendor: &FakeVendor) -> Client {
    Client::at(vendor.admin_base().strip_prefix("http://").unwrap().parse().unwrap()).unwrap()
}

fn get(client: &mut Client, path: &str) -> Value {
    client.0.write_all(format!("GET {path} HTTP/1.1\r\n\r\n").as_bytes()).unwrap();
    serde_json::from_slice(&client.response().1).unwrap()
}

#[test]
fn the_book_is_the_same_at_both_doors() {
    let vendor = vendor();
    let mut client = Client::of(&vendor);
    client.post(CHAT, "key-1", &question(true));
    client.response();
    let seen = get(&mut client, "/__ledger");
    assert_eq!(seen, get(&mut admin(&vendor), "/__ledger"));
    assert_eq!(seen["totals"]["answered"], 1);
    assert_eq!(seen["entries"][0]["credential"], "key-1");
    assert_eq!(seen["entries"][0]["charged_nano_dollars"], seen["totals"]["charged_nano_dollars"]);
    let sums = get(&mut client, "/__ledger?totals");
    assert_eq!((&sums["totals"], &sums["entries"]), (&seen["totals"], &json!([])));
}

#[test]
fn a_mood_that_is_posted_holds_for_the_next_request() {
    let vendor = vendor();
    let mut admin = admin(&vendor);
    let rules = json!([
        {"mood": "rate_limited", "retry_after_seconds": 3, "credential": "k", "share": 1.0},
        {"mood": "status", "status": 503},
    ]);
    admin.post("/__mood", "", &rules);
    assert!(admin.response().0.starts_with("HTTP/1.1 200"));
    let mut client = Client::of(&vendor);
    client.post(CHAT, "k", &question(true));
    assert!(client.response().0.contains("retry-after: 3"));
    client.post(CHAT, "other", &question(true));
    assert!(client.response().0.starts_with("HTTP/1.1 503"));
}

#[test]
fn the_admin_door_stays_open_while_the_vendors_is_shut() {
    let vendor = vendor();
    let mut admin = admin(&vendor);
    admin.post("/__mood", "", &json!({"mood": "refuse_connections"}));
    admin.response();
    assert!(Client::at(vendor.address()).is_err(), "it is shut when the answer comes");
    assert_eq!(get(&mut admin, "/__mood")[0]["mood"], "refuse_connections");
    admin.post("/__mood", "", &json!({"mood": "healthy"}));
    admin.response();
    Client::of(&vendor);
}

#[test]
fn every_mood_comes_back_from_json_as_it_was() {
    for mood in Mood::ALL {
        let rule = Rule::always(mood);
        assert_eq!(Rule::read_all(&rule.to_json()).unwrap(), [rule]);
    }
    let narrow =
        Rule { share: 0.25, model: Some("m".to_owned()), ..Rule::for_credential(Mood::Status(529), "k") };
    assert_eq!(Rule::read_all(&json!([narrow.to_json()])).unwrap(), [narrow]);
}

#[test]
fn what_is_no_rule_changes_nothing_and_is_told() {
    let vendor = vendor();
    let mut admin = admin(&vendor);
    for (bad, told) in [
        (json!({"mood": "grumpy"}), "grumpy"),
        (json!({}), "no mood"),
        (json!({"mood": "status", "status": 70_000}), "out of range"),
        (json!({"mood": "healthy", "share": 2}), "from 0 to 1"),
        (json!({"mood": "refuse_connections", "credential": "k"}), "for everybody"),
    ] {
        admin.post("/__mood", "", &bad);
        let (head, body) = admin.response();
        let body = String::from_utf8(body).unwrap();
        assert!(head.starts_with("HTTP/1.1 400") && body.contains(told), "{bad}: {body}");
    }
    assert_eq!(get(&mut admin, "/__mood"), json!([]));
}
