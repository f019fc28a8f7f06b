//! The channel's settings as the caller gives them, and the plan that is made of them.
//!
//! Everything that can be judged without a server is judged here, once. `nanobot-config` has the same settings as
//! keys of a file; the daemon maps one to the other.

use std::net::IpAddr;
use std::time::Duration;

use nanobot_core::Secret;

use super::names::{is_channel_name, is_nick};
use super::owners::Owner;
use super::pace::Pace;
use super::retry::Pauses;
use super::wire::is_middle;
use crate::error::IrcSettingsError;

/// Most channels; networks allow 10 to 250.
pub const MAX_CHANNELS: usize = 50;
/// Most owners.
pub const MAX_OWNERS: usize = 50;
/// Longest nick that may be asked for, in bytes: the longest that a network is known to allow, less the underscores
/// of its substitutes.
const MAX_OWN_NICK_BYTES: usize = 26;
/// Longest user name, in bytes (RFC 1459 networks cut at 9 or 10; none takes more than this).
const MAX_USER_BYTES: usize = 18;
/// Longest real name, password or key, in bytes: each must fit into a line with room to spare.
const MAX_TEXT_BYTES: usize = 200;
/// Most lines that may go out at once.
pub const MAX_BURST: u32 = 100;
/// Fewest and most lines a second.
pub const LINES_PER_SECOND: std::ops::RangeInclusive<f64> = 0.5..=100.0;
/// Shortest and longest pause between connections.
pub const PAUSES: std::ops::RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_hours(1);

/// One connection to one IRC network. [`Default`] is a server on this machine, with no channel and no owner.
#[derive(Debug, Clone, PartialEq)]
pub struct IrcSettings {
    /// Host name or address of the server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether the connection is encrypted from its first byte.
    pub tls: bool,
    /// The wanted nick; while somebody else has it, up to four underscores are put behind it.
    pub nick: String,
    /// The user name.
    pub user: String,
    /// The real name.
    pub real_name: String,
    /// The server's password; blank is none.
    pub password: Secret<String>,
    /// The account at the network's services; blank is none.
    pub account: String,
    /// Its password, sent by SASL only.
    pub account_password: Secret<String>,
    /// Channels to join.
    pub channels: Vec<IrcRoom>,
    /// Who owns the assistant: `nick!user@host` with `*` and `?`, or `account:<name>`.
    pub owners: Vec<String>,
    /// Lines that may go out at once, 1 to [`MAX_BURST`].
    pub burst_lines: u32,
    /// Lines a second beyond that, within [`LINES_PER_SECOND`].
    pub lines_per_second: f64,
    /// First pause before a new connection, within [`PAUSES`].
    pub reconnect_first: Duration,
    /// Longest pause before a new connection, within [`PAUSES`].
    pub reconnect_longest: Duration,
}

/// A channel to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IrcRoom {
    /// Its name, `#garden`.
    pub name: String,
    /// The key that it asks for.
    pub key: Option<Secret<String>>,
}

impl Default for IrcSettings {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 6667,
            tls: false,
            nick: "nanobot".to_owned(),
            user: "nanobot".to_owned(),
            real_name: "nanobot".to_owned(),
            password: Secret::default(),
            account: String::new(),
            account_password: Secret::default(),
            channels: Vec::new(),
            owners: Vec::new(),
            burst_lines: 5,
            lines_per_second: 1.0,
            reconnect_first: Duration::from_secs(1),
            reconnect_longest: Duration::from_mins(1),
        }
    }
}

/// The settings after the checks.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) server: Server,
    pub(super) nick: String,
    pub(super) user: String,
    pub(super) real_name: String,
    pub(super) password: Option<Secret<String>>,
    pub(super) login: Option<Login>,
    pub(super) rooms: Vec<IrcRoom>,
    pub(super) owners: Vec<Owner>,
    pub(super) pace: Pace,
    pub(super) pauses: Pauses,
}

