//! The place of one attempt: a workspace and a folder that is granted to be read, with sockets and covered files.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use nanobot_sandbox::{GrantMount, Mask, MountKind, MountSource, Mounts};
use tokio::task::AbortHandle;

use super::options::Who;
use super::world::{TOOLS, World};

#[derive(Debug)]
pub(super) struct Site {
    folder: PathBuf,
    servers: Vec<AbortHandle>,
}

impl Site {
    /// Makes it.
    pub(super) fn make(world: &World, nonce: &str) -> Result<Self> {
        let folder = PathBuf::from("/srv").join(nonce);
        let mut made = Self { folder, servers: Vec::new() };
        let (workspace, docs) = (made.workspace(), made.docs());
        for folder in [&workspace, &docs, &workspace.join("sub"), &workspace.join("was")] {
            fs::create_dir_all(folder)?;
            fs::set_permissions(folder, fs::Permissions::from_mode(0o777))?;
        }
        fs::write(workspace.join(".env"), world.secret("env"))?;
        fs::write(workspace.join("was/key"), world.secret("key-file"))?;
        fs::write(workspace.join("list"), "nothing\n")?;
        fs::write(docs.join("note"), "nothing\n")?;
        fs::write(workspace.join("his"), world.secret("his"))?;
        if world.who == Who::Root {
            fs::set_permissions(workspace.join("his"), fs::Permissions::from_mode(0o400))?;
            std::os::unix::fs::chown(workspace.join("his"), Some(4242), Some(4242))?;
        }
        let ears = world.ears();
        for path in [workspace.join("host.sock"), docs.join("docker.sock")] {
            made.servers.push(ears.unix(UnixListener::bind(path).context("listen in the workspace")?)?);
        }
        made.servers.push(ears.datagrams(UnixDatagram::bind(workspace.join("dgram.sock"))?)?);
        Ok(made)
    }

    pub(super) fn workspace(&self) -> PathBuf {
        self.folder.join("ws")
    }

    pub(super) fn docs(&self) -> PathBuf {
        self.folder.join("docs")
    }

    /// What a box shows of it.
    pub(super) fn mounts(&self) -> Result<Mounts> {
        Ok(Mounts {
            workspace: MountSource::open(&self.workspace())?,
            grants: vec![grant(&self.docs(), "docs")?, grant(Path::new(TOOLS), "tools")?],
            pins: Vec::new(),
            masks: vec![Mask { target: "/workspace/.env".into(), kind: MountKind::File }],
        })
    }
}

/// A grant to be read.
pub(super) fn grant(path: &Path, name: &str) -> Result<GrantMount> {
    Ok(GrantMount {
        source: MountSource::open(path)?,
        target: Path::new("/grants").join(name),
        is_read_only: true,
    })
}

impl Drop for Site {
    fn drop(&mut self) {
        for server in &self.servers {
            server.abort();
        }
        // It goes with the outer box at the latest. Folders too deep for a path are beyond the library: `rm` knows how.
        let _ = fs::remove_dir_all(&self.folder);
    }
}
