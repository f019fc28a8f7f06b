//! Tests of the session store as a whole, over real files in temporary homes.

use std::fs::{self, File, FileTimes};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::task::Poll;
use std::time::{Duration, SystemTime};

use nanobot_core::intent::{SessionLine, SessionRole};
use nanobot_core::ports::{HistoryRole, StoreErrorKind};
use nanobot_core::testing::contract::session_store_contract;
use nanobot_core::{Label, Labels};
use proptest::prelude::*;
use serde_json::json;

use super::*;

mod crashes;
mod folders;
mod ownership;
mod placing;
mod special_files;

const META: &str = "{\"_type\": \"metadata\", \"created_at\": \"2025-11-02T10:00:00\", \"updated_at\": \"2025-11-02T11:00:00\", \"metadata\": {\"k\": \"v\"}}\n";
const HELLO: &str = "{\"role\": \"user\", \"content\": \"hello\", \"timestamp\": \"2025-11-02T10:01:00\"}\n";

struct Home {
    folder: tempfile::TempDir,
    sessions: JsonlSessions,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sessions = JsonlSessions::new(folder.path());
        Self { folder, sessions }
    }

    /// The next process over the same home.
    fn restart(&mut self) {
        self.sessions = JsonlSessions::new(self.folder.path());
    }

    fn main(&self, name: &str) -> PathBuf {
        self.folder.path().join("sessions").join(name)
    }

    fn former(&self, name: &str) -> PathBuf {
        self.folder.path().join("data").join("sessions").join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.main(name)).unwrap()
    }

    async fn say(&self, session: &str, text: &str) {
        self.sessions.append(&said(session, &[text]), now()).await.unwrap();
    }

    async fn words(&self, session: &str) -> Vec<String> {
        let history = self.sessions.history(&key(session), 50).await.unwrap();
        history.into_iter().map(|message| message.content).collect()
    }
}

/// Writes a file whose age is so many seconds.
fn put(path: &Path, content: impl AsRef<[u8]>, age: u64) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
    let base = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let times = FileTimes::new().set_modified(base - Duration::from_secs(age));
    File::options().write(true).open(path).unwrap().set_times(times).unwrap();
}

fn key(text: &str) -> SessionKey {
    SessionKey::new(text).unwrap()
}

fn now() -> civil::DateTime {
    civil::date(2026, 2, 22).at(12, 0, 10, 0)
}

fn said(session: &str, texts: &[&str]) -> SessionAppend {
    let line = |text: &&str| SessionLine {
        role: SessionRole::User,
        content: (*text).to_owned(),
        at: now(),
        labels: Label::Owner.into(),
    };
    SessionAppend { session: key(session), lines: texts.iter().map(line).collect() }
}

#[tokio::test]
async fn it_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let homes = std::cell::Cell::new(0);
    session_store_contract(async || {
        homes.set(homes.get() + 1);
        JsonlSessions::new(folder.path().join(homes.get().to_string()))
    })
    .await;
}

#[tokio::test]
async fn a_new_session_is_written_as_the_original_writes_it() {
    let home = Home::new();
    home.say("whatsapp:1@g.us", "Grüße 🎉").await;
    assert_eq!(
        home.read("whatsapp_1@g.us.jsonl"),
        "{\"_type\": \"metadata\", \"created_at\": \"2026-02-22T12:00:10\", \"updated_at\": \"2026-02-22T12:00:10\", \"metadata\": {\"nanobot_key\": \"whatsapp:1@g.us\"}}\n\
         {\"role\": \"user\", \"content\": \"Gr\\u00fc\\u00dfe \\ud83c\\udf89\", \"timestamp\": \"2026-02-22T12:00:10\", \"nanobot_label\": \"owner\"}\n"
    );
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home.main("whatsapp_1@g.us.jsonl")), 0o600);
    assert_eq!(mode(&home.main("")), 0o700);
    assert!(home.former("").is_dir(), "the original's migration must find its target in place");
}

