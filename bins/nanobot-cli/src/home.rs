//! Which home, which settings: what most commands begin with.

use std::path::PathBuf;

use nanobot_config::{Environment, Home, LoadRequest, Loaded, Overrides, load};

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
    /// From flags and environment. Touches no file.
    pub(crate) fn of(args: &Args) -> Result<Self, Failure> {
        let environment = Environment::capture();
        let home = Home::locate(args.home.as_deref(), &environment)?;
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

    /// The settings in force with another model for this run.
    pub(crate) fn load_with_model(&self, model: &str) -> Result<Loaded, Failure> {
        let model = Overrides::new().set("models.profiles.assistant_default.model", model);
        Ok(load(&self.request().with_overrides(model))?)
    }

    fn request(&self) -> LoadRequest {
        let request = LoadRequest::new(self.home.clone(), self.environment.clone());
        request.with_config_file(self.config.clone())
    }

    /// The file that holds the original's settings.
    pub(crate) fn config_file(&self) -> PathBuf {
        self.config.clone().unwrap_or_else(|| self.home.config_json())
    }
}
