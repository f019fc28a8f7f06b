//! People on IRC, in the group where the assistant is.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use nanobot_tests::irc::IrcClient;

/// How long something that must happen may take. Generous: a busy machine is no failure.
const LIMIT: Duration = Duration::from_secs(30);
/// How long is waited between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The group.
pub(crate) const GARDEN: &str = "#garden";
/// The assistant's nick.
pub(crate) const BOT: &str = "nanobot";

/// The name of somebody as the channel gives it to the policy. The server looks up no names, so all hosts are this one.
pub(crate) fn source(nick: &str) -> String {
    format!("{nick}!~{nick}@127.0.0.1")
}

/// Polls until something is so.
#[track_caller]
pub(crate) fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !is_so() {
        assert!(Instant::now() < deadline, "in time {what}");
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Somebody on IRC.
pub(crate) struct Person {
    client: IrcClient,
    fences: u32,
}

impl Person {
    /// Connects and enters the garden.
    pub(crate) async fn enters(server: SocketAddr, nick: &str) -> Self {
        let mut client = IrcClient::connect(server, nick).await.unwrap();
        client.join(GARDEN).await.unwrap();
        Self { client, fences: 0 }
    }

    /// Says something in the garden.
    pub(crate) async fn says(&mut self, text: &str) {
        self.client.say(GARDEN, text).await.unwrap();
    }

    /// Says something to the assistant alone.
    pub(crate) async fn whispers(&mut self, text: &str) {
        self.client.say(BOT, text).await.unwrap();
    }

    /// The next line that the assistant says in the garden.
    pub(crate) async fn hears(&mut self) -> String {
        let heard = async {
            loop {
                let line = self.client.next_line().await.unwrap();
                if let Some((to, text)) = of_bot(&line)
                    && to == GARDEN
                {
                    return text.to_owned();
                }
            }
        };
        tokio::time::timeout(LIMIT, heard).await.expect("the assistant says something in the garden")
    }

    /// The next line that the assistant says to this person alone. What an owner is told about new chats is left out.
    pub(crate) async fn is_told(&mut self) -> String {
        let nick = self.client.nick().to_owned();
        let heard = async {
            loop {
                let line = self.client.next_line().await.unwrap();
                if let Some((to, text)) = of_bot(&line)
                    && to == nick
                    && !is_about_new_chat(text)
                {
                    return text.to_owned();
                }
            }
        };
        let told = tokio::time::timeout(LIMIT, heard).await;
        told.unwrap_or_else(|_| panic!("{nick} is told something"))
    }

    /// Asks in the garden, and answers what the assistant says.
    pub(crate) async fn asks(&mut self, text: &str) -> String {
        self.says(text).await;
        self.hears().await
    }

    /// Asks the assistant alone, and answers what it says.
    pub(crate) async fn asks_alone(&mut self, text: &str) -> String {
        self.whispers(text).await;
        self.is_told().await
    }

    /// Whatever the server has for this person by now, of the assistant: lines of any kind, notices too.
    pub(crate) async fn all_so_far(&mut self) -> Vec<String> {
        self.fences += 1;
        let token = format!("fence-{}", self.fences);
        self.client.send(&format!("PING {token}")).await.unwrap();
        let mut lines = Vec::new();
        loop {
            let line = self.client.next_line().await.unwrap();
            if line.contains(" PONG ") && line.contains(&token) {
                return lines;
            }
            let is_said = line.contains(" PRIVMSG ") || line.contains(" NOTICE ");
            if is_said && line.starts_with(&format!(":{BOT}!")) {
                lines.push(line);
            }
        }
    }

    /// What the assistant has said to this person alone by now, without what an owner is told about new chats.
    pub(crate) async fn told_so_far(&mut self) -> Vec<String> {
        let nick = self.client.nick().to_owned();
        let lines = self.all_so_far().await;
        let said = lines.iter().filter_map(|line| of_bot(line)).filter(|(to, _)| *to == nick);
        said.map(|(_, text)| text.to_owned()).filter(|text| !is_about_new_chat(text)).collect()
    }

    /// Waits until what somebody says in the garden is here.
    pub(crate) async fn overhears(&mut self, text: &str) {
        self.client.wait_for(&format!(" PRIVMSG {GARDEN} :{text}")).await.unwrap();
    }

    /// Waits for a line with these words that the assistant says to this person alone, and skips all others.
    pub(crate) async fn waits_for(&mut self, words: &str) {
        self.client.wait_for(&format!(" PRIVMSG {} :{words}", self.client.nick())).await.unwrap();
    }

    /// Sends a line of the protocol.
    pub(crate) async fn sends(&mut self, line: &str) {
        self.client.send(line).await.unwrap();
    }

    /// Waits for a reply of the server by its number, and answers its words.
    pub(crate) async fn waits_for_reply(&mut self, number: &str) -> String {
        let line = self.client.wait_for(&format!(" {number} ")).await.unwrap();
        line.split_once(" :").map(|(_, words)| words.trim().to_owned()).unwrap_or_default()
    }

    /// Waits until the assistant enters the garden.
    pub(crate) async fn sees_bot_come(&mut self) {
        loop {
            let line = self.client.wait_for(" JOIN ").await.unwrap();
            if line.starts_with(&format!(":{BOT}!")) {
                return;
            }
        }
    }
}

/// To whom, and what, if the assistant says this line.
fn of_bot(line: &str) -> Option<(&str, &str)> {
    let (_, said) = line.strip_prefix(&format!(":{BOT}!"))?.split_once(" PRIVMSG ")?;
    said.split_once(" :")
}

fn is_about_new_chat(text: &str) -> bool {
    ["🔔", "/approve ", "/approve-mention ", "/deny "].iter().any(|start| text.starts_with(start))
}
