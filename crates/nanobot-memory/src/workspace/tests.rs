//! Tests of the bootstrap files, over real folders.

use std::fs;
use std::os::unix::fs::symlink;
use std::thread;

use nanobot_core::testing::contract::workspace_contract;
use proptest::prelude::*;
use rustix::fs::{CWD, FileType, Mode, RenameFlags, mknodat, renameat_with};

use super::*;

#[tokio::test]
async fn it_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    for (name, size) in [("SOUL.md", 100), ("IDENTITY.md", 200_000), ("USER.md", 65_536), ("other.md", 1)] {
        fs::write(folder.path().join(name), "x".repeat(size)).unwrap();
    }
    workspace_contract(async || WorkspaceFiles::new(folder.path())).await;
}

#[tokio::test]
async fn files_come_in_prompt_order_and_missing_ones_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("IDENTITY.md"), "me").unwrap();
    fs::write(folder.path().join("AGENTS.md"), b"Gr\xfc\xdfe").unwrap();
    fs::write(folder.path().join("OTHER.md"), "no").unwrap();
    let workspace = WorkspaceFiles::new(folder.path());
    let file = |name: &str, text: &str| BootstrapFile { name: name.to_owned(), text: text.to_owned() };
    let expected = [file("AGENTS.md", "Gr\u{fffd}\u{fffd}e"), file("IDENTITY.md", "me")];
    assert_eq!(workspace.bootstrap().await.unwrap(), expected);
    assert_eq!(workspace.path(), folder.path().to_str().unwrap());
}

#[tokio::test]
async fn a_missing_workspace_has_no_files() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(WorkspaceFiles::new(folder.path().join("none")).bootstrap().await.unwrap(), []);
}

#[tokio::test]
async fn links_that_leave_the_workspace_and_folders_are_not_read() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    let folder = tempfile::tempdir().unwrap();
    symlink(outside.path().join("secret"), folder.path().join("SOUL.md")).unwrap();
    symlink("notes.md", folder.path().join("USER.md")).unwrap();
    symlink("gone.md", folder.path().join("IDENTITY.md")).unwrap();
    fs::write(folder.path().join("notes.md"), "inside").unwrap();
    fs::create_dir(folder.path().join("TOOLS.md")).unwrap();
    let files = WorkspaceFiles::new(folder.path()).bootstrap().await.unwrap();
    let texts: Vec<&str> = files.iter().map(|file| file.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "[SOUL.md is a link that leaves the workspace; it was not read]",
            "inside",
            "[TOOLS.md is no regular file; it was not read]"
        ]
    );
}

async fn texts(folder: &Path) -> Vec<String> {
    let files = WorkspaceFiles::new(folder).bootstrap().await.unwrap();
    files.into_iter().map(|file| file.text).collect()
}

#[tokio::test]
async fn an_absolute_link_that_stays_inside_is_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(folder.path().join("sub/notes.md"), "inside").unwrap();
    symlink(folder.path().join("sub/../sub/notes.md"), folder.path().join("SOUL.md")).unwrap();
    symlink(folder.path().join("gone.md"), folder.path().join("USER.md")).unwrap();
    symlink("../gone.md", folder.path().join("TOOLS.md")).unwrap();
    let by_link = tempfile::tempdir().unwrap();
    symlink(folder.path(), by_link.path().join("workspace")).unwrap();
    assert_eq!(texts(folder.path()).await, ["inside"]);
    assert_eq!(texts(&by_link.path().join("workspace")).await, ["inside"]);
}

#[tokio::test]
async fn links_that_lead_nowhere_and_pipes_do_not_silence_the_assistant() {
    let folder = tempfile::tempdir().unwrap();
    symlink("USER.md", folder.path().join("SOUL.md")).unwrap();
    symlink("SOUL.md", folder.path().join("USER.md")).unwrap();
    symlink("/proc/self/exe", folder.path().join("TOOLS.md")).unwrap();
    mknodat(CWD, folder.path().join("AGENTS.md"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    fs::write(folder.path().join("IDENTITY.md"), "me").unwrap();
    assert_eq!(
        texts(folder.path()).await,
        [
            "[AGENTS.md is no regular file; it was not read]",
            "[SOUL.md is a link that leads nowhere; it was not read]",
            "[USER.md is a link that leads nowhere; it was not read]",
            "[TOOLS.md is a link that leaves the workspace; it was not read]",
            "me"
        ]
    );
}

/// Reads while `other` and `SOUL.md` change places all the time, and gives each text that came out.
fn read_during_a_swap(folder: &Path) -> Vec<String> {
    let root = Root::open(folder).unwrap().unwrap();
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let texts = (0..10_000).map(|_| read(&root, "SOUL.md").unwrap().unwrap_or_default());
            texts.collect::<std::collections::BTreeSet<_>>()
        });
        let (one, other) = (folder.join("SOUL.md"), folder.join("other"));
        while !reader.is_finished() {
            renameat_with(CWD, &one, CWD, &other, RenameFlags::EXCHANGE).unwrap();
        }
        reader.join().unwrap().into_iter().collect()
    })
}

#[test]
fn a_link_put_in_place_of_a_file_at_any_moment_is_not_followed_out() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("SOUL.md"), "inside").unwrap();
    symlink(outside.path().join("secret"), folder.path().join("other")).unwrap();
    let texts = read_during_a_swap(folder.path());
    assert!(!texts.iter().any(|text| text == "secret"), "{texts:?}");
}

#[test]
fn a_pipe_put_in_place_of_a_file_at_any_moment_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("SOUL.md"), "inside").unwrap();
    mknodat(CWD, folder.path().join("other"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let texts = read_during_a_swap(folder.path());
    let known = ["inside", "[SOUL.md is no regular file; it was not read]"];
    assert!(texts.iter().all(|text| known.contains(&text.as_str())), "{texts:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn a_long_text_is_cut_between_characters(lead in 0..4_usize, c in prop::sample::select(vec!['a', 'ü', '€', '🎉'])) {
        let mut whole = "x".repeat(lead);
        while whole.len() <= MAX_BOOTSTRAP_BYTES + 8 {
            whole.push(c);
        }
        let cut = shorten(&whole.as_bytes()[..=MAX_BOOTSTRAP_BYTES]);
        let (kept, note) = cut.rsplit_once('\n').unwrap();
        prop_assert!(whole.starts_with(kept) && note.starts_with("[cut here"));
        prop_assert!((MAX_BOOTSTRAP_BYTES - 3..=MAX_BOOTSTRAP_BYTES).contains(&cut.len()));
    }
}
