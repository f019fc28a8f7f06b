//! Tests of persona files.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

use nanobot_core::testing::contract::persona_source_contract;
use tempfile::TempDir;

use super::cache::MAX_TEXTS;
use super::*;

/// A folder with a secret beside the workspace.
fn room() -> (TempDir, PathBuf) {
    let room = tempfile::tempdir().unwrap();
    let workspace = room.path().join("workspace");
    fs::create_dir_all(workspace.join("personas")).unwrap();
    fs::write(workspace.join("personas/kind.md"), "Be kind.").unwrap();
    fs::write(room.path().join("secret.md"), "secret").unwrap();
    (room, workspace)
}

fn source(workspace: &Path) -> PersonaFiles {
    PersonaFiles::new(workspace, RealPlaces { home: workspace.parent().map(Path::to_owned) })
}

async fn text(source: &PersonaFiles, name: &str) -> Option<String> {
    source.persona(name).await.unwrap()
}

#[tokio::test]
async fn it_keeps_the_contract() {
    let (_room, workspace) = room();
    persona_source_contract(async || source(&workspace)).await;
}

#[tokio::test]
async fn what_is_no_file_is_no_persona() {
    let (_room, workspace) = room();
    let personas = source(&workspace);
    fs::write(workspace.join("personas/empty.md"), "").unwrap();
    for name in ["", ".", "personas", "personas/none.md", " personas/kind.md", "personas/kind.md/x"] {
        assert_eq!(text(&personas, name).await, None, "{name:?}");
    }
    assert_eq!(text(&personas, "personas/empty.md").await.as_deref(), Some(""));
    let pipe = workspace.join("personas/pipe");
    rustix::fs::mknodat(CWD, &pipe, rustix::fs::FileType::Fifo, Mode::RUSR, 0).unwrap();
    assert_eq!(text(&personas, "personas/pipe").await, None, "a pipe is not waited for");
}

#[tokio::test]
async fn a_name_may_be_written_in_many_ways() {
    let (_room, workspace) = room();
    let personas = source(&workspace);
    let absolute = workspace.join("personas/kind.md").to_str().unwrap().to_owned();
    let home = "~/workspace//personas/kind.md".to_owned();
    for name in ["./personas/../personas//kind.md".to_owned(), absolute, home] {
        assert_eq!(text(&personas, &name).await.as_deref(), Some("Be kind."), "{name}");
    }
}

#[tokio::test]
async fn nothing_outside_is_read_whichever_way_leads_there() {
    let (room, workspace) = room();
    let personas = source(&workspace);
    symlink(room.path().join("secret.md"), workspace.join("personas/link.md")).unwrap();
    symlink("../..", workspace.join("personas/up")).unwrap();
    fs::create_dir(room.path().join("workspace-evil")).unwrap();
    let evil = room.path().join("workspace-evil/p.md");
    fs::write(&evil, "evil").unwrap();
    let evil = evil.to_str().unwrap();
    for name in ["personas/link.md", "personas/up/secret.md", "~/secret.md", evil, "~no-such-user/x", "~"] {
        let error = personas.persona(name).await.unwrap_err();
        assert!(error.source.unwrap().is::<PersonaError>(), "{name}");
    }
}

#[tokio::test]
async fn a_link_that_stays_inside_is_followed_and_the_workspace_may_be_one() {
    let (room, workspace) = room();
    symlink("kind.md", workspace.join("personas/alias.md")).unwrap();
    let link = room.path().join("link");
    symlink(&workspace, &link).unwrap();
    assert_eq!(text(&source(&link), "personas/alias.md").await.as_deref(), Some("Be kind."));
}

#[tokio::test]
async fn a_persona_of_the_old_folder_is_found_in_the_new_one() {
    let (room, workspace) = room();
    let personas = source(&workspace);
    assert_eq!(text(&personas, "memory/personas/kind.md").await.as_deref(), Some("Be kind."));
    assert_eq!(text(&personas, "memory/personas/none.md").await, None);
    fs::create_dir_all(workspace.join("memory/personas/folder.md")).unwrap();
    fs::write(workspace.join("memory/personas/kind.md"), "Be old.").unwrap();
    fs::write(workspace.join("personas/folder.md"), "new").unwrap();
    assert_eq!(text(&personas, "memory/personas/kind.md").await.as_deref(), Some("Be old."));
    assert_eq!(text(&personas, "memory/personas/folder.md").await, None, "something stands there");
    symlink(room.path().join("secret.md"), workspace.join("personas/out.md")).unwrap();
    assert!(personas.persona("memory/personas/out.md").await.is_err());
}

