//! A workspace and a grant on the disk, and sandboxes over them: with nothing beside the workspace, and with a grant of
//! many files of which some are blocked.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use nanobot_core::cancel::CancelToken;
use nanobot_core::ids::SessionKey;
use nanobot_core::ports::{
    AllowedFile, FileAccess, FileGrant, FileOperation, FileRefusal, GrantsSeen, Sandbox as _, SandboxRequest,
};
use nanobot_core::units::ByteCount;
use nanobot_sandbox::{BubblewrapSandbox, LauncherSettings, PoolSettings, Profile, SandboxSettings};
use nanobotd::system::SystemClock;
use tempfile::TempDir;

/// Where distributions put it.
const BUBBLEWRAP: &str = "/usr/bin/bwrap";

/// Folders of the grant, and files in each; the first of each is blocked.
const FOLDERS: usize = 20;
const FILES: usize = 50;

/// No command here takes as long.
const TIME_LIMIT: Duration = Duration::from_mins(1);

/// What a box shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shows {
    Workspace,
    GrantWithMasks,
}

impl Shows {
    pub(crate) const BOTH: [Self; 2] = [Self::Workspace, Self::GrantWithMasks];

    pub(crate) fn words(self) -> String {
        match self {
            Self::Workspace => "workspace alone".to_owned(),
            Self::GrantWithMasks => format!("a grant of {} files, {FOLDERS} of them masked", FOLDERS * FILES),
        }
    }
}

/// The folders; gone when dropped.
pub(crate) struct Scene {
    folder: TempDir,
}

impl Scene {
    pub(crate) fn make() -> Result<Self> {
        ensure!(
            Path::new(BUBBLEWRAP).is_file(),
            "NOT RUN: install bubblewrap (Debian: apt-get install bubblewrap)"
        );
        let folder = tempfile::tempdir()?;
        let root = folder.path();
        fs::create_dir(root.join("ws"))?;
        for number in 0..FOLDERS {
            let inner = root.join(format!("docs/{number}"));
            fs::create_dir_all(&inner)?;
            fs::write(inner.join(".env"), "blocked")?;
            for file in 1..FILES {
                fs::write(inner.join(format!("{file}.md")), "a page")?;
            }
        }
        let allowed = format!(r#"{{"allowedRoots": ["{}"]}}"#, root.display());
        fs::write(root.join("allow.json"), allowed)?;
        Ok(Self { folder })
    }

    /// A sandbox of its own, without a shell so far.
    pub(crate) fn sandbox(&self, shows: Shows) -> Result<BubblewrapSandbox> {
        let root = self.folder.path().canonicalize()?;
        let settings = SandboxSettings {
            launcher: LauncherSettings {
                bubblewrap: BUBBLEWRAP.into(),
                init: std::env::current_exe()?,
                locale: Vec::new(),
            },
            profile: Profile::default(),
            pool: PoolSettings::default(),
            allowlist: root.join("allow.json"),
            home: None,
        };
        let files = Arc::new(Rules { root, shows });
        Ok(BubblewrapSandbox::new(settings, files, Arc::new(SystemClock::new()))?)
    }
}

/// Runs a command that says this and nothing else.
pub(crate) async fn run(sandbox: &BubblewrapSandbox, command: &str, says: &str) -> Result<()> {
    let request = SandboxRequest {
        session: SessionKey::new("bench:chat")?,
        grants: GrantsSeen::Owners,
        command: command.to_owned(),
        directory: None,
        timeout: TIME_LIMIT,
        output_limit: ByteCount::kib(64),
        cancel: CancelToken::never(),
    };
    let ended = sandbox.run(&request).await.with_context(|| format!("run `{command}` in the box"))?;
    ensure!(ended.code == Some(0) && ended.output == says, "`{command}` in the box did something else");
    Ok(())
}

struct Rules {
    root: PathBuf,
    shows: Shows,
}

impl FileAccess for Rules {
    fn workspace(&self) -> PathBuf {
        self.root.join("ws")
    }

    fn decide(&self, path: &str, _: FileOperation, _: bool) -> Result<AllowedFile, FileRefusal> {
        Err(FileRefusal(format!("{path} is not asked for by the sandbox")))
    }

    fn grants(&self, _: bool) -> Vec<FileGrant> {
        let docs = FileGrant {
            id: "docs".to_owned(),
            path: self.root.join("docs"),
            container: "/grants/docs".to_owned(),
            is_read_only: true,
            is_recursive: true,
        };
        match self.shows {
            Shows::Workspace => Vec::new(),
            Shows::GrantWithMasks => vec![docs],
        }
    }

    fn is_blocked(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == ".env")
    }

    fn blocks_anything(&self) -> bool {
        self.shows == Shows::GrantWithMasks
    }
}
