//! Links that show up between the decision and the opening.

use std::path::Path;

use nanobot_core::ports::{FileGrant, FileRefusal};
use rustix::fs::{RenameFlags, renameat_with};

use super::*;
use crate::files::edit_file::{Change, edit};
use crate::files::read_file::read;
use crate::files::write_file::write;

/// As often as folder and link change places; an even number, so that the folder is back in the end.
const ROUNDS: usize = 100_000;

/// Decides as if no link was there: what a decision looks like that was overtaken by a swap.
struct Overtaken(PathBuf);

impl FileAccess for Overtaken {
    fn workspace(&self) -> PathBuf {
        self.0.clone()
    }

    fn decide(&self, path: &str, _: FileOperation, _: bool) -> Result<AllowedFile, FileRefusal> {
        Ok(AllowedFile { path: self.0.join(path), root: self.0.clone(), grant: None })
    }

    fn grants(&self, _: bool) -> Vec<FileGrant> {
        Vec::new()
    }

    fn is_blocked(&self, _: &Path) -> bool {
        false
    }

    fn blocks_anything(&self) -> bool {
        false
    }
}

fn asked(path: &str) -> Asked {
    Asked { path: path.to_owned(), is_owner: true }
}

fn secret_edit() -> Change {
    Change { old: SECRET.to_owned(), new: "broken in".to_owned(), key: "turn/1".to_owned() }
}

#[test]
fn a_decision_that_was_overtaken_opens_nothing_behind_a_link() {
    let scene = Scene::new();
    scene.link("folder-out", "../outside");
    scene.link("file-out", "../outside/outside-secret");
    let (outside, access) =
        (scene.workspace.parent().unwrap().join("outside"), Overtaken(scene.workspace.clone()));
    for path in ["folder-out/outside-secret", "file-out", "folder-out/new/file"] {
        let changed = format!("The folders on the way to {path} keep changing; try again");
        assert_eq!(read(&access, &asked(path)).unwrap_err(), changed);
        assert_eq!(write(&access, &asked(path), "broken in", "turn/0").unwrap_err(), changed);
        assert_eq!(edit(&access, &asked(path), &secret_edit()).unwrap_err(), changed);
    }
    for path in ["../outside/outside-secret", "../outside/new"] {
        assert!(read(&access, &asked(path)).unwrap_err().contains("outside allowed directory"));
        assert!(
            write(&access, &asked(path), "x", "turn/0").unwrap_err().contains("outside allowed directory")
        );
    }
    assert_eq!(fs::read_to_string(outside.join(SECRET)).unwrap(), SECRET);
    assert_eq!(fs::read_dir(outside).unwrap().count(), 2);
}

#[test]
fn a_root_that_became_a_link_lets_nothing_through() {
    let scene = Scene::new();
    let root = scene.workspace.join("sub");
    fs::rename(&root, scene.workspace.join("moved")).unwrap();
    scene.link("sub", "../outside");
    let access = Overtaken(root);
    for path in [SECRET, "folder/outside-secret"] {
        assert!(read(&access, &asked(path)).unwrap_err().contains("keep changing"));
        assert!(write(&access, &asked(path), "x", "turn/0").unwrap_err().contains("keep changing"));
    }
}

/// Lets a folder and a link that leads out change places while `work` runs again and again.
fn while_swapping(scene: &Scene, work: impl Fn()) {
    let (swapped, other) = (scene.workspace.join("swapped"), scene.workspace.join("other"));
    fs::create_dir(&swapped).unwrap();
    fs::write(swapped.join(SECRET), "inside").unwrap();
    symlink("../outside", &other).unwrap();
    std::thread::scope(|scope| {
        let swapping = scope.spawn(|| {
            for _ in 0..ROUNDS {
                renameat_with(CWD, &swapped, CWD, &other, RenameFlags::EXCHANGE).unwrap();
            }
        });
        while !swapping.is_finished() {
            work();
        }
        swapping.join().unwrap();
    });
}

#[test]
fn swapping_a_folder_for_a_link_during_a_read_shows_nothing_outside() {
    let scene = Scene::new();
    let path = format!("swapped/{SECRET}");
    let read = || read(&*scene.access, &asked(&path)).map(|answer| answer.text);
    while_swapping(&scene, || {
        if let Ok(text) = read() {
            assert_eq!(text, "inside");
        }
    });
    assert_eq!(read().as_deref(), Ok("inside"), "it is readable when nobody swaps");
}

#[test]
fn swapping_a_folder_for_a_link_during_a_write_changes_nothing_outside() {
    let scene = Scene::new();
    let outside = scene.workspace.parent().unwrap().join("outside");
    let overtaken = Overtaken(scene.workspace.clone());
    let (old, new) = (format!("swapped/{SECRET}"), "swapped/made/here.txt");
    while_swapping(&scene, || {
        for access in [&*scene.access, &overtaken as &dyn FileAccess] {
            let _ = write(access, &asked(&old), "written", "turn/0");
            let _ = write(access, &asked(new), "written", "turn/1");
            let _ = edit(access, &asked(&old), &secret_edit());
        }
    });
    assert_eq!(fs::read_to_string(outside.join(SECRET)).unwrap(), SECRET);
    let mut names: Vec<_> = fs::read_dir(&outside).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["folder", SECRET], "nothing was made there, no temporary file either");
    write(&*scene.access, &asked(&old), "written", "turn/0").unwrap();
    assert_eq!(
        fs::read_to_string(scene.workspace.join(&old)).unwrap(),
        "written",
        "and without swaps it works"
    );
}

#[tokio::test]
async fn two_people_who_edit_at_once_lose_nothing() {
    const EDITS: usize = 100;
    let scene = Scene::new();
    fs::write(scene.workspace.join("list"), ";\n").unwrap();
    let person = async |name: &str| {
        for number in 0..EDITS {
            let line = format!(";\n{name}-{number}\n");
            let arguments = json!({"path": "list", "old_text": ";\n", "new_text": line});
            let outcome = scene.call_with("edit_file", arguments).await;
            assert!(!outcome.failed, "{}", outcome.content);
        }
    };
    tokio::join!(person("ann"), person("bob"));
    let lines = fs::read_to_string(scene.workspace.join("list")).unwrap().lines().count();
    assert_eq!(lines, 1 + 2 * EDITS);
}
