//! Writing and editing: the original's words, limits, permissions, and that nothing outside changes.

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use nanobot_core::Labels;
use nanobot_core::model::ToolClass;
use nanobot_core::ports::{FileGrant, FileRefusal};

use super::*;

impl Scene {
    async fn write(&self, path: &str, content: &str) -> String {
        self.call_with("write_file", json!({"path": path, "content": content})).await.content
    }

    async fn edit(&self, path: &str, old: &str, new: &str) -> ToolOutcome {
        self.call_with("edit_file", json!({"path": path, "old_text": old, "new_text": new})).await
    }

    fn file(&self, path: &str) -> String {
        fs::read_to_string(self.workspace.join(path)).unwrap()
    }

    /// Everything outside of the workspace: paths, and texts of files.
    fn outside(&self) -> Vec<(PathBuf, Option<String>)> {
        let mut found = Vec::new();
        let mut ahead = vec![self.workspace.parent().unwrap().to_owned()];
        while let Some(folder) = ahead.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path == self.workspace {
                    continue;
                }
                let is_folder = fs::symlink_metadata(&path).unwrap().is_dir();
                found.push((path.clone(), (!is_folder).then(|| fs::read_to_string(&path).unwrap())));
                if is_folder {
                    ahead.push(path);
                }
            }
        }
        found.sort();
        found
    }
}

#[tokio::test]
async fn a_file_is_written_with_its_folders_and_the_characters_are_counted() {
    let scene = Scene::new();
    assert_eq!(scene.write("new/deep/ü.txt", "für").await, "Successfully wrote 3 bytes to new/deep/ü.txt");
    assert_eq!(scene.file("new/deep/ü.txt"), "für");
    assert_eq!(scene.write("notes.md", "").await, "Successfully wrote 0 bytes to notes.md");
    assert_eq!(scene.file("notes.md"), "");
    let absolute = scene.workspace.join("sub/x").display().to_string();
    assert_eq!(scene.write(&absolute, "x").await, format!("Successfully wrote 1 bytes to {absolute}"));
    assert_eq!(scene.file("sub/x"), "x");
    let names: Vec<_> = fs::read_dir(scene.workspace.join("new/deep")).unwrap().collect();
    assert_eq!(names.len(), 1, "nothing is left beside the file");
}

#[tokio::test]
async fn a_new_file_and_folder_get_the_usual_permissions() {
    let scene = Scene::new();
    fs::write(scene.workspace.join("usual"), "").unwrap();
    fs::create_dir(scene.workspace.join("usual-folder")).unwrap();
    scene.write("made/file", "x").await;
    let mode = |name: &str| fs::metadata(scene.workspace.join(name)).unwrap().permissions().mode();
    assert_eq!(mode("made/file"), mode("usual"));
    assert_eq!(mode("made"), mode("usual-folder"));
}

#[tokio::test]
async fn an_existing_file_keeps_its_permissions_and_its_owner() {
    let scene = Scene::new();
    let script = scene.workspace.join("run.sh");
    fs::write(&script, "old").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o4750)).unwrap();
    // Whoever may not give files away keeps them; then nothing is to be seen here.
    let _ = std::os::unix::fs::chown(&script, Some(65_534), Some(65_534));
    fs::set_permissions(&script, fs::Permissions::from_mode(0o4750)).unwrap();
    let owner = fs::metadata(&script).unwrap().uid();
    scene.write("run.sh", "new").await;
    scene.edit("run.sh", "new", "newer").await;
    let now = fs::metadata(&script).unwrap();
    assert_eq!((now.permissions().mode() & 0o7777, now.uid()), (0o750, owner), "set-id bits go");
    assert_eq!(scene.file("run.sh"), "newer");
}

#[tokio::test]
async fn another_name_of_the_file_keeps_the_old_text() {
    let scene = Scene::new();
    let outside = scene.workspace.parent().unwrap().join(SECRET);
    fs::hard_link(&outside, scene.workspace.join("hard")).unwrap();
    scene.write("hard", "overwritten").await;
    assert_eq!(scene.file("hard"), "overwritten");
    assert_eq!(fs::read_to_string(outside).unwrap(), SECRET);
}

