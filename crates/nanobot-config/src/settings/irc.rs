//! `channels.irc`: one connection to one IRC network, and what can be wrong with its settings beyond their types.
//!
//! The channel itself (`nanobot-channels`) refuses the same things when it is opened, since it can be used without
//! any file; a test of the workspace holds both together.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use nanobot_core::Secret;
use serde_json::Value;

use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::schema::Kind;
use crate::schema::macros::section;
use crate::schema::setting::Setting;

section! {
    /// IRC.
    pub struct Irc {
        /// Whether the network is used.
        enabled: bool = false,
        /// Host of the server.
        host: String = "127.0.0.1",
        /// Port of the server; with `tls` usually 6697.
        port: u16 = 6667,
        /// Whether the connection is encrypted.
        tls: bool = false,
        /// The wanted nick; while somebody else has it, up to four underscores are put behind it.
        nick: String = "nanobot",
        /// The user name.
        user: String = "nanobot",
        /// The real name.
        real_name: String = "nanobot",
        /// Password of the server.
        password: Secret<String> = "",
        /// Account at the network's services.
        account: String = "",
        /// Password of the account; sent by SASL only.
        account_password: Secret<String> = "",
        /// Channels to join, at most 50.
        channels: Vec<String> = [],
        /// Keys of channels that ask for one, by the channel's name.
        channel_keys: ChannelKeys = {},
        /// Who owns the assistant, at most 50: `nick!user@host` with `*` and `?`, or `account:<name>`.
        owners: Vec<String> = [],
        /// Lines that may be sent at once, 1 to 100.
        burst_lines: u32 = 5,
        /// Lines a second beyond that, 0.5 to 100.
        lines_per_second: f64 = 1.0,
        /// First pause before a new connection, in milliseconds, 100 to 3600000.
        reconnect_initial_ms: u64 = 1000,
        /// Longest pause before a new connection, in milliseconds, 100 to 3600000.
        reconnect_max_ms: u64 = 60_000,
        /// Whether the network may run without policy and security; for a server on loopback only.
        unguarded: bool = false,
    }
}

/// Keys of channels, by the channel's name as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelKeys(BTreeMap<String, Secret<String>>);

impl ChannelKeys {
    /// The key of a channel, whose name may be written in any case.
    pub fn of(&self, channel: &str) -> Option<&Secret<String>> {
        self.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(channel)).map(|(_, key)| key)
    }
}

impl Setting for ChannelKeys {
    const KIND: Kind = Kind::Headers;

    fn extract(value: &Value) -> Option<Self> {
        let entries = value.as_object()?.iter();
        let keys = entries.map(|(name, key)| Some((name.clone(), Secret::extract(key)?)));
        keys.collect::<Option<_>>().map(Self)
    }
}

/// Most channels and most owners.
const MOST: usize = 50;
/// Longest owner, in bytes.
const MAX_OWNER_BYTES: usize = 200;
/// Longest name of a channel, in bytes.
const MAX_CHANNEL_BYTES: usize = 200;
const BURST: RangeInclusive<u32> = 1..=100;
const PER_SECOND: RangeInclusive<f64> = 0.5..=100.0;
const PAUSE_MS: RangeInclusive<u64> = 100..=3_600_000;

/// What is wrong with the settings of IRC in a tree of all settings, whose types are right.
pub(crate) fn faults(tree: &Value) -> Vec<(KeyPath, Fault)> {
    let Some(irc) = tree.pointer("/channels/irc").and_then(Irc::extract) else { return Vec::new() };
    let mut faults = Vec::new();
    let mut fault = |key: &str, expected: &str, found: String| {
        let path = ["channels", "irc", key].into_iter().collect();
        faults.push((path, Fault::WrongValue { expected: expected.to_owned(), found }));
    };
    for (key, entries) in [("channels", &irc.channels), ("owners", &irc.owners)] {
        if entries.len() > MOST {
            fault(key, "at most 50 entries", format!("{}", entries.len()));
        }
    }
    for (number, channel) in (1..).zip(&irc.channels) {
        if !is_channel(channel) {
            fault(
                "channels",
                "names of channels; a key stands in channel_keys",
                format!("none in entry {number}"),
            );
        }
    }
    for (number, owner) in (1..).zip(&irc.owners) {
        if let Some(reason) = objection(owner) {
            fault("owners", "nick!user@host or account:<name>", format!("an entry {number} that {reason}"));
        }
    }
    if irc
        .channel_keys
        .0
        .keys()
        .any(|name| !irc.channels.iter().any(|known| known.eq_ignore_ascii_case(name)))
    {
        fault("channel_keys", "keys of channels that are in channels", "one of another".to_owned());
    }
    let is_key =
        |key: &str| !key.is_empty() && !key.starts_with(':') && !key.contains([' ', ',']) && is_clean(key);
    if !irc.channel_keys.0.values().all(|key| is_key(key.expose())) {
        fault("channel_keys", "words without a comma", "something else".to_owned());
    }
    if irc.account.trim().is_empty() != irc.account_password.is_blank() {
        fault("account", "account and account_password together", "one without the other".to_owned());
    }
    let has_password = !irc.password.is_blank() || !irc.account_password.is_blank();
    if has_password && !irc.tls && !is_loopback(&irc.host) {
        let expected = "true, or a host on loopback: a password must not go over the network in the clear";
        fault("tls", expected, "false".to_owned());
    }
    if !BURST.contains(&irc.burst_lines) {
        fault("burst_lines", "an integer from 1 to 100", irc.burst_lines.to_string());
    }
    if !PER_SECOND.contains(&irc.lines_per_second) {
        fault("lines_per_second", "a number from 0.5 to 100", irc.lines_per_second.to_string());
    }
    for (key, pause) in
        [("reconnect_initial_ms", irc.reconnect_initial_ms), ("reconnect_max_ms", irc.reconnect_max_ms)]
    {
        if !PAUSE_MS.contains(&pause) {
            fault(key, "an integer from 100 to 3600000", pause.to_string());
        }
    }
    if irc.reconnect_initial_ms > irc.reconnect_max_ms {
        fault("reconnect_initial_ms", "at most reconnect_max_ms", irc.reconnect_initial_ms.to_string());
    }
    faults
}

