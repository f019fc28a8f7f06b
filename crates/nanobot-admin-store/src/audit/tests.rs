//! Tests of the audit log.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use nanobot_core::testing::contract::audit_log_contract;
use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn act(actor: &str, target: &str) -> AdminAct {
    AdminAct {
        actor: actor.to_owned(),
        via: "socket",
        action: "session.reset",
        target: target.to_owned(),
        result: "done",
    }
}

fn at(text: &str) -> WallTime {
    WallTime::utc(text.parse().unwrap())
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn it_keeps_the_contract() {
    let home = tempfile::tempdir().unwrap();
    let make = async || AdminLog::new(home.path().join("admin.jsonl"));
    audit_log_contract(make, async |log| {
        let text = fs::read_to_string(&log.log.path).unwrap_or_default();
        text.lines().map(read_back).collect()
    })
    .await;
}

fn read_back(line: &str) -> AdminAct {
    let row: Value = serde_json::from_str(line).unwrap();
    let word = |key: &str, known: &[&'static str]| {
        *known.iter().find(|word| row[key] == **word).expect("a word that the contract uses")
    };
    AdminAct {
        actor: row["actor"].as_str().unwrap().to_owned(),
        via: word("via", &["cli"]),
        action: word("action", &["session.reset"]),
        target: row["target"].as_str().unwrap().to_owned(),
        result: word("result", &["done", "refused"]),
    }
}

#[tokio::test]
async fn a_row_says_who_did_what_and_when_in_utc() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("audit").join("admin.jsonl");
    let log = AdminLog::new(&path);
    let mut when = at("2026-02-22T12:00:00.25Z");
    when.offset = jiff::tz::offset(1);
    log.record(&act("local:uid=1000", "cli:default"), &when).await.unwrap();
    log.record(&act("local:uid=1000", "cli:ü\n"), &when).await.unwrap();
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        concat!(
            r#"{"v":1,"at":"2026-02-22T12:00:00.25Z","actor":"local:uid=1000","via":"socket","action":"session.reset","target":"cli:default","result":"done"}"#,
            "\n",
            r#"{"v":1,"at":"2026-02-22T12:00:00.25Z","actor":"local:uid=1000","via":"socket","action":"session.reset","target":"cli:ü\n","result":"done"}"#,
            "\n",
        )
    );
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn a_torn_row_stays_by_itself() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("admin.jsonl");
    fs::write(&path, "{\"v\":1,\"at\":\"2026").unwrap();
    AdminLog::new(&path).record(&act("a", "b"), &at("2026-02-22T12:00:00Z")).await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0], "{\"v\":1,\"at\":\"2026");
    assert!(serde_json::from_str::<Value>(lines[1]).is_ok() && text.ends_with('\n'));
}

#[tokio::test]
async fn a_full_log_is_put_aside_and_nothing_is_lost() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("admin.jsonl");
    let log = AdminLog::with_limits(&path, 200, MAX_LOOKS);
    for n in 0..7 {
        log.record(&act("a", &n.to_string()), &at("2026-02-22T12:00:00Z")).await.unwrap();
    }
    let found = names(home.path());
    assert_eq!(
        found,
        [
            "admin-20260222T120000Z-2.jsonl",
            "admin-20260222T120000Z-3.jsonl",
            "admin-20260222T120000Z.jsonl",
            "admin.jsonl"
        ]
    );
    let rows: usize =
        found.iter().map(|name| fs::read_to_string(home.path().join(name)).unwrap().lines().count()).sum();
    assert_eq!(rows, 7);
}

