//! `outbox …`, with and without a daemon, on deliveries that wait and that were put aside.

use std::time::{Duration, Instant};

use nanobot_core::ids::DeliveryKey;
use nanobot_core::message::OutboundMessage;
use nanobot_core::ports::{Closing, Delivery, Journal as _, Outbox as _, Outgoing};
use nanobot_core::testing::journal::{closing, delivery};
use nanobotd::lock::HomeLock;
use serde_json::{Value, json};

use super::harness::Home;

const WORDS: &str = "the door code is 1234";

fn key(name: &str) -> DeliveryKey {
    DeliveryKey::new(name).unwrap()
}

/// A home in whose outbox `t1/0` was refused, `t1/1` waits for a later time, and `t2/0` was put aside. No channel of
/// its daemon takes any of them.
fn queued() -> Home {
    let home = Home::empty();
    home.with_journal(async |journal| {
        let with_file = |delivery: Delivery| {
            let Outgoing::Message(message) = delivery.outgoing else { unreachable!("a message was built") };
            let outgoing =
                Outgoing::Message(OutboundMessage { media: vec!["/tmp/plan.png".into()], ..message });
            Delivery { outgoing, ..delivery }
        };
        let first = vec![delivery("t1", 0, "1@g.us", WORDS), delivery("t1", 1, "1@g.us", "see you")];
        journal.close(&Closing { deliveries: first, ..closing("t1") }).await.unwrap();
        let second = vec![with_file(delivery("t2", 0, "49170@s.whatsapp.net", "a\x1b[2Jb\nc"))];
        journal.close(&Closing { deliveries: second, ..closing("t2") }).await.unwrap();
        journal.park(&key("t1/0"), "404").await.unwrap();
        let later = "2170-01-01T12:00:00Z".parse().unwrap();
        journal.postpone(&key("t1/1"), later, "not reachable").await.unwrap();
        journal.park(&key("t2/0"), "not reachable").await.unwrap();
    });
    home
}

#[track_caller]
fn stdout(home: &Home, args: &[&str]) -> String {
    let ran = home.cli(args).exits(0);
    assert_eq!(ran.stderr, "");
    home.redact(&ran.stdout)
}

/// Each delivery that waits or is put aside, with its tries and why it was put aside.
fn rows(home: &Home) -> Vec<(String, u64, Value)> {
    let listed = home.cli(&["outbox", "list", "--json"]).exits(0).json();
    let rows = listed["deliveries"].as_array().unwrap().iter();
    rows.map(|row| {
        (row["key"].as_str().unwrap().to_owned(), row["attempts"].as_u64().unwrap(), row["parked"].clone())
    })
    .collect()
}

fn keys(home: &Home) -> Vec<String> {
    rows(home).into_iter().map(|(key, ..)| key).collect()
}

fn audit_row(via: &str, action: &str, target: &str, result: &str) -> Value {
    let actor = format!("local:uid={}", rustix::process::getuid().as_raw());
    json!({"v": 1, "actor": actor, "via": via, "action": action, "target": target, "result": result})
}

