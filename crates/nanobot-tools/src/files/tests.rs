//! The file tools through a toolbox: wordings, limits, and that nothing outside is ever shown. Writing and swaps
//! in the middle of a call have files of their own.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use nanobot_core::Label;
use nanobot_core::ports::{ToolExecutor, ToolOutcome};
use nanobot_core::testing::contract::tool_executor_contract;
use nanobot_core::testing::event;
use nanobot_core::testing::models::call;
use nanobot_core::testing::tools::context;
use proptest::prelude::*;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

use super::*;
use crate::{Toolbox, WorkspaceOnly};

mod swaps;
mod writing;

/// In every file outside, and in the names of the files there.
const SECRET: &str = "outside-secret";

/// A workspace with neighbours that it must not show.
struct Scene {
    _base: TempDir,
    workspace: PathBuf,
    access: Arc<dyn FileAccess>,
    toolbox: Toolbox,
}

impl Scene {
    fn new() -> Self {
        let base = TempDir::new().unwrap();
        let workspace = base.path().canonicalize().unwrap().join("ws");
        fs::create_dir_all(workspace.join("sub/deep")).unwrap();
        fs::write(workspace.join("notes.md"), "inside notes").unwrap();
        fs::write(workspace.join("sub/deep/b.txt"), "inside b").unwrap();
        for neighbour in ["", "outside", "ws_evil", "outside/folder"] {
            fs::create_dir_all(base.path().join(neighbour)).unwrap();
            fs::write(base.path().join(neighbour).join(SECRET), SECRET).unwrap();
        }
        let access: Arc<dyn FileAccess> = Arc::new(WorkspaceOnly::open(&workspace).unwrap());
        let toolbox = Toolbox::new(file_tools(&access)).unwrap();
        Self { _base: base, workspace, access, toolbox }
    }

    fn link(&self, name: &str, target: &str) {
        symlink(target, self.workspace.join(name)).unwrap();
    }

    async fn call(&self, tool: &str, path: &str) -> ToolOutcome {
        self.call_with(tool, json!({"path": path})).await
    }

    async fn call_with(&self, tool: &str, arguments: Value) -> ToolOutcome {
        let context = context(&event::cli("x").build());
        self.toolbox.execute(&call("c1", tool, arguments), &context).await
    }

    async fn read(&self, path: &str) -> String {
        self.call("read_file", path).await.content
    }

    async fn list(&self, path: &str) -> String {
        self.call("list_dir", path).await.content
    }

    fn outside_error(&self, path: &str) -> String {
        format!("Error: Path {path} is outside allowed directory {}", self.workspace.display())
    }
}

#[tokio::test]
async fn they_keep_the_contract() {
    tool_executor_contract(async || Scene::new().toolbox).await;
}

#[tokio::test]
async fn a_file_is_found_by_relative_and_absolute_path() {
    let scene = Scene::new();
    let absolute = scene.workspace.join("sub/deep/b.txt").display().to_string();
    for path in ["sub/deep/b.txt", "./sub/../sub/deep/b.txt", absolute.as_str()] {
        assert_eq!(scene.read(path).await, "inside b");
    }
    let outcome = scene.call("read_file", "notes.md").await;
    assert!(!outcome.failed && outcome.labels.contains(Label::Tool) && outcome.labels.contains(Label::Owner));
}

#[tokio::test]
async fn what_cannot_be_read_is_worded_as_in_the_original() {
    let scene = Scene::new();
    assert_eq!(scene.read("none.md").await, "Error: File not found: none.md");
    assert_eq!(scene.read("notes.md/x").await, "Error: File not found: notes.md/x");
    assert_eq!(scene.read("sub").await, "Error: Not a file: sub");
    assert_eq!(scene.read("").await, "Error: Not a file: ");
    assert_eq!(scene.list("none").await, "Error: Directory not found: none");
    assert_eq!(scene.list("notes.md").await, "Error: Not a directory: notes.md");
    assert!(scene.call("read_file", "none.md").await.failed);
}

