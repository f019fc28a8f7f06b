//! What the tests of this crate share: a daemon made of notes, a clock that stands still, and a raw peer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::TurnOutcome;
use nanobot_core::cancel::{CancelSwitch, CancelToken};
use nanobot_core::event::InboundEvent;
use nanobot_core::ids::{ChannelName, ChatId, DeliveryKey, SessionKey, TurnId};
use nanobot_core::message::OutboundMessage;
use nanobot_core::ports::{
    BudgetInForce, BudgetScope, ChannelSender, Clock, Control, ControlError, DeliveriesHandled, Delivery,
    HistoryMessage, HistoryRole, IdGenerator, Ingest, IngestError, LiveEvent, LiveSink, LiveTarget,
    ModelInfo, OutboxAdmin, OutboxListing, Outgoing, PolicyAdmin, PolicyAnswer, PolicyAsk, PortStatus,
    QueueStatus, QueuedDelivery, Receipt, SendError, SessionAdmin, SessionSummary, StatusReport, Wanted,
};
use nanobot_core::time::{Timestamp, WallTime};
use nanobot_core::units::NanoDollars;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf};
use tokio::sync::Notify;

use crate::local::{ClientOptions, LocalClient, LocalDeps, LocalHub, LocalLimits, Peer, serve_stream};

pub(crate) fn chat(name: &str) -> ChatId {
    ChatId::new(name).unwrap()
}

pub(crate) fn turn(name: &str) -> TurnId {
    TurnId::new(name).unwrap()
}

pub(crate) fn target(chat_name: &str, turn_name: &str) -> LiveTarget {
    LiveTarget { channel: ChannelName::CLI, chat: chat(chat_name), turn: turn(turn_name) }
}

pub(crate) fn message(chat_name: &str, turn_name: &str, index: usize, text: &str) -> Delivery {
    let turn = turn(turn_name);
    Delivery {
        key: DeliveryKey::of(&turn, index),
        turn,
        outgoing: Outgoing::Message(OutboundMessage {
            channel: ChannelName::CLI,
            chat: chat(chat_name),
            text: text.to_owned(),
            reply_to: None,
            media: Vec::new(),
        }),
    }
}

/// Stands still at one instant.
pub(crate) struct StoppedClock;

#[async_trait]
impl Clock for StoppedClock {
    fn now(&self) -> WallTime {
        WallTime::utc(Timestamp::UNIX_EPOCH)
    }

    async fn sleep_until(&self, _: Timestamp) {}
}

/// Counts.
#[derive(Default)]
pub(crate) struct CountingIds(AtomicU64);

impl IdGenerator for CountingIds {
    fn turn_id(&self) -> TurnId {
        TurnId::new(format!("t{}", self.0.fetch_add(1, Ordering::Relaxed))).unwrap()
    }