#[tokio::test]
async fn what_is_no_file_is_not_written_to() {
    let scene = Scene::new();
    mknodat(CWD, scene.workspace.join("pipe"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let _socket = UnixListener::bind(scene.workspace.join("socket")).unwrap();
    for name in ["pipe", "socket", "sub", "", "."] {
        assert_eq!(scene.write(name, "x").await, format!("Error: Not a file: {name}"));
        assert_eq!(scene.edit(name, "x", "y").await.content, format!("Error: Not a file: {name}"));
    }
    let way = "notes.md/x";
    assert_eq!(
        scene.write(way, "x").await,
        format!("Error: A file stands in the way of the folders of {way}")
    );
    assert_eq!(scene.edit("none", "x", "y").await.content, "Error: File not found: none");
    let long = "d/".repeat(70) + "x";
    assert_eq!(scene.write(&long, "x").await, "Error: The path cannot be resolved", "folders have a limit");
}

#[tokio::test]
async fn too_long_texts_are_refused_and_nothing_changes() {
    let scene = Scene::new();
    let (most, more) = ("x".repeat(WriteFile::MAX_BYTES), "x".repeat(WriteFile::MAX_BYTES + 1));
    assert!(scene.write("a", &most).await.starts_with("Successfully"));
    let answer = scene.write("notes.md", &more).await;
    assert_eq!(
        answer,
        "Error: The content for notes.md is too long: 1048577 bytes, at most 1048576 can be written"
    );
    fs::write(scene.workspace.join("large"), &more).unwrap();
    let outcome = scene.edit("large", "x", "y").await;
    assert!(outcome.failed && outcome.content.contains("large has 1048577 bytes"), "{}", outcome.content);
    let outcome = scene.edit("notes.md", "inside", &most).await;
    assert!(outcome.failed && outcome.content.contains("would have"), "{}", outcome.content);
    assert_eq!(scene.file("notes.md"), "inside notes");
}

#[tokio::test]
async fn an_edit_needs_its_piece_exactly_once() {
    let scene = Scene::new();
    fs::write(scene.workspace.join("poem"), "eins\nzwei\nzwei\n").unwrap();
    let outcome = scene.edit("poem", "eins\n", "null\neins\n").await;
    assert_eq!((outcome.content.as_str(), outcome.failed), ("Successfully edited poem", false));
    assert_eq!(scene.file("poem"), "null\neins\nzwei\nzwei\n");
    let outcome = scene.edit("poem", "drei", "x").await;
    let expected = "Error: old_text not found in file. Make sure it matches exactly.";
    assert_eq!((outcome.content.as_str(), outcome.failed), (expected, true));
    let outcome = scene.edit("poem", "zwei", "x").await;
    let expected = "Warning: old_text appears 2 times. Please provide more context to make it unique.";
    assert_eq!((outcome.content.as_str(), outcome.failed), (expected, true));
    fs::write(scene.workspace.join("empty"), "").unwrap();
    assert!(!scene.edit("empty", "", "first").await.failed, "an empty piece is once in an empty file");
    assert_eq!(scene.file("empty"), "first");
    fs::write(scene.workspace.join("bytes"), [0xff, 0x00]).unwrap();
    assert_eq!(scene.edit("bytes", "x", "y").await.content, "Error: Not a text file: bytes (2 bytes)");
    assert_eq!(scene.file("poem"), "null\neins\nzwei\nzwei\n");
}

#[tokio::test]
async fn no_way_out_is_written_to() {
    let scene = Scene::new();
    let base = scene.workspace.parent().unwrap().display().to_string();
    scene.link("file-out", "../outside/outside-secret");
    scene.link("folder-out", "../outside");
    scene.link("dangling-out", "../outside/not-yet");
    scene.link("absolute-out", &format!("{base}/outside"));
    scene.link("up", "..");
    let before = scene.outside();
    let ways = [
        "../outside/outside-secret".to_owned(),
        "../new".to_owned(),
        format!("{base}/outside/new"),
        format!("{base}/ws_evil/new"),
        format!("{base}/ws/../new"),
        "file-out".to_owned(),
        "folder-out/new".to_owned(),
        "folder-out/new/deeper".to_owned(),
        "dangling-out".to_owned(),
        "absolute-out/outside-secret".to_owned(),
        "up/new".to_owned(),
    ];
    for path in ways {
        assert_eq!(scene.write(&path, "broken in").await, scene.outside_error(&path));
        let edited = scene.edit(&path, SECRET, "broken in").await.content;
        assert_eq!(edited, scene.outside_error(&path));
    }
    assert_eq!(scene.outside(), before);
}

#[test]
fn no_path_whatsoever_changes_a_byte_outside() {
    let scene = Scene::new();
    let base = scene.workspace.parent().unwrap().display().to_string();
    scene.link("file-out", "../outside/outside-secret");
    scene.link("folder-out", "../outside");
    scene.link("absolute-out", &format!("{base}/outside"));
    scene.link("up", "..");
    scene.link("self", "../ws");
    scene.link("sub/up", "../..");
    let before = scene.outside();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    // Below the test's own folder only, so that a hole in the wall hurts nobody's machine.
    let path = any_path(&base)
        .prop_filter("below the scene", |path| !path.starts_with('/') || path.starts_with(&base));
    proptest!(ProptestConfig::with_cases(500), |(path in path)| {
        runtime.block_on(async {
            scene.write(&path, "broken in").await;
            scene.edit(&path, SECRET, "broken in").await;
        });
        prop_assert_eq!(scene.outside(), before.clone(), "{:?} changed something", path);
    });
}

/// Lets one folder through besides the workspace.
struct Granting {
    inner: WorkspaceOnly,
    granted: PathBuf,
}

impl FileAccess for Granting {
    fn workspace(&self) -> PathBuf {
        self.inner.workspace()
    }

    fn decide(
        &self,
        path: &str,
        operation: FileOperation,
        is_owner: bool,
    ) -> Result<AllowedFile, FileRefusal> {
        let path_there = PathBuf::from(path);
        if is_owner && path_there.starts_with(&self.granted) {
            return Ok(AllowedFile {
                path: path_there,
                root: self.granted.clone(),
                grant: Some("g".to_owned()),
            });
        }
        self.inner.decide(path, operation, is_owner)
    }

    fn grants(&self, _is_owner: bool) -> Vec<FileGrant> {
        Vec::new()
    }

    fn is_blocked(&self, _path: &std::path::Path) -> bool {
        false
    }

    fn blocks_anything(&self) -> bool {
        false
    }
}

#[tokio::test]
async fn what_a_grant_shows_is_labelled_as_a_file_of_nobody() {
    let scene = Scene::new();
    let folder = scene.workspace.parent().unwrap().join("outside");
    let file = folder.join(SECRET);
    // A grant of a folder, and one of a single file.
    for granted in [folder.clone(), file.clone()] {
        let inner = WorkspaceOnly::open(&scene.workspace).unwrap();
        let access: Arc<dyn FileAccess> = Arc::new(Granting { inner, granted });
        let toolbox = Toolbox::new(file_tools(&access)).unwrap();
        let context = context(&event::cli("x").build());
        let labels = async |tool: &str, arguments: Value| {
            let outcome = toolbox.execute(&call("c1", tool, arguments), &context).await;
            assert!(!outcome.failed, "{}", outcome.content);
            outcome.labels
        };
        let plain = context.labels.join(Label::Tool.into());
        let foreign: Labels = plain.join(Label::File.into());
        assert_eq!(labels("read_file", json!({"path": "notes.md"})).await, plain);
        assert_eq!(labels("list_dir", json!({"path": "."})).await, plain);
        assert_eq!(labels("read_file", json!({"path": &file})).await, foreign);
        let written = json!({"path": &file, "content": "through a grant"});
        assert_eq!(labels("write_file", written).await, plain, "the answer shows nothing of the file");
        assert_eq!(fs::read_to_string(&file).unwrap(), "through a grant");
    }
}

#[test]
fn a_repeated_call_is_harmless_only_where_the_tool_says_so() {
    let scene = Scene::new();
    let classes: Vec<_> =
        scene.toolbox.specs().into_iter().map(|spec| (spec.name.clone(), spec.class)).collect();
    let expected = [
        ("read_file", ToolClass::Pure),
        ("write_file", ToolClass::Idempotent),
        ("edit_file", ToolClass::Once),
        ("list_dir", ToolClass::Pure),
    ];
    assert_eq!(classes, expected.map(|(name, class)| (name.to_owned(), class)));
}

#[test]
fn what_an_interrupted_try_left_beside_the_file_is_cleared_by_the_next() {
    let scene = Scene::new();
    let asked = Asked { path: "new.txt".to_owned(), is_owner: true };
    let written = || write_file::write(&*scene.access, &asked, "text", "turn-7/0");
    written().unwrap();
    let beside = scene.workspace.join(replace::beside("turn-7/0"));
    fs::write(&beside, "half").unwrap();
    written().unwrap();
    assert!(!beside.exists());
    assert_eq!(scene.file("new.txt"), "text");
}
