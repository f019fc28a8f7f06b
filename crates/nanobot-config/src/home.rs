//! `Home`: where everything is.
//!
//! Knows both layouts of the original, the old one and the one it migrates to, and that sessions may be in
//! either. It computes paths and touches no file.

use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::error::{ConfigError, Fault, Origin};
use crate::key_path::KeyPath;
use crate::settings::Config;

/// What paths in built-in defaults begin with. It means the home in use, wherever that is.
const DEFAULT_HOME: &str = "~/.nanobot";

/// The directory that holds configuration, sessions and data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    root: PathBuf,
    user_home: Option<PathBuf>,
}

impl Home {
    /// The home by flag, else by `NANOBOT_HOME`, else `~/.nanobot`; `~` is the variable `HOME`.
    ///
    /// # Errors
    /// `NoUserHome` when `~` is needed and `HOME` is blank or missing.
    pub fn locate(flag: Option<&Path>, environment: &Environment) -> Result<Self, ConfigError> {
        let user_home = environment.get_non_blank("HOME").map(PathBuf::from);
        let named = environment.get_non_blank("NANOBOT_HOME").map(PathBuf::from);
        let wanted = flag.map(Path::to_path_buf).or(named).unwrap_or_else(|| PathBuf::from(DEFAULT_HOME));
        let Some(root) = expand(&wanted, user_home.as_deref()) else {
            let origin = Origin::Variable("HOME".to_owned());
            return Err(ConfigError::new(origin, KeyPath::root(), Fault::NoUserHome));
        };
        Ok(Self { root, user_home })
    }

    /// A home at a directory; `~` in settings stays as it is without a user's home.
    pub fn at(root: impl Into<PathBuf>, user_home: Option<PathBuf>) -> Self {
        Self { root: root.into(), user_home }
    }

