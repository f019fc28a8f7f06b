//! A whole conversation without a network: a small daemon that answers each message with its own words, the
//! local protocol over a stream inside the process, and the console on top of it.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use nanobot_channels::console::{ConsoleInput, ConsoleIo, ConsoleOptions, Interrupts, run_console};
use nanobot_channels::local::{
    ClientOptions, LocalClient, LocalDeps, LocalHub, LocalLimits, Peer, serve_stream,
};
use nanobot_core::TurnOutcome;
use nanobot_core::cancel::CancelSwitch;
use nanobot_core::event::InboundEvent;
use nanobot_core::ids::{ChannelName, ChatId, DeliveryKey, SessionKey, TurnId};
use nanobot_core::message::OutboundMessage;
use nanobot_core::ports::{
    ChannelSender, Clock, Control, ControlError, DeliveriesHandled, Delivery, HistoryMessage, IdGenerator,
    Ingest, IngestError, LiveEvent, LiveSink, LiveTarget, ModelInfo, OutboxAdmin, OutboxListing, Outgoing,
    PolicyAdmin, PolicyAnswer, PolicyAsk, QueueStatus, Receipt, SessionAdmin, SessionSummary, StatusReport,
    Wanted,
};
use nanobot_core::time::{Timestamp, WallTime};

/// Answers with the words of the message; knows no sessions, and keeps nothing that could not be sent.
struct EchoDaemon {
    hub: Arc<LocalHub>,
    ids: CountingIds,
}

#[async_trait]
impl Ingest for EchoDaemon {
    async fn receive(&self, event: InboundEvent) -> Result<Receipt, IngestError> {
        let turn = self.ids.turn_id();
        let hub = Arc::clone(&self.hub);
        let answering = turn.clone();
        // A real daemon stores the message first, and answers in a lane.
        tokio::spawn(async move {
            let text = format!("You said: {}", event.text());
            let target =
                LiveTarget { channel: ChannelName::CLI, chat: event.chat.clone(), turn: answering.clone() };
            hub.show(&target, LiveEvent::Text(&text));
            let message = OutboundMessage {
                channel: ChannelName::CLI,
                chat: event.chat,
                text,
                reply_to: event.message_id,
                media: Vec::new(),
            };
            let delivery = Delivery {
                key: DeliveryKey::of(&answering, 0),
                turn: answering,
                outgoing: Outgoing::Message(message),
            };
            let outcome = match hub.send(&delivery).await {
                Ok(()) => TurnOutcome::Answered,
                Err(_) => TurnOutcome::Failed,
            };
            hub.show(&target, LiveEvent::Ended(outcome));
        });
        Ok(Receipt { turn: Some(turn) })
    }

    async fn cancel(&self, _: &SessionKey) -> bool {
        false
    }
}

#[async_trait]
impl SessionAdmin for EchoDaemon {
    async fn sessions(&self) -> Result<Vec<SessionSummary>, ControlError> {
        Ok(Vec::new())
    }

    async fn session(&self, key: &SessionKey, _: usize) -> Result<Vec<HistoryMessage>, ControlError> {
        Err(ControlError::NoSuchSession(key.clone()))
    }

    async fn reset_session(&self, key: &SessionKey, _: &str) -> Result<usize, ControlError> {
        Err(ControlError::NoSuchSession(key.clone()))
    }
}

#[async_trait]
impl OutboxAdmin for EchoDaemon {
    async fn outbox(&self, _: &Wanted, _: usize) -> Result<OutboxListing, ControlError> {
        Ok(OutboxListing { rows: Vec::new(), total: 0 })
    }

    async fn retry_deliveries(
        &self,
        keys: &[DeliveryKey],
        _: &str,
    ) -> Result<DeliveriesHandled, ControlError> {
        Ok(DeliveriesHandled { done: Vec::new(), unknown: keys.to_owned() })
    }

    async fn drop_deliveries(
        &self,
        keys: &[DeliveryKey],
        _: &str,
    ) -> Result<DeliveriesHandled, ControlError> {
        Ok(DeliveriesHandled { done: Vec::new(), unknown: keys.to_owned() })
    }
}

#[async_trait]
impl PolicyAdmin for EchoDaemon {
    async fn edit_policy(&self, _ask: &PolicyAsk, _actor: &str) -> Result<PolicyAnswer, ControlError> {
        Err(ControlError::NoPolicy)
    }
}

#[async_trait]
impl Control for EchoDaemon {
    async fn status(&self) -> StatusReport {
        let now = StoppedClock.now();
        StatusReport {
            version: "example".to_owned(),
            pid: std::process::id(),
            home: String::new(),
            started: now.clone(),
            now,
            model: ModelInfo {
                provider: "echo".to_owned(),
                model: "echo".to_owned(),
                endpoint: None,
                is_language_model: false,
            },
            model_warnings: Vec::new(),
            budgets: Vec::new(),
            ports: Vec::new(),
            channels: vec!["cli".to_owned()],
            tools: Vec::new(),
            queues: QueueStatus::default(),
            policy: None,
        }
    }
}

/// An example needs no time.
struct StoppedClock;

#[async_trait]
impl Clock for StoppedClock {
    fn now(&self) -> WallTime {
        WallTime::utc(Timestamp::UNIX_EPOCH)
    }

    async fn sleep_until(&self, _: Timestamp) {}
}

#[derive(Default)]
struct CountingIds(AtomicU64);

impl IdGenerator for CountingIds {
    fn turn_id(&self) -> TurnId {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        // Two short words and no control character always make an identifier.
        TurnId::new(format!("turn {number}")).unwrap_or_else(|_| unreachable!("a proper id"))
    }

    fn token(&self) -> String {
        format!("message-{}", self.0.fetch_add(1, Ordering::Relaxed))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let hub = LocalHub::new(LocalLimits::default());
    let daemon = Arc::new(EchoDaemon { hub: Arc::clone(&hub), ids: CountingIds::default() });
    let deps = LocalDeps {
        ingest: Arc::clone(&daemon) as Arc<dyn Ingest>,
        control: daemon,
        clock: Arc::new(StoppedClock),
        hub,
        program: "nanobotd".to_owned(),
        version: "example".to_owned(),
    };

    let (server_end, client_end) = tokio::io::duplex(64 * 1024);
    let (stop, stopped) = CancelSwitch::new();
    let serving = tokio::spawn(serve_stream(server_end, Peer::own(), deps, stopped));

    let ids = Arc::new(CountingIds::default());
    let options = ClientOptions { name: "echo_chat example".to_owned(), ids };
    let mut client = LocalClient::over(client_end, options).await?;
    let messages = "Hello\n\nTwo lines are two messages\n";
    let options = ConsoleOptions {
        chat: ChatId::new("default")?,
        input: ConsoleInput::Piped(Box::new(std::io::Cursor::new(messages.as_bytes().to_vec()))),
        history_file: None,
        color: false,
    };
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let io = ConsoleIo { out: &mut out, err: &mut err };
    let summary = run_console(&mut client, options, io, &mut Interrupts::never()).await?;
    client.close().await;
    stop.cancel();
    serving.await?;
    if summary.answered == 2 { Ok(()) } else { Err("both messages should have been answered".into()) }
}
