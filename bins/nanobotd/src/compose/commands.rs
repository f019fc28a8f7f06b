//! Commands of the model: which settings are in force, and the box that they run in.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nanobot_config::settings::PressurePolicy;
use nanobot_config::{Config, Environment, Home};
use nanobot_core::ports::{Clock, FileAccess, Sandbox};
use nanobot_sandbox::{
    BubblewrapSandbox, LauncherSettings, PoolSettings, Pressure, Profile, SandboxSettings,
};
use nanobot_tools::{ExecSettings, GuardSettings};

use crate::app::StartError;

/// The program that makes boxes.
const BUBBLEWRAP: &str = "bwrap";

/// Variables that a command in the box gets, where they are set.
const LOCALE: [&str; 5] = ["LANG", "LC_ALL", "LC_CTYPE", "TERM", "TZ"];

/// What boxes are started with on this machine.
#[derive(Debug, Clone)]
pub struct CommandHost {
    /// bubblewrap: absolute where it was found.
    pub bubblewrap: PathBuf,
    /// The program that runs first inside of a box, which is this very one: its `main` calls
    /// [`nanobot_sandbox::take_over`] before anything else.
    pub init: PathBuf,
    /// Language, terminal and time zone for the commands.
    pub locale: Vec<(String, String)>,
}

impl CommandHost {
    /// By the variables of this process.
    pub fn of(environment: &Environment) -> Self {
        let path = environment.get("PATH").unwrap_or_default();
        let places = path.split(':').filter(|folder| folder.starts_with('/'));
        let found = places.map(|folder| Path::new(folder).join(BUBBLEWRAP)).find(|path| path.is_file());
        let variable = |name: &str| Some((name.to_owned(), environment.get_non_blank(name)?.to_owned()));
        Self {
            bubblewrap: found.unwrap_or_else(|| BUBBLEWRAP.into()),
            // Without it no sandbox can be made, and the start says so.
            init: std::env::current_exe().unwrap_or_default(),
            locale: LOCALE.into_iter().filter_map(variable).collect(),
        }
    }
}

/// The settings for commands and files that are in force: the original's strict profile comes over the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the original's file")]
pub struct Confinement {
    /// Tools stay inside the workspace and what is granted besides.
    pub restrict_to_workspace: bool,
    /// Commands run in a box.
    pub isolation: bool,
    /// Commands may run outside of it. Kept for the file's sake: ours never do.
    pub host_execution: bool,
    /// A missing box refuses commands. Kept for the file's sake: it always does.
    pub fail_closed: bool,
}

impl Confinement {
    /// Of these settings.
    pub fn of(config: &Config) -> Self {
        let (tools, exec) = (&config.tools, &config.tools.exec);
        let strict = config.security.strict_profile;
        Self {
            restrict_to_workspace: strict || tools.restrict_to_workspace,
            isolation: strict || exec.isolation.enabled,
            host_execution: !strict && exec.allow_host_execution,
            fail_closed: strict || exec.isolation.fail_closed,
        }
    }

    /// Whether the guard keeps the paths of commands inside the workspace.
    fn guards_paths(self, config: &Config) -> bool {
        self.restrict_to_workspace
            || (self.isolation && config.tools.exec.isolation.force_workspace_restriction)
    }
}

/// How the `exec` tool works.
pub fn exec_settings(config: &Config) -> ExecSettings {
    ExecSettings {
        timeout: Duration::from_secs(config.tools.exec.timeout.max(1)),
        guard: GuardSettings {
            restrict_to_workspace: Confinement::of(config).guards_paths(config),
            ..GuardSettings::default()
        },
    }
}

/// The box; none where the settings switch it off. Nothing is started yet.
///
/// # Errors
/// When the thread that starts boxes cannot be had.
pub fn open_sandbox(
    home: &Home,
    config: &Config,
    host: &CommandHost,
    files: Arc<dyn FileAccess>,
    clock: Arc<dyn Clock>,
) -> Result<Option<Arc<dyn Sandbox>>, StartError> {
    if !Confinement::of(config).isolation {
        return Ok(None);
    }
    let mut settings = sandbox_settings(home, config, host);
    if is_writable_by_boxes(&settings.launcher.bubblewrap, files.as_ref()) {
        settings.launcher.bubblewrap = BUBBLEWRAP.into();
    }
    Ok(Some(Arc::new(BubblewrapSandbox::new(settings, files, clock)?)))
}

/// Whether a program lies where commands of the model may write: such a one must never be started outside of a box.
fn is_writable_by_boxes(program: &Path, files: &dyn FileAccess) -> bool {
    let Ok(program) = program.canonicalize() else { return false };
    let grants = files.grants(true).into_iter().filter(|grant| !grant.is_read_only).map(|grant| grant.path);
    std::iter::once(files.workspace()).chain(grants).any(|folder| program.starts_with(folder))
}

/// What the box of a home is made from.
pub fn sandbox_settings(home: &Home, config: &Config, host: &CommandHost) -> SandboxSettings {
    let isolation = &config.tools.exec.isolation;
    SandboxSettings {
        launcher: LauncherSettings {
            bubblewrap: host.bubblewrap.clone(),
            init: host.init.clone(),
            locale: host.locale.clone(),
        },
        profile: Profile::default(),
        pool: PoolSettings {
            max_shells: usize::try_from(isolation.max_containers).unwrap_or(usize::MAX),
            idle: Duration::from_secs(isolation.batch_session_idle_seconds),
            pressure: match isolation.pressure_policy {
                PressurePolicy::PreemptOldestActive => Pressure::PreemptOldest,
                // What a later version may add does not kill anybody's command here.
                _ => Pressure::Refuse,
            },
        },
        allowlist: home.mount_allowlist(config),
        home: home.user_home().map(Path::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use nanobot_config::{LoadRequest, load};

    use super::*;

    #[test]
    fn bubblewrap_is_looked_for_where_programs_are() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join(BUBBLEWRAP);
        std::fs::write(&program, "").unwrap();
        let path = format!("relative:/nowhere:{}", folder.path().display());
        let environment: Environment =
            [("PATH", path.as_str()), ("TZ", "Europe/Berlin"), ("TERM", " ")].into_iter().collect();
        let host = CommandHost::of(&environment);
        assert_eq!(host.bubblewrap, program);
        assert_eq!(host.locale, [("TZ".to_owned(), "Europe/Berlin".to_owned())]);
        assert_eq!(CommandHost::of(&Environment::default()).bubblewrap, Path::new(BUBBLEWRAP));
    }

    #[test]
    fn the_strict_profile_comes_over_what_the_file_says() {
        let request = LoadRequest::new(Home::at("/nowhere", None), Environment::default());
        let mut config = load(&request).unwrap().config;
        config.tools.exec.isolation.enabled = false;
        config.tools.exec.allow_host_execution = true;
        let strict = Confinement {
            restrict_to_workspace: true,
            isolation: true,
            host_execution: false,
            fail_closed: true,
        };
        assert_eq!(Confinement::of(&config), strict);
        config.security.strict_profile = false;
        assert!(!Confinement::of(&config).isolation);
        assert!(!exec_settings(&config).guard.restrict_to_workspace);
    }
}