#[tokio::test]
async fn history_says_who_spoke_and_where_the_words_came_from() {
    let home = Home::new();
    put(&home.main("cli_default.jsonl"), format!("{META}{HELLO}"), 0);
    home.say("cli:default", "hi").await;
    let history = home.sessions.history(&key("cli:default"), 50).await.unwrap();
    let message = |content: &str, labels: Option<Labels>| HistoryMessage {
        role: HistoryRole::User,
        content: content.to_owned(),
        labels,
    };
    assert_eq!(history, [message("hello", None), message("hi", Some(Label::Owner.into()))]);
    assert_eq!(home.sessions.history(&key("cli:default"), 1).await.unwrap().len(), 1);
    assert_eq!(home.sessions.history(&key("cli:other"), 50).await.unwrap(), []);
    assert_eq!(fs::read_dir(home.main("")).unwrap().count(), 1, "reading creates nothing");
}

#[tokio::test]
async fn an_append_changes_no_byte_behind_the_first_line() {
    let home = Home::new();
    let before = format!("<<<garbage\n{HELLO}{{\"role\": \"user\", \"content\": \"trunc");
    put(&home.main("a_b.jsonl"), format!("{META}{before}"), 0);
    home.say("a:b", "whole").await;
    let after = home.read("a_b.jsonl");
    let (_, rest) = after.split_once('\n').unwrap();
    assert_eq!(rest.strip_prefix(&before).map(|rest| rest.starts_with("\n{\"role\": \"user\"")), Some(true));
    assert_eq!(home.words("a:b").await, ["hello", "whole"]);
    assert_eq!(inspect(after.as_bytes()).problems.len(), 2);
}

#[tokio::test]
async fn a_refresh_changes_the_first_line_only_and_records_whose_the_file_is() {
    let home = Home::new();
    put(&home.main("a_b.jsonl"), format!("{META}{HELLO}\r\n{{torn"), 0);
    home.say("a:b", "x").await;
    let before = home.read("a_b.jsonl");
    home.sessions.refresh().await.unwrap();
    let after = home.read("a_b.jsonl");
    let (first, rest) = after.split_once('\n').unwrap();
    assert_eq!(rest, before.split_once('\n').unwrap().1);
    assert_eq!(
        first,
        "{\"_type\": \"metadata\", \"created_at\": \"2025-11-02T10:00:00\", \"updated_at\": \"2026-02-22T12:00:10\", \"metadata\": {\"k\": \"v\", \"nanobot_key\": \"a:b\"}}"
    );
    home.sessions.refresh().await.unwrap();
    assert_eq!(home.read("a_b.jsonl"), after);
    assert_eq!(fs::read_dir(home.main("")).unwrap().count(), 1, "no temporary file stays behind");
}

#[tokio::test]
async fn the_first_refresh_of_a_process_repairs_what_a_crash_left_behind() {
    let mut home = Home::new();
    put(&home.main("a_b.jsonl"), format!("{META}{HELLO}"), 0);
    put(&home.main("old.jsonl"), format!("{META}{HELLO}"), 0);
    put(&home.main(".nanobot-abc.tmp"), "half a file", 0);
    home.say("a:b", "x").await;
    home.restart();
    home.sessions.refresh().await.unwrap();
    assert!(home.read("a_b.jsonl").contains(
        "\"updated_at\": \"2026-02-22T12:00:10\", \"metadata\": {\"k\": \"v\", \"nanobot_key\": \"a:b\"}"
    ));
    assert_eq!(home.read("old.jsonl"), format!("{META}{HELLO}"), "what we never wrote to is left alone");
    assert!(!home.main(".nanobot-abc.tmp").exists());
}

#[tokio::test]
async fn two_keys_with_one_name_get_two_files() {
    let mut home = Home::new();
    home.say("a:b", "first").await;
    home.say("a_b", "second").await;
    home.say("a_b-648fa9b3", "taken on purpose").await;
    for _ in 0..2 {
        assert_eq!(home.words("a:b").await, ["first"]);
        assert_eq!(home.words("a_b").await, ["second"]);
        assert_eq!(home.words("a_b-648fa9b3").await, ["taken on purpose"]);
        home.restart();
    }
    assert!(home.read("a_b-648fa9b3.jsonl").contains("second"));
}

