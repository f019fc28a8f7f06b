//! What is found to be covered on a real disk, and where the look gives up.

use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use tempfile::TempDir;

use super::*;
use crate::rig::Rules;

struct Scene {
    folder: TempDir,
    rules: Rules,
    is_recursive: bool,
    is_writable: bool,
    covered: Vec<PathBuf>,
    stop: AtomicBool,
}

impl Scene {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        for inner in ["a/b/c", "z", ".git"] {
            fs::create_dir_all(folder.path().join(inner)).unwrap();
        }
        for file in ["a/b/.env", "a/.env", "a/notes", ".env", "z/x"] {
            fs::write(folder.path().join(file), "").unwrap();
        }
        let rules = Rules::at(folder.path()).blocking_name(".env");
        let stop = AtomicBool::new(false);
        Self { folder, rules, is_recursive: true, is_writable: true, covered: Vec::new(), stop }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn finds(&self) -> Result<Finds, MaskError> {
        let source = MountSource::open(self.folder.path()).unwrap();
        let mut search = Search::new(&self.rules, &self.stop);
        search.look(&Tree {
            source: &source,
            host: self.folder.path(),
            target: Path::new("/workspace"),
            is_recursive: self.is_recursive,
            is_writable: self.is_writable,
            covered: &self.covered,
        })?;
        Ok(search.finds())
    }

    fn found(&self) -> Result<Vec<Found>, MaskError> {
        self.finds().map(|finds| finds.covered)
    }

    /// What is held in its place, in the order of mounting.
    fn pins(&self) -> Vec<String> {
        let Finds { pinned, pins, .. } = self.finds().unwrap();
        assert!(pinned.iter().map(|pin| &pin.target).eq(pins.iter().map(|pin| &pin.target)));
        pins.into_iter().map(|pin| pin.target.display().to_string()).collect()
    }

    /// What is covered, folders with a slash at their end.
    fn covers(&self) -> Vec<String> {
        let tell = |found: Found| {
            let slash = if found.mask.kind == MountKind::Folder { "/" } else { "" };
            format!("{}{slash}", found.mask.target.display())
        };
        self.found().unwrap().into_iter().map(tell).collect()
    }
}

#[test]
fn blocked_files_are_covered_wherever_they_lie() {
    let scene = Scene::new();
    assert_eq!(scene.covers(), ["/workspace/.env", "/workspace/a/.env", "/workspace/a/b/.env"]);
}

#[test]
fn a_blocked_folder_is_covered_whole() {
    let mut scene = Scene::new();
    scene.rules = Rules::at(scene.folder.path()).blocking(scene.path("a")).blocking_name(".git");
    assert_eq!(scene.covers(), ["/workspace/.git/", "/workspace/a/"]);
}

#[test]
fn sockets_and_pipes_are_covered_like_files() {
    let mut scene = Scene::new();
    let _socket = UnixListener::bind(scene.path("z/socket")).unwrap();
    scene.rules = Rules::at(scene.folder.path()).blocking_name("socket");
    assert_eq!(scene.covers(), ["/workspace/z/socket"]);
}

#[test]
fn links_are_neither_covered_nor_followed() {
    let mut scene = Scene::new();
    let outside = TempDir::new().unwrap();
    fs::write(outside.path().join(".env"), "").unwrap();
    symlink(outside.path(), scene.path("out")).unwrap();
    symlink(outside.path().join(".env"), scene.path("z/.env")).unwrap();
    scene.rules = Rules::at(scene.folder.path()).blocking_name(".env").blocking(outside.path());
    assert_eq!(scene.covers(), ["/workspace/.env", "/workspace/a/.env", "/workspace/a/b/.env"]);
}

#[test]
fn names_that_are_no_text_are_covered_too() {
    let mut scene = Scene::new();
    let odd = scene.folder.path().join(std::ffi::OsString::from_vec(b"odd\xff".to_vec()));
    fs::create_dir(&odd).unwrap();
    fs::write(odd.join("secret"), "").unwrap();
    scene.rules = Rules::at(scene.folder.path()).blocking_name("secret");
    let found = scene.found().unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].mask.target.as_os_str().as_bytes(), b"/workspace/odd\xff/secret");
}

#[test]
fn a_grant_that_is_not_recursive_shows_no_folders() {
    let mut scene = Scene::new();
    scene.is_recursive = false;
    scene.rules = Rules::at(scene.folder.path());
    assert_eq!(scene.covers(), ["/workspace/.git/", "/workspace/a/", "/workspace/z/"]);
}

