//! The token file: made whole or not at all, and read only while nobody but its owner can.
//!
//! What makes a token a good one is decided in `token.rs`. Everything here blocks.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use nanobot_core::Secret;
use nanobot_core::ports::IdGenerator;
use rustix::fs::OFlags;
use rustix::io::Errno;

use super::{MAX_TOKEN_FILE_BYTES, judge};
use crate::error::TokenError;

/// The bits that let the group or others in.
const NOT_THE_OWNER: u32 = 0o077;

/// What the file holds, made if it was missing.
pub(super) fn read_or_make(path: &Path, ids: &dyn IdGenerator) -> Result<Secret<Vec<u8>>, TokenError> {
    if let Some(content) = read(path)? {
        return Ok(content);
    }
    make(path, ids)?;
    // Read back, since another start may have been faster; then its token counts.
    read(path)?.ok_or_else(|| failed("opening", path)(io::ErrorKind::NotFound.into()))
}

fn read(path: &Path) -> Result<Option<Secret<Vec<u8>>>, TokenError> {
    // Not to wait for the other end of a pipe, and not to follow a link.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags =
        i32::try_from(flags.bits()).map_err(|error| failed("opening", path)(io::Error::other(error)))?;
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if is(&error, Errno::LOOP) => return Err(TokenError::Link(path.to_owned())),
        // A socket.
        Err(error) if is(&error, Errno::NXIO) => return Err(TokenError::NotAFile(path.to_owned())),
        Err(error) => return Err(failed("opening", path)(error)),
    };
    let metadata = file.metadata().map_err(failed("examining", path))?;
    if !metadata.is_file() {
        return Err(TokenError::NotAFile(path.to_owned()));
    }
    check_access(path, metadata.uid(), metadata.mode())?;
    let mut content = Vec::new();
    let limit = u64::try_from(MAX_TOKEN_FILE_BYTES).unwrap_or(u64::MAX);
    file.take(limit.saturating_add(1)).read_to_end(&mut content).map_err(failed("reading", path))?;
    if content.len() > MAX_TOKEN_FILE_BYTES {
        return Err(TokenError::TooLong(path.to_owned()));
    }
    Ok(Some(Secret::new(content)))
}

/// Whether only we can read and write a file with this owner and mode.
pub(super) fn check_access(path: &Path, owner: u32, mode: u32) -> Result<(), TokenError> {
    let us = rustix::process::geteuid().as_raw();
    if owner != us {
        return Err(TokenError::Owner { path: path.to_owned(), owner, us });
    }
    if mode & NOT_THE_OWNER != 0 {
        return Err(TokenError::Mode { path: path.to_owned(), mode: mode & 0o777 });
    }
    Ok(())
}

/// Makes the file, unless there is one. It gets its name when it is whole and on the disk: whoever finds the name
/// finds a token, also after a crash.
fn make(path: &Path, ids: &dyn IdGenerator) -> Result<(), TokenError> {
    let token = Secret::new(format!("{}{}\n", ids.token(), ids.token()));
    judge(token.expose().trim_ascii_end().as_bytes()).map_err(|weakness| weakness.of(path))?;

    let (folder, unborn) = places(path, &ids.token())?;
    let made = create(&unborn, token.expose()).and_then(|()| match fs::hard_link(&unborn, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    // Also after a failure; what made it fail is the better error.
    let removed = fs::remove_file(&unborn);
    made.and(removed).and_then(|()| File::open(folder)?.sync_all()).map_err(failed("making", path))
}

fn create(path: &Path, content: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()
}

/// The folder of the file, and in it a name that nobody else uses.
fn places(path: &Path, unique: &str) -> Result<(PathBuf, PathBuf), TokenError> {
    let name = path.file_name().ok_or_else(|| TokenError::NotAFile(path.to_owned()))?;
    let mut unborn = OsString::from(".");
    unborn.push(name);
    unborn.push(format!(".{unique}"));
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    Ok((folder.to_owned(), folder.join(unborn)))
}

fn is(error: &io::Error, errno: Errno) -> bool {
    error.raw_os_error() == Some(errno.raw_os_error())
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> TokenError {
    let path = path.to_owned();
    move |source| TokenError::Io { doing, path, source }
}
