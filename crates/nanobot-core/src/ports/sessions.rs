//! What was said before: sessions, the archive of inbound messages, known chats; and the files of the
//! workspace that belong into the prompt.

use async_trait::async_trait;

use crate::ids::{ChannelName, ChatId, MessageId, SenderId, SessionKey};
use crate::intent::SessionAppend;
use crate::label::Labels;
use crate::ports::{SessionWrite, StoreError};
use crate::time::{Timestamp, civil};

/// The short-term memory of each chat.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// The last `limit` messages, oldest first. An unknown session has none. Lines that cannot be read are
    /// left out and stay in the file.
    ///
    /// # Errors
    /// When the file is there and cannot be read at all.
    async fn history(&self, session: &SessionKey, limit: usize) -> Result<Vec<HistoryMessage>, StoreError>;

    /// The exact text of these lines, their line ends included. Asks nothing and stores nothing.
    ///
    /// # Errors
    /// `Limit` when a line is longer than the store takes.
    fn render(&self, append: &SessionAppend) -> Result<String, StoreError>;

    /// Where the session's file ends.
    ///
    /// # Errors
    /// When that cannot be found out.
    async fn end(&self, session: &SessionKey) -> Result<SessionEnd, StoreError>;

    /// Sees to it that the text stands at its offset, however often it is asked. `now` is the local time for a
    /// session that does not exist yet. Not on the disk before [`sync`](Self::sync).
    ///
    /// # Errors
    /// When nothing, or not everything, could be written.
    async fn place(&self, write: &SessionWrite, now: civil::DateTime) -> Result<Placed, StoreError>;

    /// Brings the session's file to the disk. An unknown session is no error.
    ///
    /// # Errors
    /// When that is not certain.
    async fn sync(&self, session: &SessionKey) -> Result<(), StoreError>;

    /// Adds lines at the end and brings them to the disk, for those who keep no journal. Of two appends of the same
    /// lines at once, one may be taken for the other.
    ///
    /// # Errors
    /// When nothing, or not everything, could be written.
    async fn append(&self, append: &SessionAppend, now: civil::DateTime) -> Result<(), StoreError> {
        if append.lines.is_empty() {
            return Ok(());
        }
        let text = self.render(append)?;
        let end = self.end(&append.session).await?;
        self.place(&end.write(append.clone(), text), now).await?;
        self.sync(&append.session).await
    }

    /// Whether there is such a session, with messages or without: whether [`reset`](Self::reset) would find it.
    /// Asking changes nothing, and costs no more for a long session than for a short one.
    ///
    /// # Errors
    /// When that cannot be found out.
    async fn contains(&self, session: &SessionKey) -> Result<bool, StoreError>;

    /// All sessions, most recently used first.
    ///
    /// # Errors
    /// When the folder cannot be read.
    async fn list(&self) -> Result<Vec<SessionSummary>, StoreError>;

    /// Forgets the messages of a session and keeps its first line. Answers how many were forgotten.
    ///
    /// # Errors
    /// [`NotFound`](crate::ports::StoreErrorKind::NotFound) when there is no such session.
    async fn reset(&self, session: &SessionKey, now: civil::DateTime) -> Result<usize, StoreError>;

    /// Brings the first line of every session used since the last refresh up to date, where the file is on the
    /// disk ([`sync`](Self::sync)).
    ///
    /// # Errors
    /// When one of them could not be written; the others are.
    async fn refresh(&self) -> Result<(), StoreError>;
}

/// Where a session's file ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SessionEnd {
    /// Bytes behind the end of the first line; 0 when there is no file.
    pub offset: u64,
    /// The last line has no end: somebody else was torn while writing it. It stays by itself.
    pub torn: bool,
}

impl SessionEnd {
    /// An end that nobody knows: behind every file, so that lines with it go to the end, once.
    pub const UNKNOWN: Self = Self { offset: i64::MAX as u64, torn: false };

    /// These lines, written here.
    pub fn write(self, append: SessionAppend, text: String) -> SessionWrite {
        let text = if self.torn { format!("\n{text}") } else { text };
        SessionWrite { append, text, offset: self.offset }
    }
}

