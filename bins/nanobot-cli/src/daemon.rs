//! Talking to a running daemon over its socket.

use std::sync::Arc;

use nanobot_channels::ClientError;
use nanobot_channels::local::{ClientOptions, LocalClient};
use nanobotd::system::SystemIds;

use crate::exit::Failure;
use crate::home::Place;

/// How this program introduces itself.
pub(crate) fn options() -> ClientOptions {
    let name = concat!("nanobot-cli ", env!("CARGO_PKG_VERSION")).to_owned();
    ClientOptions { name, ids: Arc::new(SystemIds) }
}

/// Who serves the home: its daemon, or a chat that others may join; none when nobody does.
pub(crate) async fn find(place: &Place) -> Result<Option<LocalClient>, Failure> {
    match LocalClient::connect(&place.home.socket(), options()).await {
        Ok(client) => Ok(Some(client)),
        Err(ClientError::NotRunning { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether it is the daemon that answers. A chat without a daemon answers on the same socket while it lasts.
pub(crate) fn is_daemon(client: &LocalClient) -> bool {
    client.server().server == "nanobotd"
}