#[tokio::test]
async fn a_folder_lists_its_names_in_order() {
    let scene = Scene::new();
    fs::create_dir(scene.workspace.join("empty")).unwrap();
    fs::write(scene.workspace.join("two\nlines"), "").unwrap();
    scene.link("to-sub", "sub");
    let expected = "📁 empty\n📄 notes.md\n📁 sub\n📁 to-sub\n📄 two\u{fffd}lines";
    assert_eq!(scene.list(".").await, expected);
    assert_eq!(scene.list(&scene.workspace.display().to_string()).await, expected);
    assert_eq!(scene.list("empty").await, "Directory empty is empty");
    assert_eq!(scene.list("to-sub").await, "📁 deep");
}

#[tokio::test]
async fn a_large_folder_is_cut_after_its_first_names() {
    let scene = Scene::new();
    let large = scene.workspace.join("large");
    fs::create_dir(&large).unwrap();
    for number in 0..ListDir::MAX_ENTRIES + 5 {
        fs::write(large.join(format!("{number:05}")), "").unwrap();
    }
    let listing = scene.list("large").await;
    let lines: Vec<&str> = listing.lines().collect();
    assert_eq!(lines.len(), ListDir::MAX_ENTRIES + 1);
    assert_eq!((lines[0], lines[999]), ("📄 00000", "📄 00999"));
    assert_eq!(lines[1_000], "[cut: 1000 of 1005 entries are shown]");
}

#[tokio::test]
async fn a_large_file_is_cut_and_the_answer_says_so() {
    let scene = Scene::new();
    fs::write(scene.workspace.join("exact"), "x".repeat(ReadFile::MAX_BYTES)).unwrap();
    assert_eq!(scene.read("exact").await.len(), ReadFile::MAX_BYTES);
    fs::write(scene.workspace.join("large"), "ü".repeat(ReadFile::MAX_BYTES)).unwrap();
    let text = scene.read("large").await;
    assert!(text.ends_with("\n\n[cut: the file has 524288 bytes, the first 262144 are shown]"));
    fs::write(scene.workspace.join("odd"), format!("x{}", "ü".repeat(ReadFile::MAX_BYTES))).unwrap();
    let text = scene.read("odd").await;
    assert!(text.ends_with("\n\n[cut: the file has 524289 bytes, the first 262143 are shown]"));
}

#[tokio::test]
async fn what_is_no_text_is_refused() {
    let scene = Scene::new();
    fs::write(scene.workspace.join("picture.jpg"), [0xff, 0xd8, 0x00, 0x01]).unwrap();
    assert_eq!(scene.read("picture.jpg").await, "Error: Not a text file: picture.jpg (4 bytes)");
}

