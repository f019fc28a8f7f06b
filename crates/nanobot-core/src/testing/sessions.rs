//! Sessions, archive, known chats and a workspace in memory.
#![expect(clippy::expect_used, reason = "test code: a wrong literal in a test should stop it")]

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};
use std::sync::Mutex;

use async_trait::async_trait;

use super::Trouble;
use super::event::SENT_AT;
use crate::ids::{ChannelName, ChatId, MessageId, SenderId, SessionKey};
use crate::intent::{SessionAppend, SessionLine, SessionRole};
use crate::ports::{
    ArchivedMessage, BootstrapFile, Found, HistoryMessage, HistoryRole, InboundArchive, Placed, SeenChats,
    SessionEnd, SessionStore, SessionSummary, SessionWrite, StoreError, StoreErrorKind, Workspace,
};
use crate::stand_in::{VolatileArchive, hold};
use crate::time::{civil, iso_local};
use body::Body;

mod body;

/// Sessions without files.
#[derive(Debug, Default)]
pub struct MemorySessions {
    /// Failures on request.
    pub trouble: Trouble,
    sessions: Mutex<Sessions>,
}

#[derive(Debug, Default)]
struct Sessions {
    by_key: BTreeMap<SessionKey, Session>,
    /// Counts uses: the larger, the more recent.
    uses: u64,
}

#[derive(Debug)]
struct Session {
    created: civil::DateTime,
    updated: civil::DateTime,
    last_use: u64,
    body: Body,
}

impl MemorySessions {
    /// Without sessions.
    pub fn new() -> Self {
        Self::default()
    }

    /// The lines of one session as they were given, in order.
    pub fn lines(&self, session: &SessionKey) -> Vec<SessionLine> {
        let sessions = hold(&self.sessions);
        sessions.by_key.get(session).map(|known| known.body.lines().cloned().collect()).unwrap_or_default()
    }
}

fn message(line: &SessionLine) -> HistoryMessage {
    let role = match line.role {
        SessionRole::User => HistoryRole::User,
        SessionRole::Assistant => HistoryRole::Assistant,
    };
    HistoryMessage { role, content: line.content.clone(), labels: Some(line.labels) }
}

#[async_trait]
impl SessionStore for MemorySessions {
    async fn history(&self, session: &SessionKey, limit: usize) -> Result<Vec<HistoryMessage>, StoreError> {
        self.trouble.strike("history")?;
        let sessions = hold(&self.sessions);
        let Some(known) = sessions.by_key.get(session) else {
            return Ok(Vec::new());
        };
        let skipped = known.body.lines().count().saturating_sub(limit);
        Ok(known.body.lines().skip(skipped).map(message).collect())
    }

    fn render(&self, append: &SessionAppend) -> Result<String, StoreError> {
        self.trouble.strike("render")?;
        Ok(append.lines.iter().map(body::render).collect())
    }

    async fn end(&self, session: &SessionKey) -> Result<SessionEnd, StoreError> {
        self.trouble.strike("end")?;
        Ok(hold(&self.sessions).by_key.get(session).map(|known| known.body.end()).unwrap_or_default())
    }

    async fn place(&self, write: &SessionWrite, now: civil::DateTime) -> Result<Placed, StoreError> {
        self.trouble.strike("place")?;
        if write.text.is_empty() {
            let end = self.end(&write.append.session).await?.offset;
            return Ok(Placed { end, found: Found::All });
        }
        let mut sessions = hold(&self.sessions);
        sessions.uses += 1;
        let last_use = sessions.uses;
        match sessions.by_key.entry(write.append.session.clone()) {
            Entry::Occupied(known) => {
                let known = known.into_mut();
                known.updated = now;
                known.last_use = last_use;
                Ok(known.body.place(write))
            }
            Entry::Vacant(free) => {
                let (body, placed) = Body::begin(write);
                free.insert(Session { created: now, updated: now, last_use, body });
                Ok(placed)
            }
        }
    }

    async fn sync(&self, _session: &SessionKey) -> Result<(), StoreError> {
        self.trouble.strike("sync")
    }

    async fn contains(&self, session: &SessionKey) -> Result<bool, StoreError> {
        self.trouble.strike("contains")?;
        Ok(hold(&self.sessions).by_key.contains_key(session))
    }

    async fn list(&self) -> Result<Vec<SessionSummary>, StoreError> {
        self.trouble.strike("list")?;
        let sessions = hold(&self.sessions);
        let mut known: Vec<_> = sessions.by_key.iter().collect();
        known.sort_by_key(|(_, session)| std::cmp::Reverse(session.last_use));
        let summary = |(key, session): (&SessionKey, &Session)| SessionSummary {
            session: key.clone(),
            file: format!("{}.jsonl", key.as_str().replace(':', "_")),
            created_at: Some(iso_local(session.created)),
            updated_at: Some(iso_local(session.updated)),
            messages: session.body.lines().count(),
        };
        Ok(known.into_iter().map(summary).collect())
    }

