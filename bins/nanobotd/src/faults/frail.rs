//! A network that breaks after a while, to see what becomes of a daemon that has lost one of its tasks.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::ids::ChannelName;
use nanobot_core::ports::{ChannelSender, Delivery, SendError};
use nanobotd::{Network, NetworkState};

/// Nothing is ever sent there.
struct Frail(ChannelName);

#[async_trait]
impl ChannelSender for Frail {
    fn channel(&self) -> ChannelName {
        self.0.clone()
    }

    async fn send(&self, _delivery: &Delivery) -> Result<(), SendError> {
        Err(SendError::NobodyThere)
    }
}

/// The network `frail`; none if that is no name.
pub(crate) fn network(after: Duration) -> Option<Network> {
    let sender = Arc::new(Frail(ChannelName::new("frail").ok()?));
    Some(Network {
        sender,
        state: Arc::new(|| NetworkState { words: "about to break".to_owned(), connected: true }),
        run: Box::new(move |_, cancel| {
            Box::pin(async move {
                if cancel.race(tokio::time::sleep(after)).await.is_some() {
                    std::panic::resume_unwind(Box::new("broken on request"));
                }
            })
        }),
    })
}
