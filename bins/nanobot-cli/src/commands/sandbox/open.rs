//! The box of a home, by its settings and its policy. Nothing is started here.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nanobot_config::Config;
use nanobot_core::pipeline::chain;
use nanobot_sandbox::{BubblewrapSandbox, Network};
use nanobotd::system::SystemClock;
use nanobotd::{FiledPolicy, exec_settings, sandbox_settings};

use crate::exit::{Code, Failure};
use crate::home::Place;

/// What is not as the home says.
#[derive(Default)]
pub(in crate::commands) struct How<'a> {
    pub(super) workspace: Option<&'a Path>,
    pub(super) allowlist: Option<&'a Path>,
    pub(super) network: Option<Network>,
}

/// A box that can be used, and what belongs to it.
pub(in crate::commands) struct OpenBox {
    pub(super) sandbox: BubblewrapSandbox,
    pub(super) policy: FiledPolicy,
    /// bubblewrap, as it would be started.
    pub(super) program: PathBuf,
    /// How long a command may take.
    pub(super) timeout: Duration,
}

impl OpenBox {
    /// By the settings in force. Whether they switch the box off does not matter: it is the model's that is off then.
    pub(in crate::commands) async fn of(
        place: &Place,
        mut config: Config,
        how: How<'_>,
    ) -> Result<Self, Failure> {
        if let Some(folder) = how.workspace {
            config.agents.defaults.workspace = typed(folder)?;
        }
        if let Some(file) = how.allowlist {
            config.tools.exec.isolation.allowlist_path = typed(file)?;
        }
        let policy = FiledPolicy::read(&place.home, &config).await?;
        let mut settings = sandbox_settings(&place.home, &config, &place.command_host());
        settings.profile.network = how.network.unwrap_or(settings.profile.network);
        let program = settings.launcher.bubblewrap.clone();
        let clock = Arc::new(SystemClock::new());
        let sandbox = BubblewrapSandbox::new(settings, policy.files(), clock)
            .map_err(|error| Failure::new(Code::No, chain(&error)))?;
        Ok(Self { sandbox, policy, program, timeout: exec_settings(&config).timeout })
    }
}

/// A path that somebody typed is where he stands, not in the home.
fn typed(path: &Path) -> Result<String, Failure> {
    let absolute = std::path::absolute(path).ok().and_then(|path| path.to_str().map(str::to_owned));
    absolute
        .ok_or_else(|| Failure::new(Code::Usage, format!("{} is no path that can be used", path.display())))
}
