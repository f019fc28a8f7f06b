//! A connection over a pipe to a server that is played from here, in time that is skipped.

use nanobot_core::cancel::CancelSwitch;
use nanobot_core::event::ChatKind;
use nanobot_core::ids::{ChannelName, ChatId, DeliveryKey, MessageId, TurnId};
use nanobot_core::label::Label;
use nanobot_core::message::{OutboundMessage, Reaction};
use nanobot_core::ports::{ChannelSender, Delivery, Outgoing as Out, SendError};
use nanobot_core::testing::{FakeClock, SequenceIds, contract};
use tokio::io::{AsyncBufReadExt, BufReader, DuplexStream, ReadHalf, WriteHalf, split};
use tokio::task::JoinHandle;

use super::*;
use crate::irc::send::{IrcSender, MAX_LINES};
use crate::irc::settings::{IrcRoom, IrcSettings};

const PATIENCE: Duration = Duration::from_mins(2);

/// The server's end of the pipe.
struct Server {
    read: BufReader<ReadHalf<DuplexStream>>,
    write: WriteHalf<DuplexStream>,
}

impl Server {
    async fn says(&mut self, line: &str) {
        self.write.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
    }

    /// The next line; none at the end.
    async fn hears(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = timeout(PATIENCE, self.read.read_line(&mut line)).await;
        (read.expect("a line in time").unwrap() > 0).then(|| line.trim_end().to_owned())
    }

    async fn hears_line(&mut self, start: &str) -> String {
        loop {
            let line = self.hears().await.expect("the connection is open");
            if line.starts_with(start) {
                return line;
            }
        }
    }

    /// Lets the client in, and into its channel.
    async fn lets_in(&mut self) {
        self.hears_line("USER").await;
        self.says(":s 001 nanobot :hi").await;
        self.says(":s 422 nanobot :no message of the day").await;
        self.hears_line("JOIN").await;
        self.says(":nanobot!nanobot@h JOIN #garden").await;
    }

    /// Plays on by itself: keeps what is said in a chat, answers what is asked.
    fn play(mut self, heard: Arc<std::sync::Mutex<Vec<String>>>) {
        tokio::spawn(async move {
            while let Some(line) = self.hears().await {
                if let Some(token) = line.strip_prefix("PING :") {
                    self.says(&format!(":s PONG s :{token}")).await;
                } else if let Some((_, words)) = line.split_once(" :").filter(|_| line.starts_with("PRIVMSG"))
                {
                    heard.lock().unwrap().push(words.to_owned());
                }
            }
        });
    }
}

struct Client {
    sender: IrcSender,
    board: Board,
    heard: mpsc::Receiver<InboundEvent>,
    switch: CancelSwitch,
    task: JoinHandle<u32>,
}

/// A client whose intake has room for so many messages, and its server.
fn connected(room: usize) -> (Client, Server) {
    let rooms = vec![IrcRoom { name: "#garden".to_owned(), key: None }];
    let plan = Arc::new(Plan::of(IrcSettings { channels: rooms, ..IrcSettings::default() }).unwrap());
    let board = Board::new();
    let clock = Arc::new(FakeClock::default());
    let deps = Deps { plan, clock, ids: Arc::new(SequenceIds::new()), board: board.clone() };
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let (jobs, mut waiting) = mpsc::channel(MAX_UNDER_WAY);
    let (intake, heard) = mpsc::channel(room);
    let (switch, stop) = CancelSwitch::new();
    let sender = IrcSender { jobs, board: board.clone() };
    let task = tokio::spawn(async move { serve(ours, &deps, &mut waiting, &intake, &stop).await });
    let (read, write) = split(theirs);
    (Client { sender, board, heard, switch, task }, Server { read: BufReader::new(read), write })
}

