//! `journal …`, on what two turns have left, on records that somebody has changed, and beside a daemon.

use std::fs;

use nanobot_core::TurnOutcome;
use nanobot_core::ids::TurnId;
use nanobot_core::ports::{Closing, Journal as _, Outbox as _, SessionWrite};
use nanobot_core::testing::event;
use nanobot_core::testing::journal::{append, closing, delivery};
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

/// What was printed, without what differs from run to run.
fn redacted(home: &Home, ran: &Ran) -> String {
    let names = turns(home).into_iter().zip(["FIRST-TURN", "SECOND-TURN"]);
    let text = names.fold(home.redact(&ran.stdout), |text, (name, called)| text.replace(&name, called));
    let sizeless = |line: &str| match line.split(", ").collect::<Vec<_>>().as_slice() {
        [file, size, version] if size.ends_with(" KiB") => format!("{file}, SIZE, {version}"),
        _ => line.to_owned(),
    };
    text.lines().map(sizeless).collect::<Vec<_>>().join("\n")
}

/// Changes each place in the journal's file in which `from` stands, behind SQLite's back.
fn edit(home: &Home, from: &str, to: &str) {
    assert_eq!(from.len(), to.len(), "the file's pages keep their places");
    // Whoever wrote last may have left words in the file beside it; opening and closing brings them over.
    home.with_journal(async |_| ());
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
    insta::assert_snapshot!(stdout(&home, &["journal", "list"]), @"
    TURN                              SESSION      RECEIVED             OUTCOME   TRIES
    SECOND-TURN  cli:default  TIME  answered  1
    FIRST-TURN  cli:default  TIME  answered  1
    ");
    insta::assert_snapshot!(stdout(&home, &["journal", "list", "--jsonl", "-n", "1"]), @r#"{"turn":"SECOND-TURN","session":"cli:default","received":"TIME","outcome":"answered","attempts":1,"closed":"TIME","words_forgotten":false}"#);
    let of = |session: &str| {
        let listed = home.cli(&["journal", "list", "--session", session, "--json"]).exits(0).json();
        listed["turns"].as_array().unwrap().len()
    };
    assert_eq!((of("cli:default"), of("cli:other")), (2, 0));
    let none = home.cli(&["journal", "list", "--session", "cli:other"]).exits(0);
    assert_eq!((none.stdout.as_str(), none.one_line()), ("", "no turn of cli:other is in the journal"));
}

#[test]
#[expect(clippy::too_many_lines, reason = "most of them are what is printed")]
fn what_showing_a_turn_prints() {
    let provider = FakeProvider::start(Script::ListDir).unwrap();
    let home = Home::with_provider(&provider);
    home.cli_with_input(&["chat"], b"vermilion\n").exits(0);
    let turn = turns(&home).remove(0);
    insta::assert_snapshot!(stdout(&home, &["journal", "show", &turn]), @"
    turn      FIRST-TURN
    session   cli:default
    received  TIME
    outcome   answered, TIME
    tries     1
    message   from operator, 9 chars, owner
    step 1    model: answered, 0 chars and one tool call (tool_calls)
    step 2    tool list_dir (pure): answered, 20 chars
    step 3    model: answered, 26 chars (stop)
    line      user in cli:default, 9 chars, owner: in its file
    line      assistant in cli:default, 26 chars, owner+tool: in its file
    delivery  FIRST-TURN/0, message to cli:default, 26 chars: delivered
    ");
    insta::assert_snapshot!(stdout(&home, &["journal", "show", &turn, "--text"]), @r#"
    turn      FIRST-TURN
    session   cli:default
    received  TIME
    outcome   answered, TIME
    tries     1
    message   from operator, 9 chars, owner
        vermilion
    step 1    model: answered, 0 chars and one tool call (tool_calls)
    step 2    tool list_dir (pure): answered, 20 chars
        {"path":"."}
        Directory . is empty
    step 3    model: answered, 26 chars (stop)
        the folder has been listed
    line      user in cli:default, 9 chars, owner: in its file
        vermilion
    line      assistant in cli:default, 26 chars, owner+tool: in its file
        the folder has been listed
    delivery  FIRST-TURN/0, message to cli:default, 26 chars: delivered
        the folder has been listed
    "#);
    insta::assert_snapshot!(stdout(&home, &["journal", "show", &turn, "--json"]), @r#"
    {
      "turn": "FIRST-TURN",
      "session": "cli:default",
      "received": "TIME",
      "outcome": "answered",
      "attempts": 1,
      "closed": "TIME",
      "words_forgotten": false,
      "message": {
        "sender": "operator",
        "sent": "TIME",
        "text_chars": 9,
        "media": 0,
        "labels": "owner"
      },
      "steps": [
        {
          "index": 0,
          "kind": "model",
          "asked_with": "owner",
          "state": "answered",
          "text_chars": 0,
          "tool_calls": 1,
          "finish": "tool_calls",
          "tokens": {
            "read": 12,
            "read_from_cache": null,
            "written": 5
          }
        },
        {
          "index": 1,
          "kind": "tool",
          "tool": "list_dir",
          "class": "pure",
          "state": "answered",
          "text_chars": 20,
          "labels": "owner+tool"
        },
        {
          "index": 2,
          "kind": "model",
          "asked_with": "owner+tool",
          "state": "answered",
          "text_chars": 26,
          "tool_calls": 0,
          "finish": "stop",
          "tokens": {
            "read": 12,
            "read_from_cache": null,
            "written": 5
          }
        }
      ],
      "lines": [
        {
          "session": "cli:default",
          "role": "user",
          "text_chars": 9,
          "labels": "owner",
          "in_file": true
        },
        {
          "session": "cli:default",
          "role": "assistant",
          "text_chars": 26,
          "labels": "owner+tool",
          "in_file": true
        }
      ],
      "deliveries": [
        {
          "key": "FIRST-TURN/0",
          "state": "delivered",
          "attempts": 0,
          "not_before": null,
          "why": null,
          "kind": "message",
          "channel": "cli",
          "chat": "default",
          "text_chars": 26,
          "media": 0
        }
      ],
      "altered": []
    }
    "#);
    let with_text = home.cli(&["journal", "show", &turn, "--json", "--text"]).exits(0).json();
    assert_eq!(with_text["message"]["text"], "vermilion");
}

#[test]
fn how_far_everything_that_a_turn_left_behind_has_come_is_shown() {
    let home = Home::empty();
    home.with_journal(async |journal| {
        let deliveries: Vec<_> = (0..4).map(|index| delivery("t1", index, "1@g.us", "hi")).collect();
        let keys: Vec<_> = deliveries.iter().map(|delivery| delivery.key.clone()).collect();
        let write = SessionWrite { append: append("whatsapp:1@g.us", "hi"), text: "hi\n".into(), offset: 0 };
        let closing = Closing { deliveries, sessions: vec![write], ..closing("t1") };
        journal.close(&closing).await.unwrap();
        journal.park(&keys[0], "404").await.unwrap();
        journal.delivered(&keys[1]).await.unwrap();
        journal.discard(&keys[2], "nobody is attached").await.unwrap();
        let later = "2170-01-01T12:00:00Z".parse().unwrap();
        journal.postpone(&keys[3], later, "not reachable").await.unwrap();
    });
    insta::assert_snapshot!(stdout(&home, &["journal", "show", "t1"]), @"
    turn      FIRST-TURN
    session   whatsapp:1@g.us
    received  TIME
    outcome   answered, TIME
    tries     0
    line      user in whatsapp:1@g.us, 2 chars, no label: waits for its file
    delivery  FIRST-TURN/0, message to whatsapp:1@g.us, 2 chars: put aside (404)
    delivery  FIRST-TURN/1, message to whatsapp:1@g.us, 2 chars: delivered
    delivery  FIRST-TURN/2, message to whatsapp:1@g.us, 2 chars: dropped (nobody is attached)
    delivery  FIRST-TURN/3, message to whatsapp:1@g.us, 2 chars: waits until TIME (not reachable)
    ");
    let shown = home.cli(&["journal", "show", "t1", "--json"]).exits(0).json();
    let states: Vec<_> = shown["deliveries"].as_array().unwrap().iter().map(|row| &row["state"]).collect();
    assert_eq!(states, ["parked", "delivered", "dropped", "waiting"]);
    assert_eq!(shown["lines"][0]["in_file"], false);
    let derived = home.cli(&["journal", "replay", "t1"]).exits(1);
    assert!(derived.stdout.starts_with("t1 cannot be derived: "), "{derived:?}");
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
    insta::assert_snapshot!(stdout(&home, &["journal", "check"]), @"
    journal   ~/.nanobot/journal/journal.db, SIZE, schema version 3
    turns     2, 0 open, 0 with forgotten words
    outbox    0 waiting, 0 put aside
    lines     0 waiting for their files
    all of it is as it was written
    ");
    edit(&home, "vermilion", "turquoise");

    let replayed = home.cli(&["journal", "replay", &turn]).exits(1);
    assert_eq!(replayed.stdout, format!("{turn} differs: message\n"));
    let all = home.cli(&["journal", "replay", "--all"]).exits(1);
    assert_eq!(all.stdout, format!("{turn} differs: message\n1 same, 1 differ, 0 cannot be derived\n"));
    let all = home.cli(&["journal", "replay", "--all", "--json"]).exits(1).json();
    assert_eq!(all["turns"], json!([{"turn": turn, "result": "differs", "what": "message"}]));
    let checked = home.cli(&["journal", "check"]).exits(1);
    insta::assert_snapshot!(redacted(&home, &checked), @"
    journal   ~/.nanobot/journal/journal.db, SIZE, schema version 3
    turns     2, 0 open, 0 with forgotten words
    outbox    0 waiting, 0 put aside
    lines     0 waiting for their files
    ! turn FIRST-TURN: not as it was written: message; look at it with `nanobot-cli journal replay FIRST-TURN`, and restore a backup if nobody meant to change it
    ! turn FIRST-TURN: not as it was written: answer of step 1; look at it with `nanobot-cli journal replay FIRST-TURN`, and restore a backup if nobody meant to change it
    ! turn FIRST-TURN: not as it was written: session lines 1; look at it with `nanobot-cli journal replay FIRST-TURN`, and restore a backup if nobody meant to change it
    ! turn FIRST-TURN: not as it was written: text or place of session lines 1; look at it with `nanobot-cli journal replay FIRST-TURN`, and restore a backup if nobody meant to change it
    ! turn FIRST-TURN: not as it was written: delivery 1; look at it with `nanobot-cli journal replay FIRST-TURN`, and restore a backup if nobody meant to change it
    ");
    let checked = home.cli(&["journal", "check", "--json"]).exits(1).json();
    assert_eq!((&checked["ok"], checked["problems"].as_array().unwrap().len()), (&json!(false), 5));
    insta::assert_snapshot!(stdout(&home, &["journal", "show", &turn]), @"
    turn      FIRST-TURN
    session   cli:default
    received  TIME
    outcome   answered, TIME
    tries     1
    message   from operator, 9 chars, owner
    step 1    model: answered, 9 chars (stop)
    line      user in cli:default, 9 chars, owner: in its file
    line      assistant in cli:default, 9 chars, owner: in its file
    delivery  FIRST-TURN/0, message to cli:default, 9 chars: delivered
    ! not as it was written: message
    ! not as it was written: answer of step 1
    ! not as it was written: session lines 1
    ! not as it was written: text or place of session lines 1
    ! not as it was written: delivery 1
    ");
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
    insta::assert_snapshot!(home.redact(&replayed.stdout), @"
    t1 differs: delivery 1
      recorded
        t1/0 to whatsapp:49170@s.whatsapp.net: vermilion []
      derived
        nothing
    ");
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
    insta::assert_snapshot!(redacted(&home, &replayed), @"FIRST-TURN cannot be derived: its words were forgotten, or it was never tried");
    let all = home.cli(&["journal", "replay", "--all"]).exits(0);
    assert_eq!(all.stdout, "0 same, 0 differ, 2 cannot be derived\n");
    insta::assert_snapshot!(stdout(&home, &["journal", "show", &turn, "--text"]), @"
    turn      FIRST-TURN
    session   cli:default
    received  TIME
    outcome   answered, TIME
    tries     1
    words     forgotten
    ");
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
