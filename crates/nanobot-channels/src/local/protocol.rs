//! The wire protocol of the operator's channel: JSON, one frame per line, over any byte stream.
//!
//! This is the contract between `nanobotd` and everything that speaks to it on this machine. Frames carry
//! plain texts; they become checked identifiers where they are used (`session.rs`, `client.rs`). Nothing
//! here reads or writes a stream.
//!
//! # Rules
//! - A line is one JSON object in UTF-8, closed by `\n`, at most [`MAX_LINE_BYTES`] long. A longer line is
//!   skipped by the server and answered with `error`, code [`code::TOO_LARGE`]; the connection stays open.
//! - Field `t` names the frame. Unknown fields are ignored on both sides. An unknown `t` is ignored by a
//!   client, and answered by a server with `error`, code [`code::UNKNOWN_FRAME`].
//! - The client speaks first, with `hello`; the server answers with its own. Both within [`HELLO_LIMIT`].
//! - `ack` means stored, as durably as the daemon's journal is: `status` names the journal, and the volatile one
//!   does not outlive the process.
//! - `typing`, `delta`, `aside` and `tool` are for the eyes only: any of them may be missing. The whole
//!   answer comes as `deliver`, at least once, and is repeated under the same `key` until it is confirmed.
//! - Adding a frame or a field keeps [`PROTOCOL_VERSION`]; changing the meaning of one raises it.

mod outbox;
mod policy;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use outbox::texts;
pub use outbox::{
    DeliveryRow, HandledAnswer, MAX_LISTED_DELIVERIES, MAX_NAMED_DELIVERIES, OutboxAnswer, WantedDeliveries,
};
pub use policy::{PolicyResult, PolicyWish};

/// The version that this code speaks.
pub const PROTOCOL_VERSION: u32 = 1;

/// The longest line, in bytes, without its line end: 4 MiB.
pub const MAX_LINE_BYTES: usize = 4 * 1024 * 1024;

/// How long either side waits for the other's `hello`.
pub const HELLO_LIMIT: Duration = Duration::from_secs(2);

/// The most messages that one `session_show` answers; a larger `limit` is cut to this.
pub const MAX_SHOWN_MESSAGES: u32 = 1_000;

/// The `code` of refusals and errors: stable words for programs, next to a `message` for people.
pub mod code {
    /// The peer runs under another user id.
    pub const NOT_PERMITTED: &str = "not_permitted";
    /// The peer speaks a version that is too old.
    pub const UNSUPPORTED_VERSION: &str = "unsupported_version";
    /// The first frame was no `hello`, or a second one came.
    pub const HELLO_EXPECTED: &str = "hello_expected";
    /// The line is no JSON object, or a field is missing or of the wrong kind.
    pub const BAD_FRAME: &str = "bad_frame";
    /// No frame of this name is known here.
    pub const UNKNOWN_FRAME: &str = "unknown_frame";
    /// No control operation of this name is known here.
    pub const UNKNOWN_OP: &str = "unknown_op";
    /// A line, a message or an answer is over its limit.
    pub const TOO_LARGE: &str = "too_large";
    /// Too many connections, attached chats or control requests at once.
    pub const TOO_MANY: &str = "too_many";
    /// Too many messages wait in this chat; try again later.
    pub const QUEUE_FULL: &str = "queue_full";
    /// The daemon is going down; try again after its restart.
    pub const DRAINING: &str = "draining";
    /// The journal or another store failed.
    pub const STORE_FAILED: &str = "store_failed";
    /// A turn is running in this session; stop it first.
    pub const BUSY: &str = "busy";
    /// There is no such session.
    pub const NO_SUCH_SESSION: &str = "no_such_session";
    /// No policy can be changed here.
    pub const NO_POLICY: &str = "no_policy";
    /// The daemon could not do it for a reason that this version of the protocol has no word for.
    pub const FAILED: &str = "failed";
}

