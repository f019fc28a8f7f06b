//! What can be wrong with settings, and where it came from.
//!
//! A message names the file or variable, the key, what was expected and what was found. The value of a secret is
//! in none of them, nor is an address, which may hold one.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::key_path::KeyPath;

/// Where a value came from, lowest layer first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Origin {
    /// Built into the program.
    Default,
    /// A variable of the process.
    Variable(String),
    /// A variable from the `.env` file.
    DotEnv(String),
    /// `config.json`, `config.toml` or another file named on the command line.
    File(PathBuf),
    /// Given for this run only.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("built-in default"),
            Self::Variable(name) => write!(f, "variable {name}"),
            Self::DotEnv(name) => write!(f, "variable {name} from .env"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Flag => f.write_str("command line"),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A value of the wrong type or outside of its range.
    #[error("expected {expected}, found {found}")]
    WrongValue {
        /// What the key takes.
        expected: String,
        /// The type of what was there, with the value when it is short, no secret and no address.
        found: String,
    },
    /// A key without which its section means nothing.
    #[error("required, but missing")]
    Missing,
    /// A profile to which `config.toml` adds, and which nobody defined.
    #[error("required in config.json, but missing there: config.toml only adds to a profile")]
    MissingInConfigJson,
    /// A name of a profile that nobody defined.
    #[error("names the profile \"{profile}\", which models.profiles does not define")]
    UnknownProfile {
        /// The name.
        profile: String,
    },
    /// One profile twice in a list.
    #[error("names the profile \"{profile}\" twice; leave one out")]
    ListedTwice {
        /// Its inner name.
        profile: String,
    },
    /// A key that should name a task of models.
    #[error("names no task; take one of {known}")]
    UnknownTask {
        /// What it may name.
        known: String,
    },
    /// Two keys that mean the same setting.
    #[error("the same setting as \"{other}\", given twice")]
    GivenTwice {
        /// The other spelling.
        other: String,
    },
    /// A key that nobody knows, where only keys of ours may stand.
    #[error("not a setting{}", Advice(.meant.as_deref(), .known))]
    NotASetting {
        /// The setting that was meant, when one is near.
        meant: Option<String>,
        /// What may stand there; blank when nothing of ours may.
        known: String,
    },
    /// A provider to which `config.toml` adds, and which nobody defined.
    #[error("config.json defines no such provider, and none is built in{}", Advice(.meant.as_deref(), .known))]
    UnknownProvider {
        /// The provider that was meant, when one is near.
        meant: Option<String>,
        /// The providers that there are.
        known: String,
    },
    /// A key of the original in `config.toml`.
    #[error("belongs in config.json: config.toml holds only keys that the original does not know")]
    BelongsInConfigJson,
    /// Text that is no document.
    #[error("{what} at line {line}, column {column}")]
    Syntax {
        /// What the parser says.
        what: String,
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
    },
    /// A file without any text.
    #[error("the file is empty; put {{}} into it or delete it")]
    Empty,
    /// A file that is not there although it was named.
    #[error("no such file")]
    NotFound,
    /// A directory where a file should be.
    #[error("is a directory, not a file")]
    IsDirectory,
    /// A file beyond the limit.
    #[error("holds more than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// A file that cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[source] io::Error),
    /// A file that cannot be written.
    #[error("cannot be written: {0}")]
    Unwritable(#[source] io::Error),
    /// A backup of that name is there and holds something else.
    #[error("exists already and holds something else")]
    BackupExists,
    /// Somebody else wrote the file in the meantime.
    #[error("changed since it was read")]
    ChangedMeanwhile,
    /// `~` has to be expanded and `HOME` is not set.
    #[error("the user's home directory is unknown: set HOME, NANOBOT_HOME or --home")]
    NoUserHome,
    /// The merged settings do not fit their types: a defect of this crate, not of the input.
    #[error("the merged settings do not fit their types")]
    Unfit,
}

/// A fault and its place.
#[derive(Debug, thiserror::Error)]
#[error("{}", Located { origin, path, fault })]
#[non_exhaustive]
pub struct ConfigError {
    /// The file or variable.
    pub origin: Origin,
    /// The key, in the spelling of its source; the root when the whole source is meant.
    pub path: KeyPath,
    /// What is wrong there.
    #[source]
    pub fault: Fault,
}

impl ConfigError {
    pub(crate) const fn new(origin: Origin, path: KeyPath, fault: Fault) -> Self {
        Self { origin, path, fault }
    }

    pub(crate) fn whole(file: impl Into<PathBuf>, fault: Fault) -> Self {
        Self::new(Origin::File(file.into()), KeyPath::root(), fault)
    }

    /// The exit code of a command that stops here: 64, bad configuration, or 73, cannot write.
    pub const fn exit_code(&self) -> u8 {
        match self.fault {
            Fault::Unwritable(_) | Fault::BackupExists => 73,
            Fault::ChangedMeanwhile => 75,
            _ => 64,
        }
    }
}

/// Everything that is wrong with the settings, at least one fault.
#[derive(Debug, thiserror::Error)]
#[error("{}", Lines(.0))]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    /// The faults, in the order of the layers.
    pub fn iter(&self) -> impl Iterator<Item = &ConfigError> {
        self.0.iter()
    }

    /// The faults themselves.
    pub fn into_vec(self) -> Vec<ConfigError> {
        self.0
    }

    /// The exit code of a command that stops here; that of the first fault.
    pub fn exit_code(&self) -> u8 {
        self.0.first().map_or(64, ConfigError::exit_code)
    }

    /// `Ok` when there is nothing in the list.
    pub(crate) fn check(errors: Vec<ConfigError>) -> Result<(), Self> {
        if errors.is_empty() { Ok(()) } else { Err(Self(errors)) }
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

/// What to write instead: the word that was meant, else those that there are.
struct Advice<'a>(Option<&'a str>, &'a str);

impl fmt::Display for Advice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self(Some(meant), _) => write!(f, "; did you mean `{meant}`?"),
            Self(None, "") => Ok(()),
            Self(None, known) => write!(f, "; take one of {known}"),
        }
    }
}

struct Located<'a> {
    origin: &'a Origin,
    path: &'a KeyPath,
    fault: &'a Fault,
}

impl fmt::Display for Located<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_root() {
            write!(f, "{}: {}", self.origin, self.fault)
        } else {
            write!(f, "{}: {}: {}", self.origin, self.path, self.fault)
        }
    }
}

struct Lines<'a>(&'a [ConfigError]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}
