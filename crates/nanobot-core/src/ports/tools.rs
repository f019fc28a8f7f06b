//! Tools, the files that they may touch, and the box in which commands run.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;

use crate::cancel::CancelToken;
use crate::ids::{ChannelName, ChatId, SenderId, SessionKey, TurnId};
use crate::label::Labels;
use crate::model::{ToolCall, ToolSpec};
use crate::ports::StoreError;
use crate::units::ByteCount;

/// The tools of the assistant. Asked only after policy and the tool stage have agreed.
#[async_trait]
pub trait ToolExecutor: Send + Sync {
    /// What is on offer. A tool without a backend is not listed.
    fn specs(&self) -> Vec<ToolSpec>;

    /// Runs one call. A failure is an outcome that the model reads, never an error of ours.
    async fn execute(&self, call: &ToolCall, context: &ToolContext) -> ToolOutcome;
}

/// For whom a tool runs.
#[derive(Debug, Clone)]
pub struct ToolContext {
    /// The turn.
    pub turn: TurnId,
    /// The call's own name, the same after every restart: under it an `Idempotent` tool has its effect once.
    pub key: String,
    /// The session.
    pub session: SessionKey,
    /// The network.
    pub channel: ChannelName,
    /// The conversation.
    pub chat: ChatId,
    /// Who asked.
    pub sender: SenderId,
    /// The sender is an owner.
    pub is_owner: bool,
    /// What the turn's context is made of so far.
    pub labels: Labels,
    /// Fires when the turn is stopped.
    pub cancel: CancelToken,
}

/// What a tool answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolOutcome {
    /// The text for the model, at most what the tool states.
    pub content: String,
    /// Where the text came from.
    pub labels: Labels,
    /// The tool could not do it; the text says why.
    pub failed: bool,
}

/// Which files the tools may touch. Asked at each call, since the policy may change between two of them.
///
/// Follows links, so it blocks on the file system for a moment: not to be asked on an event loop.
pub trait FileAccess: Send + Sync {
    /// The workspace: absolute, links followed.
    fn workspace(&self) -> PathBuf;

    /// Decides about a path as a tool names it: absolute, below `~`, or relative to the workspace. It may not
    /// exist. What is said here is a decision and no handle: whoever opens the file opens it beneath the answer's
    /// root and follows no links, so that a swap in between loses.
    ///
    /// # Errors
    /// [`FileRefusal`], with words for the model.
    fn decide(
        &self,
        path: &str,
        operation: FileOperation,
        is_owner: bool,
    ) -> Result<AllowedFile, FileRefusal>;

    /// What is granted besides the workspace in a turn of this person, deepest path first.
    fn grants(&self, is_owner: bool) -> Vec<FileGrant>;

    /// Whether an absolute path without links is blocked for everybody, in the workspace too. Does not block.
    fn is_blocked(&self, path: &Path) -> bool;

    /// Whether anything is blocked at all.
    fn blocks_anything(&self) -> bool;
}

/// What a tool wants to do with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileOperation {
    /// Read a file.
    Read,
    /// Create, change or remove one.
    Write,
    /// List a folder.
    List,
}

/// A file that may be touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedFile {
    /// Absolute, links followed.
    pub path: PathBuf,
    /// The folder (or the one file) that lets it through; `path` is it or lies beneath it.
    pub root: PathBuf,
    /// The id of the grant that lets it through; none inside the workspace.
    pub grant: Option<String>,
}

/// Something outside of the workspace that may be touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileGrant {
    /// Its id in the policy.
    pub id: String,
    /// On the host: absolute, links followed.
    pub path: PathBuf,
    /// Where the box shows it (`/grants/docs`). Two grants can have the same: then neither can be honoured.
    pub container: String,
    /// Nothing may be written there.
    pub is_read_only: bool,
    /// It reaches below the folders in it.
    pub is_recursive: bool,
}

/// Why a file may not be touched, in words for the model. They hold the path, so they belong into no log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FileRefusal(pub String);

/// A closed box for commands.
#[async_trait]
pub trait Sandbox: Send + Sync {
    /// The name that `status` shows (`bubblewrap`).
    fn name(&self) -> &'static str;

    /// What the box is made of on this machine. Commands are refused while one that is demanded is not live.
    async fn protections(&self) -> Vec<Protection>;

    /// Runs one command and waits for it.
    ///
    /// # Errors
    /// [`SandboxError`]; never by running the command outside the box.
    async fn run(&self, request: &SandboxRequest) -> Result<SandboxResult, SandboxError>;

    /// Ends shells that nobody has used for too long. Somebody calls it now and then.
    async fn sweep(&self);

    /// Ends every shell. Commands that run are killed; later requests are refused.
    async fn close(&self);
}

/// One wall of the box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protection {
    /// A stable name (`seccomp`, `landlock`, `no_network`).
    pub name: &'static str,
    /// Whether the profile demands it.
    pub is_demanded: bool,
    /// Whether it holds here.
    pub is_live: bool,
    /// What it is, or why it does not hold and what to do; one line.
    pub detail: String,
}

/// A command for the box.
#[derive(Debug, Clone)]
pub struct SandboxRequest {
    /// Whose shell it is. Each session has one of its own for each set of grants.
    pub session: SessionKey,
    /// Which grants the command sees.
    pub grants: GrantsSeen,
    /// The command line, for a POSIX shell.
    pub command: String,
    /// Where it starts: relative to the workspace, or absolute as the box or the host names it.
    pub directory: Option<String>,
    /// How long it may take.
    pub timeout: Duration,
    /// How much it may print; the rest is cut.
    pub output_limit: ByteCount,
    /// Fires when the turn is stopped; the command is killed.
    pub cancel: CancelToken,
}

/// Which grants a command sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantsSeen {
    /// None: it names none, so it need not see any.
    None,
    /// Those that count for everybody.
    Everybodys,
    /// Those that count for an owner.
    Owners,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxResult {
    /// The exit code; none when it was killed.
    pub code: Option<i32>,
    /// What it printed, both streams in order, decoded lossily.
    pub output: String,
    /// So many characters more were printed and cut.
    pub cut_chars: u64,
    /// Whether the shell sees grants, files from outside of the workspace.
    pub sees_grants: bool,
}

/// Why a command has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// A protection that the profile demands is missing; the text names it and what to do.
    #[error("the sandbox is not closed: {missing}")]
    NotClosed {
        /// What is missing.
        missing: String,
    },
    /// The box cannot be had: no room, a folder outside, a grant that cannot be honoured, a shell that died.
    #[error("{reason}")]
    Unavailable {
        /// Why, in words for the model.
        reason: String,
    },
    /// It took too long and was killed.
    #[error("the command took longer than {0:?}")]
    TimedOut(Duration),
    /// Its shell had to give way.
    #[error("the command was interrupted: {reason}")]
    Preempted {
        /// Why.
        reason: String,
    },
    /// It used more than it may, and its shell was killed.
    #[error("the command was killed: {limit}")]
    OverLimit {
        /// Which limit, with its figure.
        limit: String,
    },
    /// The turn was stopped.
    #[error("the command was stopped")]
    Cancelled,
    /// Anything else.
    #[error(transparent)]
    Backend(#[from] StoreError),
}
