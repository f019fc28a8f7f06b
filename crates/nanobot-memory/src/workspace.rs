//! The workspace's bootstrap files: what a person wrote down for every prompt.
//!
//! They live in this crate because they are memory like the rest of it: text on disk that is read into a
//! prompt and may be edited between two turns. So they are read afresh each time, nothing is cached, and
//! nothing is ever written. What a prompt makes of them is core's business.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use nanobot_core::ports::{BootstrapFile, StoreError, Workspace};

use crate::disk::{self, blocking, found};

/// How long the text of a bootstrap file may be, in bytes (64 KiB); the rest of a longer file is cut.
pub const MAX_BOOTSTRAP_BYTES: usize = 64 * 1024;

/// What stands at the end of a text that was cut.
const CUT_NOTE: &str = "\n[cut here: at most 64 KiB of a file are read]";

/// The bootstrap files, in the order in which they stand in the prompt.
const NAMES: [&str; 5] = ["AGENTS.md", "SOUL.md", "USER.md", "TOOLS.md", "IDENTITY.md"];

/// A workspace folder. It need not exist; then it has no files.
#[derive(Debug, Clone)]
pub struct WorkspaceFiles {
    folder: PathBuf,
}

impl WorkspaceFiles {
    /// The workspace at this folder. Touches nothing yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }
}

#[async_trait]
impl Workspace for WorkspaceFiles {
    fn path(&self) -> String {
        self.folder.display().to_string()
    }

    async fn bootstrap(&self) -> Result<Vec<BootstrapFile>, StoreError> {
        let folder = self.folder.clone();
        blocking("reading the workspace".to_owned(), move || {
            let read = |name: &str| {
                let text = read(&folder, name)
                    .map_err(|error| StoreError::io(format!("reading {name} of the workspace"), error))?;
                Ok(text.map(|text| BootstrapFile { name: name.to_owned(), text }))
            };
            NAMES.into_iter().filter_map(|name| read(name).transpose()).collect()
        })
        .await
    }
}

/// A file's text; none when there is no such file. What must not be read is answered with a note instead, so
/// that a link or a pipe can neither smuggle something in nor silence the assistant.
fn read(folder: &Path, name: &str) -> io::Result<Option<String>> {
    let Some(target) = found(fs::canonicalize(folder.join(name)))? else { return Ok(None) };
    if !target.starts_with(fs::canonicalize(folder)?) {
        return Ok(Some(format!("[{name} is a link that leaves the workspace; it was not read]")));
    }
    if !fs::metadata(&target)?.is_file() {
        return Ok(Some(format!("[{name} is no regular file; it was not read]")));
    }
    let most = MAX_BOOTSTRAP_BYTES as u64;
    Ok(disk::read_at_most(&target, most)?.map(|bytes| shorten(&bytes)))
}

/// Bytes as text, unreadable ones replaced. What is longer than [`MAX_BOOTSTRAP_BYTES`] ends in a note that
/// says so, and is no longer than that with it.
fn shorten(bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    if text.len() > MAX_BOOTSTRAP_BYTES {
        text.truncate(text.floor_char_boundary(MAX_BOOTSTRAP_BYTES - CUT_NOTE.len()));
        text.push_str(CUT_NOTE);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use nanobot_core::testing::contract::workspace_contract;
    use proptest::prelude::*;

    use super::*;

    #[tokio::test]
    async fn it_keeps_the_contract() {
        let folder = tempfile::tempdir().unwrap();
        for (name, size) in [("SOUL.md", 100), ("IDENTITY.md", 200_000), ("USER.md", 65_536), ("other.md", 1)]
        {
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
}
