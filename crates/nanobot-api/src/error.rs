//! What can go wrong before the first request: an address, a listener, a token file. In words for an operator.
//!
//! No message holds a token. What a client is told is `problem.rs`.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

use crate::token::{MAX_TOKEN_FILE_BYTES, MIN_TOKEN_CHARS, MIN_TOKEN_VARIETY};

/// The API cannot start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ApiError {
    /// The address is not one of the two forms that are read.
    #[error("reading the address of the api: {text:?} is not `IP:PORT` or `localhost:PORT`")]
    Address {
        /// What was given.
        text: String,
    },
    /// Other machines could reach the address, and nobody has said that they may.
    #[error(
        "binding the api to {address}: other machines can reach it there; take 127.0.0.1 or [::1], or set \
         allow_remote = true"
    )]
    Remote {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// The operating system does not give us the address.
    #[error("binding the api to {address}")]
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
}

/// There is no token to be had from the file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The file system refuses.
    #[error("{doing} the token file {path}")]
    Io {
        /// What was attempted (`opening`).
        doing: &'static str,
        /// The token file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A link may lead to a file that others can write.
    #[error("opening the token file {0}: it is a symbolic link; put the file itself there")]
    Link(PathBuf),
    /// A folder, a pipe, a device.
    #[error("opening the token file {0}: it is not a regular file")]
    NotAFile(PathBuf),
    /// Somebody else owns it, so somebody else knows it.
    #[error("opening the token file {path}: it belongs to user {owner}, not to user {us} who runs this")]
    Owner {
        /// The token file.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who we are.
        us: u32,
    },
    /// The group or others may read or write it.
    #[error("opening the token file {path}: its mode {mode:03o} lets others in; chmod 600 it")]
    Mode {
        /// The token file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Longer than a header could carry.
    #[error("reading the token file {0}: it is longer than {MAX_TOKEN_FILE_BYTES} bytes")]
    TooLong(PathBuf),
    /// Nothing but white space.
    #[error("reading the token file {0}: it is blank; remove it to have a new one made")]
    Blank(PathBuf),
    /// A header cannot carry it.
    #[error("reading the token file {0}: a token is one word of visible ASCII characters")]
    Characters(PathBuf),
    /// Short enough to be guessed.
    #[error("reading the token file {0}: the token is shorter than {MIN_TOKEN_CHARS} characters")]
    TooShort(PathBuf),
    /// Regular enough to be guessed.
    #[error("reading the token file {0}: the token has fewer than {MIN_TOKEN_VARIETY} different characters")]
    TooSimple(PathBuf),
}
