//! How the channel is doing, for `status` and for whoever wants to send.

use tokio::sync::watch;

/// The state of the connection.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct IrcStatus {
    /// Whether messages can be sent and received.
    pub connected: bool,
    /// Our nick; empty while there is no connection.
    pub nick: String,
    /// The channels that we are in, as the settings or the server write them.
    pub channels: Vec<String>,
    /// Messages that came and could not be stored, since the start.
    pub dropped: u64,
}

/// The one place where the state is written.
#[derive(Debug, Clone)]
pub(super) struct Board(watch::Sender<IrcStatus>);

impl Board {
    pub(super) fn new() -> Self {
        Self(watch::channel(IrcStatus::default()).0)
    }

    pub(super) fn read(&self) -> IrcStatus {
        self.0.borrow().clone()
    }

    pub(super) fn is_connected(&self) -> bool {
        self.0.borrow().connected
    }

    /// The connection stands like this; none is there without a nick.
    pub(super) fn connection(&self, nick: Option<&str>, channels: Vec<String>) {
        self.0.send_if_modified(|status| {
            let new = IrcStatus {
                connected: nick.is_some(),
                nick: nick.unwrap_or_default().to_owned(),
                channels,
                dropped: status.dropped,
            };
            let is_new = *status != new;
            *status = new;
            is_new
        });
    }

    /// A message was lost. Answers how many were.
    pub(super) fn dropped(&self) -> u64 {
        self.0.send_modify(|status| status.dropped = status.dropped.saturating_add(1));
        self.0.borrow().dropped
    }
}
