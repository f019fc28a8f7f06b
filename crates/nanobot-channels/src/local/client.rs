//! The client's side of the local channel: typed requests, and one stream of events.
//!
//! Two tasks serve a connection, one per direction; both end with the client. The reading one never waits
//! for the caller: live events that do not fit are dropped, so that an acknowledgement is never stuck
//! behind them.

mod outbox;
mod policy;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use nanobot_core::ids::{ChatId, TurnId};
use nanobot_core::ports::IdGenerator;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::codec::FramedRead;

use super::inbox::{ClientEvent, Inbox, Queued, Reply};
use super::lines::{BoundedLines, Line};
use super::protocol::{
    ClientFrame, ControlOp, HELLO_LIMIT, MAX_LINE_BYTES, PROTOCOL_VERSION, ServerFrame, code, line_of,
};
use crate::error::ClientError;

/// How long a request waits for its answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// How long [`LocalClient::close`] waits for queued frames to be written.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// How long one frame may take to be written before the connection is given up.
const WRITE_LIMIT: Duration = Duration::from_secs(30);

/// Frames that wait to be written; a request waits for room.
const QUEUED_FRAMES: usize = 64;

/// What a client brings along.
#[derive(Clone)]
pub struct ClientOptions {
    /// Name and version, for the daemon's log (`nanobot-cli 0.1.0`).
    pub name: String,
    /// Mints the ids of messages.
    pub ids: Arc<dyn IdGenerator>,
}

/// Who answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// The program.
    pub server: String,
    /// Its version.
    pub version: String,
    /// Its process id.
    pub pid: u32,
}

/// A connection to a daemon. Requests take `&self` and may run beside each other; [`next`](Self::next) is
/// for one reader.
pub struct LocalClient {
    server: ServerInfo,
    ids: Arc<dyn IdGenerator>,
    frames: mpsc::Sender<String>,
    events: mpsc::Receiver<Queued>,
    inbox: Arc<Inbox>,
    requests: AtomicU64,
    reader: OwnedTask,
    writer: JoinHandle<()>,
}

impl LocalClient {
    /// Connects to the socket of a running daemon.
    ///
    /// # Errors
    /// [`ClientError::NotRunning`] when nobody answers there, [`ClientError::NotPermitted`] when it belongs
    /// to another user, and those of [`over`](Self::over).
    pub async fn connect(path: &Path, options: ClientOptions) -> Result<Self, ClientError> {
        match tokio::time::timeout(HELLO_LIMIT, UnixStream::connect(path)).await {
            Ok(Ok(stream)) => Self::over(stream, options).await,
            Ok(Err(source)) if source.kind() == io::ErrorKind::PermissionDenied => {
                Err(ClientError::NotPermitted { path: path.to_owned(), source })
            }
            Ok(Err(source)) => Err(ClientError::NotRunning { path: path.to_owned(), source }),
            Err(_) => Err(ClientError::NoAnswer),
        }
    }

    /// Speaks over a stream that is already open, such as one half of [`tokio::io::duplex`].
    ///
    /// # Errors
    /// [`ClientError`], when the other side refuses, speaks something else, or does not greet within 2 s.
    pub async fn over<S>(stream: S, options: ClientOptions) -> Result<Self, ClientError>
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (read, mut write) = tokio::io::split(stream);
        let mut lines = FramedRead::new(read, BoundedLines::new(MAX_LINE_BYTES));
        let hello = ClientFrame::Hello { v: PROTOCOL_VERSION, client: options.name };
        let greeting = async {
            let line = line_of(&hello).ok_or(ClientError::TooLarge { limit: MAX_LINE_BYTES })?;
            // A server that refuses us may close before it has read this; its reason still arrives.
            let _ = write.write_all(format!("{line}\n").as_bytes()).await;
            greeted(&mut lines).await
        };
        let server =
            tokio::time::timeout(HELLO_LIMIT, greeting).await.map_err(|_| ClientError::NoAnswer)??;

