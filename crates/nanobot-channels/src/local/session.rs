//! One connection, from the first `hello` to the last byte: reads frames, asks the daemon, writes answers.
//!
//! Works over any byte stream and does not know which; who may connect at all was decided before
//! (`server.rs`). Nothing that a peer sends ends more than its own connection.

use std::io;
use std::sync::Arc;

use futures_util::StreamExt;
use nanobot_core::cancel::CancelToken;
use nanobot_core::content::ContentBlock;
use nanobot_core::event::{ChatKind, InboundEvent};
use nanobot_core::ids::{
    AccountId, ChannelName, ChatId, DeliveryKey, IdError, MessageId, SenderId, SessionKey,
};
use nanobot_core::label::Label;
use nanobot_core::ports::{Clock, Control, Ingest};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::task::JoinSet;
use tokio_util::codec::FramedRead;

use super::control::{Op, answer, op_of};
use super::frames::refusal;
use super::hub::{Connection, LocalHub, LocalLimits};
use super::lines::{BoundedLines, Line};
use super::mailbox::{Drain, Mailbox, NoRoom};
use super::protocol::{
    ClientFrame, HELLO_LIMIT, MAX_LINE_BYTES, PROTOCOL_VERSION, ServerFrame, code, line_of, read_client_frame,
};

/// The sender id of everybody who speaks over the local channel: whoever may open the socket owns the home.
pub const OPERATOR: &str = "operator";

/// What a connection needs of the daemon.
#[derive(Clone)]
pub struct LocalDeps {
    /// Takes messages.
    pub ingest: Arc<dyn Ingest>,
    /// Takes the operator's requests.
    pub control: Arc<dyn Control>,
    /// Tells when a message came.
    pub clock: Arc<dyn Clock>,
    /// Knows who is attached.
    pub hub: Arc<LocalHub>,
    /// The program that serves, for its `hello`: `nanobotd`, or a chat that others have joined.
    pub program: String,
    /// Its version.
    pub version: String,
}

/// Who is at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// The user id, as the kernel says; it stands in the audit log.
    pub uid: u32,
}

impl Peer {
    /// The user whom this process runs as: the peer of an in-process stream.
    pub fn own() -> Self {
        Self { uid: rustix::process::geteuid().as_raw() }
    }
}

/// Serves one connection until the peer leaves, does not read, or `stop` fires. Messages that were being
/// stored are waited for; what is queued for the peer is written within the flush limit.
pub async fn serve_stream<S>(stream: S, peer: Peer, deps: LocalDeps, stop: CancelToken)
where
    S: AsyncRead + AsyncWrite + Send,
{
    let limits = deps.hub.limits();
    let (read, mut write) = tokio::io::split(stream);
    let Ok((connection, drain)) = deps.hub.connect() else {
        refuse(&mut write, code::TOO_MANY, "too many connections are open", limits).await;
        return;
    };
    let kick = connection.kick();
    let reader = read_frames(read, connection, peer, deps, stop);
    let writer = async move {
        let written = write_lines(write, drain, limits).await;
        // Nobody hears the answers any more: do not wait for questions either.
        kick.cancel();
        written
    };
    tokio::pin!(reader, writer);
    let written = tokio::select! {
        () = &mut reader => tokio::time::timeout(limits.flush, &mut writer).await.unwrap_or(Ok(())),
        written = &mut writer => {
            reader.await;
            written
        }
    };
    if let Err(error) = written {
        tracing::debug!(%error, "a local connection broke while writing");
    }
}

/// Says why a connection is closed, to a peer that is not served.
pub(super) async fn refuse<W>(write: &mut W, code: &str, message: &str, limits: LocalLimits)
where
    W: AsyncWrite + Unpin,
{
    let Some(line) = line_of(&ServerFrame::error(code, message)) else { return };
    let said = async {
        write.write_all(format!("{line}\n").as_bytes()).await?;
        write.shutdown().await
    };
    let heard = matches!(tokio::time::timeout(limits.flush, said).await, Ok(Ok(())));
    if !heard {
        tracing::debug!(code, "a refused local peer did not wait for the reason");
    }
}

/// Writes queued lines until the queue has ended.
async fn write_lines<S>(mut write: WriteHalf<S>, mut drain: Drain, limits: LocalLimits) -> io::Result<()>
where
    S: AsyncWrite,
{
    while let Some(line) = drain.next().await {
        let written = async {
            write.write_all(line.as_bytes()).await?;
            write.write_all(b"\n").await?;
            write.flush().await
        };
        tokio::time::timeout(limits.write, written).await.map_err(|_| io::ErrorKind::TimedOut)??;
    }
    write.shutdown().await
}

