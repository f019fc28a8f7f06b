//! Starts boxes for the pool, and looks again once they stand: what they show must be what was settled.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::ports::{Protection, SandboxError};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::pool::keeper::{Boxes, Shell};
use crate::view::{Asker, View, Views, WhichGrants};
use crate::{
    Cell, CellCommand, CellOutput, Launcher, Mounts, Network, Plan, Profile, RunError, StartError, covers,
};

/// Looking at some hundred mounts takes a moment.
const LOOK_LIMIT: Duration = Duration::from_secs(10);

/// A view and its mounts, to be started.
pub(super) struct Ready {
    pub(super) view: Arc<View>,
    pub(super) mounts: Mounts,
    pub(super) grants: WhichGrants,
}

/// bubblewrap boxes of one profile.
pub(super) struct Boxed {
    launcher: Launcher,
    profile: Profile,
    views: Views,
    /// What the last look at the walls has shown; empty before the first.
    walls: Mutex<Vec<Protection>>,
}

#[async_trait]
impl Boxes for Boxed {
    type Shell = Cell;
    type Plan = Ready;

    async fn start(&self, ready: Ready) -> Result<Cell, SandboxError> {
        let Ready { view, mounts, grants } = ready;
        let cell = Cell::start(&self.launcher, &self.profile, mounts).await.map_err(refusal)?;
        if view.is_searched
            && let Err(error) = self.look_again(&cell, &view, grants).await
        {
            cell.kill().await;
            return Err(error);
        }
        Ok(cell)
    }

    /// A cover is gone when the host takes away what it lies on, even if the same file comes back.
    async fn holds(&self, cell: &Cell, ready: &Ready) -> bool {
        covers_lie(cell, &ready.view).await.unwrap_or(false)
    }
}

impl Boxed {
    pub(super) fn new(launcher: Launcher, profile: Profile, views: Views) -> Self {
        Self { launcher, profile, views, walls: Mutex::new(Vec::new()) }
    }

    /// Which walls stand, found out by starting a box once; asked again until all stand that must. Whether the mounts
    /// are allowed is looked at each time.
    pub(super) async fn protections(&self) -> Vec<Protection> {
        let nothing = Asker { grants: WhichGrants::These(Vec::new()), directory: None };
        let allowed = self.views.settle(nothing).await;
        let mounts = Protection {
            name: "mounts",
            is_demanded: true,
            is_live: allowed.is_ok(),
            detail: match &allowed {
                Ok(_) => "the allowlist lets the workspace be shown".to_owned(),
                Err(error) => error.to_string(),
            },
        };
        let mut known = self.walls.lock().await;
        if known.is_empty()
            && let Ok(settled) = allowed
        {
            *known = self.launcher.protections(&self.profile, settled.mounts.workspace).await;
        }
        let mut protections = vec![mounts];
        protections.extend(known.iter().cloned());
        if known.iter().any(|wall| wall.is_demanded && !wall.is_live) {
            known.clear();
        }
        protections
    }

    /// What bubblewrap would be told.
    pub(super) fn plan(&self, mounts: &Mounts, network: Option<Network>) -> Result<Plan, SandboxError> {
        let profile = Profile { network: network.unwrap_or(self.profile.network), ..self.profile.clone() };
        self.launcher.plan(&profile, mounts).map_err(refusal)
    }

    /// A cover is mounted by its path, which may have come to mean something else since it was found. So everything is
    /// looked for once more, and the covers are looked at where they lie, before the first command is let in.
    async fn look_again(
        &self,
        cell: &Cell,
        view: &Arc<View>,
        grants: WhichGrants,
    ) -> Result<(), SandboxError> {
        let changed = || unavailable("what the sandbox may show has changed while it started; try again");
        let now = self.views.settle(Asker { grants, directory: None }).await?;
        if now.view != **view {
            return Err(changed());
        }
        match covers_lie(cell, view).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(changed()),
            Err(error) => Err(unavailable(format!("cannot look at the mounts of the box: {error}"))),
        }
    }
}

/// Whether everything is covered in a box that must be.
async fn covers_lie(cell: &Cell, view: &Arc<View>) -> io::Result<bool> {
    if view.covered.is_empty() && view.pinned.is_empty() {
        return Ok(true);
    }
    let (first, view) = (cell.first_process(), Arc::clone(view));
    let looking = spawn_blocking(move || covers::all_lie(&first, &view.covered, &view.pinned));
    timeout(LOOK_LIMIT, looking).await??
}

#[async_trait]
impl Shell for Cell {
    async fn run(&mut self, command: CellCommand<'_>) -> Result<CellOutput, RunError> {
        Self::run(self, command).await
    }

    fn killer(&self) -> Box<dyn Fn() + Send + Sync> {
        let killer = Self::killer(self);
        Box::new(move || killer.kill())
    }

    async fn kill(self) {
        Self::kill(self).await;
    }
}

/// What a box that did not start means for the command.
pub(super) fn refusal(error: StartError) -> SandboxError {
    match error {
        error @ StartError::NotClosed { .. } => SandboxError::NotClosed { missing: error.to_string() },
        StartError::Machine { attempt, source } => unavailable(format!("cannot {attempt}: {source}")),
        StartError::Source { path, source } => {
            unavailable(format!("cannot open {} for the box: {source}", path.display()))
        }
        error => unavailable(error.to_string()),
    }
}

fn unavailable(reason: impl Into<String>) -> SandboxError {
    SandboxError::Unavailable { reason: reason.into() }
}
