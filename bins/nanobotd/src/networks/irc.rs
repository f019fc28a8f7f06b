//! IRC: the settings of the file as the channel wants them.

use std::sync::Arc;
use std::time::Duration;

use nanobot_channels::irc::{Irc, IrcRoom, IrcSettings, IrcStatus};
use nanobot_config::Config;
use nanobot_config::settings::Irc as IrcConfig;
use nanobot_core::ids::ChannelName;
use nanobot_core::pipeline::chain;
use nanobot_core::ports::{Clock, IdGenerator};

use super::{Network, NetworkState};
use crate::admission::{Engines, Refusal, admit};
use crate::app::StartError;

/// The channel's name.
pub(crate) const NAME: &str = "irc";

/// Why the network may not run; none when it may, or is not wanted.
pub(crate) fn refusal(config: &Config, engines: Engines<'_>) -> Option<Refusal> {
    let irc = &config.channels.irc;
    let channel = ChannelName::new(NAME).ok()?;
    if !irc.enabled {
        return None;
    }
    admit(&channel, &irc.host, engines, irc.unguarded).err()
}

/// The network, if it is wanted and may run.
pub(super) fn open(
    config: &Config,
    engines: Engines<'_>,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn IdGenerator>,
) -> Result<Option<Network>, StartError> {
    if !config.channels.irc.enabled || refusal(config, engines).is_some() {
        return Ok(None);
    }
    let opened = Irc::open(settings(&config.channels.irc), clock.clone(), ids.clone());
    let (irc, runner) = opened.map_err(|error| StartError::Channel(chain(&error)))?;
    let watched = irc.clone();
    Ok(Some(Network {
        sender: irc.sender(),
        state: Arc::new(move || state(&watched.status())),
        run: Box::new(|ingest, cancel| Box::pin(runner.run(ingest, cancel))),
    }))
}

fn state(status: &IrcStatus) -> NetworkState {
    let connection = if status.connected {
        format!("connected as {}, in {}", status.nick, count(status.channels.len()))
    } else {
        "not connected".to_owned()
    };
    let words = match status.dropped {
        0 => connection,
        dropped => format!("{connection}; {dropped} messages could not be stored"),
    };
    NetworkState { words, connected: status.connected }
}

fn count(channels: usize) -> String {
    if channels == 1 { "1 channel".to_owned() } else { format!("{channels} channels") }
}

fn settings(irc: &IrcConfig) -> IrcSettings {
    let room = |name: &String| IrcRoom { name: name.clone(), key: irc.channel_keys.of(name).cloned() };
    IrcSettings {
        host: irc.host.clone(),
        port: irc.port,
        tls: irc.tls,
        nick: irc.nick.clone(),
        user: irc.user.clone(),
        real_name: irc.real_name.clone(),
        password: irc.password.clone(),
        account: irc.account.clone(),
        account_password: irc.account_password.clone(),
        channels: irc.channels.iter().map(room).collect(),
        owners: irc.owners.clone(),
        burst_lines: irc.burst_lines,
        lines_per_second: irc.lines_per_second,
        reconnect_first: Duration::from_millis(irc.reconnect_initial_ms),
        reconnect_longest: Duration::from_millis(irc.reconnect_max_ms),
    }
}
