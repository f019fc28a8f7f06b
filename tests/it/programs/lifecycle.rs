//! How the daemon starts, ends, and starts again.

use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use nanobot_tests::{ANSWER, FakeProvider, Script};
use rustix::process::Signal;

use super::harness::Home;

/// How long a request may take to come in. Generous: a busy machine is no failure.
const LIMIT: Duration = Duration::from_secs(30);

fn slow(delay: Duration) -> (FakeProvider, Home) {
    let provider = FakeProvider::start(Script::Answer).unwrap();
    provider.wait(delay);
    let home = Home::empty();
    home.write("config.json", Home::config_for(&provider).to_string());
    (provider, home)
}

#[test]
fn a_second_daemon_is_sent_away() {
    let home = Home::empty();
    let daemon = home.daemon();
    let second = home.daemon_that_ends().exits(75);
    let told = home.redact(second.one_line()).replace(&daemon.pid().to_string(), "PID");
    insta::assert_snapshot!(told, @"nanobotd: home ~/.nanobot is in use by process PID; stop it first, or talk to it with nanobot-cli");
    assert_eq!(home.talk().ask("help").outcome, "answered");
    daemon.stop();
}

#[test]
fn a_turn_under_way_is_finished_and_delivered_before_the_daemon_ends() {
    let (provider, home) = slow(Duration::from_secs(1));
    let daemon = home.daemon();
    let mut talk = home.talk();
    talk.send("hi");
    assert!(provider.wait_for_requests(1, LIMIT));
    daemon.signal(Signal::TERM);
    let turn = talk.follow();
    assert_eq!((turn.delivered, turn.outcome.as_str()), (vec![ANSWER.to_owned()], "answered"));
    assert_eq!(daemon.wait(), 0);
    assert_eq!(home.conversation("cli:default").len(), 2);
    assert!(!home.has("var/run/nanobot.sock"), "the socket is left behind");
}

#[test]
fn while_it_drains_new_messages_are_refused_for_later() {
    let (provider, home) = slow(Duration::from_secs(1));
    let daemon = home.daemon();
    let mut talk = home.talk();
    talk.send("hi");
    assert!(provider.wait_for_requests(1, LIMIT));
    daemon.signal(Signal::TERM);
    daemon.wait_for("draining");
    let answer = talk.offer("one more");
    assert_eq!(
        (answer["t"].as_str(), answer["code"].as_str()),
        (Some("refused"), Some("draining")),
        "{answer}"
    );
    assert_eq!(answer["retry"], true);
    assert_eq!(talk.follow().delivered, [ANSWER]);
    assert_eq!(daemon.wait(), 0);
}

#[test]
fn a_second_signal_hurries() {
    let (provider, home) = slow(Duration::from_secs(20));
    let daemon = home.daemon();
    let mut talk = home.talk();
    talk.send("hi");
    assert!(provider.wait_for_requests(1, LIMIT));
    daemon.signal(Signal::TERM);
    daemon.wait_for("draining");
    let hurried = Instant::now();
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.wait(), 0);
    assert!(hurried.elapsed() < Duration::from_secs(5), "{:?}", hurried.elapsed());
}

#[test]
fn a_turn_that_takes_too_long_is_stopped_at_the_end_of_the_drain() {
    let (provider, home) = slow(Duration::from_secs(20));
    home.write("config.toml", "[daemon]\ndrain_seconds = 1\n");
    let daemon = home.daemon();
    let mut talk = home.talk();
    talk.send("hi");
    assert!(provider.wait_for_requests(1, LIMIT));
    daemon.signal(Signal::TERM);
    let turn = talk.follow();
    assert_eq!((turn.delivered, turn.outcome.as_str()), (Vec::new(), "abandoned"));
    assert_eq!(daemon.wait(), 0);

    // It was nobody's fault, and the message is kept: the next daemon answers whoever is there.
    provider.wait(Duration::ZERO);
    let daemon = home.daemon();
    assert_eq!(home.talk().late_answer(), ANSWER);
    daemon.stop();
}

#[test]
fn after_a_kill_the_home_is_free_and_nothing_written_is_lost() {
    let (provider, home) = slow(Duration::ZERO);
    let daemon = home.daemon();
    let mut talk = home.talk();
    assert_eq!(talk.ask("before").delivered, [ANSWER]);
    provider.wait(Duration::from_secs(20));
    talk.send("under way");
    assert!(provider.wait_for_requests(2, LIMIT));
    daemon.signal(Signal::KILL);
    assert_eq!(daemon.wait(), 128 + 9);
    assert!(home.has("var/run/nanobot.sock"), "a stale socket is what this test is about");
    home.cli(&["status", "--check"]).exits(69);

    provider.wait(Duration::ZERO);
    let daemon = home.daemon();
    home.cli(&["status", "--check"]).exits(0);
    let mut talk = home.talk();
    assert_eq!(talk.late_answer(), ANSWER, "what was under way is answered by the next daemon");
    assert_eq!(talk.ask("after").delivered, [ANSWER]);
    let words: Vec<String> = home.conversation("cli:default").into_iter().map(|(_, text)| text).collect();
    assert_eq!(words, ["before", ANSWER, "under way", ANSWER, "after", ANSWER]);
    daemon.stop();
}

// A daemon that goes on without one of its tasks looks well and is not.
#[test]
fn a_task_that_breaks_ends_the_daemon_in_order_and_as_a_failure() {
    let home = Home::empty();
    let daemon = home.faulty_daemon(&["--frail-network-ms=200"]);
    let told = daemon.wait_for("a task in the background broke");
    assert!(told.contains(r#""level":"ERROR""#) && told.contains("channel frail"), "{told}");
    daemon.wait_for("draining");
    assert_eq!(daemon.wait(), 1, "a service manager starts it anew");
    assert!(!home.has("var/run/nanobot.sock"), "the socket is left behind");
}

#[test]
fn the_service_manager_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let address = folder.path().join("notify");
    let manager = UnixDatagram::bind(&address).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let home = Home::empty().with_variable("NOTIFY_SOCKET", address.display().to_string());
    let daemon = home.daemon();
    let heard = || {
        let mut bytes = [0_u8; 256];
        let length = manager.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).trim_end().to_owned()
    };
    assert_eq!(heard(), "READY=1");
    daemon.stop();
    assert_eq!(heard(), "STOPPING=1");
}
