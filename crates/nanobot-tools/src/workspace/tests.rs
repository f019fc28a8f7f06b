//! Opening the folder, and cutting absolute paths.

use tempfile::TempDir;

use super::*;

#[test]
fn a_folder_that_is_not_there_or_is_a_file_is_no_workspace() {
    let base = TempDir::new().unwrap();
    let missing = WorkspaceFolder::open(base.path().join("none"));
    assert!(
        matches!(missing, Err(WorkspaceError::Open { source, .. }) if source.kind() == io::ErrorKind::NotFound)
    );
    let file = base.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(WorkspaceFolder::open(&file), Err(WorkspaceError::Open { .. })));
}

#[test]
fn an_absolute_path_is_cut_by_whole_components() {
    let base = TempDir::new().unwrap();
    let real = base.path().join("real");
    std::fs::create_dir(&real).unwrap();
    std::os::unix::fs::symlink(&real, base.path().join("ws")).unwrap();
    let workspace = WorkspaceFolder::open(base.path().join("ws")).unwrap();

    let relative = |path: PathBuf| workspace.relative(path.to_str().unwrap()).map(Path::to_path_buf);
    assert_eq!(relative(base.path().join("ws/a.txt")), Ok("a.txt".into()));
    assert_eq!(relative(base.path().join("real/a.txt")), Ok("a.txt".into()), "links resolved");
    assert_eq!(relative(base.path().join("ws")), Ok(".".into()));
    assert_eq!(relative(base.path().join("ws_evil/a.txt")), Err(Refusal::Outside));
    assert_eq!(relative("/".into()), Err(Refusal::Outside));
    assert_eq!(relative("".into()), Ok(".".into()));
}

#[test]
fn the_folder_stays_the_same_when_it_is_renamed() {
    let base = TempDir::new().unwrap();
    let before = base.path().join("before");
    std::fs::create_dir(&before).unwrap();
    std::fs::write(before.join("a.txt"), "").unwrap();
    let workspace = WorkspaceFolder::open(&before).unwrap();
    std::fs::rename(&before, base.path().join("after")).unwrap();
    std::fs::create_dir(&before).unwrap();
    assert!(workspace.open_for_reading("a.txt").is_ok());
}
