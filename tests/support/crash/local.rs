//! A client of the local socket that is as stubborn as a client should be: it connects again, sends again what was
//! not acknowledged, and confirms what it is given. It speaks the protocol by itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;

use super::record::{Record, Wants};

/// Distance between two tries to connect.
const RETRY: Duration = Duration::from_millis(2);
/// Messages that go out at once; the others follow at a distance.
const AT_ONCE: usize = 2;

/// What goes on around the clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The daemon runs that will die.
    Load,
    /// The one that comes after it runs.
    Recovery,
    /// The run is over.
    Over,
}

/// A client in one chat.
pub(super) struct Chatter {
    pub(super) socket: PathBuf,
    pub(super) chat: String,
    pub(super) messages: Vec<(String, Wants)>,
    pub(super) gap: Duration,
    /// Goes away with its first acknowledgement, and comes back when the daemon was restarted.
    pub(super) leaves: bool,
    pub(super) record: Arc<Record>,
    pub(super) phase: watch::Receiver<Phase>,
}

/// Why a connection is over.
enum Gone {
    /// The daemon went away.
    Lost,
    /// The client did.
    Left,
}

impl Chatter {
    /// Talks until the run is over.
    pub(super) async fn run(mut self) {
        let session = format!("cli:{}", self.chat);
        for (id, wants) in &self.messages {
            self.record.sent(id, &session, *wants);
        }
        let mut phase = self.phase.clone();
        let over = async move {
            // A closed channel ends the run as well.
            let _ = phase.wait_for(|&phase| phase == Phase::Over).await;
        };
        tokio::select! {
            () = over => {}
            () = self.talk(&session) => {}
        }
    }

    async fn talk(&mut self, session: &str) {
        loop {
            match UnixStream::connect(&self.socket).await {
                Ok(stream) => {
                    if let Ok(Gone::Left) = self.converse(stream, session).await {
                        let _ = self.phase.wait_for(|&phase| phase != Phase::Load).await;
                        self.leaves = false;
                    }
                }
                Err(_) => tokio::time::sleep(RETRY).await,
            }
        }
    }

    async fn converse(&self, stream: UnixStream, session: &str) -> Result<Gone> {
        let (reader, mut writer) = stream.into_split();
        let mut frames = BufReader::new(reader).lines();
        say(&mut writer, &json!({"t": "hello", "v": 1, "client": "crash"})).await?;
        say(&mut writer, &json!({"t": "attach", "chat": self.chat})).await?;
        let mut waiting = self.messages.iter().filter(|(id, _)| !self.record.is_acknowledged(id));
        for message in waiting.by_ref().take(AT_ONCE) {
            self.send(&mut writer, message).await?;
        }
        let mut next = waiting.next();
        loop {
            tokio::select! {
                frame = frame(&mut frames) => match frame? {
                    None => return Ok(Gone::Lost),
                    Some(frame) => {
                        let acknowledged = self.hear(&mut writer, session, &frame).await?;
                        if acknowledged && self.leaves {
                            return Ok(Gone::Left);
                        }
                    }
                },
                () = tokio::time::sleep(self.gap), if next.is_some() => {
                    if let Some(message) = next {
                        self.send(&mut writer, message).await?;
                    }
                    next = waiting.next();
                }
            }
        }
    }

    async fn send(&self, writer: &mut OwnedWriteHalf, (id, wants): &(String, Wants)) -> Result<()> {
        say(writer, &json!({"t": "inbound", "id": id, "chat": self.chat, "text": wants.text(id)})).await
    }

    /// Answers whether it was an acknowledgement.
    async fn hear(&self, writer: &mut OwnedWriteHalf, session: &str, frame: &Value) -> Result<bool> {
        let word = |name: &str| frame.get(name).and_then(Value::as_str).unwrap_or_default();
        match word("t") {
            "ack" => {
                self.record.acknowledged(word("id"));
                return Ok(true);
            }
            "deliver" => {
                self.record.heard(session, Some(word("key")), word("text"));
                say(writer, &json!({"t": "confirm", "key": word("key")})).await?;
            }
            // It is not stored: by way of a new connection it is sent again.
            "refused" => anyhow::bail!("refused: {}", word("code")),
            _ => {}
        }
        Ok(false)
    }
}

async fn say(writer: &mut OwnedWriteHalf, frame: &Value) -> Result<()> {
    writer.write_all(format!("{frame}\n").as_bytes()).await.context("writing to the socket")
}

async fn frame(frames: &mut Lines<BufReader<OwnedReadHalf>>) -> Result<Option<Value>> {
    match frames.next_line().await.context("reading from the socket")? {
        Some(line) => serde_json::from_str(&line).context("a frame that is no JSON").map(Some),
        None => Ok(None),
    }
}
