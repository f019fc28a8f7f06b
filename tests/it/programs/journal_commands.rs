//! `journal …`, on what two turns have left, on records that somebody has changed, and beside a daemon.

use std::fs;

use nanobot_core::TurnOutcome;
use nanobot_core::ids::TurnId;
use nanobot_core::ports::{Closing, Journal as _};
use nanobot_core::testing::event;
use nanobot_core::testing::journal::{closing, delivery};
use nanobot_tests::{FakeProvider, Script};
use serde_json::{Value, json};

use super::harness::{Home, Ran};

/// A home in which two messages were answered with themselves.
fn talked() -> (FakeProvider, Home) {
    let provider = FakeProvider::start(Script::Echo).unwrap();
    let home = Home::with_provider(&provider);
    home.cli_with_input(&["chat"], b"vermilion\ntwo\n").exits(0);
    (provider, home)
}

/// The names of the turns, oldest first.
fn turns(home: &Home) -> Vec<String> {
    let listed = home.cli(&["journal", "list", "--json"]).exits(0).json();
    let turns = listed["turns"].as_array().unwrap().iter().rev();
    turns.map(|turn| turn["turn"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn stdout(home: &Home, args: &[&str]) -> String {
    let ran = home.cli(args).exits(0);
    assert_eq!(ran.stderr, "");
    redacted(home, &ran)
}

/// What was printed, without what differs from run to run; the first turn is called `FIRST-TURN`.
fn redacted(home: &Home, ran: &Ran) -> String {
    let names = turns(home);
    let called = ["FIRST-TURN", "SECOND-TURN"];
    names.iter().zip(called).fold(home.redact(&ran.stdout), |text, (name, called)| {
        text.replace(name, &format!("{called:<width$}", width = name.len()))
    })
}

/// Changes each place in the journal's file in which `from` stands, behind SQLite's back.
fn edit(home: &Home, from: &str, to: &str) {
    assert_eq!(from.len(), to.len(), "the file's pages keep their places");
    let path = home.path("journal/journal.db");
    let mut bytes = fs::read(&path).unwrap();
    let places: Vec<usize> =
        (0..bytes.len()).filter(|&at| bytes[at..].starts_with(from.as_bytes())).collect();
    assert!(!places.is_empty(), "{from} is not in the journal");
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    fs::write(path, bytes).unwrap();
}

#[test]
fn what_listing_prints() {
    let (_provider, home) = talked();
    insta::assert_snapshot!(stdout(&home, &["journal", "list"]), @"");
    insta::assert_snapshot!(stdout(&home, &["journal", "list", "--jsonl", "-n", "1"]), @"");
    let of = |session: &str| {
        let listed = home.cli(&["journal", "list", "--session", session, "--json"]).exits(0).json();
        listed["turns"].as_array().unwrap().len()
    };
    assert_eq!((of("cli:default"), of("cli:other")), (2, 0));
    let none = home.cli(&["journal", "list", "--session", "cli:other"]).exits(0);
    assert_eq!((none.stdout.as_str(), none.one_line()), ("", "no turn of cli:other is in the journal"));
}

#[test]
fn what_showing_a_turn_prints() {
    let provider = FakeProvider::start(Script::ListDir).unwrap();
    let home = Home::with_provider(&provider);
    home.cli_with_input(&["chat"], b"vermilion\n").exits(0);
    let turn = turns(&home).remove(0);
    insta::assert_snapshot!(stdout(&home, &["journal", "show", &turn]), @"");
    insta::assert_snapshot!(stdout(&home, &["journal", "show", &turn, "--text"]), @"");
    insta::assert_snapshot!(stdout(&home, &["journal", "show", &turn, "--json"]), @"");
    let with_text = home.cli(&["journal", "show", &turn, "--json", "--text"]).exits(0).json();
    assert_eq!(with_text["message"]["text"], "vermilion");
}

#[test]
fn the_beginning_of_a_turns_name_is_enough_where_it_is_the_only_one() {
    let (_provider, home) = talked();
    let [first, second]: [String; 2] = turns(&home).try_into().unwrap();
    let common = first.bytes().zip(second.bytes()).take_while(|(one, other)| one == other).count();
    let shown = home.cli(&["journal", "show", &first[..=common], "--json"]).exits(0).json();
    assert_eq!(shown["turn"], first.as_str());
    let several = home.cli(&["journal", "show", &first[..common]]).exits(1);
    let said = format!("several turns begin with {}, such as {second} and {first}", &first[..common]);
    assert_eq!(several.one_line(), format!("nanobot-cli: {said}"));
    let missing = home.cli(&["journal", "replay", "nope"]).exits(1);
    assert_eq!(missing.one_line(), "nanobot-cli: there is no turn nope");
    home.cli(&["journal", "show", " "]).exits(2);
}

#[test]
fn turns_follow_from_their_records() {
    let (_provider, home) = talked();
    let turn = turns(&home).remove(0);
    assert_eq!(home.cli(&["journal", "replay", &turn]).exits(0).stdout, format!("{turn} same\n"));
    let one = home.cli(&["journal", "replay", &turn, "--json"]).exits(0).json();
    assert_eq!(one, json!({"turn": turn, "result": "same"}));
    let all = home.cli(&["journal", "replay", "--all"]).exits(0);
    assert_eq!((all.stdout.as_str(), all.stderr.as_str()), ("2 same, 0 differ, 0 cannot be derived\n", ""));
    let youngest = home.cli(&["journal", "replay", "--all", "--limit", "1", "--json"]).exits(0).json();
    assert_eq!(youngest, json!({"same": 1, "differs": 0, "not_possible": 0, "turns": []}));
    home.cli(&["journal", "replay"]).exits(2);
    home.cli(&["journal", "replay", &turn, "--limit", "1"]).exits(2);
}

#[test]
fn a_record_that_somebody_changed_is_named() {
    let (_provider, home) = talked();
    let turn = turns(&home).remove(0);
    insta::assert_snapshot!(stdout(&home, &["journal", "check"]), @"");
    edit(&home, "vermilion", "turquoise");

    let replayed = home.cli(&["journal", "replay", &turn]).exits(1);
    assert_eq!(replayed.stdout, format!("{turn} differs: message\n"));
    let all = home.cli(&["journal", "replay", "--all"]).exits(1);
    assert_eq!(all.stdout, format!("{turn} differs: message\n1 same, 1 differ, 0 cannot be derived\n"));
    let all = home.cli(&["journal", "replay", "--all", "--json"]).exits(1).json();
    assert_eq!(all["turns"], json!([{"turn": turn, "result": "differs", "what": "message"}]));
    let checked = home.cli(&["journal", "check"]).exits(1);
    insta::assert_snapshot!(redacted(&home, &checked), @"");
    let checked = home.cli(&["journal", "check", "--json"]).exits(1).json();
    assert_eq!((&checked["ok"], checked["problems"].as_array().unwrap().len()), (&json!(false), 5));
    insta::assert_snapshot!(stdout(&home, &["journal", "show", &turn]), @"");
}

/// A home with a turn that sent what does not follow from its record, though nobody has changed it.
fn unfounded() -> (Home, &'static str) {
    let home = Home::empty();
    home.with_journal(async |journal| {
        let (turn, at) = (TurnId::new("t1").unwrap(), closing("t1").at);
        let event = event::wa("hello").build();
        let ingested = journal.ingest(&event, &turn, at.instant).await.unwrap();
        journal.begin(ingested.id, &at).await.unwrap();
        let sent = vec![delivery("t1", 0, "49170@s.whatsapp.net", "vermilion")];
        let outcome = TurnOutcome::Ignored;
        let closing = Closing { inbound: Some(ingested.id), outcome, deliveries: sent, ..closing("t1") };
        journal.close(&closing).await.unwrap();
    });
    (home, "t1")
}

#[test]
fn what_does_not_follow_from_a_record_is_shown_in_words_only_where_they_are_asked_for() {
    let (home, turn) = unfounded();
    home.cli(&["journal", "check"]).exits(0);
    let replayed = home.cli(&["journal", "replay", turn]).exits(1);
    assert_eq!(replayed.stdout, "t1 differs: delivery 1\n");
    let replayed = home.cli(&["journal", "replay", turn, "--text"]).exits(1);
    insta::assert_snapshot!(home.redact(&replayed.stdout), @"");
    let replayed = home.cli(&["journal", "replay", turn, "--json", "--text"]).exits(1).json();
    assert_eq!(replayed["derived"], "nothing");
}

#[test]
fn no_word_of_a_chat_is_printed_unasked() {
    let (_provider, home) = talked();
    let turn = turns(&home).remove(0);
    let (unfounded, unfounded_turn) = unfounded();
    let commands = |turn: &str| {
        let commands = [
            "list".to_owned(),
            "list --json".to_owned(),
            format!("show {turn}"),
            format!("show {turn} --json"),
            format!("replay {turn}"),
            format!("replay {turn} --json"),
            "replay --all".to_owned(),
            "replay --all --json".to_owned(),
            "check".to_owned(),
            "check --json".to_owned(),
        ];
        commands.map(|command| format!("journal {command}"))
    };
    for (home, turn) in [(&home, turn.as_str()), (&unfounded, unfounded_turn)] {
        for command in commands(turn) {
            let ran = home.cli(&command.split(' ').collect::<Vec<_>>());
            assert!(ran.code < 2 && !ran.stdout.is_empty(), "{ran:?}");
            let printed = format!("{}{}", ran.stdout, ran.stderr);
            assert!(!printed.contains("vermilion"), "{command}: {printed}");
        }
    }
}

#[test]
fn a_turn_whose_words_were_forgotten_cannot_be_derived_and_shows_how_it_went() {
    let (_provider, home) = talked();
    let turn = turns(&home).remove(0);
    home.cli(&["session", "reset", "default", "--yes"]).exits(0);
    let replayed = home.cli(&["journal", "replay", &turn]).exits(1);
    insta::assert_snapshot!(redacted(&home, &replayed), @"");
    let all = home.cli(&["journal", "replay", "--all"]).exits(0);
    assert_eq!(all.stdout, "0 same, 0 differ, 2 cannot be derived\n");
    insta::assert_snapshot!(stdout(&home, &["journal", "show", &turn, "--text"]), @"");
}

#[test]
fn a_home_without_a_journal_says_so_in_one_line() {
    let home = Home::empty();
    for command in ["list", "show t1", "replay t1", "replay --all", "check"] {
        let args: Vec<&str> = std::iter::once("journal").chain(command.split(' ')).collect();
        let ran = home.cli(&args).exits(1);
        let said = home.redact(ran.one_line());
        assert_eq!(said, "nanobot-cli: there is no journal in ~/.nanobot: nothing has been said yet");
        assert_eq!(ran.stdout, "");
    }
    assert!(!home.root().exists());
}

#[test]
fn a_journal_is_read_beside_a_running_daemon() {
    let (_provider, home) = talked();
    let daemon = home.daemon();
    assert_eq!(home.talk().ask("three").delivered, ["three"]);
    assert_eq!(turns(&home).len(), 3);
    let all = home.cli(&["journal", "replay", "--all", "--json"]).exits(0).json();
    assert_eq!(all["same"], 3);
    home.cli(&["journal", "check"]).exits(0);
    daemon.stop();
}

#[test]
fn reading_a_journal_leaves_it_as_it_was() {
    let (_provider, home) = talked();
    let turn = turns(&home).remove(0);
    let before = fs::read(home.path("journal/journal.db")).unwrap();
    for command in ["list", &format!("show {turn} --text"), "replay --all", "check"] {
        let args: Vec<&str> = std::iter::once("journal").chain(command.split(' ')).collect();
        home.cli(&args).exits(0);
    }
    assert_eq!(fs::read(home.path("journal/journal.db")).unwrap(), before);
    assert_eq!(home.audit(), Vec::<Value>::new());
}

#[test]
fn a_file_that_is_no_journal_is_told_from_one() {
    let home = Home::empty();
    home.write("journal/journal.db", "not a database, whatever its name says".repeat(100));
    let ran = home.cli(&["journal", "list"]).exits(65);
    assert_eq!(
        home.redact(ran.one_line()),
        "nanobot-cli: ~/.nanobot/journal/journal.db is not a database; move it away, then start again"
    );
}
