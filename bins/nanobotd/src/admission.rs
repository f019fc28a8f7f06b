//! Whether a chat network may run with the engines that are in place.
//!
//! Until there is a policy and a security engine, every sender may talk and nothing is checked. That is fine
//! for the operator's own terminal and for nothing else.

use std::net::IpAddr;

use nanobot_core::ids::ChannelName;

/// The engines in place, as far as a stranger's message depends on them.
#[derive(Debug, Clone, Copy)]
pub struct Engines<'a> {
    /// The name of the policy engine.
    pub policy: &'a str,
    /// The name of the security gate.
    pub security: &'a str,
}

/// Names of engines that guard nothing.
const UNGUARDED: [&str; 2] = ["allow_all", "no_security"];

/// Why a network is kept out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Strangers would meet no engine.
    #[error(
        "channel {channel} is refused: engine {engine} guards nothing; for a server on this machine set \
         channels.{channel}.unguarded = true in config.toml"
    )]
    Unguarded {
        /// The network.
        channel: ChannelName,
        /// The engine that is missing.
        engine: String,
    },
    /// Somebody asked for it, but the server is elsewhere.
    #[error("channel {channel} is refused: unguarded is for a server on loopback, and {host} is none")]
    NotLoopback {
        /// The network.
        channel: ChannelName,
        /// The server.
        host: String,
    },
}

/// Decides whether a channel may run. `host` is the server's host name or address; names other than
/// `localhost` are not looked up and count as elsewhere.
///
/// # Errors
/// [`Refusal`].
pub fn admit(
    channel: &ChannelName,
    host: &str,
    engines: Engines<'_>,
    unguarded: bool,
) -> Result<(), Refusal> {
    let missing = [engines.policy, engines.security].into_iter().find(|name| UNGUARDED.contains(name));
    let Some(engine) = missing.filter(|_| channel.is_network()) else { return Ok(()) };
    if !unguarded {
        return Err(Refusal::Unguarded { channel: channel.clone(), engine: engine.to_owned() });
    }
    if !is_loopback(host) {
        return Err(Refusal::NotLoopback { channel: channel.clone(), host: host.to_owned() });
    }
    Ok(())
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: Engines<'_> = Engines { policy: "allow_all", security: "no_security" };
    const GUARDED: Engines<'_> = Engines { policy: "policy.json", security: "rules" };

    fn irc() -> ChannelName {
        ChannelName::new("irc").unwrap()
    }

    #[test]
    fn a_network_needs_engines() {
        assert!(matches!(admit(&irc(), "127.0.0.1", BARE, false), Err(Refusal::Unguarded { .. })));
        let half = Engines { security: "no_security", ..GUARDED };
        assert!(matches!(admit(&irc(), "irc.example", half, false), Err(Refusal::Unguarded { .. })));
        assert_eq!(admit(&irc(), "irc.example", GUARDED, false), Ok(()));
    }

    #[test]
    fn unguarded_is_for_loopback_only() {
        for host in ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost"] {
            assert_eq!(admit(&irc(), host, BARE, true), Ok(()), "{host}");
        }
        for host in ["10.0.0.1", "irc.example", "localhost.example", "0.0.0.0"] {
            assert!(matches!(admit(&irc(), host, BARE, true), Err(Refusal::NotLoopback { .. })), "{host}");
        }
    }

    #[test]
    fn the_operators_terminal_is_no_network() {
        assert_eq!(admit(&ChannelName::CLI, "", BARE, false), Ok(()));
    }
}