#[tokio::test]
async fn a_name_that_somebody_took_on_purpose_is_not_shared() {
    let home = Home::new();
    home.say("a_b-648fa9b3", "taken on purpose").await;
    home.say("a:b", "first").await;
    home.say("a_b", "second").await;
    assert_eq!(home.words("a_b").await, ["second"]);
    assert_eq!(home.words("a_b-648fa9b3").await, ["taken on purpose"]);
    assert_eq!(fs::read_dir(home.main("")).unwrap().count(), 3);
}

#[tokio::test]
async fn a_file_of_the_original_belongs_to_the_first_key_that_speaks() {
    let mut home = Home::new();
    put(&home.main("a_b_c.jsonl"), format!("{META}{HELLO}"), 0);
    home.say("a:b_c", "mine").await;
    home.say("a:b:c", "other").await;
    home.sessions.refresh().await.unwrap();
    home.restart();
    assert_eq!(home.words("a:b:c").await, ["other"]);
    assert_eq!(home.words("a:b_c").await, ["hello", "mine"]);
}

#[tokio::test]
async fn the_newer_of_two_places_counts_and_is_brought_over_by_the_first_append() {
    let home = Home::new();
    put(&home.main("a_b.jsonl"), format!("{META}{HELLO}"), 100);
    let newer = format!("{META}{HELLO}\u{1}{HELLO}");
    put(&home.former("a_b.jsonl"), &newer, 50);
    assert_eq!(home.words("a:b").await, ["hello"], "the second hello is torn");
    assert_eq!(home.read("a_b.jsonl"), format!("{META}{HELLO}"), "reading moves nothing");
    home.say("a:b", "x").await;
    let (first, rest) = newer.split_once('\n').unwrap();
    let first = first.replace("\"k\": \"v\"", "\"k\": \"v\", \"nanobot_key\": \"a:b\"");
    assert!(home.read("a_b.jsonl").starts_with(&format!("{first}\n{rest}")));
    assert_eq!(fs::read_to_string(home.former("a_b.jsonl")).unwrap(), newer);
    assert_eq!(home.read("a_b.jsonl.older"), format!("{META}{HELLO}"));
    home.say("a:b", "y").await;
    assert_eq!(home.words("a:b").await, ["hello", "x", "y"]);
}

#[tokio::test]
async fn an_older_file_of_the_migration_is_not_read() {
    let home = Home::new();
    put(&home.main("a_b.jsonl"), format!("{META}{HELLO}"), 10);
    put(&home.former("a_b.jsonl"), META, 50);
    assert_eq!(home.words("a:b").await, ["hello"]);
    let listed = home.sessions.list().await.unwrap();
    assert_eq!((listed.len(), listed[0].messages), (1, 1));
}

#[tokio::test]
async fn a_reset_leaves_the_first_line_in_both_places() {
    let home = Home::new();
    put(&home.former("a_b.jsonl"), format!("{META}{HELLO}torn\n{HELLO}"), 10);
    home.say("a:b", "x").await;
    assert_eq!(home.sessions.reset(&key("a:b"), now()).await.unwrap(), 3);
    let left = "{\"_type\": \"metadata\", \"created_at\": \"2025-11-02T10:00:00\", \"updated_at\": \"2026-02-22T12:00:10\", \"metadata\": {\"k\": \"v\", \"nanobot_key\": \"a:b\"}}\n";
    assert_eq!(home.read("a_b.jsonl"), left);
    assert_eq!(fs::read_to_string(home.former("a_b.jsonl")).unwrap(), left);
    assert_eq!(home.words("a:b").await, [""; 0]);
    home.say("a:b", "again").await;
    assert_eq!(home.words("a:b").await, ["again"]);
    let unknown = home.sessions.reset(&key("a:c"), now()).await.unwrap_err();
    assert_eq!(unknown.kind, StoreErrorKind::NotFound);
    assert_eq!(unknown.to_string(), "nothing was found while resetting session a:c");
}