    fn token(&self) -> String {
        format!("m{}", self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// A daemon that writes down what it is given, and plays a script for some messages:
/// `echo …` is streamed and delivered, `change` is streamed and delivered otherwise, `tool` runs a tool
/// first, `fail` fails with a message, `ignore` is ignored, `hang` runs until it is cancelled, `lost` claims
/// to have answered, `stubborn` streams on for a while after it was cancelled; `late` is like `hang`, but is
/// taken only after five seconds; `full`, `crowd`, `huge` and `down` are refused, `again` was seen before, `silence`
/// is what comes back. Anything else is taken and never answered.
pub(crate) struct FakeDaemon {
    pub(crate) hub: Arc<LocalHub>,
    pub(crate) received: Mutex<Vec<InboundEvent>>,
    pub(crate) cancelled: Mutex<Vec<String>>,
    pub(crate) actors: Mutex<Vec<String>>,
    pub(crate) sent: Mutex<Vec<Result<(), String>>>,
    /// `status` waits for this when it is set.
    pub(crate) hold_status: Mutex<Option<Arc<Notify>>>,
    stop_turn: Arc<Notify>,
}

impl FakeDaemon {
    pub(crate) fn new(limits: LocalLimits) -> Arc<Self> {
        Arc::new(Self {
            hub: LocalHub::new(limits),
            received: Mutex::default(),
            cancelled: Mutex::default(),
            actors: Mutex::default(),
            sent: Mutex::default(),
            hold_status: Mutex::default(),
            stop_turn: Arc::new(Notify::new()),
        })
    }

    pub(crate) fn deps(self: &Arc<Self>) -> LocalDeps {
        LocalDeps {
            ingest: Arc::new(Handle(Arc::clone(self))),
            control: Arc::new(Handle(Arc::clone(self))),
            clock: Arc::new(StoppedClock),
            hub: Arc::clone(&self.hub),
            program: "nanobotd".to_owned(),
            version: "9.9.9".to_owned(),
        }
    }

    /// Serves one end of a new in-process stream and gives the other one.
    pub(crate) fn stream(self: &Arc<Self>, stop: CancelToken) -> DuplexStream {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        tokio::spawn(serve_stream(ours, Peer { uid: 1000 }, self.deps(), stop));
        theirs
    }

    /// A client over an in-process stream.
    pub(crate) async fn client(self: &Arc<Self>) -> LocalClient {
        LocalClient::over(self.stream(CancelToken::never()), options()).await.unwrap()
    }

    async fn play(self: Arc<Self>, chat_id: ChatId, id: TurnId, text: String) {
        let target = LiveTarget { channel: ChannelName::CLI, chat: chat_id.clone(), turn: id.clone() };
        let show = |event: LiveEvent<'_>| self.hub.show(&target, event);
        show(LiveEvent::Typing(true));
        let (answer, outcome) = match text.split_once(' ').unwrap_or((&text, "")) {
            ("echo", rest) => {
                for word in rest.split_inclusive(' ') {
                    show(LiveEvent::Text(word));
                }
                (Some(rest.to_owned()), TurnOutcome::Answered)
            }
            ("change", _) => {
                show(LiveEvent::Text("The password is hunter2"));
                (Some("The password is [redacted]".to_owned()), TurnOutcome::Answered)
            }
            ("tool", _) => {
                show(LiveEvent::Text("Let me look."));
                show(LiveEvent::Aside);
                show(LiveEvent::Tool("list_dir"));
                show(LiveEvent::Text("Two files."));
                (Some("Two files.".to_owned()), TurnOutcome::Answered)
            }
            ("fail", _) => (Some("Sorry, that failed.".to_owned()), TurnOutcome::Failed),
            ("lost", _) => (None, TurnOutcome::Answered),
            ("ignore", _) => (None, TurnOutcome::Ignored),
            ("hang" | "late", _) => {
                show(LiveEvent::Text("Thinking"));
                self.stop_turn.notified().await;
                (None, TurnOutcome::Cancelled)
            }
            ("stubborn", _) => {
                show(LiveEvent::Text("Half"));
                self.stop_turn.notified().await;
                for piece in [" a", " way"] {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    show(LiveEvent::Text(piece));
                }
                (Some("Half a way".to_owned()), TurnOutcome::Answered)
            }
            _ => return,
        };
        if let Some(answer) = answer {
            let delivery = message(chat_id.as_str(), id.as_str(), 0, &answer);
            let sent = self.hub.send(&delivery).await.map_err(|error| error.to_string());
            self.sent.lock().unwrap().push(sent);
        }
        show(LiveEvent::Ended(outcome));
    }
}

/// The daemon as its ports.
struct Handle(Arc<FakeDaemon>);

#[async_trait]
impl Ingest for Handle {
    async fn receive(&self, event: InboundEvent) -> Result<Receipt, IngestError> {
        let text = event.text();
        let chat_id = event.chat.clone();
        match text.as_str() {
            "full" => return Err(IngestError::QueueFull { waiting: 20 }),
            "crowd" => return Err(IngestError::TooManyChats { limit: 256 }),
            "huge" => return Err(IngestError::TooLarge { found: 99_999, limit: 50_000 }),
            "down" => return Err(IngestError::Draining),
            "again" => return Ok(Receipt { turn: None }),
            "silence" => std::future::pending().await,
            "late" => tokio::time::sleep(Duration::from_secs(5)).await,
            _ => {}
        }
        let number = {
            let mut received = self.0.received.lock().unwrap();
            received.push(event);
            received.len()
        };
        let id = turn(&format!("turn-{number}"));
        tokio::spawn(Arc::clone(&self.0).play(chat_id, id.clone(), text));
        Ok(Receipt { turn: Some(id) })
    }

    async fn cancel(&self, session: &SessionKey) -> bool {
        self.0.cancelled.lock().unwrap().push(session.to_string());
        self.0.stop_turn.notify_one();
        true
    }
}

#[async_trait]
impl SessionAdmin for Handle {
    async fn sessions(&self) -> Result<Vec<SessionSummary>, ControlError> {
        Ok(vec![SessionSummary {
            session: SessionKey::new("cli:default").unwrap(),
            file: "cli_default.jsonl".to_owned(),
            created_at: Some("2026-02-22T12:00:00".to_owned()),
            updated_at: None,
            messages: 2,
        }])
    }

    async fn session(&self, key: &SessionKey, limit: usize) -> Result<Vec<HistoryMessage>, ControlError> {
        if key.as_str() != "cli:default" {
            return Err(ControlError::NoSuchSession(key.clone()));
        }
        let message = HistoryMessage { role: HistoryRole::User, content: "hi".to_owned(), labels: None };
        Ok(vec![message; limit.min(2_000)])
    }

    async fn reset_session(&self, key: &SessionKey, actor: &str) -> Result<usize, ControlError> {
        self.0.actors.lock().unwrap().push(actor.to_owned());
        if key.as_str() == "cli:busy" { Err(ControlError::Busy(key.clone())) } else { Ok(2) }
    }
}

#[async_trait]
impl OutboxAdmin for Handle {
    async fn outbox(&self, wanted: &Wanted, limit: usize) -> Result<OutboxListing, ControlError> {
        let queued = |index| QueuedDelivery {
            delivery: message("c", "t", index, "hi"),
            attempts: 20,
            not_before: None,
            parked: (index == 0).then(|| "not reachable".to_owned()),
        };
        let mut rows: Vec<_> = (0..2).map(queued).filter(|row| wanted.takes(row)).collect();
        let total = rows.len();
        rows.truncate(limit);
        Ok(OutboxListing { rows, total })
    }

    async fn retry_deliveries(
        &self,
        keys: &[DeliveryKey],
        actor: &str,
    ) -> Result<DeliveriesHandled, ControlError> {
        self.0.actors.lock().unwrap().push(actor.to_owned());
        let is_known = |key: &&DeliveryKey| key.as_str().starts_with("t/");
        Ok(DeliveriesHandled {
            done: keys.iter().filter(is_known).cloned().collect(),
            unknown: keys.iter().filter(|key| !is_known(key)).cloned().collect(),
        })
    }

    async fn drop_deliveries(
        &self,
        keys: &[DeliveryKey],
        actor: &str,
    ) -> Result<DeliveriesHandled, ControlError> {
        self.retry_deliveries(keys, actor).await
    }
}

#[async_trait]
impl PolicyAdmin for Handle {
    async fn edit_policy(&self, _ask: &PolicyAsk, _actor: &str) -> Result<PolicyAnswer, ControlError> {
        Err(ControlError::NoPolicy)
    }
}

#[async_trait]
impl Control for Handle {
    async fn status(&self) -> StatusReport {
        let hold = self.0.hold_status.lock().unwrap().clone();
        if let Some(hold) = hold {
            hold.notified().await;
        }
        status()
    }
}

pub(crate) fn status() -> StatusReport {
    StatusReport {
        version: "9.9.9".to_owned(),
        pid: 42,
        home: "/home/me/.nanobot".to_owned(),
        started: WallTime::utc(Timestamp::UNIX_EPOCH),
        now: WallTime::utc(Timestamp::UNIX_EPOCH + Duration::from_secs(90)),
        model: ModelInfo {
            provider: "offline".to_owned(),
            model: "offline".to_owned(),
            endpoint: None,
            is_language_model: false,
        },
        model_warnings: vec!["no account serves the model of profile spare".to_owned()],
        budgets: vec![BudgetInForce {
            scope: BudgetScope::Day,
            task: None,
            most: NanoDollars::new(1_000_000_000),
            background: Some(NanoDollars::new(800_000_000)),
        }],
        ports: vec![PortStatus {
            port: "policy",
            adapter: "allow_all".to_owned(),
            warning: Some("every sender may talk".to_owned()),
        }],
        channels: vec!["cli".to_owned()],
        tools: vec!["list_dir".to_owned()],
        queues: QueueStatus { lanes: 1, waiting: 0, running: 0, outbox: 3 },
        policy: None,
    }
}

pub(crate) fn options() -> ClientOptions {
    ClientOptions { name: "test 1.0".to_owned(), ids: Arc::new(CountingIds::default()) }
}

/// A peer that speaks lines and knows no frames.
pub(crate) struct RawPeer<S> {
    read: BufReader<ReadHalf<S>>,
    write: WriteHalf<S>,
}

impl<S: tokio::io::AsyncRead + tokio::io::AsyncWrite> RawPeer<S> {
    pub(crate) fn new(stream: S) -> Self {
        let (read, write) = tokio::io::split(stream);
        Self { read: BufReader::new(read), write }
    }

    /// Greets, and swallows the answer.
    pub(crate) async fn greeted(stream: S) -> Self {
        let mut peer = Self::new(stream);
        peer.say(r#"{"t":"hello","v":1,"client":"raw"}"#).await;
        assert!(peer.hear().await.unwrap().starts_with(r#"{"t":"hello","v":1,"#));
        peer
    }

    pub(crate) async fn say(&mut self, line: &str) {
        self.say_bytes(format!("{line}\n").as_bytes()).await;
    }

    pub(crate) async fn say_bytes(&mut self, bytes: &[u8]) {
        self.try_say(bytes).await.unwrap();
    }

    pub(crate) async fn try_say(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.write.write_all(bytes).await?;
        self.write.flush().await
    }

    /// The next line; none at the end of the stream.
    pub(crate) async fn hear(&mut self) -> Option<String> {
        let mut line = String::new();
        let heard = tokio::time::timeout(Duration::from_secs(20), self.read.read_line(&mut line)).await;
        match heard.expect("a line within the time limit") {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim_end().to_owned()),
        }
    }

    pub(crate) async fn hear_end(mut self) {
        assert_eq!(self.hear().await, None, "the connection should have ended");
    }
}

pub(crate) fn switch() -> (CancelSwitch, CancelToken) {
    CancelSwitch::new()
}

pub(crate) fn is_nobody_there(result: &Result<(), SendError>) -> bool {
    matches!(result, Err(SendError::NobodyThere))
}
