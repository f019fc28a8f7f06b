//! Chat networks: which ones the settings ask for, which may run, and how they are started.

use std::pin::Pin;
use std::sync::Arc;

use nanobot_config::Config;
use nanobot_core::cancel::CancelToken;
use nanobot_core::ids::ChannelName;
use nanobot_core::ports::{ChannelSender, Clock, IdGenerator, Ingest};

use crate::admission::Engines;
use crate::app::StartError;

pub(crate) mod irc;

/// One network: its way out, and what runs for it.
pub struct Network {
    /// The way out.
    pub sender: Arc<dyn ChannelSender>,
    /// How it is doing, for `status`.
    pub state: Arc<dyn Fn() -> NetworkState + Send + Sync>,
    /// Runs until the token fires, and brings messages to the way in.
    pub run: Runner,
}

/// How a network is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkState {
    /// In a few words.
    pub words: String,
    /// Whether messages come and go.
    pub connected: bool,
}

pub(crate) type Watch = Arc<dyn Fn() -> NetworkState + Send + Sync>;
type Running = Pin<Box<dyn Future<Output = ()> + Send>>;
type Runner = Box<dyn FnOnce(Arc<dyn Ingest>, CancelToken) -> Running + Send>;

/// Every network that there are settings for.
pub(crate) const NAMES: [&str; 6] = ["discord", "feishu", irc::NAME, "matrix", "telegram", "whatsapp"];

/// The networks that the settings enable, whether they may run or not.
pub(crate) fn enabled(config: &Config) -> Vec<ChannelName> {
    let channels = &config.channels;
    let enabled = [
        ("whatsapp", channels.whatsapp.enabled),
        ("telegram", channels.telegram.enabled),
        ("discord", channels.discord.enabled),
        ("feishu", channels.feishu.enabled),
        (irc::NAME, channels.irc.enabled),
    ];
    let names = enabled.into_iter().filter(|(_, enabled)| *enabled);
    names.filter_map(|(name, _)| ChannelName::new(name).ok()).collect()
}

/// The networks that the settings enable and that may run with these engines. One that may not is shown by `status`
/// and does not stop the start.
///
/// # Errors
/// When a network's settings cannot be used.
pub(crate) fn open(
    config: &Config,
    engines: Engines<'_>,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn IdGenerator>,
) -> Result<Vec<Network>, StartError> {
    Ok(irc::open(config, engines, clock, ids)?.into_iter().collect())
}