#[test]
fn what_another_grant_shows_read_only_is_covered() {
    let mut scene = Scene::new();
    scene.rules = Rules::at(scene.folder.path());
    assert_eq!(scene.covers(), [""; 0]);
    scene.covered = vec![scene.path("a/b"), scene.path("a/notes")];
    assert_eq!(scene.covers(), ["/workspace/a/b/", "/workspace/a/notes"]);
}

#[test]
fn nobody_looks_where_nothing_can_be_blocked() {
    let mut scene = Scene::new();
    scene.rules = Rules::at(scene.folder.path());
    scene.stop = AtomicBool::new(true);
    assert_eq!(scene.found(), Ok(vec![]));
    scene.is_recursive = false;
    assert_eq!(scene.found(), Err(MaskError::Stopped));
}

#[test]
fn a_replaced_file_is_another_one_under_the_same_name() {
    let scene = Scene::new();
    let before = scene.found().unwrap();
    assert_eq!(scene.found().unwrap(), before);
    fs::write(scene.path("new"), "").unwrap();
    fs::rename(scene.path("new"), scene.path("a/.env")).unwrap();
    let after = scene.found().unwrap();
    assert_eq!(after.len(), before.len());
    assert_ne!(after, before);
}

#[test]
fn too_many_covers_and_too_deep_folders_are_refused() {
    let mut scene = Scene::new();
    let wide = scene.path("wide");
    fs::create_dir(&wide).unwrap();
    for number in 0..=MAX_MASKS {
        fs::create_dir(wide.join(number.to_string())).unwrap();
        fs::write(wide.join(number.to_string()).join("secret"), "").unwrap();
    }
    scene.rules = Rules::at(scene.folder.path()).blocking_name("secret");
    assert_eq!(scene.found(), Err(MaskError::TooManyMasks));

    let scene = Scene::new();
    fs::create_dir_all(scene.path(&"d/".repeat(MAX_DEPTH + 1))).unwrap();
    assert_eq!(scene.found(), Err(MaskError::TooDeep));
}

#[test]
fn too_many_entries_are_refused() {
    let scene = Scene::new();
    let source = MountSource::open(scene.folder.path()).unwrap();
    let mut search = Search::new(&scene.rules, &scene.stop);
    search.entries = MAX_ENTRIES - 3;
    let target = Path::new("/workspace");
    let shown = Tree {
        source: &source,
        host: scene.folder.path(),
        target,
        is_recursive: true,
        is_writable: true,
        covered: &[],
    };
    assert_eq!(search.look(&shown), Err(MaskError::TooMany));
}

#[test]
fn folders_above_a_blocked_path_are_held_outermost_first() {
    let mut scene = Scene::new();
    scene.rules = Rules::at(scene.folder.path()).blocking(scene.path("a/b/c")).blocking(scene.path("z/x"));
    assert_eq!(scene.pins(), ["/workspace/a", "/workspace/a/b", "/workspace/z"]);
    scene.is_writable = false;
    assert_eq!(scene.pins(), [""; 0], "nobody renames what is only shown for reading");
}

#[test]
fn what_is_blocked_under_any_folder_name_or_at_the_top_holds_nothing() {
    let mut scene = Scene::new();
    assert_eq!(scene.pins(), [""; 0]);
    scene.rules = Rules::at(scene.folder.path()).blocking(scene.path("a")).blocking(scene.path(".env"));
    assert_eq!(scene.pins(), [""; 0]);
}

#[test]
fn folders_above_a_read_only_grant_are_held_in_a_wider_one() {
    let mut scene = Scene::new();
    scene.rules = Rules::at("/elsewhere");
    scene.covered = vec![scene.path("a/b/c")];
    assert_eq!(scene.pins(), ["/workspace/a", "/workspace/a/b"]);
}

#[test]
fn too_many_folders_above_blocked_paths_are_refused() {
    let mut scene = Scene::new();
    let mut deep = scene.folder.path().to_owned();
    let mut rules = Rules::at(scene.folder.path());
    for number in 0..=MAX_PINS {
        if number % 32 == 0 {
            deep = scene.path(&format!("top{number}"));
        } else {
            deep.push("d");
        }
        fs::create_dir(&deep).unwrap();
        fs::write(deep.join("secret"), "").unwrap();
        if number % 32 == 31 || number == MAX_PINS {
            rules = rules.blocking(deep.join("secret"));
        }
    }
    scene.rules = rules;
    assert_eq!(scene.found(), Err(MaskError::TooManyPins));
    fs::remove_dir_all(&deep).unwrap();
    assert_eq!(scene.pins().len(), MAX_PINS);
}
