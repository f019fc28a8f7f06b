//! The channel as a whole, against a server on loopback that is played from here.

use std::time::Duration;

use nanobot_core::cancel::CancelSwitch;
use nanobot_core::testing::{FakeClock, FakeIngest, SequenceIds};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::*;

fn open(port: u16) -> (Irc, IrcRunner) {
    let pause = Duration::from_millis(100);
    let settings =
        IrcSettings { port, reconnect_first: pause, reconnect_longest: pause, ..IrcSettings::default() };
    Irc::open(settings, Arc::new(FakeClock::default()), Arc::new(SequenceIds::new())).unwrap()
}

#[tokio::test]
async fn it_comes_back_after_a_fall_and_ends_when_it_is_told_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (irc, runner) = open(listener.local_addr().unwrap().port());
    let (switch, stop) = CancelSwitch::new();
    let running = tokio::spawn(runner.run(Arc::new(FakeIngest::new()), stop));
    for _ in 0..2 {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        while !line.starts_with("USER") {
            line.clear();
            stream.read_line(&mut line).await.unwrap();
        }
        assert!(!irc.status().connected);
        // Dropped: the server falls before it has let anybody in.
        stream.write_all(b"ERROR :not today\r\n").await.unwrap();
    }
    switch.cancel();
    tokio::time::timeout(Duration::from_secs(30), running).await.expect("it ends").unwrap();
}

#[tokio::test(start_paused = true)]
async fn without_a_server_nobody_who_sends_waits() {
    use nanobot_core::testing::journal::delivery;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (irc, runner) = open(listener.local_addr().unwrap().port());
    drop(listener);
    let sender = irc.sender();
    assert_eq!(sender.channel().as_str(), "irc");
    let sent = sender.send(&delivery("t1", 0, "#garden", "hello")).await;
    assert!(matches!(sent, Err(SendError::Unreachable { wait: None })), "before it runs");
    let (switch, stop) = CancelSwitch::new();
    let running = tokio::spawn(runner.run(Arc::new(FakeIngest::new()), stop));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let sent = sender.send(&delivery("t1", 0, "#garden", "hello")).await;
    assert!(matches!(sent, Err(SendError::Unreachable { wait: None })), "while it runs");
    switch.cancel();
    running.await.unwrap();
}