#[tokio::test]
async fn the_list_is_newest_first_and_undated_files_come_last() {
    let home = Home::new();
    put(&home.main("feishu_oc_1.jsonl"), format!("{META}{HELLO}"), 0);
    put(&home.main("no_meta.jsonl"), HELLO, 0);
    put(&home.former("undated.jsonl"), "{\"_type\": \"metadata\", \"metadata\": {}}\n", 0);
    put(&home.main("notes.txt"), "no session", 0);
    put(&home.main(".jsonl"), "no key", 0);
    put(&home.main("cli_x.jsonl"), format!("{META}{HELLO}"), 0);
    home.say("cli:x", "just now").await;
    let listed: Vec<(String, Option<String>, usize)> = home
        .sessions
        .list()
        .await
        .unwrap()
        .into_iter()
        .map(|summary| (summary.session.to_string(), summary.updated_at, summary.messages))
        .collect();
    let row = |key: &str, at: Option<&str>, n| (key.to_owned(), at.map(str::to_owned), n);
    assert_eq!(
        listed,
        [
            row("cli:x", Some("2026-02-22T12:00:10"), 2),
            row("feishu:oc:1", Some("2025-11-02T11:00:00"), 1),
            row("no:meta", None, 1),
            row("undated", None, 0),
        ]
    );
}

#[tokio::test]
async fn an_empty_file_becomes_a_whole_session() {
    let home = Home::new();
    put(&home.main("a_b.jsonl"), "", 0);
    assert_eq!(home.words("a:b").await, [""; 0]);
    home.say("a:b", "x").await;
    assert!(
        home.read("a_b.jsonl")
            .starts_with("{\"_type\": \"metadata\", \"created_at\": \"2026-02-22T12:00:10\"")
    );
    assert_eq!(home.words("a:b").await, ["x"]);
}

#[tokio::test]
async fn a_file_that_was_taken_away_is_begun_anew() {
    let home = Home::new();
    home.say("a:b", "x").await;
    fs::remove_file(home.main("a_b.jsonl")).unwrap();
    assert_eq!(home.words("a:b").await, [""; 0]);
    home.say("a:b", "y").await;
    home.sessions.refresh().await.unwrap();
    assert_eq!(home.words("a:b").await, ["y"]);
}

#[tokio::test]
async fn a_key_too_long_for_a_file_name_still_has_a_session() {
    let home = Home::new();
    let long = format!("matrix:{}", "ü".repeat(400));
    home.say(&long, "x").await;
    assert_eq!(home.words(&long).await, ["x"]);
}

#[tokio::test]
async fn a_line_or_file_beyond_its_limit_is_refused_and_nothing_is_written() {
    let home = Home::new();
    let long = "x".repeat(MAX_LINE_BYTES);
    let error = home.sessions.append(&said("a:b", &["short", &long]), now()).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Limit);
    assert!(!home.main("a_b.jsonl").exists());
    put(&home.main("a_b.jsonl"), format!("{META}{HELLO}"), 0);
    let file = File::options().write(true).open(home.main("a_b.jsonl")).unwrap();
    file.set_len(MAX_SESSION_BYTES).unwrap();
    let error = home.sessions.append(&said("a:b", &["x"]), now()).await.unwrap_err();
    assert_eq!(error.to_string(), "a limit is reached while appending to session a:b");
}