async fn until_connected(board: &Board) {
    while board.read().channels.is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn delivery(chat: &str, text: &str) -> Delivery {
    let turn = TurnId::new("t1").unwrap();
    let message = OutboundMessage {
        channel: ChannelName::new("irc").unwrap(),
        chat: ChatId::new(chat).unwrap(),
        text: text.to_owned(),
        reply_to: None,
        media: Vec::new(),
    };
    Delivery { key: DeliveryKey::of(&turn, 0), turn, outgoing: Out::Message(message) }
}

/// Sends beside the test.
fn sending(client: &Client, chat: &str, text: &str) -> JoinHandle<Result<(), SendError>> {
    let (sender, delivery) = (client.sender.clone(), delivery(chat, text));
    tokio::spawn(async move { sender.send(&delivery).await })
}

fn code(result: Result<(), SendError>) -> String {
    match result {
        Err(SendError::Rejected { code }) => code,
        other => panic!("rejected, not {other:?}"),
    }
}

fn is_unreachable(result: &Result<(), SendError>) -> bool {
    matches!(result, Err(SendError::Unreachable { wait: None }))
}

#[tokio::test(start_paused = true)]
async fn what_the_port_promises_is_kept() {
    let chat = ChatId::new("#garden").unwrap();
    let heard: Arc<std::sync::Mutex<Vec<String>>> = Arc::default();
    let make = async || {
        let (client, mut server) = connected(8);
        server.lets_in().await;
        until_connected(&client.board).await;
        server.play(heard.clone());
        // The switch stays unthrown: whoever drops it does not stop the connection.
        client.sender
    };
    contract::channel_sender_contract(make, &chat, async |_| heard.lock().unwrap().clone()).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_heard_is_an_event_and_status_knows_where_we_are() {
    let (mut client, mut server) = connected(8);
    server.lets_in().await;
    server.says(":Dimi!d@h PRIVMSG #Garden :nanobot: hi").await;
    let event = client.heard.recv().await.unwrap();
    assert_eq!(
        (event.channel.as_str(), event.account.as_str(), event.chat.as_str()),
        ("irc", "default", "#garden")
    );
    assert_eq!((event.sender.as_str(), event.participant.as_ref()), ("Dimi!d@h", Some(&event.sender)));
    assert_eq!(
        (event.text().as_str(), event.mentioned_bot, event.chat_kind),
        ("nanobot: hi", true, ChatKind::Group)
    );
    assert!(event.labels().contains(Label::Stranger) && event.message_id.is_some());
    let status = client.board.read();
    assert_eq!(
        (status.connected, status.nick.as_str(), status.channels),
        (true, "nanobot", vec!["#garden".to_owned()])
    );
    drop(server);
    client.task.await.unwrap();
    assert!(!client.board.read().connected);
}

#[tokio::test(start_paused = true)]
async fn a_message_is_confirmed_by_the_pong_behind_it() {
    let (client, mut server) = connected(8);
    server.lets_in().await;
    until_connected(&client.board).await;
    let sending = sending(&client, "#garden", "one\ntwo");
    assert_eq!(server.hears_line("PRIVMSG").await, "PRIVMSG #garden :one");
    assert_eq!(server.hears_line("PRIVMSG").await, "PRIVMSG #garden :two");
    let ping = server.hears_line("PING").await;
    assert!(!sending.is_finished());
    server.says(&ping.replace("PING", ":s PONG s")).await;
    sending.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn without_a_pong_a_message_is_unreachable() {
    let (client, mut server) = connected(8);
    server.lets_in().await;
    until_connected(&client.board).await;
    assert!(is_unreachable(&sending(&client, "#garden", "one").await.unwrap()));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_server_is_for_good() {
    let (client, mut server) = connected(8);
    server.lets_in().await;
    until_connected(&client.board).await;
    let sending = sending(&client, "Eve", "one");
    server.hears_line("PRIVMSG").await;
    server.says(":s 401 nanobot eve :No such nick").await;
    assert_eq!(code(sending.await.unwrap()), "no_such_nick");
}

#[tokio::test(start_paused = true)]
async fn a_kick_or_a_fall_leaves_nobody_waiting() {
    let (mut client, mut server) = connected(8);
    server.lets_in().await;
    until_connected(&client.board).await;
    let kicked = sending(&client, "#garden", "one");
    server.hears_line("PING").await;
    let before = now();
    server.says(":op!o@h KICK #garden nanobot :out").await;
    assert!(is_unreachable(&kicked.await.unwrap()));
    assert!(before.elapsed() < Duration::from_secs(1), "it does not wait for the PONG");

    let cut = sending(&client, "eve", "one");
    server.hears_line("PING").await;
    drop(server);
    assert!(is_unreachable(&cut.await.unwrap()));
    (&mut client.task).await.unwrap();
    assert!(is_unreachable(&sending(&client, "eve", "two").await.unwrap()), "nobody hangs");
}

#[tokio::test(start_paused = true)]
async fn a_reaction_is_said_in_its_chat() {
    let (client, mut server) = connected(8);
    server.lets_in().await;
    until_connected(&client.board).await;
    let reaction = Reaction {
        channel: ChannelName::new("irc").unwrap(),
        chat: ChatId::new("#garden").unwrap(),
        message_id: MessageId::new("m1").unwrap(),
        emoji: "👍".to_owned(),
        participant: None,
    };
    let sender = client.sender.clone();
    let delivery = Delivery { outgoing: Out::Reaction(reaction), ..delivery("#garden", "") };
    let sending = tokio::spawn(async move { sender.send(&delivery).await });
    assert_eq!(server.hears_line("PRIVMSG").await, "PRIVMSG #garden :👍");
    let ping = server.hears_line("PING").await;
    server.says(&ping.replace("PING", ":s PONG s")).await;
    sending.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_irc_cannot_carry_is_refused_before_anything_is_said() {
    let (client, mut server) = connected(8);
    server.lets_in().await;
    until_connected(&client.board).await;
    for (chat, text, expected) in [
        ("#elsewhere", "x", "not_in_channel"),
        ("eve,#garden", "x", "bad_target"),
        ("#garden", " \n ", "no_text"),
        ("#garden", &"x\n".repeat(MAX_LINES + 1), "too_long"),
    ] {
        assert_eq!(code(sending(&client, chat, text).await.unwrap()), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn lines_go_out_in_a_burst_and_then_one_a_second() {
    let (client, mut server) = connected(8);
    server.lets_in().await;
    until_connected(&client.board).await;
    // A rest: the bucket fills up again.
    tokio::time::sleep(Duration::from_secs(30)).await;
    let text: Vec<String> = (0..10).map(|n| n.to_string()).collect();
    let sending = sending(&client, "#garden", &text.join("\n"));
    let before = now();
    let mut at = Vec::new();
    for n in 0..10 {
        assert_eq!(server.hears_line("PRIVMSG").await, format!("PRIVMSG #garden :{n}"));
        at.push(before.elapsed().as_secs());
    }
    assert_eq!(at, [0, 0, 0, 0, 0, 1, 2, 3, 4, 5]);
    let ping = server.hears_line("PING").await;
    server.says(&ping.replace("PING", ":s PONG s")).await;
    sending.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_flood_waits_in_the_server_and_nothing_of_it_is_lost() {
    let (mut client, mut server) = connected(2);
    server.lets_in().await;
    until_connected(&client.board).await;
    for n in 0..200 {
        server.says(&format!(":x!y@z PRIVMSG #garden :{n}")).await;
    }
    server.says("PING :behind").await;
    for n in 0..200 {
        assert_eq!(client.heard.recv().await.unwrap().text(), n.to_string());
    }
    assert_eq!(server.hears_line("PONG").await, "PONG :behind");
    assert_eq!(client.board.read().dropped, 0);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_too_long_costs_itself_only() {
    let (mut client, mut server) = connected(8);
    server.lets_in().await;
    server.says(&format!(":x!y@z PRIVMSG #garden :{}", "x".repeat(9_000))).await;
    server.write.write_all(b":x!y@z PRIVMSG #garden :caf\xe9\r\n\xff\xfe\r\n").await.unwrap();
    assert_eq!(client.heard.recv().await.unwrap().text(), "café");
}

#[tokio::test(start_paused = true)]
async fn the_end_lets_a_message_finish_takes_no_new_one_and_says_goodbye() {
    let (mut client, mut server) = connected(8);
    server.lets_in().await;
    until_connected(&client.board).await;
    let under_way = sending(&client, "#garden", "one");
    let ping = server.hears_line("PING").await;
    client.switch.cancel();
    server.says(":x!y@z PRIVMSG #garden :too late").await;
    server.says(&ping.replace("PING", ":s PONG s")).await;
    under_way.await.unwrap().unwrap();
    assert_eq!(server.hears().await.as_deref(), Some("QUIT :bye"));
    assert_eq!(server.hears().await, None);
    (&mut client.task).await.unwrap();
    assert!(client.heard.recv().await.is_none());
    assert!(is_unreachable(&sending(&client, "#garden", "two").await.unwrap()));
}

#[tokio::test(start_paused = true)]
async fn the_end_does_not_wait_for_ever() {
    let (client, mut server) = connected(8);
    server.lets_in().await;
    until_connected(&client.board).await;
    let under_way = sending(&client, "#garden", "one");
    server.hears_line("PING").await;
    client.switch.cancel();
    let before = now();
    assert!(is_unreachable(&under_way.await.unwrap()));
    client.task.await.unwrap();
    assert!(before.elapsed() <= Duration::from_secs(u64::from(END_LIMIT) + 1));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_read_is_left() {
    let (client, mut server) = connected(8);
    server.lets_in().await;
    for _ in 0..400 {
        // At some point nobody listens any more.
        let _ = server.write.write_all(format!("PING :{}\r\n", "x".repeat(400)).as_bytes()).await;
    }
    client.task.await.unwrap();
    assert!(!client.board.read().connected);
}

#[expect(
    clippy::disallowed_methods,
    reason = "the time that a paused runtime has skipped is what is measured"
)]
fn now() -> tokio::time::Instant {
    tokio::time::Instant::now()
}