#[tokio::test]
async fn pipes_sockets_and_devices_are_no_files() {
    let scene = Scene::new();
    mknodat(CWD, scene.workspace.join("pipe"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let _socket = UnixListener::bind(scene.workspace.join("socket")).unwrap();
    for name in ["pipe", "socket"] {
        assert_eq!(scene.read(name).await, format!("Error: Not a file: {name}"));
        assert_eq!(scene.list(name).await, format!("Error: Not a directory: {name}"));
    }
}

#[tokio::test]
async fn no_way_out_is_taken() {
    let scene = Scene::new();
    let base = scene.workspace.parent().unwrap().display().to_string();
    scene.link("file-out", "../outside/outside-secret");
    scene.link("folder-out", "../outside");
    scene.link("absolute-out", &format!("{base}/outside"));
    scene.link("root", "/");
    scene.link("up", "..");
    scene.link("sub/up-and-out", "../../outside");
    let ways = [
        "../outside/outside-secret".to_owned(),
        "sub/../../outside/outside-secret".to_owned(),
        format!("{base}/outside/outside-secret"),
        format!("{base}/ws_evil/outside-secret"),
        format!("{base}/ws/../outside/outside-secret"),
        "file-out".to_owned(),
        "folder-out/outside-secret".to_owned(),
        "absolute-out/outside-secret".to_owned(),
        "root/etc/hostname".to_owned(),
        "up/outside/outside-secret".to_owned(),
        "sub/up-and-out/outside-secret".to_owned(),
        "/etc/hostname".to_owned(),
        "/proc/self/environ".to_owned(),
    ];
    for path in ways {
        assert_eq!(scene.read(&path).await, scene.outside_error(&path));
        assert_eq!(scene.list(&path).await, scene.outside_error(&path));
    }
    let listing = scene.list(".").await;
    assert!(listing.contains("📄 folder-out"), "what lies behind a link that leads out is not looked at");
}

#[tokio::test]
async fn links_that_stay_inside_are_followed() {
    let scene = Scene::new();
    scene.link("alias", "sub/deep/b.txt");
    scene.link("sub/deep/back", "../../notes.md");
    scene.link("loop", "loop");
    scene.link("absolute", &scene.workspace.join("sub").display().to_string());
    assert_eq!(scene.read("alias").await, "inside b");
    assert_eq!(scene.read("absolute/deep/b.txt").await, "inside b");
    assert_eq!(scene.list("absolute").await, "📁 deep");
    assert_eq!(scene.read("sub/deep/back").await, "inside notes");
    assert_eq!(scene.read("loop").await, "Error: The path cannot be resolved");
}

#[tokio::test]
async fn odd_paths_are_refused_in_words() {
    let scene = Scene::new();
    assert_eq!(scene.read("a\0b").await, "Error: The path cannot be resolved");
    assert_eq!(scene.read(&"x/".repeat(4_000)).await, "Error: The path cannot be resolved");
    assert_eq!(scene.read("~/notes.md").await, scene.outside_error("~/notes.md"));
}

/// Paths that aim at the weak places of a resolver: ups, links, absolute beginnings, odd separators.
fn any_path(base: &str) -> impl Strategy<Value = String> {
    let names = [
        "..",
        ".",
        "",
        "ws",
        "ws_evil",
        "outside",
        "folder",
        SECRET,
        "sub",
        "deep",
        "b.txt",
        "notes.md",
        "file-out",
        "folder-out",
        "absolute-out",
        "root",
        "up",
        "self",
        "loop",
        "etc",
        "proc",
        "fd",
    ];
    let component = prop_oneof![
        8 => prop::sample::select(names.to_vec()).prop_map(str::to_owned),
        1 => "[a-z.~\\\\ ]{0,4}",
        1 => any::<String>(),
    ];
    let beginning = prop::sample::select(vec![
        String::new(),
        "/".to_owned(),
        format!("{base}/ws/"),
        format!("{base}/ws"),
        format!("{base}/"),
        "/proc/self/root/".to_owned(),
        "/proc/self/cwd/".to_owned(),
    ]);
    (beginning, prop::collection::vec(component, 0..9))
        .prop_map(|(beginning, components)| beginning + &components.join("/"))
}

#[test]
fn no_path_whatsoever_shows_a_byte_from_outside() {
    let scene = Scene::new();
    let base = scene.workspace.parent().unwrap().display().to_string();
    scene.link("file-out", "../outside/outside-secret");
    scene.link("folder-out", "../outside");
    scene.link("absolute-out", &format!("{base}/outside"));
    scene.link("root", "/");
    scene.link("up", "..");
    scene.link("self", "../ws");
    scene.link("loop", "loop");
    scene.link("sub/up", "../..");
    scene.link("sub/deep/folder", "../../folder-out/folder");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let inside = ["inside notes", "inside b"];

    proptest!(ProptestConfig::with_cases(2_000), |(path in any_path(&base))| {
        let (read, listed) = runtime.block_on(async {
            (scene.call("read_file", &path).await, scene.call("list_dir", &path).await)
        });
        prop_assert!(read.failed || inside.contains(&read.content.as_str()), "{path:?} showed a file");
        if !listed.failed {
            let lists_inside = |line: &str| {
                let name = line.trim_start_matches("📁 ").trim_start_matches("📄 ");
                name != SECRET && name != "ws" && name != "etc" && name != "ws_evil"
            };
            prop_assert!(listed.content.lines().all(lists_inside), "{path:?} listed a folder outside");
        }
    });
}
