//! Opening the folder, cutting paths by whole components, and following links.

use std::fs;
use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

fn decided(access: &WorkspaceOnly, path: impl AsRef<Path>) -> Result<PathBuf, String> {
    let path = path.as_ref().to_str().unwrap();
    access.decide(path, FileOperation::Read, true).map(|allowed| allowed.path).map_err(|refusal| refusal.0)
}

#[test]
fn a_folder_that_is_not_there_or_is_a_file_is_no_workspace() {
    let base = TempDir::new().unwrap();
    let missing = WorkspaceOnly::open(base.path().join("none"));
    assert!(
        matches!(missing, Err(WorkspaceError::Open { source, .. }) if source.kind() == io::ErrorKind::NotFound)
    );
    let file = base.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(WorkspaceOnly::open(&file), Err(WorkspaceError::Open { .. })));
}

#[test]
fn an_absolute_path_is_cut_by_whole_components() {
    let base = TempDir::new().unwrap();
    let base = base.path().canonicalize().unwrap();
    let real = base.join("real");
    fs::create_dir(&real).unwrap();
    symlink(&real, base.join("ws")).unwrap();
    let access = WorkspaceOnly::open(base.join("ws")).unwrap();

    assert_eq!(access.workspace(), real);
    assert_eq!(decided(&access, base.join("ws/a.txt")), Ok(real.join("a.txt")), "as it was configured");
    assert_eq!(decided(&access, base.join("real/a.txt")), Ok(real.join("a.txt")), "links followed");
    assert_eq!(decided(&access, base.join("ws")), Ok(real.clone()));
    assert_eq!(decided(&access, ""), Ok(real.clone()));
    for outside in [base.join("real_evil/a.txt"), "/".into(), "~/x".into(), "../x".into(), real.join("../x")]
    {
        assert!(decided(&access, &outside).unwrap_err().contains("is outside allowed directory"));
    }
}

#[test]
fn links_are_followed_also_where_nothing_is_there_yet() {
    let base = TempDir::new().unwrap();
    let workspace = base.path().canonicalize().unwrap().join("ws");
    fs::create_dir_all(workspace.join("sub")).unwrap();
    symlink(workspace.join("sub"), workspace.join("inside")).unwrap();
    symlink("../elsewhere", workspace.join("dangling-out")).unwrap();
    symlink("loop", workspace.join("loop")).unwrap();
    let access = WorkspaceOnly::open(&workspace).unwrap();

    assert_eq!(decided(&access, "inside/new/x"), Ok(workspace.join("sub/new/x")));
    assert_eq!(decided(&access, "none/../x"), Ok(workspace.join("x")));
    assert!(decided(&access, "dangling-out").unwrap_err().contains("outside"));
    assert!(decided(&access, "dangling-out/x").unwrap_err().contains("outside"));
    assert_eq!(decided(&access, "loop/x"), Err("The path cannot be resolved".to_owned()));
}