#[tokio::test]
async fn an_error_names_the_session() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("home"), "a file, not a folder").unwrap();
    let sessions = JsonlSessions::new(folder.path().join("home"));
    let append = said("a:b", &["secret words"]);
    let error = sessions.append(&append, now()).await.unwrap_err();
    assert!(error.to_string().ends_with("while looking for the end of session a:b"), "{error}");
    let write = SessionEnd::UNKNOWN.write(append, "secret words\n".to_owned());
    let error = sessions.place(&write, now()).await.unwrap_err();
    assert!(error.to_string().ends_with("while appending to session a:b"), "{error}");
    fs::remove_file(folder.path().join("home")).unwrap();
    let error = JsonlSessions::new("/dev/null").sync(&key("a:b")).await.unwrap_err();
    assert!(error.to_string().ends_with("while bringing session a:b to the disk"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_of_many_tasks_never_mix() {
    let home = Home::new();
    let keys = ["a:b", "a_b", "c:d"];
    let tasks: Vec<_> = (0..60)
        .map(|n| {
            let sessions = home.sessions.clone();
            let append = said(keys[n % keys.len()], &[&format!("{n}.1"), &format!("{n}.2")]);
            tokio::spawn(async move {
                if n % 7 == 0 {
                    sessions.refresh().await.unwrap();
                }
                sessions.append(&append, now()).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    home.sessions.refresh().await.unwrap();
    for (index, key) in keys.iter().enumerate() {
        let words = home.words(key).await;
        assert_eq!(words.len(), 40);
        for pair in words.chunks(2) {
            let number: usize = pair[0].strip_suffix(".1").unwrap().parse().unwrap();
            assert_eq!(number % keys.len(), index);
            assert_eq!(pair[1], format!("{number}.2"));
        }
    }
}

#[tokio::test]
async fn a_reader_too_many_waits_for_another_one() {
    let home = Home::new();
    home.say("a:b", "x").await;
    let others = home.sessions.readers.acquire_many(u32::try_from(MAX_READERS).unwrap()).await.unwrap();
    let mut reading = std::pin::pin!(home.words("a:b"));
    for _ in 0..10 {
        tokio::task::yield_now().await;
        let polled = std::future::poll_fn(|context| Poll::Ready(reading.as_mut().poll(context))).await;
        assert_eq!(polled, Poll::Pending);
    }
    assert!(home.sessions.contains(&key("a:b")).await.unwrap(), "only histories wait");
    drop(others);
    assert_eq!(reading.await, ["x"]);
    assert_eq!(home.sessions.readers.available_permits(), MAX_READERS);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_is_appended_reads_back(
        texts in prop::collection::vec("[\\x00-\\x7fü\u{2028}\u{2029}\u{85}\u{feff}🎉👩‍👩]{0,30}|\\PC{0,30}", 1..6),
        torn in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let home = Home::new();
            put(&home.main("a_b.jsonl"), &torn, 0);
            let before = home.words("a:b").await;
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            for text in &texts {
                home.say("a:b", text).await;
            }
            let expected: Vec<&str> = before.iter().map(String::as_str).chain(texts.iter().copied()).collect();
            assert_eq!(home.words("a:b").await, expected);
            home.sessions.refresh().await.unwrap();
            assert_eq!(home.words("a:b").await, expected);
            let bytes = fs::read(home.main("a_b.jsonl")).unwrap();
            let shown: Vec<_> = inspect(&bytes).history.into_iter().map(|entry| entry.content).collect();
            assert_eq!(json!(shown), json!(expected));
        });
    }

    #[test]
    fn interleaved_appends_to_several_keys_never_mix(
        steps in prop::collection::vec((0..5_usize, 0..4_u8, "\\PC{0,8}"), 1..25),
    ) {
        let keys = ["a:b", "a_b", "a:b_c", "a:b:c", "heartbeat"];
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut home = Home::new();
            let mut expected = vec![Vec::new(); keys.len()];
            for (which, then, text) in &steps {
                home.say(keys[*which], text).await;
                expected[*which].push(text.clone());
                match then {
                    0 => home.sessions.refresh().await.unwrap(),
                    1 => home.restart(),
                    2 => {
                        let forgotten = home.sessions.reset(&key(keys[*which]), now()).await.unwrap();
                        assert_eq!(forgotten, std::mem::take(&mut expected[*which]).len());
                    }
                    _ => {}
                }
            }
            for (key, expected) in keys.iter().zip(&expected) {
                assert_eq!(&home.words(key).await, expected);
            }
        });
    }
}