        let (frames, queued) = mpsc::channel(QUEUED_FRAMES);
        let (inbox, events) = Inbox::new();
        let reader = OwnedTask(tokio::spawn(read_frames(lines, Arc::clone(&inbox))));
        let writer = tokio::spawn(write_frames(write, queued));
        let requests = AtomicU64::new(0);
        Ok(Self { server, ids: options.ids, frames, events, inbox, requests, reader, writer })
    }

    /// Who answered.
    pub fn server(&self) -> &ServerInfo {
        &self.server
    }

    /// From now on, events of this chat come here.
    ///
    /// # Errors
    /// [`ClientError::Closed`].
    pub async fn attach(&self, chat: &ChatId) -> Result<(), ClientError> {
        self.tell(&ClientFrame::Attach { chat: chat.to_string() }).await
    }

    /// Sends a message and waits until it is durable. Answers the turn that will answer it; none when the
    /// daemon has seen it before. Events of the turn may already wait in [`next`](Self::next) then.
    ///
    /// # Errors
    /// [`ClientError::Refused`] when it was not taken, [`ClientError::TooLarge`] when it was not sent,
    /// [`ClientError::NoAnswer`] after 30 s and [`ClientError::Closed`] when it is not known whether it was
    /// taken.
    pub async fn send(&self, chat: &ChatId, text: &str) -> Result<Option<TurnId>, ClientError> {
        let id = self.ids.token();
        let frame = ClientFrame::Inbound { id: id.clone(), chat: chat.to_string(), text: text.to_owned() };
        match self.ask(id, &frame).await? {
            Reply::Taken(turn) => Ok(turn),
            Reply::Done(_) => Err(ClientError::NotADaemon),
        }
    }

    /// Asks to stop the turn that runs in a chat. That it has stopped is told by [`ClientEvent::Ended`].
    ///
    /// # Errors
    /// [`ClientError::Closed`].
    pub async fn cancel(&self, chat: &ChatId) -> Result<(), ClientError> {
        self.tell(&ClientFrame::Cancel { chat: chat.to_string() }).await
    }

    /// Makes one of the operator's requests and waits for its result.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn control(&self, op: ControlOp) -> Result<Value, ClientError> {
        let id = format!("c{}", self.requests.fetch_add(1, Ordering::Relaxed));
        match self.ask(id.clone(), &ClientFrame::Control { id, op }).await? {
            Reply::Done(value) => Ok(value),
            Reply::Taken(_) => Err(ClientError::NotADaemon),
        }
    }

    /// The next event; none when the connection has ended. A delivery is confirmed as it is handed over,
    /// and handed over once, however often the daemon repeats it. Nothing is lost when the future is
    /// dropped before it is done.
    pub async fn next(&mut self) -> Option<ClientEvent> {
        loop {
            // Room for the confirmation comes first, so that no event is in hand while we wait.
            let permit = self.frames.reserve().await.ok();
            let queued = self.events.recv().await?;
            if let (Some(permit), Some(key)) = (permit, queued.key())
                && let Some(line) = line_of(&ClientFrame::Confirm { key: key.to_string() })
            {
                permit.send(line);
            }
            if let Queued::Event(event) = queued {
                return Some(event);
            }
        }
    }

    /// Ends the connection once everything that was said is written, at most 2 s later.
    pub async fn close(self) {
        // The writer ends, and closes its side of the stream, when the last sender of its queue is gone.
        let Self { frames, mut writer, reader, .. } = self;
        drop(frames);
        if tokio::time::timeout(CLOSE_LIMIT, &mut writer).await.is_err() {
            writer.abort();
        }
        drop(reader);
    }

    async fn tell(&self, frame: &ClientFrame) -> Result<(), ClientError> {
        let line = line_of(frame).ok_or(ClientError::TooLarge { limit: MAX_LINE_BYTES })?;
        self.frames.send(line).await.map_err(|_| ClientError::Closed)
    }

    async fn ask(&self, id: String, frame: &ClientFrame) -> Result<Reply, ClientError> {
        let pending = self.inbox.expect(id)?;
        self.tell(frame).await?;
        pending.reply(ANSWER_LIMIT).await
    }
}

/// Waits for the server's `hello`.
async fn greeted<S: AsyncRead>(
    lines: &mut FramedRead<ReadHalf<S>, BoundedLines>,
) -> Result<ServerInfo, ClientError> {
    let Some(Ok(line)) = lines.next().await else { return Err(ClientError::Closed) };
    let Line::Text(text) = line else { return Err(ClientError::NotADaemon) };
    match serde_json::from_str(&text) {
        Ok(ServerFrame::Hello { v: PROTOCOL_VERSION, server, version, pid }) => {
            Ok(ServerInfo { server, version, pid })
        }
        Ok(ServerFrame::Hello { v, .. }) => Err(ClientError::Version { found: v, ours: PROTOCOL_VERSION }),
        Ok(ServerFrame::Error { code: word, message }) => {
            Err(ClientError::Refused { retry: word == code::TOO_MANY, code: word, message })
        }
        Ok(_) | Err(_) => Err(ClientError::NotADaemon),
    }
}

async fn read_frames<S: AsyncRead>(mut lines: FramedRead<ReadHalf<S>, BoundedLines>, inbox: Arc<Inbox>) {
    while let Some(Ok(line)) = lines.next().await {
        // A frame that this version does not know is not meant for it.
        let Line::Text(text) = line else { continue };
        let Ok(frame) = serde_json::from_str::<ServerFrame>(&text) else { continue };
        if inbox.take(frame).is_err() {
            break;
        }
    }
    inbox.close();
}

async fn write_frames<S: AsyncWrite>(mut write: WriteHalf<S>, mut queued: mpsc::Receiver<String>) {
    while let Some(mut line) = queued.recv().await {
        line.push('\n');
        let written = async {
            write.write_all(line.as_bytes()).await?;
            write.flush().await
        };
        if !matches!(tokio::time::timeout(WRITE_LIMIT, written).await, Ok(Ok(()))) {
            return;
        }
    }
    // Best effort: the stream is closed anyway when both halves are dropped.
    let _ = write.shutdown().await;
}

/// A task that ends with its owner.
struct OwnedTask(JoinHandle<()>);

impl Drop for OwnedTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests;