    async fn reset(&self, session: &SessionKey, now: civil::DateTime) -> Result<usize, StoreError> {
        self.trouble.strike("reset")?;
        let mut sessions = hold(&self.sessions);
        sessions.uses += 1;
        let last_use = sessions.uses;
        let Some(known) = sessions.by_key.get_mut(session) else {
            return Err(StoreError::new(StoreErrorKind::NotFound, "resetting a session"));
        };
        known.updated = now;
        known.last_use = last_use;
        Ok(std::mem::take(&mut known.body).lines().count())
    }

    async fn refresh(&self) -> Result<(), StoreError> {
        self.trouble.strike("refresh")
    }
}

/// A [`VolatileArchive`] that fails when told to.
#[derive(Debug, Default)]
pub struct MemoryArchive {
    /// Failures on request.
    pub trouble: Trouble,
    inner: VolatileArchive,
}

impl MemoryArchive {
    /// Empty.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl InboundArchive for MemoryArchive {
    async fn record(&self, message: &ArchivedMessage) -> Result<(), StoreError> {
        self.trouble.strike("record")?;
        self.inner.record(message).await
    }

    async fn find(
        &self,
        channel: &ChannelName,
        chat: &ChatId,
        message: &MessageId,
    ) -> Result<Option<ArchivedMessage>, StoreError> {
        self.trouble.strike("find")?;
        self.inner.find(channel, chat, message).await
    }

    async fn before(
        &self,
        channel: &ChannelName,
        chat: &ChatId,
        anchor: &MessageId,
        limit: usize,
    ) -> Result<Vec<ArchivedMessage>, StoreError> {
        self.trouble.strike("before")?;
        self.inner.before(channel, chat, anchor, limit).await
    }
}

/// A WhatsApp message as the archive keeps it, from `49170@s.whatsapp.net` at the time at which events are
/// sent.
///
/// # Panics
/// When `chat` or `id` is no identifier.
pub fn archived(chat: &str, id: &str, text: &str) -> ArchivedMessage {
    ArchivedMessage {
        channel: ChannelName::WHATSAPP,
        chat: ChatId::new(chat).expect("a test names a chat"),
        message_id: MessageId::new(id).expect("a test names a message"),
        participant: None,
        sender: Some(SenderId::new("49170@s.whatsapp.net").expect("the constant is a sender")),
        text: text.to_owned(),
        at: SENT_AT.parse().expect("the constant is an instant"),
    }
}

/// Known chats in memory.
#[derive(Debug, Default)]
pub struct MemorySeenChats {
    /// Failures on request.
    pub trouble: Trouble,
    chats: Mutex<BTreeSet<(ChannelName, ChatId)>>,
}

impl MemorySeenChats {
    /// Knows no chat.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl SeenChats for MemorySeenChats {
    async fn contains(&self, channel: &ChannelName, chat: &ChatId) -> Result<bool, StoreError> {
        self.trouble.strike("contains")?;
        Ok(hold(&self.chats).contains(&(channel.clone(), chat.clone())))
    }

    async fn remember(&self, channel: &ChannelName, chat: &ChatId) -> Result<(), StoreError> {
        self.trouble.strike("remember")?;
        hold(&self.chats).insert((channel.clone(), chat.clone()));
        Ok(())
    }
}

/// A workspace of fixed files.
#[derive(Debug)]
pub struct FixedWorkspace {
    /// Failures on request.
    pub trouble: Trouble,
    path: String,
    files: Vec<BootstrapFile>,
}

impl FixedWorkspace {
    /// A workspace without bootstrap files.
    pub fn empty(path: &str) -> Self {
        Self { trouble: Trouble::default(), path: path.to_owned(), files: Vec::new() }
    }

    /// With one more file, behind those that it has.
    #[must_use]
    pub fn with(mut self, name: &str, text: &str) -> Self {
        self.files.push(BootstrapFile { name: name.to_owned(), text: text.to_owned() });
        self
    }
}

impl Default for FixedWorkspace {
    fn default() -> Self {
        Self::empty("/home/nobody/.nanobot/workspace")
    }
}

#[async_trait]
impl Workspace for FixedWorkspace {
    fn path(&self) -> String {
        self.path.clone()
    }

    async fn bootstrap(&self) -> Result<Vec<BootstrapFile>, StoreError> {
        self.trouble.strike("bootstrap")?;
        Ok(self.files.clone())
    }
}
