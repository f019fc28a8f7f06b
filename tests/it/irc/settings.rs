//! The settings of the file and those of the channel refuse the same things.

use std::sync::Arc;

use nanobot_channels::irc::{Irc, IrcRoom, IrcSettings};
use nanobot_config::check_text;
use nanobot_core::Secret;
use nanobot_core::testing::{FakeClock, SequenceIds};

fn file_accepts(settings: &str) -> bool {
    check_text("config.toml", &format!("[channels.irc]\n{settings}\n")).accepted
}

fn channel_accepts(settings: IrcSettings) -> bool {
    Irc::open(settings, Arc::new(FakeClock::default()), Arc::new(SequenceIds::new())).is_ok()
}

#[test]
fn both_take_the_same_owners() {
    for (mask, is_good) in [
        ("dimi!*@*.example.org", true),
        ("account:dimi", true),
        ("*!*@192.0.2.1", true),
        ("*!*@2001:db8::*", true),
        ("*!*@*", false),
        ("dimi!*@*.*", false),
        ("dimi!*@?:*", false),
        ("dimi", false),
        ("account:", false),
        ("account:d*", false),
        ("a b!c@d", false),
        ("!b@c", false),
        ("", false),
    ] {
        let of_channel =
            channel_accepts(IrcSettings { owners: vec![mask.to_owned()], ..IrcSettings::default() });
        assert_eq!((file_accepts(&format!("owners = [{mask:?}]")), of_channel), (is_good, is_good), "{mask}");
    }
}

#[test]
fn both_take_the_same_channels() {
    for (name, is_good) in [
        ("#a", true),
        ("&a", true),
        ("a", false),
        ("#", false),
        ("#a b", false),
        ("#a,#b", false),
        ("#a:b", false),
    ] {
        let channels = vec![IrcRoom { name: name.to_owned(), key: None }];
        let of_channel = channel_accepts(IrcSettings { channels, ..IrcSettings::default() });
        assert_eq!(
            (file_accepts(&format!("channels = [{name:?}]")), of_channel),
            (is_good, is_good),
            "{name}"
        );
    }
}

#[test]
fn both_keep_passwords_out_of_the_clear() {
    for (host, tls, is_good) in [
        ("irc.example.org", true, true),
        ("irc.example.org", false, false),
        ("127.0.0.1", false, true),
        ("[::1]", false, true),
        ("0.0.0.0", false, false),
    ] {
        let password = Secret::new("x".to_owned());
        let settings = IrcSettings { host: host.to_owned(), tls, password, ..IrcSettings::default() };
        let of_file = file_accepts(&format!("host = {host:?}\ntls = {tls}\npassword = \"x\""));
        assert_eq!((of_file, channel_accepts(settings)), (is_good, is_good), "{host}");
    }
}

#[test]
fn both_take_the_same_figures() {
    for (burst, per_second, is_good) in [
        (1, 0.5, true),
        (100, 100.0, true),
        (0, 1.0, false),
        (101, 1.0, false),
        (5, 0.4, false),
        (5, 101.0, false),
    ] {
        let settings =
            IrcSettings { burst_lines: burst, lines_per_second: per_second, ..IrcSettings::default() };
        let of_file = file_accepts(&format!("burst_lines = {burst}\nlines_per_second = {per_second:?}"));
        assert_eq!((of_file, channel_accepts(settings)), (is_good, is_good), "{burst} {per_second}");
    }
}

#[test]
fn the_defaults_are_the_same() {
    let loaded = nanobot_config::load(&nanobot_config::LoadRequest::new(
        nanobot_config::Home::at("/nonexistent", None),
        nanobot_config::Environment::default(),
    ))
    .unwrap();
    let (file, channel) = (loaded.config.channels.irc, IrcSettings::default());
    assert_eq!(
        (file.host, file.port, file.tls, file.nick, file.user, file.real_name),
        (channel.host, channel.port, channel.tls, channel.nick, channel.user, channel.real_name)
    );
    assert_eq!((file.burst_lines, file.lines_per_second), (channel.burst_lines, channel.lines_per_second));
    assert_eq!(u128::from(file.reconnect_initial_ms), channel.reconnect_first.as_millis());
    assert_eq!(u128::from(file.reconnect_max_ms), channel.reconnect_longest.as_millis());
}
