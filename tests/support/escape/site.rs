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
    pub(super) fn make(world: &World, word: &str) -> Result<Self> {
        let folder = PathBuf::from("/srv").join(word);
        let mut site = Self { folder, servers: Vec::new() };
        let (ws, docs) = (site.workspace(), site.docs());
        for folder in [&ws, &docs, &ws.join("sub"), &ws.join("was")] {
            fs::create_dir_all(folder)?;
            fs::set_permissions(folder, fs::Permissions::from_mode(0o777))?;
        }
        fs::write(ws.join(".env"), world.secret("env"))?;
        fs::write(ws.join("was/key"), world.secret("key-file"))?;
        fs::write(ws.join("list"), "nothing\n")?;
        fs::write(docs.join("note"), "nothing\n")?;
        fs::write(ws.join("his"), world.secret("his"))?;
        if world.who == Who::Root {
            fs::set_permissions(ws.join("his"), fs::Permissions::from_mode(0o400))?;
            std::os::unix::fs::chown(ws.join("his"), Some(4242), Some(4242))?;
        }
        let ears = world.ears();
        for path in [ws.join("host.sock"), docs.join("docker.sock")] {
            site.servers.push(ears.unix(UnixListener::bind(path).context("listen in the workspace")?)?);
        }
        site.servers.push(ears.datagrams(UnixDatagram::bind(ws.join("dgram.sock"))?)?);
        Ok(site)
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