/// Why an owner would be nobody or everybody.
fn objection(owner: &str) -> Option<&'static str> {
    if owner.len() > MAX_OWNER_BYTES || owner.contains(' ') || !is_clean(owner) {
        return Some("is longer than 200 bytes or holds a space");
    }
    if let Some(account) = owner.strip_prefix("account:") {
        return match account {
            "" => Some("names no account"),
            name if name.contains(['*', '?']) => Some("has wildcards in the name of an account"),
            _ => None,
        };
    }
    let parts = owner.split_once('!').and_then(|(nick, rest)| Some((nick, rest.split_once('@')?)));
    let Some((nick, (user, host))) = parts else { return Some("is neither; a nick alone is no identity") };
    if [nick, user, host].contains(&"") {
        return Some("lacks a part");
    }
    let is_open = host.chars().all(|c| matches!(c, '*' | '?' | '.' | ':' | '/' | '@' | '!'));
    is_open.then_some("would match everybody, since its host is only wildcards")
}

fn is_channel(name: &str) -> bool {
    let is_typed = name.starts_with(['#', '&', '+', '!']);
    is_typed
        && (2..=MAX_CHANNEL_BYTES).contains(&name.len())
        && !name.contains([' ', ',', ':'])
        && is_clean(name)
}

fn is_clean(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use crate::check::check_text;

    fn said(settings: &str) -> Vec<String> {
        let check = check_text("config.toml", &format!("[channels.irc]\n{settings}"));
        assert!(check.unknown.is_empty(), "{check:?}");
        check.errors.iter().map(|error| format!("{}: {}", error.path, error.message)).collect()
    }

    #[test]
    fn settings_of_every_kind_are_accepted() {
        let settings = r##"
            enabled = true
            host = "irc.example.org"
            port = 6697
            tls = true
            password = "x"
            account = "bot"
            account_password = "y"
            channels = ["#Garden", "&vault"]
            channel_keys = { "&Vault" = "hunter2" }
            owners = ["dimi!*@*.example.org", "account:dimi", "*!*@gateway/web/irccloud.com/x-*"]
        "##;
        assert_eq!(said(settings), [""; 0]);
    }

    #[test]
    fn an_owner_that_would_be_everybody_is_refused_with_the_reason() {
        for mask in ["*!*@*", "dimi!~d@*.*", "*!*@?*:*"] {
            let said = said(&format!("owners = [\"account:x\", \"{mask}\"]"));
            assert_eq!(
                said,
                [
                    "channels.irc.owners: expected nick!user@host or account:<name>, found an entry 2 that would \
                  match everybody, since its host is only wildcards"
                ]
            );
        }
        for mask in ["dimi", "", "account:", "account:*", "a!b", "!b@c", "a b!c@d"] {
            assert_eq!(said(&format!("owners = [\"{mask}\"]")).len(), 1, "{mask}");
        }
    }

    #[test]
    fn a_password_does_not_go_over_the_network_in_the_clear() {
        for (key, more) in [("password", ""), ("account_password", "account = \"bot\"")] {
            let settings = |host: &str| said(&format!("host = \"{host}\"\n{key} = \"hunter2\"\n{more}"));
            let refused = settings("irc.example.org");
            assert_eq!(refused.len(), 1);
            assert!(refused[0].contains("in the clear") && !refused[0].contains("hunter2"), "{refused:?}");
            for host in ["127.0.0.1", "[::1]", "localhost"] {
                assert_eq!(settings(host), [""; 0], "{host}");
            }
        }
    }

    #[test]
    fn a_key_is_kept_apart_from_its_channel_and_out_of_every_message() {
        let refused = said("channels = [\"#vault hunter2\"]");
        assert_eq!(
            refused,
            [
                "channels.irc.channels: expected names of channels; a key stands in channel_keys, found none in entry 1"
            ]
        );
        for keys in ["{ \"#other\" = \"hunter2\" }", "{ \"#a\" = \"hunter 2\" }", "{ \"#a\" = 2 }"] {
            let refused = said(&format!("channels = [\"#a\"]\nchannel_keys = {keys}"));
            assert!(refused.len() == 1 && !refused[0].contains("hunter"), "{refused:?}");
        }
    }

    #[test]
    fn figures_out_of_range_are_refused() {
        for setting in [
            "burst_lines = 0",
            "burst_lines = 101",
            "lines_per_second = 0.4",
            "lines_per_second = 1000",
            "reconnect_initial_ms = 99",
            "reconnect_max_ms = 3600001",
            "reconnect_initial_ms = 2000\nreconnect_max_ms = 1999",
            "account = \"bot\"",
        ] {
            assert_eq!(said(setting).len(), 1, "{setting}");
        }
        let many: Vec<String> = (0..51).map(|n| format!("\"#{n}\"")).collect();
        assert_eq!(said(&format!("channels = [{}]", many.join(","))).len(), 1);
    }
}
