//! Which home, which settings: what most commands begin with.

#[cfg(test)]
use std::path::Path;
use std::path::PathBuf;

use nanobot_config::{Environment, Home, LoadRequest, Loaded, Overrides, load};
use nanobotd::{CommandHost, readable};

use crate::args::Args;
use crate::exit::Failure;
use crate::output;

/// The home of this invocation.
pub(crate) struct Place {
    pub(crate) home: Home,
    pub(crate) environment: Environment,
    config: Option<PathBuf>,
}

impl Place {
    /// From flags and environment. Reads and writes no file, and looks whether the home can be read: it may be
    /// missing, but it may not be a file or somebody else's.
    pub(crate) fn of(args: &Args) -> Result<Self, Failure> {
        let environment = Environment::capture();
        let home = Home::locate(args.home.as_deref(), &environment)?;
        readable::check(home.root())?;
        Ok(Self { home, environment, config: args.config.clone() })
    }

    /// The settings in force; warnings go to stderr.
    pub(crate) fn load(&self) -> Result<Loaded, Failure> {
        let loaded = self.load_quietly()?;
        loaded.warnings.iter().for_each(|warning| output::say(warning.to_string()));
        Ok(loaded)
    }

    /// The settings in force.
    pub(crate) fn load_quietly(&self) -> Result<Loaded, Failure> {
        Ok(load(&self.request())?)
    }

    /// The settings as they would be with these over them.
    pub(crate) fn load_with(&self, overrides: Overrides) -> Result<Loaded, Failure> {
        Ok(load(&self.request().with_overrides(overrides))?)
    }

    pub(crate) fn request(&self) -> LoadRequest {
        let request = LoadRequest::new(self.home.clone(), self.environment.clone());
        request.with_config_file(self.config.clone())
    }

    /// What commands of the model run with.
    pub(crate) fn command_host(&self) -> CommandHost {
        CommandHost::of(&self.environment)
    }

    /// The file that holds the original's settings.
    pub(crate) fn config_file(&self) -> PathBuf {
        self.config.clone().unwrap_or_else(|| self.home.config_json())
    }
}

#[cfg(test)]
impl Place {
    /// A home at a folder, without variables.
    pub(crate) fn at(root: &Path) -> Self {
        Self { home: Home::at(root, None), environment: Environment::default(), config: None }
    }
}
