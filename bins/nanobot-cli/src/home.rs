//! Which home, which settings: what most commands begin with.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use nanobot_config::{Environment, Home, LoadRequest, Loaded, Overrides, load};

use crate::args::Args;
use crate::exit::{Code, Failure};
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
        can_be_read(home.root())?;
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

fn can_be_read(root: &Path) -> Result<(), Failure> {
    match std::fs::read_dir(root) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(unusable(root, &error)),
    }
}

fn unusable(root: &Path, error: &std::io::Error) -> Failure {
    let root = root.display();
    match error.kind() {
        ErrorKind::NotADirectory => {
            Failure::new(Code::CannotWrite, format!("the home {root} is a file, not a folder, or is in one"))
        }
        ErrorKind::PermissionDenied => {
            Failure::new(Code::NotPermitted, format!("the home {root} cannot be read by this user: {error}"))
        }
        _ => Failure::new(Code::CannotWrite, format!("the home {root} cannot be read: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_may_be_missing_and_may_not_be_a_file() {
        let folder = tempfile::tempdir().unwrap();
        assert!(can_be_read(folder.path()).is_ok());
        assert!(can_be_read(&folder.path().join("none")).is_ok());
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        for root in [file.clone(), file.join("below")] {
            let failure = can_be_read(&root).unwrap_err();
            assert_eq!(failure.code, Code::CannotWrite);
            assert!(failure.to_string().contains("is a file, not a folder"), "{failure}");
        }
    }

    #[test]
    fn a_home_of_somebody_else_is_told_as_such() {
        // As root nothing is closed, so the error is made by hand.
        let failure = unusable(Path::new("/h"), &ErrorKind::PermissionDenied.into());
        assert_eq!(failure.code, Code::NotPermitted);
        assert_eq!(failure.to_string(), "the home /h cannot be read by this user: permission denied");
    }
}
