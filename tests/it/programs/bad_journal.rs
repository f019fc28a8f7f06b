//! A journal that cannot be used: of a later nanobot, on a folder that cannot be written, or with a page that was
//! overwritten. The daemon refuses in one line, or goes on and acknowledges nothing that it cannot keep; what is there
//! is not touched.

use std::fs;
use std::time::Duration;

use nanobot_tests::{FakeProvider, Script};
use serde_json::Value;

use super::harness::{Home, Room};

const JOURNAL: &str = "journal/journal.db";
/// Bytes of a page of the journal.
const PAGE: usize = 4096;
/// Where a page may be overwritten without the file being something else altogether.
const HEADER: usize = 100;
/// Exit codes of a journal that cannot be read, and of one that cannot be opened.
const REFUSALS: [i32; 2] = [65, 73];

/// A home with an answered message, and one that was acknowledged and is not answered yet.
fn with_an_open_turn() -> (FakeProvider, Home) {
    let provider = FakeProvider::start(Script::Echo).unwrap();
    let home = Home::with_provider(&provider);
    home.write("config.toml", "[daemon]\ndrain_seconds = 0\n");
    home.cli(&["chat", "-m", "before"]).exits(0);
    provider.wait(Duration::from_secs(20));
    let daemon = home.daemon();
    home.talk().send("open");
    assert!(provider.wait_for_requests(2, Duration::from_secs(20)));
    // It ends in order, so that everything stands in the one file.
    daemon.stop();
    provider.wait(Duration::ZERO);
    (provider, home)
}

/// The open turn is taken up and answered.
#[track_caller]
fn answers_what_is_open(home: &Home) {
    let daemon = home.daemon();
    let mut talk = home.talk();
    assert_eq!(talk.late_answer(), "open");
    assert_eq!(talk.ask("after").delivered, ["after"]);
    daemon.stop();
    let words: Vec<String> = home.conversation("cli:default").into_iter().map(|(_, words)| words).collect();
    assert_eq!(words, ["before", "before", "open", "open", "after", "after"]);
}

#[test]
fn a_journal_of_a_later_nanobot_is_refused_and_left_alone() {
    let (_provider, home) = with_an_open_turn();
    let path = home.path(JOURNAL);
    let good = fs::read(&path).unwrap();
    // The schema version stands at byte 60 of the header (sqlite.org/fileformat.html).
    let mut later = good.clone();
    later[60..64].copy_from_slice(&99_u32.to_be_bytes());
    fs::write(&path, &later).unwrap();
    let refused = home.daemon_that_ends().exits(65);
    insta::assert_snapshot!(home.redact(refused.one_line()), @"nanobotd: the journal ~/.nanobot/journal/journal.db has schema version 99, this program knows 3; use the newer nanobot, or move the file away");
    let refused = home.cli(&["chat", "-m", "hi"]).exits(65);
    insta::assert_snapshot!(home.redact(refused.one_line()), @"nanobot-cli: the journal ~/.nanobot/journal/journal.db has schema version 99, this program knows 3; use the newer nanobot, or move the file away");
    assert!(fs::read(&path).unwrap() == later, "the file was changed");
    fs::write(&path, &good).unwrap();
    answers_what_is_open(&home);
}

#[test]
fn a_journal_in_a_folder_that_cannot_be_written_is_refused() {
    let (_provider, home) = with_an_open_turn();
    let before = home.files();
    let mut room = Room::read_only_folder(&home, "journal");
    let refused = room.run_daemon().exits(73);
    insta::assert_snapshot!(home.redact(refused.one_line()), @"nanobotd: opening the journal ~/.nanobot/journal/journal.db: Read-only file system (os error 30)");
    let journal = |files: Vec<(std::path::PathBuf, Vec<u8>)>| {
        files.into_iter().filter(|(path, _)| path.starts_with(home.path("journal"))).collect::<Vec<_>>()
    };
    assert!(journal(home.files()) == journal(before), "the journal was changed");
    drop(room);
    answers_what_is_open(&home);
}

#[test]
fn with_any_page_overwritten_the_daemon_refuses_or_acknowledges_only_what_it_has_stored() {
    let (provider, home) = with_an_open_turn();
    provider.wait(Duration::from_secs(20));
    let path = home.path(JOURNAL);
    let good = fs::read(&path).unwrap();
    let pages = good.len() / PAGE;
    assert!(pages > 10, "{pages} pages");
    let (mut refused_to_start, mut refused_to_store) = (0, 0);
    for page in 0..pages {
        let mut bad = good.clone();
        let start = page * PAGE + if page == 0 { HEADER } else { 0 };
        bad[start..(page + 1) * PAGE].fill(0xa5);
        fs::write(&path, &bad).unwrap();
        let daemon = home.daemon_or_end();
        match daemon {
            Err(ended) => {
                assert!(REFUSALS.contains(&ended.code), "page {page}: {ended:?}");
                assert!(ended.one_line().contains("malformed"), "page {page}: {ended:?}");
                assert!(fs::read(&path).unwrap() == bad, "page {page}: the file was changed");
                refused_to_start += 1;
            }
            Ok(daemon) => {
                let answer = home.talk().offer("after");
                match answer["t"].as_str() {
                    Some("ack") => {}
                    Some("refused") => {
                        assert_eq!(answer["code"], "store_failed", "page {page}: {answer}");
                        refused_to_store += 1;
                    }
                    _ => panic!("page {page}: {answer}"),
                }
                for line in daemon.stop() {
                    let line: Value = serde_json::from_str(&line).unwrap();
                    assert!(!line.to_string().contains("panicked"), "page {page}: {line}");
                }
            }
        }
        for file in ["journal/journal.db-wal", "journal/journal.db-shm"] {
            let _ = fs::remove_file(home.path(file));
        }
    }
    assert!(refused_to_start > 0 && refused_to_store > 0, "{refused_to_start} and {refused_to_store}");
    fs::write(&path, &good).unwrap();
    provider.wait(Duration::ZERO);
    answers_what_is_open(&home);
}
