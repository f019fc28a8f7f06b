//! Lines that are placed: where they stand, what becomes of files of the original, and when the disk and the first
//! line get to know of them.

use std::os::unix::fs::MetadataExt;

use nanobot_core::ports::Found;

use super::*;
use crate::LineError;

/// Files that the original wrote, and some that it can hardly read.
const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/compat/sessions/files");

impl Home {
    /// Lines as they would be placed now.
    async fn next(&self, append: SessionAppend) -> SessionWrite {
        let text = self.sessions.render(&append).unwrap();
        self.sessions.end(&append.session).await.unwrap().write(append, text)
    }

    async fn place(&self, write: &SessionWrite) -> Placed {
        self.sessions.place(write, now()).await.unwrap()
    }

    async fn end(&self) -> SessionEnd {
        self.sessions.end(&key("a:b")).await.unwrap()
    }
}

/// The part of a file that ends where it ends, and is as long as it is said to be.
fn body(file: &[u8], end: SessionEnd) -> &[u8] {
    &file[file.len() - usize::try_from(end.offset).unwrap()..]
}

#[tokio::test]
async fn files_of_the_original_are_taken_over_and_the_end_is_where_lines_go() {
    let mut files = 0;
    for entry in fs::read_dir(FIXTURES).expect("the fixtures lie beside the workspace's tests") {
        let content = fs::read(entry.unwrap().path()).unwrap();
        for in_main in [true, false] {
            let home = Home::new();
            let path = if in_main { home.main("a_b.jsonl") } else { home.former("a_b.jsonl") };
            put(&path, &content, 0);
            let write = home.next(said("a:b", &["one", "two"])).await;
            let before = home.end().await;
            assert_eq!(fs::read(&path).unwrap(), content, "asking changes nothing");

            let dropped = &content[..content.len() - body(&content, before).len()];
            let SessionFile { messages, problems, .. } = inspect(dropped);
            let is_metadata = problems.iter().all(|problem| problem.error == LineError::BadCreatedAt);
            assert!(messages == 0 && is_metadata, "only a first line is written anew: {problems:?}");
            let placed = Placed { end: write.end(), found: Found::Nothing };
            assert_eq!(home.place(&write).await, placed);
            let after = fs::read(home.main("a_b.jsonl")).unwrap();
            assert_eq!(home.end().await, SessionEnd { offset: write.end(), torn: false });
            assert_eq!(
                body(&after, home.end().await),
                [body(&content, before), write.text.as_bytes()].concat()
            );
            assert_eq!(home.place(&write).await, Placed { found: Found::All, ..placed });
            assert_eq!(fs::read(home.main("a_b.jsonl")).unwrap(), after);

            home.sessions.sync(&key("a:b")).await.unwrap();
            home.sessions.refresh().await.unwrap();
            let refreshed = fs::read(home.main("a_b.jsonl")).unwrap();
            assert_eq!(body(&refreshed, home.end().await), body(&after, home.end().await));
            assert_eq!(home.place(&write).await.found, Found::All, "a new first line moves nothing");
        }
        files += 1;
    }
    assert!(files > 40, "{files}");
}

#[tokio::test]
async fn a_first_line_without_an_end_gets_it_before_lines_stand_behind_it() {
    for unended in ["{\"_type\": \"metadata\", \"metadata\": {\"nanobot_key\": \"a:b\"}}", META.trim_end()] {
        let home = Home::new();
        put(&home.main("a_b.jsonl"), unended, 0);
        let write = home.next(said("a:b", &["one"])).await;
        assert_eq!((write.offset, write.text.starts_with('{')), (0, true));
        home.place(&write).await;
        let file = home.read("a_b.jsonl");
        assert_eq!(file.split_once('\n').map(|(_, behind)| behind), Some(write.text.as_str()));
        assert_eq!(home.place(&write).await, Placed { end: write.end(), found: Found::All });
    }
}

#[tokio::test]
async fn a_crash_between_the_owner_and_the_lines_costs_nothing() {
    let home = Home::new();
    put(&home.former("a_b.jsonl"), format!("{META}{HELLO}{{torn"), 0);
    let write = home.next(said("a:b", &["one"])).await;
    home.place(&write).await;
    let file = home.read("a_b.jsonl");
    let taken_over = file.strip_suffix(&write.text).unwrap();
    for cut in 0..write.text.len() {
        put(&home.main("a_b.jsonl"), [taken_over, write.text.split_at(cut).0].concat(), 0);
        let found = if cut == 0 { Found::Nothing } else { Found::Part };
        assert_eq!(home.place(&write).await, Placed { end: write.end(), found });
        assert_eq!(home.read("a_b.jsonl"), file);
    }
}

