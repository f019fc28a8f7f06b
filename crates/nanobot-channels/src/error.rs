//! What can go wrong in this crate. A message holds paths, codes and limits, never text of a chat.

use std::io;
use std::path::PathBuf;

/// The socket could not be opened or served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// Another daemon answers there.
    #[error("a daemon already answers on {}", path.display())]
    AlreadyRunning {
        /// The socket's path.
        path: PathBuf,
    },
    /// Something that is not a socket lies there; it was left alone.
    #[error("{} is not a socket and was left alone", path.display())]
    NotASocket {
        /// The path.
        path: PathBuf,
    },
    /// The path is longer than the system's addresses are.
    #[error("the socket path {} has {found} bytes, at most {limit} are possible", path.display())]
    PathTooLong {
        /// The path.
        path: PathBuf,
        /// Its length in bytes.
        found: usize,
        /// The longest possible path, in bytes.
        limit: usize,
    },
    /// The file system or the socket refused.
    #[error("{doing} {} failed", path.display())]
    Io {
        /// What was attempted.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What lies beneath.
        #[source]
        source: io::Error,
    },
}

/// The daemon could not be reached, or did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Nobody answers on the socket.
    #[error("no daemon answers on {}", path.display())]
    NotRunning {
        /// The socket's path.
        path: PathBuf,
        /// What lies beneath.
        #[source]
        source: io::Error,
    },
    /// The socket belongs to somebody else.
    #[error("the socket {} may not be opened by this user", path.display())]
    NotPermitted {
        /// The socket's path.
        path: PathBuf,
        /// What lies beneath.
        #[source]
        source: io::Error,
    },
    /// The other side does not speak this protocol.
    #[error("what answers is no nanobot daemon")]
    NotADaemon,
    /// The daemon speaks another version of the protocol.
    #[error("the daemon speaks version {found} of the protocol, this program speaks {ours}")]
    Version {
        /// The daemon's version.
        found: u32,
        /// Ours.
        ours: u32,
    },
    /// The request does not fit into a line of the protocol; it was not sent.
    #[error("the message is larger than {limit} bytes, which is the most that can be sent")]
    TooLarge {
        /// The limit, in bytes of JSON.
        limit: usize,
    },
    /// The daemon refused.
    #[error("{message}")]
    Refused {
        /// One of [`protocol::code`](crate::local::protocol::code).
        code: String,
        /// The daemon's reason, one line.
        message: String,
        /// Whether the same request may succeed later.
        retry: bool,
    },
    /// No answer within the limit.
    #[error("the daemon did not answer in time")]
    NoAnswer,
    /// The connection has ended.
    #[error("the connection to the daemon has ended")]
    Closed,
}

/// Settings with which the IRC channel cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IrcSettingsError {
    /// There is no such server.
    #[error("host or port of the irc server is none")]
    Server,
    /// No server would take the nick.
    #[error("the irc nick must be a nick of at most {most} bytes")]
    Nick {
        /// The longest nick, in bytes.
        most: usize,
    },
    /// No server would take the user name.
    #[error("the irc user must be a word of at most {most} bytes without @ and !")]
    User {
        /// The longest user name, in bytes.
        most: usize,
    },
    /// A text that cannot be sent.
    #[error("the irc setting {what} must have at most {most} bytes and no control character")]
    Text {
        /// The setting.
        what: &'static str,
        /// The longest text, in bytes.
        most: usize,
    },
    /// An account without a password, or the other way round.
    #[error("the irc settings account and account_password need each other")]
    HalfALogin,
    /// Somebody on the way could read a password.
    #[error("a password would go to irc server {host} in the clear: set tls, or use a server on loopback")]
    PasswordInClear {
        /// The server.
        host: String,
    },
    /// A channel whose name is none.
    #[error("\"{name}\" is no name of an irc channel")]
    Channel {
        /// The name.
        name: String,
    },
    /// A key that cannot be sent.
    #[error("the key of irc channel {channel} must be a word without a comma")]
    Key {
        /// The channel.
        channel: String,
    },
    /// A mask that means nobody, or everybody.
    #[error("irc owner \"{mask}\" is refused: {reason}")]
    Owner {
        /// The mask.
        mask: String,
        /// Why.
        reason: &'static str,
    },
    /// More entries than are taken.
    #[error("at most {most} irc {what} are possible")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        most: usize,
    },
    /// A pace out of range.
    #[error("burst_lines must be 1 to 100 and lines_per_second 0.5 to 100")]
    Pace,
    /// Pauses out of range.
    #[error("the reconnect pauses must be 100 ms to 1 h, the first no longer than the longest")]
    Pauses,
}

/// The console could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConsoleError {
    /// The daemon has gone in the middle of the conversation.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// What should be shown could not be written.
    #[error("writing to the terminal failed")]
    Output(#[source] io::Error),
    /// Input could not be read.
    #[error("reading input failed")]
    Input(#[source] io::Error),
    /// There is no terminal to edit lines on.
    #[error("the line editor cannot be opened")]
    Editor(#[source] Box<dyn std::error::Error + Send + Sync>),
}