/// Where to connect.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: bool,
}

/// An account at the network's services.
#[derive(Debug)]
pub(super) struct Login {
    pub(super) account: String,
    pub(super) password: Secret<String>,
}

impl Plan {
    pub(super) fn of(settings: IrcSettings) -> Result<Self, IrcSettingsError> {
        let host = settings.host.trim().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() || host.chars().any(|c| c.is_whitespace() || c.is_control()) || settings.port == 0
        {
            return Err(IrcSettingsError::Server);
        }
        if settings.nick.len() > MAX_OWN_NICK_BYTES || !is_nick(&settings.nick) {
            return Err(IrcSettingsError::Nick { most: MAX_OWN_NICK_BYTES });
        }
        let is_user = is_middle(&settings.user) && !settings.user.contains(['@', '!']);
        if !is_user || settings.user.len() > MAX_USER_BYTES {
            return Err(IrcSettingsError::User { most: MAX_USER_BYTES });
        }
        for (what, text) in [
            ("real_name", &settings.real_name),
            ("password", settings.password.expose()),
            ("account", &settings.account),
            ("account_password", settings.account_password.expose()),
        ] {
            if text.len() > MAX_TEXT_BYTES || text.chars().any(char::is_control) {
                return Err(IrcSettingsError::Text { what, most: MAX_TEXT_BYTES });
            }
        }
        let plan = Self {
            login: login(&settings)?,
            rooms: rooms(settings.channels)?,
            owners: owners(&settings.owners)?,
            pace: pace(settings.burst_lines, settings.lines_per_second)?,
            pauses: pauses(settings.reconnect_first, settings.reconnect_longest)?,
            password: Some(settings.password).filter(|password| !password.is_blank()),
            real_name: if settings.real_name.trim().is_empty() {
                settings.nick.clone()
            } else {
                settings.real_name
            },
            server: Server { host, port: settings.port, tls: settings.tls },
            nick: settings.nick,
            user: settings.user,
        };
        let has_secret = plan.password.is_some() || plan.login.is_some();
        if has_secret && !plan.server.is_private() {
            return Err(IrcSettingsError::PasswordInClear { host: plan.server.host });
        }
        Ok(plan)
    }
}

impl Server {
    /// Whether nobody on the way can read along.
    fn is_private(&self) -> bool {
        let is_loopback = || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        self.tls || self.host == "localhost" || is_loopback()
    }
}

fn login(settings: &IrcSettings) -> Result<Option<Login>, IrcSettingsError> {
    let password = &settings.account_password;
    match (settings.account.trim(), password.is_blank()) {
        ("", true) => Ok(None),
        ("", false) | (_, true) => Err(IrcSettingsError::HalfALogin),
        (account, false) => Ok(Some(Login { account: account.to_owned(), password: password.clone() })),
    }
}

fn rooms(rooms: Vec<IrcRoom>) -> Result<Vec<IrcRoom>, IrcSettingsError> {
    if rooms.len() > MAX_CHANNELS {
        return Err(IrcSettingsError::TooMany { what: "channels", most: MAX_CHANNELS });
    }
    for room in &rooms {
        if !is_channel_name(&room.name) {
            return Err(IrcSettingsError::Channel { name: room.name.escape_debug().to_string() });
        }
        let is_key = |key: &Secret<String>| {
            let key = key.expose();
            is_middle(key) && key.len() <= MAX_TEXT_BYTES && !key.contains(',')
        };
        if !room.key.as_ref().is_none_or(is_key) {
            return Err(IrcSettingsError::Key { channel: room.name.clone() });
        }
    }
    Ok(rooms)
}

fn owners(owners: &[String]) -> Result<Vec<Owner>, IrcSettingsError> {
    if owners.len() > MAX_OWNERS {
        return Err(IrcSettingsError::TooMany { what: "owners", most: MAX_OWNERS });
    }
    let read = |text: &String| {
        Owner::read(text)
            .map_err(|reason| IrcSettingsError::Owner { mask: text.escape_debug().to_string(), reason })
    };
    owners.iter().map(read).collect()
}