type Lines<S> = FramedRead<ReadHalf<S>, BoundedLines>;

/// What ended the reading.
enum End {
    /// The peer has gone, or its stream is broken.
    Gone,
    /// The daemon goes down.
    Draining,
    /// The peer does not read.
    Slow,
}

async fn read_frames<S>(
    read: ReadHalf<S>,
    connection: Connection,
    peer: Peer,
    deps: LocalDeps,
    stop: CancelToken,
) where
    S: AsyncRead,
{
    let mut lines = FramedRead::new(read, BoundedLines::new(MAX_LINE_BYTES));
    let mailbox = connection.mailbox().clone();
    let greeted = tokio::select! {
        greeted = greet(&mut lines, &mailbox, &deps) => greeted,
        () = stop.cancelled() => Err(NoRoom),
    };
    if greeted.is_err() {
        return;
    }
    let kicked = connection.kicked();
    let mut session = Session { connection, mailbox, peer, deps, requests: JoinSet::new() };
    let end = loop {
        let line = tokio::select! {
            line = lines.next() => line,
            () = stop.cancelled() => break End::Draining,
            () = kicked.cancelled() => break End::Slow,
        };
        match line {
            // A frame that has begun is carried out, whatever ends the connection meanwhile.
            Some(Ok(line)) => {
                if session.line(line).await.is_err() {
                    break End::Gone;
                }
            }
            Some(Err(_)) | None => break End::Gone,
        }
    };
    session.finish(end).await;
}

/// Exchanges `hello`.
async fn greet<S>(lines: &mut Lines<S>, mailbox: &Mailbox, deps: &LocalDeps) -> Result<(), NoRoom>
where
    S: AsyncRead,
{
    let complaint = match tokio::time::timeout(HELLO_LIMIT, lines.next()).await {
        Ok(Some(Ok(Line::Text(line)))) => match read_client_frame(&line) {
            Ok(ClientFrame::Hello { v: 0, .. }) => {
                ServerFrame::error(code::UNSUPPORTED_VERSION, "version 1 or later of the protocol is needed")
            }
            Ok(ClientFrame::Hello { v, client }) => {
                let client: String = client.chars().filter(|c| !c.is_control()).take(64).collect();
                tracing::debug!(client, "a local client has connected");
                return say(
                    mailbox,
                    &ServerFrame::Hello {
                        v: v.min(PROTOCOL_VERSION),
                        server: deps.program.clone(),
                        version: deps.version.clone(),
                        pid: std::process::id(),
                    },
                )
                .await;
            }
            Ok(_) | Err(_) => ServerFrame::error(code::HELLO_EXPECTED, "the first frame must be hello"),
        },
        Ok(Some(Ok(Line::TooLong | Line::NotUtf8))) => {
            ServerFrame::error(code::HELLO_EXPECTED, "the first frame must be hello")
        }
        Err(_) => ServerFrame::error(code::HELLO_EXPECTED, "no hello came in time"),
        Ok(Some(Err(_)) | None) => return Err(NoRoom),
    };
    say(mailbox, &complaint).await?;
    Err(NoRoom)
}

/// Queues one frame; in place of one that is too long for a line, the news that it is.
async fn say(mailbox: &Mailbox, frame: &ServerFrame) -> Result<(), NoRoom> {
    let line = line_of(frame).or_else(|| {
        line_of(&ServerFrame::error(code::TOO_LARGE, "an answer with this id does not fit into a line"))
    });
    match line {
        Some(line) => mailbox.put(line).await,
        None => Ok(()),
    }
}

/// A connection after its `hello`.
struct Session {
    connection: Connection,
    mailbox: Mailbox,
    peer: Peer,
    deps: LocalDeps,
    requests: JoinSet<()>,
}

impl Session {
    /// Acts on one line. Fails only when the peer cannot be answered any more.
    async fn line(&mut self, line: Line) -> Result<(), NoRoom> {
        let complaint = match line {
            Line::Text(text) if text.trim().is_empty() => return Ok(()),
            Line::Text(text) => match read_client_frame(&text) {
                Ok(frame) => return self.frame(frame).await,
                Err(complaint) => *complaint,
            },
            Line::TooLong => ServerFrame::error(
                code::TOO_LARGE,
                format!("a line has more than {MAX_LINE_BYTES} bytes and was skipped"),
            ),
            Line::NotUtf8 => ServerFrame::error(code::BAD_FRAME, "a line is not valid UTF-8 and was skipped"),
        };
        say(&self.mailbox, &complaint).await
    }