#[tokio::test]
async fn line_ends_become_unix_ones_and_a_byte_order_mark_stays() {
    let (_room, workspace) = room();
    fs::write(workspace.join("p.md"), "\u{feff}one\r\ntwo\rthree\n\r").unwrap();
    assert_eq!(text(&source(&workspace), "p.md").await.as_deref(), Some("\u{feff}one\ntwo\nthree\n\n"));
}

#[tokio::test]
async fn what_is_no_text_or_too_much_of_it_is_an_error() {
    let (_room, workspace) = room();
    let personas = source(&workspace);
    fs::write(workspace.join("bytes.md"), b"a\xff").unwrap();
    assert_eq!(personas.persona("bytes.md").await.unwrap_err().kind, StoreErrorKind::Corrupt);
    let most = usize::try_from(MAX_PERSONA_BYTES).unwrap();
    fs::write(workspace.join("long.md"), vec![b'x'; most]).unwrap();
    assert_eq!(text(&personas, "long.md").await.unwrap().len(), most);
    fs::write(workspace.join("long.md"), vec![b'x'; most + 1]).unwrap();
    assert_eq!(personas.persona("long.md").await.unwrap_err().kind, StoreErrorKind::Limit);
}

#[tokio::test]
async fn a_text_is_read_again_when_it_changed_even_if_its_time_was_set_back() {
    let (_room, workspace) = room();
    let personas = source(&workspace);
    let path = workspace.join("personas/kind.md");
    let before = SystemTime::UNIX_EPOCH + Duration::from_hours(1000);
    let set_time = || OpenOptions::new().write(true).open(&path).unwrap().set_modified(before).unwrap();
    set_time();
    assert_eq!(text(&personas, "personas/kind.md").await.as_deref(), Some("Be kind."));
    fs::write(&path, "Be rude.").unwrap();
    set_time();
    assert_eq!(text(&personas, "personas/kind.md").await.as_deref(), Some("Be rude."));
    fs::remove_file(&path).unwrap();
    assert_eq!(text(&personas, "personas/kind.md").await, None);
}

#[tokio::test]
async fn a_text_that_did_not_change_is_not_read_again() {
    let (_room, workspace) = room();
    let personas = source(&workspace);
    text(&personas, "personas/kind.md").await;
    let (path, stamp) = {
        let path = personas.inner.find("personas/kind.md").unwrap().unwrap();
        let stamp = Stamp::of(&fs::metadata(&path).unwrap());
        (path, stamp)
    };
    personas.inner.lock().put(path, stamp, "from memory".into());
    assert_eq!(text(&personas, "personas/kind.md").await.as_deref(), Some("from memory"));
}

#[tokio::test]
async fn only_so_many_texts_are_kept_those_that_were_used_last() {
    let (_room, workspace) = room();
    let personas = source(&workspace);
    for number in 0..MAX_TEXTS {
        fs::write(workspace.join(format!("{number}.md")), "x").unwrap();
        text(&personas, &format!("{number}.md")).await;
    }
    text(&personas, "0.md").await;
    text(&personas, "personas/kind.md").await;
    let cache = personas.inner.lock();
    let names: Vec<_> = cache.paths().iter().map(|path| path.file_name().unwrap().to_owned()).collect();
    assert_eq!(names.len(), MAX_TEXTS);
    assert!(!names.contains(&"1.md".into()), "the oldest made room");
    assert!(names.ends_with(&["0.md".into(), "kind.md".into()]));
}

#[test]
fn a_link_that_is_put_there_after_the_look_is_not_followed() {
    let (room, workspace) = room();
    symlink(room.path(), workspace.join("late")).unwrap();
    let workspace = workspace.canonicalize().unwrap();
    let opened = open_without_links(&workspace.join("late/secret.md"));
    assert!(opened.is_err(), "a folder on the way is a link");
    assert!(open_without_links(&workspace.join("personas/kind.md")).is_ok());
}
