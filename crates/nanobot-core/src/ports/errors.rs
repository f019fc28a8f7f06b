//! The error that every store shares: what a caller can do about it, and what lies beneath.

use std::error::Error;

/// A store could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[error("{kind} while {doing}")]
pub struct StoreError {
    /// What the caller can do about it.
    pub kind: StoreErrorKind,
    /// What was attempted, and on what (`appending to session cli:default`).
    pub doing: String,
    /// What lies beneath.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

/// What a caller can do about a store's failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoreErrorKind {
    /// Try again soon: somebody else holds it.
    #[error("the store is busy")]
    Busy,
    /// Free some space first.
    #[error("there is no space left")]
    Full,
    /// Give write permission first.
    #[error("writing is not permitted")]
    ReadOnly,
    /// A stated limit of our own is reached.
    #[error("a limit is reached")]
    Limit,
    /// What is stored cannot be read; nothing was overwritten.
    #[error("what is stored cannot be read")]
    Corrupt,
    /// It is not there.
    #[error("nothing was found")]
    NotFound,
    /// Anything else.
    #[error("the store failed")]
    Backend,
}

impl StoreError {
    /// An error with nothing beneath.
    pub fn new(kind: StoreErrorKind, doing: impl Into<String>) -> Self {
        Self { kind, doing: doing.into(), source: None }
    }

    /// An input or output error, sorted by what can be done about it.
    pub fn io(doing: impl Into<String>, source: std::io::Error) -> Self {
        use std::io::ErrorKind;
        let kind = match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                StoreErrorKind::Full
            }
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => StoreErrorKind::ReadOnly,
            ErrorKind::NotFound => StoreErrorKind::NotFound,
            ErrorKind::WouldBlock | ErrorKind::ResourceBusy => StoreErrorKind::Busy,
            _ => StoreErrorKind::Backend,
        };
        Self { kind, doing: doing.into(), source: Some(Box::new(source)) }
    }

    /// Anything else that lies beneath.
    pub fn backend(doing: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: StoreErrorKind::Backend, doing: doing.into(), source: Some(source.into()) }
    }
}
