//! Tests of the policy files.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::Duration;

use nanobot_core::testing::contract::policy_store_contract;

use super::*;

mod crash;
mod dying;
mod room;

use room::{Room, State};

fn store(room: &Room) -> PolicyFiles {
    PolicyFiles::new(room.layout.document())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// The trouble beneath an error.
fn trouble(error: &StoreError) -> String {
    error.source.as_ref().unwrap().to_string()
}

#[tokio::test]
async fn it_keeps_the_contract() {
    let home = tempfile::tempdir().unwrap();
    policy_store_contract(async || PolicyFiles::new(home.path().join("policy.json"))).await;
}

#[tokio::test]
async fn new_files_are_private_and_the_document_keeps_its_mode() {
    let room = Room::new(State::Empty);
    store(&room).change(&room.change()).await.unwrap();
    let layout = &room.layout;
    let backup = layout.backup(&room.change().row.id);
    for file in [layout.document(), &layout.log(), &layout.chain(), &backup, &layout.lock()] {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
    assert_eq!((mode(&layout.audit()), mode(&layout.backups())), (0o700, 0o700));

    let room = Room::new(State::Changed);
    fs::set_permissions(room.layout.document(), fs::Permissions::from_mode(0o640)).unwrap();
    store(&room).change(&room.change()).await.unwrap();
    assert_eq!(mode(room.layout.document()), 0o640);
}

#[tokio::test]
async fn the_target_of_a_link_is_replaced_and_the_link_stays() {
    let room = Room::new(State::Empty);
    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().join("deep/real.json");
    symlink(&target, room.layout.document()).unwrap();
    let store = store(&room);
    assert_eq!(store.load().await.unwrap(), None, "it leads nowhere yet");
    let head = store.change(&room.change()).await.unwrap();
    assert!(room.layout.document().is_symlink());
    assert_eq!(fs::read(&target).unwrap(), room.change().text.as_bytes());
    assert_eq!(fs::read_dir(target.parent().unwrap()).unwrap().count(), 1, "nothing else is left there");
    assert_eq!(store.recover(Some(&head)).await.unwrap(), Some(head));
    assert!(room.layout.log().exists(), "the log is beside the link");
}

#[tokio::test]
async fn rows_of_the_original_are_adopted_by_the_next_change() {
    let room = Room::new(State::Changed);
    let store = store(&room);
    for number in [0xa, 0xb] {
        room.append_to_log(&Room::row(number));
    }
    let head = store.change(&room.change()).await.unwrap();
    assert_eq!(head.rows, 4);
    let chain = fs::read_to_string(room.layout.chain()).unwrap();
    let adopted: Vec<bool> = chain.lines().map(|line| line.contains(r#""adopted":true"#)).collect();
    assert_eq!(adopted, [false, true, true, false]);
    let found = crate::verify(&store.audit_folder(), Some(&head)).await.unwrap();
    assert_eq!((found.rows, found.adopted, found.faults), (4, 2, Vec::new()));
    let history: Vec<String> = store.history(9).await.unwrap().into_iter().map(|row| row.id).collect();
    assert_eq!(history, [2, 0xb, 0xa, 1].map(|number: u32| format!("{number:032x}")));
}

#[tokio::test]
async fn lines_that_are_no_rows_are_left_out_of_the_history() {
    let room = Room::new(State::Torn);
    for line in ["", "[]", "7", "\"x\"", "{}", "nonsense", r#"{"id":7}"#] {
        room.append_to_log(line);
    }
    assert_eq!(store(&room).history(9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_log_that_was_cut_is_named_by_the_chain_and_takes_no_change() {
    let room = Room::new(State::Changed);
    let store = store(&room);
    let head = store.recover(None).await.unwrap().unwrap();
    fs::write(room.layout.log(), "").unwrap();
    let before = room.document();
    for error in
        [store.recover(Some(&head)).await.unwrap_err(), store.change(&room.change()).await.unwrap_err()]
    {
        assert_eq!(error.kind, StoreErrorKind::Corrupt);
        assert_eq!(trouble(&error), "the log has 0 rows, but the chain links 1: somebody cut the log");
    }
    assert_eq!(room.document(), before);
}

#[tokio::test]
async fn a_journal_that_knows_more_or_something_else_is_an_error() {
    let room = Room::new(State::Changed);
    let store = store(&room);
    let first = store.recover(None).await.unwrap().unwrap();
    let second = store.change(&room.change()).await.unwrap();
    assert_eq!(store.recover(Some(&first)).await.unwrap().as_ref(), Some(&second), "it may lag by an act");
    let ahead = ChainHead { rows: 3, hash: second.hash.clone() };
    let error = store.recover(Some(&ahead)).await.unwrap_err();
    assert_eq!(trouble(&error), "the chain links 2 rows, but the journal knows 3: somebody cut the chain");
    let other = ChainHead { rows: 1, hash: second.hash };
    let error = store.recover(Some(&other)).await.unwrap_err();
    let expected = "row 1 has another hash in the chain than in the journal: somebody rewrote the chain";
    assert_eq!((error.kind, trouble(&error).as_str()), (StoreErrorKind::Corrupt, expected));
    fs::remove_dir_all(room.layout.audit()).unwrap();
    assert!(store.recover(Some(&first)).await.is_err(), "all of it is gone");
    assert_eq!(store.recover(None).await.unwrap(), None);
    assert!(!room.layout.audit().exists(), "looking creates nothing");
}

#[tokio::test]
async fn a_row_that_was_edited_stops_nobody_and_stays_a_fault() {
    let room = Room::new(State::Changed);
    let log = fs::read_to_string(room.layout.log()).unwrap();
    fs::write(room.layout.log(), log.replace("/policy", "/reset")).unwrap();
    let store = store(&room);
    let head = store.change(&room.change()).await.unwrap();
    let found = crate::verify(&store.audit_folder(), Some(&head)).await.unwrap();
    let faults: Vec<_> = found.faults.iter().map(|fault| (fault.row, fault.what)).collect();
    assert_eq!(faults, [(1, crate::Difference::Changed)]);
}

#[tokio::test]
async fn an_id_is_used_once_and_is_never_a_path() {
    let room = Room::new(State::Changed);
    let store = store(&room);
    let before = room.seen();
    for (id, says) in [
        ("../../../evil", "its id is not 32 lower-case hex digits"),
        (&"F".repeat(32), "its id is not 32 lower-case hex digits"),
        (&format!("{:032x}", 1), "there is a backup under its id already"),
    ] {
        let mut change = room.change();
        change.row.id = id.to_owned();
        assert_eq!(trouble(&store.change(&change).await.unwrap_err()), says);
    }
    fs::remove_file(room.layout.lock()).unwrap();
    assert_eq!(room.seen(), before);
}

#[tokio::test]
async fn an_intent_that_somebody_touched_stops_changes() {
    let room = Room::new(State::Changed);
    let store = store(&room);
    for text in
        ["", "{}", r#"{"v":1,"id":"../x","row":"","log_len":0,"chain_len":0,"before":null,"after":""}"#]
    {
        fs::write(room.layout.pending(), text).unwrap();
        assert!(store.recover(None).await.is_err() && store.change(&room.change()).await.is_err(), "{text}");
        assert_eq!(room.document().as_deref(), Some(b"{}".as_slice()));
    }
}

#[tokio::test]
async fn what_is_too_long_is_refused_and_leaves_nothing() {
    let room = Room::new(State::Changed);
    let store = store(&room);
    let before = room.seen();
    let mut change = room.change();
    change.row.command = "x".repeat(crate::MAX_ROW_BYTES);
    assert_eq!(store.change(&change).await.unwrap_err().kind, StoreErrorKind::Limit);
    fs::remove_file(room.layout.lock()).unwrap();
    assert_eq!(room.seen(), before);
    let document = File::options().write(true).open(room.layout.document()).unwrap();
    document.set_len(MAX_POLICY_BYTES + 1).unwrap();
    assert_eq!(store.load().await.unwrap_err().kind, StoreErrorKind::Limit);
}

#[tokio::test]
async fn two_writers_are_kept_apart_and_nobody_waits_for_ever() {
    let room = Room::new(State::Changed);
    let wait = Wait { looks: 3, pause: Duration::from_millis(1) };
    let impatient = PolicyFiles { wait, ..store(&room) };
    let held = lock::open(&room.layout.lock()).unwrap();
    held.try_lock().unwrap();
    let error = impatient.change(&room.change()).await.unwrap_err();
    assert_eq!(
        (error.kind, trouble(&error).as_str()),
        (StoreErrorKind::Busy, "another writer holds the lock")
    );
    assert_eq!(impatient.recover(None).await.unwrap_err().kind, StoreErrorKind::Busy);
    assert!(impatient.load().await.unwrap().is_some(), "who only reads does not wait");
    drop(held);
    impatient.change(&room.change()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_changes_at_once_each_is_made_whole_or_refused() {
    let room = Room::new(State::Empty);
    let tasks: Vec<_> = (0..20u32)
        .map(|number| {
            let mut change = room.change();
            change.row.id = format!("{number:032x}");
            change.text = number.to_string();
            let store = store(&room);
            tokio::spawn(async move { store.change(&change).await })
        })
        .collect();
    let mut made = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => made += 1,
            Err(error) => assert_eq!(trouble(&error), "somebody else changed the document since it was read"),
        }
    }
    fs::remove_file(room.layout.lock()).unwrap();
    assert_eq!((made, room.seen().links.len()), (1, 1));
}