#[tokio::test]
async fn an_act_that_needs_too_long_a_row_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("admin.jsonl");
    let long = "x".repeat(MAX_ROW_BYTES);
    let error = AdminLog::new(&path).record(&act("a", &long), &at("2026-02-22T12:00:00Z")).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Limit);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_row_that_cannot_be_written_is_an_error() {
    let home = tempfile::tempdir().unwrap();
    // A folder stands where the file should be.
    let error = AdminLog::new(home.path()).record(&act("a", "b"), &at("2026-02-22T12:00:00Z")).await;
    assert!(error.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_many_tasks_and_two_logs_never_mix() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("admin.jsonl");
    let logs = [AdminLog::new(&path), AdminLog::new(&path)];
    let tasks: Vec<_> = (0..40)
        .map(|n| {
            let log = logs[n % 2].clone();
            tokio::spawn(async move {
                log.record(&act("a", &n.to_string()), &at("2026-02-22T12:00:00Z")).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let text = fs::read_to_string(&path).unwrap();
    let mut targets: Vec<usize> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["target"].as_str().unwrap().parse().unwrap())
        .collect();
    targets.sort_unstable();
    assert_eq!(targets, (0..40).collect::<Vec<_>>());
}

#[test]
fn a_row_that_cannot_be_written_whole_is_taken_back() {
    let home = tempfile::tempdir().unwrap();
    let log = AdminLog::new(home.path().join("admin.jsonl")).log;
    log.write("one\n", Timestamp::UNIX_EPOCH).unwrap();
    let failed = add(&mut log.open_locked().unwrap(), "two\n", |file, text| {
        file.write_all(&text[..2])?;
        Err(io::ErrorKind::StorageFull.into())
    });
    assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
    log.write("three\n", Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(fs::read_to_string(&log.path).unwrap(), "one\nthree\n");
}

#[test]
fn while_a_row_is_written_and_taken_back_nobody_else_writes() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("admin.jsonl");
    let (log, other) = (AdminLog::new(&path).log, AdminLog::new(&path).log);
    let failed = add(&mut log.open_locked().unwrap(), "taken back\n", |file, text| {
        file.write_all(&text[..5])?;
        assert!(is_busy(&other.write("other\n", Timestamp::UNIX_EPOCH).unwrap_err()), "the log is locked");
        Err(io::ErrorKind::StorageFull.into())
    });
    assert!(failed.is_err());
    other.write("other\n", Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "other\n");
}

#[tokio::test]
async fn a_row_that_waited_too_long_for_another_writer_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("admin.jsonl");
    let held = AdminLog::new(&path).log.open_locked().unwrap();
    let log = AdminLog::with_limits(&path, MAX_LOG_BYTES, 3);
    let error = log.record(&act("a", "b"), &at("2026-02-22T12:00:00Z")).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Busy);
    assert_eq!(held.metadata().unwrap().len(), 0);
    drop(held);
    log.record(&act("a", "b"), &at("2026-02-22T12:00:00Z")).await.unwrap();
}

#[tokio::test]
async fn a_row_waits_for_another_writer_and_follows_a_log_that_was_put_aside() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("admin.jsonl");
    let log = AdminLog::new(&path);
    let held = log.log.open_locked().unwrap();
    let other = AdminLog::new(&path);
    let writer = tokio::spawn(async move { other.record(&act("a", "b"), &at("2026-02-22T12:00:00Z")).await });
    tokio::task::yield_now().await;
    log.log.put_aside(Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(held.metadata().unwrap().len(), 0, "nobody writes behind the lock");
    drop(held);
    writer.await.unwrap().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 1);
    assert_eq!(fs::read_to_string(home.path().join("admin-19700101T000000Z.jsonl")).unwrap(), "");
}

proptest! {
    #[test]
    fn any_text_makes_one_row_that_reads_back(actor in any::<String>(), target in any::<String>()) {
        let text = row(&act(&actor, &target), Timestamp::UNIX_EPOCH).unwrap();
        prop_assert_eq!(text.matches('\n').count(), 1);
        let read: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(read["actor"].as_str(), Some(actor.as_str()));
        prop_assert_eq!(read["target"].as_str(), Some(target.as_str()));
    }
}
