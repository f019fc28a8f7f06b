//! Settles what a box shows of the host for one command: workspace, grants, covers, and where the command starts.
//!
//! Everything is looked at anew for each command, since policy, allowlist and folders may have changed. It opens and
//! compares, and starts nothing. It blocks on the file system, so [`Views`] keeps it off the event loop and limits it.

#[cfg(test)]
mod tests;

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nanobot_core::ports::{FileAccess, FileGrant, SandboxError};
use rustix::io::Errno;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::allowlist::Allowlist;
use crate::grants::{Honoured, honour};
use crate::identity::Identity;
use crate::links::DiskLinks;
use crate::masks::{Finds, Found, Pinned, Search, Tree};
use crate::{GrantMount, MountSource, Mounts, StartError, WORKSPACE, directory};

/// Settling a view may take so long, waiting for a place included: a file system that hangs costs one answer.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// So many views may be settled at once.
const MAX_AT_ONCE: usize = 4;

/// What a box shows, as far as two boxes can differ in it. Two equal views may share a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct View {
    workspace: (PathBuf, Identity),
    grants: Vec<(FileGrant, Identity)>,
    pub(crate) covered: Vec<Found>,
    pub(crate) pinned: Vec<Pinned>,
    /// Folders had to be looked at to find the masks, so that one can have been missed.
    pub(crate) is_searched: bool,
}

impl View {
    pub(crate) fn has_grants(&self) -> bool {
        !self.grants.is_empty()
    }
}

/// A view, ready to be mounted.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) view: View,
    pub(crate) mounts: Mounts,
    /// Where the command starts: absolute, in the box.
    pub(crate) directory: String,
}

/// For whom a view is settled.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    pub(crate) grants: WhichGrants,
    pub(crate) directory: Option<String>,
}

/// Which grants are to be shown.
#[derive(Debug, Clone)]
pub(crate) enum WhichGrants {
    /// Those of the policy.
    InForce { is_owner: bool },
    /// These, to see what would become of them.
    These(Vec<FileGrant>),
}

/// What views are settled from.
pub(crate) struct Sources {
    pub(crate) files: Arc<dyn FileAccess>,
    pub(crate) bubblewrap: PathBuf,
    pub(crate) allowlist: PathBuf,
    pub(crate) home: Option<PathBuf>,
}

/// Settles views off the event loop, a few at a time. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Views {
    sources: Arc<Sources>,
    places: Arc<Semaphore>,
}

impl Views {
    pub(crate) fn new(sources: Sources) -> Self {
        Self { sources: Arc::new(sources), places: Arc::new(Semaphore::new(MAX_AT_ONCE)) }
    }

    /// Settles a view; gives up after [`TIME_LIMIT`]. The work stops soon after the caller has gone.
    pub(crate) async fn settle(&self, asker: Asker) -> Result<Settled, SandboxError> {
        let stop = StopOnDrop(Arc::new(AtomicBool::new(false)));
        let seen = Arc::clone(&stop.0);
        let (sources, places) = (Arc::clone(&self.sources), Arc::clone(&self.places));
        let work = async move {
            let place = places.acquire_owned().await.map_err(|_| refused("the sandbox is closed"))?;
            let work = spawn_blocking(move || {
                let settled = sources.settle(&asker, &seen);
                drop(place);
                settled
            });
            work.await.map_err(|_| refused("looking at the folders was broken off"))?
        };
        let too_long = || refused(format!("looking at the folders took longer than {TIME_LIMIT:?}"));
        timeout(TIME_LIMIT, work).await.unwrap_or_else(|_| Err(too_long()))
    }
}

struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Sources {
    fn settle(&self, asker: &Asker, stop: &AtomicBool) -> Result<Settled, SandboxError> {
        if !self.bubblewrap.is_file() {
            return Err(refused("bubblewrap executable not found in PATH"));
        }
        let files = self.files.as_ref();
        let workspace = files.workspace();
        let grants = match &asker.grants {
            WhichGrants::InForce { is_owner } => files.grants(*is_owner),
            WhichGrants::These(grants) => grants.clone(),
        };
        self.let_through(&workspace, &grants)?;
        let Honoured { grants, covered } = honour(grants, files).map_err(refused)?;
        let directory = directory::map(asker.directory.as_deref(), &workspace, &grants, &DiskLinks);
        let directory = directory.map_err(refused)?;

        let source = MountSource::open(&workspace).map_err(|error| cannot_mount("Workspace", &error))?;
        let mut search = Search::new(files, stop);
        let target = Path::new(WORKSPACE);
        let shown = Tree {
            source: &source,
            host: &workspace,
            target,
            is_recursive: true,
            is_writable: true,
            covered: &[],
        };
        search.look(&shown).map_err(refused)?;
        let is = identity(&source)?;
        let mut view = View {
            workspace: (workspace, is),
            grants: Vec::new(),
            covered: Vec::new(),
            pinned: Vec::new(),
            is_searched: false,
        };
        let mut mounts = Mounts::only(source);
        for grant in grants {
            let name = format!("Grant '{}'", grant.id);
            let source = MountSource::open(&grant.path).map_err(|error| cannot_mount(&name, &error))?;
            let target = PathBuf::from(&grant.container);
            let shown = Tree {
                source: &source,
                host: &grant.path,
                target: &target,
                is_recursive: grant.is_recursive,
                is_writable: !grant.is_read_only,
                covered: if grant.is_read_only { &[] } else { &covered },
            };
            search.look(&shown).map_err(|error| refused(format!("{name} cannot be mounted: {error}")))?;
            let is_read_only = grant.is_read_only;
            view.grants.push((grant, identity(&source)?));
            mounts.grants.push(GrantMount { source, target, is_read_only });
        }
        view.is_searched = search.has_looked();
        let Finds { covered, pinned, pins } = search.finds();
        (view.covered, view.pinned, mounts.pins) = (covered, pinned, pins);
        mounts.masks = view.covered.iter().map(|found| found.mask.clone()).collect();
        Ok(Settled { view, mounts, directory })
    }

    /// Asks the allowlist about everything, in the order of the original, then the policy about the workspace.
    fn let_through(&self, workspace: &Path, grants: &[FileGrant]) -> Result<(), SandboxError> {
        let list = Allowlist::read(&self.allowlist, self.home.as_deref(), &DiskLinks).map_err(refused)?;
        list.check(workspace).map_err(refused)?;
        for grant in grants {
            list.check(&grant.path).map_err(refused)?;
        }
        if self.files.is_blocked(workspace) {
            return Err(refused("Access to the workspace is blocked by security policy"));
        }
        Ok(())
    }
}

fn identity(source: &MountSource) -> Result<Identity, SandboxError> {
    let failed = |error| refused(format!("{} cannot be looked at: {error}", source.path().display()));
    Identity::of(source).map_err(failed)
}

fn refused(reason: impl Display) -> SandboxError {
    SandboxError::Unavailable { reason: reason.to_string() }
}

fn cannot_mount(what: &str, error: &StartError) -> SandboxError {
    let StartError::Source { path, source } = error else { return refused(error) };
    let why = match source.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::NOENT | Errno::NOTDIR) => "is not there",
        Some(Errno::LOOP) => "has a link in its path",
        Some(Errno::INVAL) => "is neither a file nor a folder",
        Some(Errno::ACCESS | Errno::PERM) => "may not be opened",
        _ => "cannot be opened",
    };
    refused(format!("{what} cannot be mounted: {} {why}", path.display()))
}
