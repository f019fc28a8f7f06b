//! Where a command starts: a folder as a person or the model names it, made a folder of the box.
//!
//! Maps words only. That the folder exists is found out by the shell; what it shows is settled by the mounts.

use std::path::{Path, PathBuf};

use nanobot_core::ports::FileGrant;

use crate::WORKSPACE;
use crate::links::{Links, resolve};

/// Nothing else than the workspace and the grants is a place to start from. The words are the original's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Working directory {directory} is outside workspace {workspace}")]
pub(crate) struct Outside {
    directory: String,
    workspace: String,
}

/// Maps a folder: relative to the workspace, or absolute as the host or the box names it. Where both could be meant,
/// the host's reading goes first. Follows links on the host, so it blocks for a moment.
pub(crate) fn map(
    directory: Option<&str>,
    workspace: &Path,
    grants: &[FileGrant],
    links: &dyn Links,
) -> Result<String, Outside> {
    let Some(directory) = directory.filter(|directory| !directory.trim().is_empty()) else {
        return Ok(WORKSPACE.to_owned());
    };
    let named = workspace.join(directory);
    let at_home = beneath(&named, workspace, WORKSPACE, links);
    let mapped = match at_home {
        Ok(mapped) => Ok(mapped),
        Err(outside) => match as_the_box_names_it(Path::new(directory), workspace, grants) {
            Some((path, root, target)) => beneath(&path, root, target, links),
            None => Err(outside),
        },
    };
    mapped.map_err(|directory| Outside {
        directory: directory.display().to_string(),
        workspace: workspace.display().to_string(),
    })
}

/// A path in the box, as the host's path, the root that shows it, and where the box has that root.
fn as_the_box_names_it<'a>(
    directory: &Path,
    workspace: &'a Path,
    grants: &'a [FileGrant],
) -> Option<(PathBuf, &'a Path, &'a str)> {
    let granted = grants.iter().map(|grant| (grant.path.as_path(), grant.container.as_str()));
    std::iter::once((workspace, WORKSPACE)).chain(granted).find_map(|(root, target)| {
        let rest = directory.strip_prefix(target).ok()?;
        Some((root.join(rest), root, target))
    })
}

/// The path in the box of a path beneath a root, else where the path leads to.
fn beneath(path: &Path, root: &Path, target: &str, links: &dyn Links) -> Result<String, PathBuf> {
    let Some(end) = resolve(path, links) else { return Err(path.to_owned()) };
    let Ok(rest) = end.strip_prefix(root) else { return Err(end) };
    let inside = Path::new(target).join(rest);
    let text = inside.to_str().filter(|text| !text.contains('\0')).map(|text| text.trim_end_matches('/'));
    text.map(str::to_owned).ok_or(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::links::WrittenLinks;

    const HOME: &str = "/r/ws";

    fn place(directory: &str) -> String {
        let links = WrittenLinks(vec![
            ("/r/ws_link", "/r/ws"),
            ("/r/ws/out_link", "/r/opt/data"),
            ("/r/ws/in_link", "sub"),
            ("/r/docs/up", ".."),
        ]);
        let grant = FileGrant {
            id: "docs".to_owned(),
            path: PathBuf::from("/r/docs"),
            container: "/grants/docs".to_owned(),
            is_read_only: true,
            is_recursive: true,
        };
        let mapped = map(Some(directory), Path::new(HOME), &[grant], &links);
        mapped.unwrap_or_else(|error| error.to_string())
    }

    fn outside(directory: &str) -> String {
        format!("Working directory {directory} is outside workspace {HOME}")
    }

    #[test]
    fn host_paths_inside_the_workspace_are_mapped() {
        for (directory, expected) in [
            ("/r/ws", "/workspace"),
            ("/r/ws/", "/workspace"),
            ("/r/ws/sub/../sub", "/workspace/sub"),
            ("/r/ws_link/sub", "/workspace/sub"),
            ("/r/ws/in_link/x", "/workspace/sub/x"),
            ("/r/ws/nonexistent/deeper", "/workspace/nonexistent/deeper"),
            ("/r/ws/sp ace/ü", "/workspace/sp ace/ü"),
        ] {
            assert_eq!(place(directory), expected, "{directory}");
        }
    }

    #[test]
    fn relative_paths_start_at_the_workspace() {
        for (directory, expected) in
            [("sub", "/workspace/sub"), (".", "/workspace"), ("  ", "/workspace"), ("a/../b", "/workspace/b")]
        {
            assert_eq!(place(directory), expected, "{directory}");
        }
        assert_eq!(place("../ws2"), outside("/r/ws2"));
    }

    #[test]
    fn paths_of_the_box_are_taken_as_they_are() {
        for (directory, expected) in [
            ("/workspace", "/workspace"),
            ("/workspace/in_link", "/workspace/sub"),
            ("/grants/docs", "/grants/docs"),
            ("/grants/docs/a/./b", "/grants/docs/a/b"),
        ] {
            assert_eq!(place(directory), expected, "{directory}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_asked_for_stays_in_the_workspace_or_a_grant(
            parts in proptest::collection::vec("\\.\\.|\\.|ws|ws_link|out_link|in_link|docs|up|grants|workspace|r|[ax/~\0]{0,2}", 0..8),
            is_absolute: bool,
        ) {
            let directory = format!("{}{}", if is_absolute { "/" } else { "" }, parts.join("/"));
            let said = place(&directory);
            let is_refused = said.starts_with("Working directory ");
            let inside = ["/workspace", "/grants/docs"].iter().any(|root| Path::new(&said).starts_with(root));
            prop_assert!(is_refused || (inside && !said.split('/').any(|part| part == "..") && !said.contains('\0')));
        }
    }

    #[test]
    fn everything_else_is_outside_in_the_words_of_the_original() {
        for (directory, shown) in [
            ("/r/ws/../..", "/"),
            ("/tmp", "/tmp"),
            ("/r/ws/out_link", "/r/opt/data"),
            ("/r/wsx", "/r/wsx"),
            ("/workspace/../etc", "/r/etc"),
            ("/workspace/out_link", "/r/opt/data"),
            ("/workspacex", "/workspacex"),
            ("/grants/docs/up", "/r"),
            ("/grants/other", "/grants/other"),
            ("/grants/docs/../../etc", "/etc"),
        ] {
            assert_eq!(place(directory), outside(shown), "{directory}");
        }
        assert_eq!(map(None, Path::new(HOME), &[], &WrittenLinks(vec![])).unwrap(), "/workspace");
    }
}
