//! People on IRC: each has a query with the bot, and both share a channel with it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::record::{Record, Wants};
use crate::irc::IrcClient;

/// How often the bot is looked for in the channel before somebody talks; some 2 s.
const LOOKS: usize = 200;
/// Distance between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Somebody on the network.
#[derive(Debug)]
pub(super) struct Person {
    client: IrcClient,
    bot: String,
    channel: String,
    record: Arc<Record>,
    /// Records what is heard in the channel; one of them is enough.
    hears_channel: bool,
    asked: usize,
}

impl Person {
    /// Comes in, and joins the channel.
    pub(super) async fn join(
        server: SocketAddr,
        nick: &str,
        bot: &str,
        channel: &str,
        hears_channel: bool,
        record: Arc<Record>,
    ) -> Result<Self> {
        let mut client = IrcClient::connect(server, nick).await.with_context(|| format!("{nick} on irc"))?;
        client.join(channel).await?;
        Ok(Self { client, bot: bot.to_owned(), channel: channel.to_owned(), record, hears_channel, asked: 0 })
    }

    /// Looks for the bot in the channel for as long as it may come; false when it does not.
    pub(super) async fn finds_bot(&mut self, may_come: impl Fn() -> bool) -> Result<bool> {
        for _ in 0..LOOKS {
            if !may_come() {
                return Ok(false);
            }
            self.client.send(&format!("NAMES {}", self.channel)).await?;
            let mut is_there = false;
            loop {
                let line = self.client.next_line().await?;
                self.note(&line);
                let mut words = line.split([' ', ':', '@', '+']);
                is_there |= line.contains(" 353 ") && words.any(|word| word == self.bot);
                if line.contains(" 366 ") {
                    break;
                }
            }
            if is_there {
                return Ok(true);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(false)
    }

    /// Says something to the bot alone.
    pub(super) async fn query(&mut self, id: &str, wants: Wants) -> Result<()> {
        self.record.sent(id, &format!("irc:{}", self.client.nick()), wants);
        let bot = self.bot.clone();
        self.client.say(&bot, &wants.text(id)).await
    }

    /// Says something in the channel.
    pub(super) async fn say(&mut self, id: &str, wants: Wants) -> Result<()> {
        self.record.sent(id, &format!("irc:{}", self.channel), wants);
        let channel = self.channel.clone();
        self.client.say(&channel, &wants.text(id)).await
    }

    /// Records everything that has been said up to now. The server answers in order, so a `PONG` marks the place.
    pub(super) async fn catch_up(&mut self) -> Result<()> {
        self.asked += 1;
        let token = format!("place-{}", self.asked);
        self.client.send(&format!("PING :{token}")).await?;
        loop {
            let line = self.client.next_line().await?;
            if line.contains(" PONG ") && line.contains(&token) {
                return Ok(());
            }
            self.note(&line);
        }
    }

    fn note(&self, line: &str) {
        let Some((prefix, said)) = line.split_once(" PRIVMSG ") else { return };
        let from = prefix.trim_start_matches(':').split('!').next().unwrap_or_default();
        let Some((target, text)) = said.split_once(" :") else { return };
        // While the server still has its dead predecessor, the bot goes by a substitute of its nick.
        let is_bot = from.trim_end_matches('_') == self.bot;
        if is_bot && (target == self.client.nick() || self.hears_channel) {
            self.record.heard(&format!("irc:{target}"), None, text);
        }
    }
}
