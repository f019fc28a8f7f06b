//! A home that cannot be written, and a disk that is full: one clear line, the answer still reaches the person
//! where there can be one, and nothing that was there is lost.

use std::time::Duration;

use nanobot_tests::{FakeProvider, Script};

use super::harness::{Home, Room};

const JOURNAL: &str = "journal/journal.db";
/// As the program of that version left it.
const VERSION_1: &[u8] = include_bytes!("../../../crates/nanobot-journal/src/schema/fixtures/journal-v1.db");
const SESSION: &str = "sessions/cli_default.jsonl";
/// Room for a journal and a few turns.
const DISK: usize = 1024 * 1024;
/// How long a request may take to come in. Generous: a busy machine is no failure.
const LIMIT: Duration = Duration::from_secs(30);

/// A message that does not fit into what may be left over inside of files.
fn long() -> String {
    "word ".repeat(8_000) + "end"
}

/// A home in which one message was answered, with room for nothing to go wrong yet.
fn talked() -> (FakeProvider, Home) {
    let provider = FakeProvider::start(Script::Echo).unwrap();
    let home = Home::with_provider(&provider);
    home.write("workspace/notes.txt", "milk");
    home.cli(&["chat", "-m", "before"]).exits(0);
    (provider, home)
}

/// The session file as the room sees it.
fn session(room: &mut Room, home: &Home) -> String {
    room.sh(&format!("cat {}", home.path(SESSION).display())).exits(0).stdout
}

/// Takes every byte that is left.
fn fill(room: &mut Room, home: &Home) {
    let filled = room.sh(&format!("cat /dev/zero > {}", home.path("fill").display())).exits(1);
    assert!(filled.stderr.contains("No space left"), "{filled:?}");
}

/// The words of the session.
fn words(room: &mut Room) -> Vec<String> {
    let shown = room.cli("session show cli:default --json").exits(0).json();
    let messages = shown["messages"].as_array().unwrap().iter();
    messages.map(|message| message["content"].as_str().unwrap().to_owned()).collect()
}

/// The daemon's only complaints are that the session file cannot be written, so many times.
#[track_caller]
fn complains(room: &Room, times: usize) {
    let complaints = room.complaints();
    assert_eq!(complaints.len(), times, "{complaints:#?}");
    for complaint in complaints {
        assert_eq!(
            complaint["message"], "a session file could not be written; its lines wait",
            "{complaint}"
        );
    }
}

#[test]
fn a_read_only_home_is_told_and_can_be_read() {
    let (provider, home) = talked();
    let before = home.files();
    let mut room = Room::read_only(&home);
    let chat = room.cli("chat -m hi").exits(73);
    assert_eq!(chat.stdout, "");
    insta::assert_snapshot!(home.redact(chat.one_line()), @"nanobot-cli: cannot lock home ~/.nanobot: Read-only file system (os error 30)");
    let daemon = room.run_daemon().exits(73);
    insta::assert_snapshot!(home.redact(daemon.one_line()), @"nanobotd: cannot lock home ~/.nanobot: Read-only file system (os error 30)");
    let reset = room.cli("session reset cli:default --yes").exits(73);
    insta::assert_snapshot!(home.redact(reset.one_line()), @"nanobot-cli: cannot lock home ~/.nanobot: Read-only file system (os error 30)");
    let shown = room.cli("session show cli:default").exits(0);
    assert_eq!((shown.stdout.as_str(), shown.stderr.as_str()), ("user: before\nassistant: before\n", ""));
    room.cli("status").exits(0);
    room.cli("config show").exits(0);
    // It was closed, so SQLite finds none of the files beside it, and can make none.
    let listed = room.cli("journal list --json").exits(0).json();
    assert_eq!(listed["turns"].as_array().unwrap().len(), 1, "{listed}");
    let checked = room.cli("journal check --json").exits(0).json();
    assert_eq!(checked["problems"], serde_json::json!([]));
    assert_eq!(home.files(), before);
    assert_eq!(provider.requests().len(), 1, "the model was asked in vain");
}

#[test]
fn no_home_can_be_made_on_a_read_only_disk() {
    let home = Home::empty();
    let mut room = Room::read_only(&home);
    let chat = room.cli("chat -m hi").exits(73);
    insta::assert_snapshot!(home.redact(chat.one_line()), @"nanobot-cli: cannot write ~/.nanobot: Read-only file system (os error 30)");
    let daemon = room.run_daemon().exits(73);
    insta::assert_snapshot!(home.redact(daemon.one_line()), @"nanobotd: cannot lock home ~/.nanobot: Read-only file system (os error 30)");
}

#[test]
fn sessions_that_cannot_be_written_cost_a_line_in_the_log_and_no_answer() {
    let (_provider, home) = talked();
    let before = home.read(SESSION);
    let mut room = Room::read_only_folder(&home, "sessions");
    room.daemon();
    for text in ["one", "two"] {
        let chat = room.cli(&format!("chat -m {text}")).exits(0);
        assert_eq!(chat.stdout, format!("{text}\n"), "{chat:?}");
    }
    assert!(room.daemon_is_alive());
    complains(&room, 2);
    assert_eq!(home.read(SESSION), before);
}