#[tokio::test]
async fn completing_a_part_cuts_nothing_off() {
    let home = Home::new();
    home.say("a:b", "zero").await;
    let write = home.next(said("a:b", &["one"])).await;
    home.place(&write).await;
    let (path, file) = (home.main("a_b.jsonl"), home.read("a_b.jsonl"));
    let inode = fs::metadata(&path).unwrap().ino();
    fs::write(&path, file.split_at(file.len() - 5).0).unwrap();
    assert_eq!(home.place(&write).await.found, Found::Part);
    assert_eq!((home.read("a_b.jsonl"), fs::metadata(&path).unwrap().ino()), (file, inode));
}

#[tokio::test]
async fn a_first_line_waits_until_the_disk_has_the_lines() {
    let home = Home::new();
    home.say("a:b", "zero").await;
    home.sessions.refresh().await.unwrap();
    let mut append = said("a:b", &["one"]);
    append.lines[0].at = civil::date(2027, 1, 1).at(0, 0, 0, 0);
    home.place(&home.next(append).await).await;
    let is_refreshed = || {
        home.read("a_b.jsonl").starts_with("{\"_type\": \"metadata\", \"created_at\": \"2026-02-22T12:00:10\", \"updated_at\": \"2027-01-01T00:00:00\"")
    };
    home.sessions.refresh().await.unwrap();
    assert!(!is_refreshed(), "the disk may not have its last line");
    home.sessions.sync(&key("a:c")).await.unwrap();
    home.sessions.refresh().await.unwrap();
    assert!(!is_refreshed(), "another session is another file");
    home.sessions.sync(&key("a:b")).await.unwrap();
    assert!(!is_refreshed(), "waiting writes nothing");
    home.sessions.refresh().await.unwrap();
    assert!(is_refreshed());
}

#[tokio::test]
async fn the_recovery_after_a_start_leaves_files_alone_that_wait_for_the_disk() {
    let mut home = Home::new();
    put(&home.main("a_b.jsonl"), format!("{META}{HELLO}"), 0);
    let write = home.next(said("a:b", &["one"])).await;
    home.place(&write).await;
    home.restart();
    assert_eq!(home.place(&write).await.found, Found::All);
    let before = home.read("a_b.jsonl");
    home.sessions.refresh().await.unwrap();
    assert_eq!(home.read("a_b.jsonl"), before);
    home.restart();
    home.sessions.refresh().await.unwrap();
    assert!(
        home.read("a_b.jsonl").contains("\"updated_at\": \"2026-02-22T12:00:10\""),
        "nobody asked for it again"
    );
}

#[tokio::test]
async fn a_sync_of_a_session_without_a_file_of_its_own_changes_nothing() {
    let home = Home::new();
    home.sessions.sync(&key("a:b")).await.unwrap();
    assert!(!home.main("").exists());
    put(&home.main("a_b.jsonl"), format!("{META}{HELLO}"), 0);
    home.sessions.sync(&key("a:b")).await.unwrap();
    assert_eq!(home.read("a_b.jsonl"), format!("{META}{HELLO}"));
    home.place(&home.next(said("c:d", &["x"])).await).await;
    fs::remove_file(home.main("c_d.jsonl")).unwrap();
    home.sessions.sync(&key("c:d")).await.unwrap();
    home.sessions.refresh().await.unwrap();
    assert!(!home.main("c_d.jsonl").exists());
}

#[tokio::test]
async fn a_full_file_takes_no_more_lines_and_keeps_those_that_it_has() {
    let home = Home::new();
    let write = home.next(said("a:b", &["one"])).await;
    home.place(&write).await;
    let file = File::options().write(true).open(home.main("a_b.jsonl")).unwrap();
    file.set_len(MAX_SESSION_BYTES).unwrap();
    assert_eq!(home.place(&write).await.found, Found::All, "what stands there needs no room");
    let more = home.next(said("a:b", &["two"])).await;
    assert!(more.text.starts_with('\n'), "what fills the file is no line");
    assert_eq!(home.sessions.place(&more, now()).await.unwrap_err().kind, StoreErrorKind::Limit);
    assert_eq!(file.metadata().unwrap().len(), MAX_SESSION_BYTES);
}
