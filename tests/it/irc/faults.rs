//! Servers that fall, nicks that are taken, operators that kick.

use nanobot_channels::irc::IrcSettings;
use nanobot_tests::irc::{IrcClient, Ngircd};

use super::harness::{CHANNEL, Running, guest, is_unreachable, message, settings};
use crate::support::until;

#[tokio::test]
async fn a_server_that_is_killed_leaves_nobody_waiting_and_is_found_again() {
    let mut server = Ngircd::start().await.unwrap();
    let running = Running::joined(&server).await;
    running.send(CHANNEL, "one").await.unwrap();
    // At a slow pace a message is still under way when the server dies.
    let slow = Running::start(IrcSettings {
        nick: "slow".to_owned(),
        channels: Vec::new(),
        burst_lines: 1,
        lines_per_second: 0.5,
        ..settings(&server)
    });
    until(|| slow.irc.status().connected).await;
    let mut witness = IrcClient::connect(server.address(), "witness").await.unwrap();
    let sender = slow.sender.clone();
    let waiting = tokio::spawn(async move { sender.send(&message("witness", "a\nb\nc\nd")).await });
    assert_eq!(witness.hear("witness").await.unwrap(), "a");

    server.kill().await.unwrap();
    assert!(is_unreachable(&waiting.await.unwrap()));
    running.is_out().await;
    assert!(is_unreachable(&running.send(CHANNEL, "lost").await));
    assert!(!running.irc.status().connected);

    server.restart().await.unwrap();
    running.is_in().await;
    let mut guest = guest(&server, "guest").await;
    running.send(CHANNEL, "two").await.unwrap();
    assert_eq!(guest.hear(CHANNEL).await.unwrap(), "two");
    guest.say(CHANNEL, "welcome back").await.unwrap();
    assert_eq!(running.received(1).await[0].text(), "welcome back");
    slow.end().await;
    running.end().await;
}

#[tokio::test]
async fn without_a_server_it_waits_for_one() {
    let mut server = Ngircd::start().await.unwrap();
    server.kill().await.unwrap();
    let running = Running::start(settings(&server));
    assert!(is_unreachable(&running.send(CHANNEL, "one").await));
    server.restart().await.unwrap();
    running.is_in().await;
    running.end().await;
}

#[tokio::test]
async fn a_taken_nick_is_substituted_and_taken_back() {
    let server = Ngircd::start().await.unwrap();
    let mut holder = guest(&server, "nanobot").await;
    let running = Running::joined(&server).await;
    assert_eq!(running.irc.status().nick, "nanobot_");
    holder.say(CHANNEL, "nanobot_: is that you?").await.unwrap();
    assert!(running.received(1).await[0].mentioned_bot);
    holder.send("QUIT :bye").await.unwrap();
    until(|| running.irc.status().nick == "nanobot").await;
    let mut guest = guest(&server, "guest").await;
    guest.say("nanobot", "hello").await.unwrap();
    assert_eq!(running.received(2).await[1].text(), "hello");
    running.end().await;
}

#[tokio::test]
async fn a_kick_is_survived() {
    let server = Ngircd::start().await.unwrap();
    // Whoever comes first into a channel is its operator.
    let mut operator = guest(&server, "operator").await;
    let running = Running::joined(&server).await;
    operator.send("KICK #garden nanobot :out").await.unwrap();
    running.is_out().await;
    assert!(is_unreachable(&running.send(CHANNEL, "anybody?").await), "it wants to be back");
    running.is_in().await;
    running.send(CHANNEL, "back").await.unwrap();
    assert_eq!(operator.hear(CHANNEL).await.unwrap(), "back");
    running.end().await;
}

#[tokio::test]
async fn a_channel_with_a_key_is_joined_with_it() {
    let server = Ngircd::start().await.unwrap();
    let mut operator = IrcClient::connect(server.address(), "operator").await.unwrap();
    operator.join("#vault").await.unwrap();
    operator.send("MODE #vault +k sesame").await.unwrap();
    operator.wait_for(" MODE #vault ").await.unwrap();
    let room = |key: Option<&str>| nanobot_channels::irc::IrcRoom {
        name: "#vault".to_owned(),
        key: key.map(|key| nanobot_core::Secret::new(key.to_owned())),
    };
    let with = Running::start(IrcSettings { channels: vec![room(Some("sesame"))], ..settings(&server) });
    with.is_in().await;
    let without = Running::start(IrcSettings {
        nick: "other".to_owned(),
        channels: vec![room(None)],
        ..settings(&server)
    });
    until(|| without.irc.status().connected).await;
    assert!(is_unreachable(&without.send("#vault", "x").await));
    without.end().await;
    with.end().await;
}