/// How lines came to stand in their file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Where the file ends now: bytes behind its first line.
    pub end: u64,
    /// What was found at their offset.
    pub found: Found,
}

/// What a store found where lines were to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The end of the file: they were appended.
    Nothing,
    /// A first part of them: the rest was appended.
    Part,
    /// All of them: nothing was written.
    All,
    /// Something else, or a file that ends before: somebody else wrote. They were appended at the end, unless they
    /// already stood further on.
    Foreign,
}

/// A stored message, as the prompt needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryMessage {
    /// Who spoke.
    pub role: HistoryRole,
    /// The words.
    pub content: String,
    /// Where they came from; none when the line does not say (files of the original).
    pub labels: Option<Labels>,
}

/// Who spoke a stored message. Files of the original may hold any role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryRole {
    /// A person.
    User,
    /// The assistant.
    Assistant,
    /// Instructions.
    System,
    /// A tool.
    Tool,
}

/// One line of the session list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSummary {
    /// The key; guessed from the file name for files of the original.
    pub session: SessionKey,
    /// The file's name.
    pub file: String,
    /// When it began, as stored.
    pub created_at: Option<String>,
    /// When it was last used, as stored or else from the file.
    pub updated_at: Option<String>,
    /// How many messages it holds.
    pub messages: usize,
}

/// Every inbound message of the last days, for quotes and context.
#[async_trait]
pub trait InboundArchive: Send + Sync {
    /// Stores a message; a second one under the same key is ignored.
    ///
    /// # Errors
    /// When it could not be stored.
    async fn record(&self, message: &ArchivedMessage) -> Result<(), StoreError>;

    /// Finds a message in its own chat. Other chats are never searched.
    ///
    /// # Errors
    /// When the archive cannot be read.
    async fn find(
        &self,
        channel: &ChannelName,
        chat: &ChatId,
        message: &MessageId,
    ) -> Result<Option<ArchivedMessage>, StoreError>;

    /// The last `limit` messages of the chat that were stored before `anchor`, oldest first.
    ///
    /// # Errors
    /// When the archive cannot be read.
    async fn before(
        &self,
        channel: &ChannelName,
        chat: &ChatId,
        anchor: &MessageId,
        limit: usize,
    ) -> Result<Vec<ArchivedMessage>, StoreError>;
}

/// A stored inbound message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedMessage {
    /// The network.
    pub channel: ChannelName,
    /// The conversation.
    pub chat: ChatId,
    /// Its id.
    pub message_id: MessageId,
    /// The group member who wrote it.
    pub participant: Option<SenderId>,
    /// Who sent it; none for a message that is known only as a quote.
    pub sender: Option<SenderId>,
    /// Its words.
    pub text: String,
    /// When it was sent.
    pub at: Timestamp,
}

/// Which chats the owners have been told about (`seen_chats.json`).
#[async_trait]
pub trait SeenChats: Send + Sync {
    /// Whether the chat is known.
    ///
    /// # Errors
    /// When the list is there and cannot be read.
    async fn contains(&self, channel: &ChannelName, chat: &ChatId) -> Result<bool, StoreError>;

    /// Remembers the chat.
    ///
    /// # Errors
    /// When the list cannot be written.
    async fn remember(&self, channel: &ChannelName, chat: &ChatId) -> Result<(), StoreError>;
}

/// The workspace, as far as the prompt reads it.
#[async_trait]
pub trait Workspace: Send + Sync {
    /// The folder's path, as the model should know it.
    fn path(&self) -> String;

    /// The bootstrap files that exist, in the order AGENTS, SOUL, USER, TOOLS, IDENTITY; each at most
    /// 64 KiB, the rest is cut.
    ///
    /// # Errors
    /// When one is there and cannot be read.
    async fn bootstrap(&self) -> Result<Vec<BootstrapFile>, StoreError>;
}

/// A file of the workspace that belongs into every prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootstrapFile {
    /// Its name, such as `AGENTS.md`.
    pub name: String,
    /// Its text.
    pub text: String,
}
