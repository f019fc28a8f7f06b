//! Tools, and the box in which some of them run.

use std::path::PathBuf;
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

/// A closed box for commands.
#[async_trait]
pub trait Sandbox: Send + Sync {
    /// Runs one command and waits for it.
    ///
    /// # Errors
    /// [`SandboxError`]; never by running the command outside the box.
    async fn run(&self, request: &SandboxRequest) -> Result<SandboxResult, SandboxError>;
}

/// A command for the box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxRequest {
    /// Whose shell it is.
    pub session: SessionKey,
    /// The command line, for a POSIX shell.
    pub command: String,
    /// Where it starts, inside the workspace.
    pub directory: Option<PathBuf>,
    /// How long it may take.
    pub timeout: Duration,
    /// How much it may print; the rest is cut.
    pub output_limit: ByteCount,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxResult {
    /// The exit code; none when it was killed.
    pub code: Option<i32>,
    /// What it printed, both streams in order, decoded lossily.
    pub output: String,
    /// The output was longer.
    pub truncated: bool,
}

/// Why a command did not run.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// A protection is missing; the text names it.
    #[error("the sandbox is not closed: {missing}")]
    NotClosed {
        /// What is missing.
        missing: String,
    },
    /// The guard refuses the command; the text names the rule.
    #[error("the command is refused by rule {rule}")]
    Refused {
        /// The rule.
        rule: String,
    },
    /// It took too long and was killed.
    #[error("the command took longer than {0:?}")]
    TimedOut(Duration),
    /// Anything else.
    #[error(transparent)]
    Backend(#[from] StoreError),
}