#[test]
fn on_a_full_disk_nothing_is_acknowledged_and_what_was_is_answered_when_there_is_room() {
    let (provider, home) = talked();
    let mut room = Room::small_disk(&home, DISK);
    room.daemon();
    provider.wait(Duration::from_secs(2));
    room.sh(&format!("{} chat -m early >/dev/null 2>&1 &", Room::program())).exits(0);
    assert!(provider.wait_for_requests(2, LIMIT));
    fill(&mut room, &home);
    let refused = room.cli(&format!("chat -m '{}'", long())).exits(1);
    insta::assert_snapshot!(refused.one_line(), @"there is no space left while storing a message of session cli:default");
    assert_eq!(refused.stdout, "");
    assert!(room.daemon_is_alive());
    room.wait_for_complaint("the turn could not be closed");
    // The early one is asked about several times, since the model is slower than its limit.
    let asked = provider.requests();
    let mut bodies = asked.iter().map(|request| String::from_utf8_lossy(&request.body).into_owned());
    assert!(!bodies.any(|body| body.contains("word word")), "a message that is not stored was answered");

    room.sh(&format!("rm {}", home.path("fill").display())).exits(0);
    room.kill_daemon();
    provider.wait(Duration::ZERO);
    room.daemon();
    // The lane has the early one before this one.
    room.cli("chat -m after").exits(0);
    assert_eq!(words(&mut room), ["before", "before", "early", "early", "after", "after"]);
    let inspected = room.cli(&format!("session inspect {}", home.path(SESSION).display())).exits(0);
    assert_eq!(inspected.json()["problems"], serde_json::json!([]));
}

#[test]
fn on_a_full_disk_a_chat_without_a_daemon_takes_no_message() {
    let (provider, home) = talked();
    let mut room = Room::small_disk(&home, DISK);
    let before = session(&mut room, &home);
    fill(&mut room, &home);
    let chat = room.cli(&format!("chat -m '{}'", long())).exits(73);
    insta::assert_snapshot!(home.redact(chat.one_line()), @"nanobot-cli: there is no space left while reading the journal ~/.nanobot/journal/journal.db: error returned from database: (code: 4874) disk I/O error");
    assert_eq!((chat.stdout.as_str(), provider.requests().len()), ("", 1));
    let reset = room.cli("session reset cli:default --yes").exits(73);
    insta::assert_snapshot!(home.redact(reset.one_line()), @"nanobot-cli: there is no space left while reading the journal ~/.nanobot/journal/journal.db: error returned from database: (code: 4874) disk I/O error");
    assert_eq!(session(&mut room, &home), before, "forgotten without a row in the audit log");
    room.sh(&format!("rm {}", home.path("fill").display())).exits(0);
    room.cli("chat -m after").exits(0);
    assert_eq!(words(&mut room), ["before", "before", "after", "after"]);
}

#[test]
fn a_journal_of_version_1_waits_for_room_for_its_backup() {
    let (provider, home) = talked();
    std::fs::write(home.path(JOURNAL), VERSION_1).unwrap();
    let mut room = Room::small_disk(&home, DISK);
    fill(&mut room, &home);
    // Room for what SQLite puts beside the journal while it is open, and not for a copy.
    room.sh(&format!("truncate -s -48K {}", home.path("fill").display())).exits(0);
    let chat = room.cli("chat -m hi").exits(73);
    insta::assert_snapshot!(home.redact(chat.one_line()), @"nanobot-cli: there is no space left for a copy of the journal ~/.nanobot/journal/journal.db, which is kept when it is brought to a new version; make room for 81920 bytes, then start again");
    assert_eq!(provider.requests().len(), 1, "a message that is not stored was answered");
    let version =
        |room: &mut Room| room.cli("journal check --json").exits(0).json()["schema_version"].clone();
    assert_eq!(version(&mut room), 1);
    room.sh(&format!("rm {}", home.path("fill").display())).exits(0);
    room.cli("chat -m after").exits(0);
    assert_eq!(version(&mut room), 3);
    let backups = room.sh(&format!("ls {}/*.v1-*.bak", home.path("journal").display())).exits(0);
    assert_eq!(backups.stdout.lines().count(), 1, "{backups:?}");
}

#[test]
fn no_home_can_be_made_on_a_full_disk() {
    let home = Home::empty();
    home.write("fill", "");
    let mut room = Room::small_disk(&home, 64 * 1024);
    fill(&mut room, &home);
    let chat = room.cli("chat -m hi").exits(73);
    insta::assert_snapshot!(home.redact(chat.one_line()), @"nanobot-cli: cannot write ~/.nanobot/workspace/AGENTS.md: No space left on device (os error 28)");
}
