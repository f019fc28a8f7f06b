//! A running channel with a daemon that takes everything.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nanobot_channels::irc::{Irc, IrcRoom, IrcSettings};
use nanobot_core::cancel::CancelSwitch;
use nanobot_core::event::InboundEvent;
use nanobot_core::ids::ChannelName;
use nanobot_core::ports::{ChannelSender, Delivery, Outgoing, SendError};
use nanobot_core::testing::journal::delivery;
use nanobot_core::testing::{FakeClock, FakeIngest, SequenceIds};
use nanobot_tests::irc::{IrcClient, Ngircd};
use tokio::task::JoinHandle;

use crate::support::{PATIENCE, until};

pub(super) const CHANNEL: &str = "#garden";

/// The channel, connected to a server.
pub(super) struct Running {
    pub(super) irc: Irc,
    pub(super) ingest: Arc<FakeIngest>,
    pub(super) sender: Arc<dyn ChannelSender>,
    switch: CancelSwitch,
    task: JoinHandle<()>,
}

/// Settings for a server, without a pace that would hold a test up.
pub(super) fn settings(server: &Ngircd) -> IrcSettings {
    IrcSettings {
        port: server.port(),
        channels: vec![IrcRoom { name: "#Garden".to_owned(), key: None }],
        owners: vec!["dimi!*@127.0.0.1".to_owned(), "dimi!*@localhost".to_owned()],
        burst_lines: 100,
        lines_per_second: 100.0,
        reconnect_first: Duration::from_millis(100),
        reconnect_longest: Duration::from_millis(200),
        ..IrcSettings::default()
    }
}

impl Running {
    /// Starts it; it may not be connected yet.
    pub(super) fn start(settings: IrcSettings) -> Self {
        let (irc, runner) =
            Irc::open(settings, Arc::new(FakeClock::default()), Arc::new(SequenceIds::new())).unwrap();
        let ingest = Arc::new(FakeIngest::new());
        let (switch, stop) = CancelSwitch::new();
        let task = tokio::spawn(runner.run(ingest.clone(), stop));
        let sender = irc.sender();
        Self { irc, ingest, sender, switch, task }
    }

    /// Starts it and waits until it is in its channel.
    pub(super) async fn joined(server: &Ngircd) -> Self {
        let running = Self::start(settings(server));
        running.is_in().await;
        running
    }

    /// Waits until it is in its channel.
    pub(super) async fn is_in(&self) {
        until(|| !self.irc.status().channels.is_empty()).await;
    }

    pub(super) async fn is_out(&self) {
        until(|| self.irc.status().channels.is_empty()).await;
    }

    /// Waits until so many messages have come in, and gives them.
    pub(super) async fn received(&self, count: usize) -> Vec<InboundEvent> {
        until(|| self.ingest.events().len() >= count).await;
        self.ingest.events()
    }

    pub(super) async fn send(&self, chat: &str, text: &str) -> Result<(), SendError> {
        self.sender.send(&message(chat, text)).await
    }

    /// Tells it to end and waits until it has.
    pub(super) async fn end(self) {
        self.switch.cancel();
        tokio::time::timeout(PATIENCE, self.task).await.expect("it ends in time").unwrap();
    }
}

#[async_trait]
impl ChannelSender for Running {
    fn channel(&self) -> ChannelName {
        self.sender.channel()
    }

    async fn send(&self, delivery: &Delivery) -> Result<(), SendError> {
        self.sender.send(delivery).await
    }
}

/// A message to a chat of the channel.
pub(super) fn message(chat: &str, text: &str) -> Delivery {
    let mut delivery = delivery("t1", 0, chat, text);
    if let Outgoing::Message(message) = &mut delivery.outgoing {
        message.channel = ChannelName::new("irc").unwrap();
    }
    delivery
}

/// A client that is in the channel.
pub(super) async fn guest(server: &Ngircd, nick: &str) -> IrcClient {
    let mut client = IrcClient::connect(server.address(), nick).await.unwrap();
    client.join(CHANNEL).await.unwrap();
    client
}

pub(super) fn is_unreachable(sent: &Result<(), SendError>) -> bool {
    matches!(sent, Err(SendError::Unreachable { .. }))
}