fn pace(burst: u32, per_second: f64) -> Result<Pace, IrcSettingsError> {
    if !(1..=MAX_BURST).contains(&burst) || !LINES_PER_SECOND.contains(&per_second) {
        return Err(IrcSettingsError::Pace);
    }
    Ok(Pace { burst, interval: Duration::from_secs_f64(1.0 / per_second) })
}

fn pauses(first: Duration, longest: Duration) -> Result<Pauses, IrcSettingsError> {
    let is_good = PAUSES.contains(&first) && PAUSES.contains(&longest) && first <= longest;
    is_good.then_some(Pauses { first, longest }).ok_or(IrcSettingsError::Pauses)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(change: impl FnOnce(&mut IrcSettings)) -> String {
        let mut settings = IrcSettings::default();
        change(&mut settings);
        Plan::of(settings).unwrap_err().to_string()
    }

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[test]
    fn the_defaults_are_a_plan() {
        let plan = Plan::of(IrcSettings::default()).unwrap();
        assert!(plan.password.is_none() && plan.login.is_none() && plan.owners.is_empty());
        assert_eq!(plan.pace, Pace { burst: 5, interval: Duration::from_secs(1) });
    }

    #[test]
    fn passwords_go_nowhere_in_the_clear() {
        let server = |host: &str, tls: bool| {
            let host = host.to_owned();
            Plan::of(IrcSettings { host, tls, password: secret("hunter2"), ..IrcSettings::default() })
        };
        for (host, tls) in
            [("irc.example.org", true), ("127.8.8.8", false), ("[::1]", false), ("localhost", false)]
        {
            assert!(server(host, tls).is_ok(), "{host}");
        }
        for host in ["irc.example.org", "10.0.0.1", "localhost.example"] {
            let error = server(host, false).unwrap_err().to_string();
            assert!(error.contains("in the clear") && !error.contains("hunter2"), "{error}");
        }
        let error = refusal(|settings| {
            settings.host = "irc.example.org".to_owned();
            settings.account = "bot".to_owned();
            settings.account_password = secret("hunter2");
        });
        assert!(error.contains("in the clear"), "{error}");
    }

    #[test]
    fn what_cannot_be_said_is_refused_with_its_name() {
        assert!(refusal(|settings| settings.nick = "a b".to_owned()).contains("nick"));
        assert!(refusal(|settings| settings.nick = "n".repeat(27)).contains("26"));
        assert!(refusal(|settings| settings.user = "a@b".to_owned()).contains("user"));
        assert!(refusal(|settings| settings.host = " ".to_owned()).contains("host"));
        assert!(refusal(|settings| settings.port = 0).contains("port"));
        assert!(refusal(|settings| settings.real_name = "a\r\nQUIT".to_owned()).contains("real_name"));
        assert!(refusal(|settings| settings.account = "only".to_owned()).contains("account"));
        assert!(refusal(|settings| settings.burst_lines = 0).contains("burst_lines"));
        assert!(refusal(|settings| settings.lines_per_second = f64::NAN).contains("lines_per_second"));
        assert!(refusal(|settings| settings.reconnect_first = Duration::from_secs(61)).contains("reconnect"));
        let room = |name: &str, key: Option<&str>| IrcRoom { name: name.to_owned(), key: key.map(secret) };
        assert!(refusal(|settings| settings.channels = vec![room("garden", None)]).contains("garden"));
        let error = refusal(|settings| settings.channels = vec![room("#a", Some("hunter 2"))]);
        assert!(error.contains("#a") && !error.contains("hunter"), "{error}");
        assert!(refusal(|settings| settings.channels = vec![room("#a", None); 51]).contains("50"));
        assert!(refusal(|settings| settings.owners = vec!["*!*@*".to_owned()]).contains("match everybody"));
    }
}
