//! Exit codes, and the one error type of the command line: what went wrong, and what to do.

use std::fmt;
use std::process::ExitCode;

use nanobot_channels::ClientError;
use nanobot_channels::local::protocol;
use nanobot_config::{ConfigError, ConfigErrors};
use nanobot_core::pipeline::chain;
use nanobot_core::ports::{ControlError, StoreError, StoreErrorKind};
use nanobot_journal::JournalError;
use nanobotd::lock::LockError;
use nanobotd::readable::UnusableHome;
use nanobotd::{StartError, StartFault};

/// The exit codes that scripts rely on (`sysexits.h` from 64 on).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// Done.
    Done,
    /// The answer is no, or a check failed.
    No,
    /// The command line is wrong.
    Usage,
    /// Bad configuration.
    Config,
    /// Bad input data.
    Data,
    /// The daemon or a service cannot be reached.
    Unavailable,
    /// Something cannot be written.
    CannotWrite,
    /// Try again later.
    TryAgain,
    /// Not permitted.
    NotPermitted,
    /// What a command in the box ended with.
    Passed(u8),
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(match code {
            Code::Done => 0,
            Code::No => 1,
            Code::Usage => 2,
            Code::Config => 64,
            Code::Data => 65,
            Code::Unavailable => 69,
            Code::CannotWrite => 73,
            Code::TryAgain => 75,
            Code::NotPermitted => 77,
            Code::Passed(code) => code,
        })
    }
}

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: Code,
    message: String,
    broken_pipe: bool,
}

impl Failure {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), broken_pipe: false }
    }

    /// Whoever read our output has left; that is no failure of ours.
    pub(crate) const fn is_broken_pipe(&self) -> bool {
        self.broken_pipe
    }

    /// Standard output could not be written.
    pub(crate) fn output(error: &std::io::Error) -> Self {
        let broken_pipe = error.kind() == std::io::ErrorKind::BrokenPipe;
        Self { code: Code::CannotWrite, message: format!("cannot write the output: {error}"), broken_pipe }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<ConfigErrors> for Failure {
    fn from(errors: ConfigErrors) -> Self {
        Self::new(Code::Config, errors.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        // Its text says what lies beneath already.
        let code = match error.exit_code() {
            73 => Code::CannotWrite,
            75 => Code::TryAgain,
            _ => Code::Config,
        };
        Self::new(code, error.to_string())
    }
}

impl From<StoreErrorKind> for Code {
    fn from(kind: StoreErrorKind) -> Self {
        match kind {
            StoreErrorKind::Full | StoreErrorKind::ReadOnly => Self::CannotWrite,
            StoreErrorKind::Busy => Self::TryAgain,
            StoreErrorKind::Corrupt => Self::Data,
            StoreErrorKind::NotFound | StoreErrorKind::Limit | StoreErrorKind::Backend => Self::No,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(error.kind.into(), chain(&error))
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        Self::new(error.kind().into(), chain(&error))
    }
}

impl From<ControlError> for Failure {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Store(error) => error.into(),
            ControlError::Busy(_) | ControlError::LinesWait(_) => {
                Self::new(Code::TryAgain, error.to_string())
            }
            _ => Self::new(Code::No, error.to_string()),
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let code = match &error {
            ClientError::NotPermitted { .. } => Code::NotPermitted,
            ClientError::Refused { code, .. } if code == protocol::code::NOT_PERMITTED => Code::NotPermitted,
            ClientError::TooLarge { .. } => Code::Data,
            ClientError::Refused { retry: true, .. } => Code::TryAgain,
            ClientError::Refused { .. } => Code::No,
            _ => Code::Unavailable,
        };
        Self::new(code, chain(&error))
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        let code = match error {
            LockError::Held { .. } => Code::TryAgain,
            LockError::Io { .. } => Code::CannotWrite,
        };
        Self::new(code, chain(&error))
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let code = match error.fault() {
            StartFault::Settings => Code::Config,
            StartFault::Data => Code::Data,
            StartFault::Machine => Code::CannotWrite,
        };
        Self::new(code, chain(&error))
    }
}

impl From<UnusableHome> for Failure {
    fn from(error: UnusableHome) -> Self {
        let code = match error {
            UnusableHome::NotPermitted { .. } => Code::NotPermitted,
            UnusableHome::NotAFolder(_) | UnusableHome::Other { .. } => Code::CannotWrite,
        };
        Self::new(code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_the_settings_is_told_once() {
        let error = nanobot_config::Home::locate(None, &nanobot_config::Environment::default()).unwrap_err();
        let failure = Failure::from(error);
        assert_eq!(failure.code, Code::Config);
        assert_eq!(
            failure.to_string(),
            "variable HOME: the user's home directory is unknown: set HOME, NANOBOT_HOME or --home"
        );
    }
}