#[test]
fn what_listing_prints() {
    let home = queued();
    insta::assert_snapshot!(stdout(&home, &["outbox", "list"]), @"
    KEY   TO                             KIND     SIZE             TRIES  NEXT
    t1/0  whatsapp:1@g.us                message  21 chars         1      put aside: 404
    t1/1  whatsapp:1@g.us                message  7 chars          1      TIME
    t2/0  whatsapp:49170@s.whatsapp.net  message  8 chars, 1 file  1      put aside: not reachable
    ");
    insta::assert_snapshot!(stdout(&home, &["outbox", "list", "--text"]), @"
    KEY   TO                             KIND     SIZE             TRIES  NEXT
    t1/0  whatsapp:1@g.us                message  21 chars         1      put aside: 404
    t1/1  whatsapp:1@g.us                message  7 chars          1      TIME
    t2/0  whatsapp:49170@s.whatsapp.net  message  8 chars, 1 file  1      put aside: not reachable

    t1/0
        the door code is 1234

    t1/1
        see you

    t2/0
        a␛[2Jb
        c
    ");
    insta::assert_snapshot!(stdout(&home, &["outbox", "list", "--jsonl"]), @r#"
    {"key":"t1/0","turn":"t1","channel":"whatsapp","chat":"1@g.us","kind":"message","text_chars":21,"media":0,"attempts":1,"not_before":null,"parked":"404"}
    {"key":"t1/1","turn":"t1","channel":"whatsapp","chat":"1@g.us","kind":"message","text_chars":7,"media":0,"attempts":1,"not_before":"TIME","parked":null}
    {"key":"t2/0","turn":"t2","channel":"whatsapp","chat":"49170@s.whatsapp.net","kind":"message","text_chars":8,"media":1,"attempts":1,"not_before":null,"parked":"not reachable"}
    "#);
    let all = home.cli(&["outbox", "list", "--json", "--text"]).exits(0).json();
    assert_eq!((&all["total"], &all["deliveries"][0]["text"]), (&json!(3), &json!(WORDS)));
}

#[test]
fn a_limit_lists_the_oldest_and_says_how_many_more_there_are() {
    let home = queued();
    let ran = home.cli(&["outbox", "list", "-n", "1", "--json"]).exits(0);
    assert_eq!((&ran.json()["total"], ran.json()["deliveries"].as_array().unwrap().len()), (&json!(3), 1));
    assert_eq!(ran.one_line(), "2 younger ones are not shown; --limit shows more, up to 1000");
}

#[test]
fn listing_through_the_daemon_prints_the_same() {
    let home = queued();
    let forms = [vec![], vec!["--text"], vec!["--json"], vec!["--json", "--text"]];
    let print = |form: &Vec<&str>| stdout(&home, &[&["outbox", "list"], form.as_slice()].concat());
    let without: Vec<String> = forms.iter().map(print).collect();
    let daemon = home.daemon();
    let with: Vec<String> = forms.iter().map(print).collect();
    daemon.stop();
    assert_eq!(with, without);
}

#[test]
fn no_word_of_a_delivery_is_printed_unasked() {
    let home = queued();
    for form in [vec![], vec!["--json"], vec!["--jsonl"]] {
        let ran = home.cli(&[&["outbox", "list"], form.as_slice()].concat()).exits(0);
        assert!(!ran.stdout.contains("1234"), "{ran:?}");
    }
}

#[test]
fn an_empty_outbox_says_so_and_makes_no_home() {
    let home = Home::empty();
    let listed = home.cli(&["outbox", "list"]).exits(0);
    assert_eq!((listed.stdout.as_str(), listed.one_line()), ("", "nothing waits to be sent"));
    assert_eq!(
        home.cli(&["outbox", "list", "--json"]).exits(0).json(),
        json!({"deliveries": [], "total": 0})
    );
    let parked = home.cli(&["outbox", "retry", "--all-parked"]).exits(0);
    assert_eq!(parked.one_line(), "nothing is put aside");
    let missing = home.cli(&["outbox", "retry", "t1/0"]).exits(1);
    assert_eq!(missing.one_line(), "nanobot-cli: nothing waits or is put aside under t1/0");
    assert!(!home.root().exists());

    home.write("config.json", "{}");
    home.cli(&["outbox", "drop", "t1/0", "--yes"]).exits(1);
    assert_eq!(home.audit(), [audit_row("cli", "outbox.drop", "t1/0", "refused")]);
    assert!(!home.has("journal"), "nothing waits in a journal that was not there");
}

#[test]
fn what_cannot_be_a_key_is_a_wrong_command_line() {
    let home = Home::empty();
    home.cli(&["outbox", "retry", " "]).exits(2);
    home.cli(&["outbox", "retry"]).exits(2);
    home.cli(&["outbox", "retry", "--all-parked", "t1/0"]).exits(2);
    home.cli(&["outbox", "drop", "--yes"]).exits(2);
}

#[test]
fn retrying_without_a_daemon_is_written_down() {
    let home = queued();
    let dry = home.cli(&["outbox", "retry", "t1/0", "x/0", "--dry-run"]).exits(1);
    assert_eq!(dry.stdout, "t1/0 would be due again\n");
    assert_eq!(dry.one_line(), "nanobot-cli: nothing waits or is put aside under x/0");
    assert_eq!(home.audit(), Vec::<Value>::new(), "nothing happened yet");

    let ran = home.cli(&["outbox", "retry", "x/0", "t1/0", "t1/0", "y/0", "t1/1"]).exits(1);
    assert_eq!(ran.stdout, "t1/0 is due again\nt1/1 is due again\n");
    assert_eq!(
        ran.stderr.lines().collect::<Vec<_>>(),
        [
            "nanobot-cli: nothing waits or is put aside under x/0",
            "nanobot-cli: nothing waits or is put aside under y/0"
        ]
    );
    let row = |target, result| audit_row("cli", "outbox.retry", target, result);
    assert_eq!(
        home.audit(),
        [row("x/0", "refused"), row("t1/0", "done"), row("y/0", "refused"), row("t1/1", "done")]
    );
    let named = |name: &str| name.to_owned();
    assert_eq!(
        rows(&home),
        [
            (named("t1/0"), 0, Value::Null),
            (named("t1/1"), 0, Value::Null),
            (named("t2/0"), 1, json!("not reachable"))
        ]
    );
    insta::assert_snapshot!(stdout(&home, &["outbox", "list"]), @"
    KEY   TO                             KIND     SIZE             TRIES  NEXT
    t1/0  whatsapp:1@g.us                message  21 chars         0      now
    t1/1  whatsapp:1@g.us                message  7 chars          0      now
    t2/0  whatsapp:49170@s.whatsapp.net  message  8 chars, 1 file  1      put aside: not reachable
    ");
}

#[test]
fn all_that_was_put_aside_is_retried_at_once() {
    let home = queued();
    let dry = home.cli(&["outbox", "retry", "--all-parked", "--dry-run", "--json"]).exits(0);
    assert_eq!(dry.json(), json!({"would_retry": ["t1/0", "t2/0"], "unknown": []}));
    let ran = home.cli(&["outbox", "retry", "--all-parked", "--json"]).exits(0);
    assert_eq!(ran.json(), json!({"retried": ["t1/0", "t2/0"], "unknown": []}));
    let again = home.cli(&["outbox", "retry", "--all-parked"]).exits(0);
    assert_eq!((again.stdout.as_str(), again.one_line()), ("", "nothing is put aside"));
}

#[test]
fn retrying_through_the_daemon_sends_at_once() {
    let home = queued();
    let daemon = home.daemon();
    let ran = home.cli(&["outbox", "retry", "t1/1", "x/0"]).exits(1);
    assert_eq!(ran.stdout, "t1/1 is due again\n");
    // It waited for the year 2170. Tried now, it is put aside: no channel of this daemon takes it.
    let until = Instant::now() + Duration::from_secs(30);
    let tried = (String::from("t1/1"), 1, json!("the channel does not run"));
    while !rows(&home).contains(&tried) {
        assert!(Instant::now() < until, "it was not tried: {:?}", rows(&home));
    }
    daemon.stop();
    let row = |target, result| audit_row("socket", "outbox.retry", target, result);
    assert_eq!(home.audit(), [row("t1/1", "done"), row("x/0", "refused")]);
}

/// Drops over one of the two ways and checks what is left.
fn drops(home: &Home, via: &str) {
    let unasked = home.cli(&["outbox", "drop", "t1/0"]).exits(2);
    assert_eq!(
        unasked.one_line(),
        "nanobot-cli: nobody can be asked here; use --yes, or --dry-run to see what it would do"
    );
    let dry = home.cli(&["outbox", "drop", "t1/0", "--dry-run"]).exits(0);
    assert_eq!(dry.stdout, "t1/0 would be dropped\n");
    assert_eq!(keys(home), ["t1/0", "t1/1", "t2/0"]);
    assert_eq!(home.audit(), Vec::<Value>::new(), "nothing happened yet");

    let ran = home.cli(&["outbox", "drop", "x/0", "t1/0", "t2/0", "--yes"]).exits(1);
    assert_eq!(ran.stdout, "t1/0 was dropped\nt2/0 was dropped\n");
    assert_eq!(ran.one_line(), "nanobot-cli: nothing waits or is put aside under x/0");
    assert_eq!(keys(home), ["t1/1"]);
    let json = home.cli(&["outbox", "drop", "t1/1", "--yes", "--json"]).exits(0).json();
    assert_eq!(json, json!({"dropped": ["t1/1"], "unknown": []}));
    let row = |target, result| audit_row(via, "outbox.drop", target, result);
    assert_eq!(
        home.audit(),
        [row("x/0", "refused"), row("t1/0", "done"), row("t2/0", "done"), row("t1/1", "done")]
    );
}

#[test]
fn dropping_without_a_daemon_is_written_down() {
    drops(&queued(), "cli");
}

#[test]
fn dropping_through_the_daemon_is_written_down() {
    let home = queued();
    let daemon = home.daemon();
    drops(&home, "socket");
    daemon.stop();
}

#[test]
fn a_home_that_somebody_holds_without_a_socket_is_left_alone() {
    let home = queued();
    let _lock = HomeLock::take(&home.root(), &home.path("var/run/nanobotd.lock")).unwrap();
    for args in [vec!["list"], vec!["retry", "t1/0"], vec!["drop", "t1/0", "--yes"]] {
        home.cli(&[&["outbox"], args.as_slice()].concat()).exits(75);
    }
    assert_eq!(home.audit(), Vec::<Value>::new());
}
