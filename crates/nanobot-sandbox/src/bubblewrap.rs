//! The sandbox of this machine: bubblewrap boxes, one persistent shell for each session and each view of the host.
//!
//! Ties the parts together and nothing more: `view` says what a box may show, `pool` which shells live, `launch` starts
//! them. It never runs a command outside of a box, whatever fails.

mod boxes;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::ids::SessionKey;
use nanobot_core::ports::{
    Clock, FileAccess, FileGrant, GrantsSeen, Protection, Sandbox, SandboxError, SandboxRequest,
    SandboxResult,
};

use self::boxes::{Boxed, Ready};
use crate::pool::keeper::Keeper;
use crate::pool::{PoolSettings, ShellKey};
use crate::view::{Asker, Settled, Sources, View, Views, WhichGrants};
use crate::{CellCommand, Launcher, LauncherSettings, Network, Plan, Profile, StartError};

/// What the sandbox is made from.
#[derive(Debug, Clone)]
pub struct SandboxSettings {
    /// Where the programs are.
    pub launcher: LauncherSettings,
    /// What every box must be.
    pub profile: Profile,
    /// How many shells live, and for how long.
    pub pool: PoolSettings,
    /// The mount allowlist file: absolute. It is read for every command.
    pub allowlist: PathBuf,
    /// What `~` means in it; without one such entries count not.
    pub home: Option<PathBuf>,
}

/// The sandbox of this machine. Somebody has to call [`sweep`](Sandbox::sweep) now and then, else idle shells live until
/// the next command, and [`close`](Sandbox::close) at the end.
pub struct BubblewrapSandbox {
    views: Views,
    keeper: Keeper<Key, Boxed>,
    clock: Arc<dyn Clock>,
}

/// Whose shell it is. In one slot (a session, with or without grants) only one view is wanted at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    session: SessionKey,
    view: Arc<View>,
}

impl ShellKey for Key {
    fn is_same_slot(&self, other: &Self) -> bool {
        self.session == other.session && self.view.has_grants() == other.view.has_grants()
    }
}

impl BubblewrapSandbox {
    /// The name that `status` shows.
    pub const NAME: &'static str = "bubblewrap";

    /// Makes the sandbox. Nothing is started yet.
    ///
    /// # Errors
    /// When the thread that starts boxes cannot be had.
    pub fn new(
        settings: SandboxSettings,
        files: Arc<dyn FileAccess>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        let SandboxSettings { launcher, profile, pool, allowlist, home } = settings;
        let sources = Sources { files, bubblewrap: launcher.bubblewrap.clone(), allowlist, home };
        let views = Views::new(sources);
        let boxes = Boxed::new(Launcher::new(launcher)?, profile, views.clone());
        let keeper = Keeper::new(&pool, Arc::clone(&clock), boxes);
        Ok(Self { views, keeper, clock })
    }

    /// What a box would be that shows these grants, with another network than the profile's if one is named. Starts
    /// nothing.
    ///
    /// # Errors
    /// [`SandboxError::Unavailable`] with the reason for which no command would run.
    pub async fn plan(&self, grants: Vec<FileGrant>, network: Option<Network>) -> Result<Plan, SandboxError> {
        let asker = Asker { grants: WhichGrants::These(grants), directory: None };
        let mounts = self.views.settle(asker).await?.mounts;
        self.keeper.boxes().plan(&mounts, network)
    }

    /// Where a command would start that names this folder: absolute, in a box that shows these grants. Starts nothing.
    ///
    /// # Errors
    /// [`SandboxError::Unavailable`] with the reason for which no command would run.
    pub async fn directory(
        &self,
        grants: Vec<FileGrant>,
        directory: impl Into<String>,
    ) -> Result<String, SandboxError> {
        let asker = Asker { grants: WhichGrants::These(grants), directory: Some(directory.into()) };
        Ok(self.views.settle(asker).await?.directory)
    }

    /// How many shells live.
    pub fn live_shells(&self) -> usize {
        self.keeper.live()
    }
}

#[async_trait]
impl Sandbox for BubblewrapSandbox {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    async fn protections(&self) -> Vec<Protection> {
        self.keeper.boxes().protections().await
    }

    async fn run(&self, request: &SandboxRequest) -> Result<SandboxResult, SandboxError> {
        let grants = match request.grants {
            GrantsSeen::None => WhichGrants::These(Vec::new()),
            GrantsSeen::Everybodys => WhichGrants::InForce { is_owner: false },
            GrantsSeen::Owners => WhichGrants::InForce { is_owner: true },
        };
        let asker = Asker { grants: grants.clone(), directory: request.directory.clone() };
        let settling = request.cancel.race(self.views.settle(asker));
        let Settled { view, mounts, directory } = settling.await.ok_or(SandboxError::Cancelled)??;
        let view = Arc::new(view);
        let sees_grants = view.has_grants();
        let key = Key { session: request.session.clone(), view: Arc::clone(&view) };
        let command = CellCommand {
            command: &request.command,
            directory: &directory,
            timeout: request.timeout,
            output_limit: request.output_limit,
            cancel: &request.cancel,
        };
        let ended = self.keeper.run(&key, Ready { view, mounts, grants }, command).await?;
        let output = String::from_utf8_lossy(&ended.output).into_owned();
        Ok(SandboxResult { code: ended.code, output, cut_chars: ended.cut_chars, sees_grants })
    }

    async fn sweep(&self) {
        self.keeper.sweep(self.clock.now().instant).await;
    }

    async fn close(&self) {
        self.keeper.close().await;
    }
}