    /// The home folder of the user, which `~` means; none when there is none.
    pub fn user_home(&self) -> Option<&Path> {
        self.user_home.as_deref()
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The original's configuration.
    pub fn config_json(&self) -> PathBuf {
        self.root.join("config.json")
    }

    /// Configuration that the original does not know.
    pub fn config_toml(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    /// Variables for keys.
    pub fn dotenv(&self) -> PathBuf {
        self.root.join(".env")
    }

    /// The policy.
    pub fn policy_json(&self) -> PathBuf {
        self.root.join("policy.json")
    }

    /// Where sessions are written.
    pub fn sessions(&self) -> PathBuf {
        self.root.join("sessions")
    }

    /// Where the list of chats that were reported as new may be, the place to write first.
    pub fn seen_chats(&self) -> [PathBuf; 2] {
        [self.root.join("seen_chats.json"), self.data().join("seen_chats.json")]
    }

    /// Data that is kept: memory, archive, schedule.
    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// The archive of received messages.
    pub fn archive_db(&self) -> PathBuf {
        self.data().join("inbound").join("reply_context.db")
    }

    /// The schedule.
    pub fn cron_jobs(&self) -> PathBuf {
        self.data().join("cron").join("jobs.json")
    }

    /// The journal of messages, turns and deliveries.
    pub fn journal(&self) -> PathBuf {
        self.root.join("journal").join("journal.db")
    }

    /// Logs.
    pub fn logs(&self) -> PathBuf {
        self.root.join("var").join("logs")
    }

    /// What lives as long as a process.
    pub fn run(&self) -> PathBuf {
        self.root.join("var").join("run")
    }

    /// The daemon's socket.
    pub fn socket(&self) -> PathBuf {
        self.run().join("nanobot.sock")
    }

    /// The file that one daemon per home locks.
    pub fn lock(&self) -> PathBuf {
        self.run().join("nanobotd.lock")
    }

    /// The token of the control plane.
    pub fn api_token(&self, config: &Config) -> PathBuf {
        match config.api.token_file.trim() {
            "" => self.root.join("api.token"),
            file => self.resolve(file),
        }
    }

    /// The audit log.
    pub fn audit(&self) -> PathBuf {
        self.root.join("audit")
    }

    /// Keys of devices.
    pub fn secrets(&self) -> PathBuf {
        self.root.join("secrets")
    }

    /// The assistant's workspace.
    pub fn workspace(&self, config: &Config) -> PathBuf {
        self.setting(&config.agents.defaults.workspace, "~/.nanobot/workspace")
    }

    /// The memory database.
    pub fn memory_db(&self, config: &Config) -> PathBuf {
        self.setting(&config.memory.db_path, "~/.nanobot/data/memory/memory.db")
    }

    /// Where files from WhatsApp are kept.
    pub fn whatsapp_incoming(&self, config: &Config) -> PathBuf {
        let setting = &config.channels.whatsapp.media.incoming_dir;
        self.setting(setting, "~/.nanobot/var/media/incoming/whatsapp")
    }

    /// Where files for WhatsApp are kept.
    pub fn whatsapp_outgoing(&self, config: &Config) -> PathBuf {
        let setting = &config.channels.whatsapp.media.outgoing_dir;
        self.setting(setting, "~/.nanobot/var/media/outgoing/whatsapp")
    }

    /// The keys of the WhatsApp device.
    pub fn whatsapp_auth(&self, config: &Config) -> PathBuf {
        self.setting(&config.channels.whatsapp.auth_dir, "~/.nanobot/secrets/whatsapp-auth")
    }

    /// The list of directories that the sandbox may mount; outside of the home by default.
    pub fn mount_allowlist(&self, config: &Config) -> PathBuf {
        self.resolve(&config.tools.exec.isolation.allowlist_path)
    }

    /// A path from the settings: `~` is the user's home, a relative one is below this home.
    pub fn resolve(&self, path: &str) -> PathBuf {
        let path = Path::new(path);
        let expanded = expand(path, self.user_home.as_deref()).unwrap_or_else(|| path.to_path_buf());
        self.root.join(expanded)
    }

    /// The same for a setting whose default names `~/.nanobot`. The default means this home, also when a
    /// full dump wrote it into the file; any other value means what it says.
    fn setting(&self, value: &str, default: &str) -> PathBuf {
        match default.strip_prefix(DEFAULT_HOME) {
            Some(below) if value == default => self.root.join(below.trim_start_matches('/')),
            _ => self.resolve(value),
        }
    }
}

/// A path with `~` replaced; `None` when there is no user's home to put there.
fn expand(path: &Path, user_home: Option<&Path>) -> Option<PathBuf> {
    match path.strip_prefix("~") {
        Ok(below) => user_home.map(|home| home.join(below)),
        Err(_) => Some(path.to_path_buf()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        variables.iter().copied().collect()
    }

    #[test]
    fn the_flag_comes_before_the_variable_and_that_before_the_user() {
        let both = environment(&[("HOME", "/u"), ("NANOBOT_HOME", " /n ")]);
        let root = |flag, environment| Home::locate(flag, environment).map(|home| home.root().to_path_buf());
        assert_eq!(root(Some(Path::new("~/f")), &both).expect("home"), Path::new("/u/f"));
        assert_eq!(root(None, &both).expect("home"), Path::new("/n"));
        let blank = environment(&[("HOME", "/u"), ("NANOBOT_HOME", "  ")]);
        assert_eq!(root(None, &blank).expect("home"), Path::new("/u/.nanobot"));
        let error = root(None, &environment(&[])).expect_err("no home");
        assert!(matches!(error.fault, Fault::NoUserHome), "{error}");
    }

    #[test]
    fn only_a_default_that_names_the_usual_home_follows_the_home() {
        let home = Home::at("/n", Some("/u".into()));
        let default = "~/.nanobot/workspace";
        assert_eq!(home.setting(default, default), Path::new("/n/workspace"));
        assert_eq!(home.setting("~/.nanobot/other", default), Path::new("/u/.nanobot/other"));
        assert_eq!(home.setting("ws", default), Path::new("/n/ws"));
        assert_eq!(home.setting("/ws", default), Path::new("/ws"));
    }

    #[test]
    fn sessions_and_the_socket_are_below_the_home() {
        let home = Home::at("/n", None);
        assert_eq!(home.sessions(), Path::new("/n/sessions"));
        assert_eq!(home.socket(), Path::new("/n/var/run/nanobot.sock"));
    }
}