/// What a client says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ClientFrame {
    /// The first frame of a connection.
    Hello {
        /// The highest [`PROTOCOL_VERSION`] that the client speaks.
        v: u32,
        /// Its name and version, for the log (`nanobot-cli 0.1.0`); at most 64 characters are kept.
        client: String,
    },
    /// From now on, show and deliver here what belongs to this chat. May be repeated.
    Attach {
        /// The chat, 1 to 512 bytes without control characters.
        chat: String,
    },
    /// A message of the operator; answered by `ack` or `refused`.
    Inbound {
        /// The client's own id of the message, 1 to 512 bytes. The same id in the same chat is the same
        /// message, so that a repeat is recognised.
        id: String,
        /// The chat.
        chat: String,
        /// The words. The daemon has a limit of its own, counted in characters.
        text: String,
    },
    /// A `deliver` or `react` has reached the person.
    Confirm {
        /// Its key.
        key: String,
    },
    /// Stop the turn that runs in this chat. Not answered; the turn's `ended` is the effect.
    Cancel {
        /// The chat.
        chat: String,
    },
    /// A request of the operator; answered by `result`.
    Control {
        /// The client's own id of the request, for the answer.
        id: String,
        /// What is asked for; its fields stand beside `id`.
        #[serde(flatten)]
        op: ControlOp,
    },
}

/// What an operator can ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ControlOp {
    /// How the daemon is: `{"version","pid","home","started","now","model":{…},"ports":[…],…}`.
    Status,
    /// All sessions, most recently used first: `{"sessions":[…]}`.
    SessionList,
    /// The last messages of one session: `{"session","messages":[{"role","content","labels"}]}`.
    SessionShow {
        /// The session's key (`cli:default`).
        session: String,
        /// How many messages at most; see [`MAX_SHOWN_MESSAGES`].
        limit: u32,
    },
    /// Forget the messages of one session: `{"session","forgotten"}`.
    SessionReset {
        /// The session's key.
        session: String,
    },
    /// What waits to be sent or is parked, oldest first: [`OutboxAnswer`].
    OutboxList {
        /// Which of it.
        #[serde(default)]
        wanted: WantedDeliveries,
        /// How many at most; see [`MAX_LISTED_DELIVERIES`].
        limit: u32,
        /// With the words.
        #[serde(default)]
        text: bool,
    },
    /// Take deliveries back into their chats' queues, due at once: [`HandledAnswer`].
    OutboxRetry {
        /// Their keys; see [`MAX_NAMED_DELIVERIES`].
        keys: Vec<String>,
    },
    /// Give deliveries up: [`HandledAnswer`].
    OutboxDrop {
        /// Their keys; see [`MAX_NAMED_DELIVERIES`].
        keys: Vec<String>,
    },
    /// Change the policy, or say what would change: [`PolicyResult`].
    PolicyEdit {
        /// What.
        edit: PolicyWish,
        /// Only say it.
        #[serde(default)]
        dry_run: bool,
        /// Also where it is risky.
        #[serde(default)]
        confirm: bool,
    },
}

impl ControlOp {
    /// The names of all operations, as they stand in `op`.
    pub(crate) const NAMES: [&str; 8] = [
        "status",
        "session_list",
        "session_show",
        "session_reset",
        "outbox_list",
        "outbox_retry",
        "outbox_drop",
        "policy_edit",
    ];
}

/// What a server says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ServerFrame {
    /// The answer to the client's `hello`.
    Hello {
        /// The version that is spoken from here on, never higher than the client's.
        v: u32,
        /// The program: `nanobotd`, or `nanobot-cli` when a chat without a daemon serves those who join it.
        server: String,
        /// Its version.
        version: String,
        /// Its process id.
        pid: u32,
    },
    /// A message is durable.
    Ack {
        /// The client's id of the message.
        id: String,
        /// The turn that will answer; null when the message was seen before.
        turn: Option<String>,
    },
    /// A message was not taken, and nothing of it is stored.
    Refused {
        /// The client's id of the message.
        id: String,
        /// One of [`code`].
        code: String,
        /// One line for a person.
        message: String,
        /// Whether the same message may be taken later.
        retry: bool,
    },
    /// The assistant is busy in the chat, or no longer.
    Typing {
        /// The chat.
        chat: String,
        /// Busy or not.
        on: bool,
    },
    /// The next piece of an answer.
    Delta {
        /// The chat.
        chat: String,
        /// The turn.
        turn: String,
        /// The piece.
        text: String,
    },
    /// The pieces so far were not the answer.
    Aside {
        /// The chat.
        chat: String,
        /// The turn.
        turn: String,
    },
    /// A tool runs.
    Tool {
        /// The chat.
        chat: String,
        /// The turn.
        turn: String,
        /// The tool.
        name: String,
    },
    /// A message for the person; to be confirmed.
    Deliver {
        /// Its stable key, the same when it is repeated.
        key: String,
        /// The chat.
        chat: String,
        /// The turn that sends it.
        turn: String,
        /// The words; may be empty when there is media.
        text: String,
        /// The client's id of the message that it answers.
        reply_to: Option<String>,
        /// Absolute paths of files that belong to it.
        media: Vec<String>,
    },
    /// A reaction to a message; to be confirmed.
    React {
        /// Its stable key, the same when it is repeated.
        key: String,
        /// The chat.
        chat: String,
        /// The turn that sends it.
        turn: String,
        /// The client's id of the message.
        message_id: String,
        /// The emoji.
        emoji: String,
    },
    /// A turn is over.
    Ended {
        /// The chat.
        chat: String,
        /// The turn.
        turn: String,
        /// `answered`, `ignored`, `blocked`, `failed`, `cancelled` or `abandoned`.
        outcome: String,
    },
    /// The answer to `control`: either `ok` or `error` is there.
    Result {
        /// The client's id of the request.
        id: String,
        /// What was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ok: Option<Value>,
        /// Why it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<ErrorBody>,
    },
    /// Something is wrong with what the client sent. The connection stays open, except before `hello`.
    Error {
        /// One of [`code`].
        code: String,
        /// One line for a person.
        message: String,
    },
    /// The server closes the connection.
    Bye {
        /// `draining` when the daemon goes down, `slow` when the client did not read.
        reason: String,
    },
}

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// One of [`code`].
    pub code: String,
    /// One line for a person.
    pub message: String,
}

