//! Whether a home can be used at all, asked before anything is read: both programs give the same answer.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

/// Why a home cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UnusableHome {
    /// It is no folder, or lies below a file.
    #[error("the home {} is a file, not a folder, or is in one", .0.display())]
    NotAFolder(PathBuf),
    /// It is somebody else's.
    #[error("the home {} cannot be read by this user: {source}", path.display())]
    NotPermitted {
        /// The home.
        path: PathBuf,
        /// What the system says.
        source: Error,
    },
    /// Anything else.
    #[error("the home {} cannot be read: {source}", path.display())]
    Other {
        /// The home.
        path: PathBuf,
        /// What the system says.
        source: Error,
    },
}

/// Looks whether a home can be read. It may be missing.
///
/// # Errors
/// [`UnusableHome`].
pub fn check(home: &Path) -> Result<(), UnusableHome> {
    match std::fs::read_dir(home) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(unusable(home, error)),
    }
}

fn unusable(home: &Path, source: Error) -> UnusableHome {
    let path = home.to_owned();
    match source.kind() {
        ErrorKind::NotADirectory => UnusableHome::NotAFolder(path),
        ErrorKind::PermissionDenied => UnusableHome::NotPermitted { path, source },
        _ => UnusableHome::Other { path, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_may_be_missing_and_may_not_be_a_file() {
        let folder = tempfile::tempdir().unwrap();
        assert!(check(folder.path()).is_ok());
        assert!(check(&folder.path().join("none")).is_ok());
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        for home in [file.clone(), file.join("below")] {
            assert!(matches!(check(&home), Err(UnusableHome::NotAFolder(_))), "{home:?}");
        }
    }

    #[test]
    fn a_home_of_somebody_else_is_told_as_such() {
        // As root nothing is closed, so the error is made by hand.
        let told = unusable(Path::new("/h"), ErrorKind::PermissionDenied.into()).to_string();
        assert_eq!(told, "the home /h cannot be read by this user: permission denied");
    }
}