    async fn frame(&mut self, frame: ClientFrame) -> Result<(), NoRoom> {
        match frame {
            ClientFrame::Hello { .. } => self.complain(code::HELLO_EXPECTED, "hello was said before").await,
            ClientFrame::Attach { chat } => match ChatId::new(chat) {
                Ok(chat) => match self.connection.attach(chat) {
                    Ok(()) => Ok(()),
                    Err(NoRoom) => self.complain(code::TOO_MANY, "too many chats are attached").await,
                },
                Err(error) => self.complain(code::BAD_FRAME, &error.to_string()).await,
            },
            ClientFrame::Inbound { id, chat, text } => self.inbound(id, chat, text).await,
            ClientFrame::Confirm { key } => match DeliveryKey::new(key) {
                Ok(key) => {
                    self.connection.confirm(&key);
                    Ok(())
                }
                Err(error) => self.complain(code::BAD_FRAME, &error.to_string()).await,
            },
            ClientFrame::Cancel { chat } => match ChatId::new(chat) {
                Ok(chat) => {
                    self.deps.ingest.cancel(&SessionKey::of(&ChannelName::CLI, &chat)).await;
                    Ok(())
                }
                Err(error) => self.complain(code::BAD_FRAME, &error.to_string()).await,
            },
            ClientFrame::Control { id, op } => match op_of(op) {
                Ok(op) => self.control(id, op).await,
                Err(error) => {
                    say(&self.mailbox, &ServerFrame::failed(id, code::BAD_FRAME, error.to_string())).await
                }
            },
        }
    }

    async fn complain(&self, code: &str, message: &str) -> Result<(), NoRoom> {
        say(&self.mailbox, &ServerFrame::error(code, message)).await
    }

    /// Hands a message to the daemon; acknowledges it when it is durable, not before.
    async fn inbound(&self, id: String, chat: String, text: String) -> Result<(), NoRoom> {
        let answer = match self.event(&id, chat, text) {
            Ok(event) => match self.deps.ingest.receive(event).await {
                Ok(receipt) => ServerFrame::Ack { id, turn: receipt.turn.map(|turn| turn.to_string()) },
                Err(error) => refusal(id, &error),
            },
            Err(error) => ServerFrame::Refused {
                id,
                code: code::BAD_FRAME.to_owned(),
                message: error.to_string(),
                retry: false,
            },
        };
        say(&self.mailbox, &answer).await
    }

    fn event(&self, id: &str, chat: String, text: String) -> Result<InboundEvent, IdError> {
        Ok(InboundEvent {
            channel: ChannelName::CLI,
            account: AccountId::sole(),
            chat: ChatId::new(chat)?,
            chat_kind: ChatKind::Direct,
            sender: SenderId::new(OPERATOR)?,
            participant: None,
            message_id: Some(MessageId::new(id)?),
            at: self.deps.clock.now().instant,
            blocks: vec![ContentBlock::text(text, Label::Owner)],
            mentioned_bot: false,
            reply: None,
        })
    }

    /// Carries a request out beside the reading, so that a slow one holds nothing up.
    async fn control(&mut self, id: String, op: Op) -> Result<(), NoRoom> {
        while self.requests.try_join_next().is_some() {}
        if self.requests.len() >= self.deps.hub.limits().control_requests {
            let refused = ServerFrame::failed(id, code::TOO_MANY, "too many requests are under way");
            return say(&self.mailbox, &refused).await;
        }
        let mailbox = self.mailbox.clone();
        let control = Arc::clone(&self.deps.control);
        let actor = format!("local:uid={}", self.peer.uid);
        self.requests.spawn(async move {
            let (ok, error) = match answer(control.as_ref(), op, &actor).await {
                Ok(value) => (Some(value), None),
                Err(error) => (None, Some(error)),
            };
            let line = line_of(&ServerFrame::Result { id: id.clone(), ok, error }).or_else(|| {
                line_of(&ServerFrame::failed(id, code::TOO_LARGE, "the answer does not fit into a line"))
            });
            if let Some(line) = line {
                // The peer may have gone meanwhile; then nobody waits for the answer.
                let _ = mailbox.put(line).await;
            }
        });
        Ok(())
    }

    /// Lets requests under way come to their end, and says goodbye.
    async fn finish(mut self, end: End) {
        let flush = self.deps.hub.limits().flush;
        let done = async { while self.requests.join_next().await.is_some() {} };
        if tokio::time::timeout(flush, done).await.is_err() {
            tracing::warn!("a control request did not end with its connection and was given up");
        }
        let reason = match end {
            End::Gone => return,
            End::Draining => "draining",
            End::Slow => "slow",
        };
        if let Some(line) = line_of(&ServerFrame::Bye { reason: reason.to_owned() }) {
            // A queue without room is one that nobody reads.
            let _ = self.mailbox.offer(&Arc::from(line));
        }
    }
}

#[cfg(test)]
mod tests;