impl ServerFrame {
    /// An `error` frame.
    pub(crate) fn error(code: &str, message: impl Into<String>) -> Self {
        Self::Error { code: code.to_owned(), message: message.into() }
    }

    /// A `result` frame that says why not.
    pub(crate) fn failed(id: impl Into<String>, code: &str, message: impl Into<String>) -> Self {
        let error = ErrorBody { code: code.to_owned(), message: message.into() };
        Self::Result { id: id.into(), ok: None, error: Some(error) }
    }
}

/// Reads a client's frame; what is wrong with it comes back as the frame to answer with.
///
/// # Errors
/// The answer: `refused` or `result` when the line names the request that it spoils, else `error`.
pub(crate) fn read_client_frame(line: &str) -> Result<ClientFrame, Box<ServerFrame>> {
    serde_json::from_str(line).map_err(|_| Box::new(complaint(line)))
}

/// The little that is read from a frame that cannot be read as a whole.
#[derive(Deserialize)]
struct Head {
    t: Option<String>,
    id: Option<String>,
    op: Option<String>,
}

/// What a server answers to a line that is no frame. What stands in the line is not repeated, except for
/// the client's own id.
fn complaint(line: &str) -> ServerFrame {
    let Ok(head) = serde_json::from_str::<Head>(line) else {
        return ServerFrame::error(code::BAD_FRAME, "the line is not a JSON object with a text in field t");
    };
    match (head.t.as_deref(), head.id) {
        (Some("inbound"), Some(id)) => ServerFrame::Refused {
            id,
            code: code::BAD_FRAME.to_owned(),
            message: "inbound needs the texts id, chat and text".to_owned(),
            retry: false,
        },
        (Some("control"), Some(id)) => match head.op {
            Some(op) if !ControlOp::NAMES.contains(&op.as_str()) => {
                ServerFrame::failed(id, code::UNKNOWN_OP, "this operation is not known")
            }
            _ => ServerFrame::failed(id, code::BAD_FRAME, "a field of the operation is missing or wrong"),
        },
        (Some("hello" | "attach" | "inbound" | "confirm" | "cancel" | "control"), _) => {
            ServerFrame::error(code::BAD_FRAME, "a field of the frame is missing or wrong")
        }
        (Some(_), _) => ServerFrame::error(code::UNKNOWN_FRAME, "no frame of this name is known"),
        (None, _) => ServerFrame::error(code::BAD_FRAME, "field t, the name of the frame, is missing"),
    }
}

/// One frame as a line, without its line end; none when it is over [`MAX_LINE_BYTES`].
pub(crate) fn line_of<F: Serialize>(frame: &F) -> Option<String> {
    // Frames hold texts, numbers and JSON values only, so that writing one cannot fail.
    serde_json::to_string(frame).ok().filter(|line| line.len() <= MAX_LINE_BYTES)
}

#[cfg(test)]
mod tests;
