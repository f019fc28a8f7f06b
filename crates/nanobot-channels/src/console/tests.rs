//! Whole consoles against a scripted daemon inside the process.

use super::interactive::{LineSource, Typed};
use super::*;
use crate::local::LocalLimits;
use crate::testing::{FakeDaemon, chat};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

struct Printed {
    out: String,
    err: String,
    summary: Result<ConsoleSummary, ConsoleError>,
}

fn daemon() -> Arc<FakeDaemon> {
    FakeDaemon::new(LocalLimits::default())
}

async fn batch(daemon: &Arc<FakeDaemon>, input: ConsoleInput, interrupts: &mut Interrupts) -> Printed {
    let mut client = daemon.client().await;
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let options = ConsoleOptions { chat: chat("c"), input, history_file: None, color: true };
    let io = ConsoleIo { out: &mut out, err: &mut err };
    let summary = run_console(&mut client, options, io, interrupts).await;
    client.close().await;
    Printed { out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap(), summary }
}

fn lines(text: &[u8]) -> ConsoleInput {
    ConsoleInput::Piped(Box::new(std::io::Cursor::new(text.to_vec())))
}

/// Types a script; what is printed above the prompt goes to a list. `<wait>` leaves the prompt open until
/// something was printed above it, `^C` and `^D` are keys.
struct Script {
    lines: std::vec::IntoIter<&'static str>,
    above: Vec<String>,
    waiting: bool,
}

#[async_trait]
impl LineSource for Script {
    async fn next(&mut self) -> Result<Typed, ConsoleError> {
        if self.waiting && self.above.is_empty() {
            std::future::pending::<()>().await;
        }
        self.waiting = false;
        Ok(match self.lines.next() {
            Some("^C") => Typed::Interrupted,
            Some("<wait>") => {
                self.waiting = true;
                std::future::pending().await
            }
            Some("^D") | None => Typed::End,
            Some(line) => Typed::Line(line.to_owned()),
        })
    }

    fn above(&mut self, text: &str) -> bool {
        self.above.push(text.to_owned());
        true
    }
}

async fn typed(
    daemon: &Arc<FakeDaemon>,
    script: Vec<&'static str>,
    interrupts: &mut Interrupts,
) -> (String, Vec<String>, Result<ConsoleSummary, ConsoleError>) {
    let mut client = daemon.client().await;
    client.attach(&chat("c")).await.unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let stage = Stage {
        client: &mut client,
        chat: chat("c"),
        screen: Screen::new(Style::Live, chat("c")),
        painter: Painter::new(ConsoleIo { out: &mut out, err: &mut err }, Remarks::Plain),
        interrupts,
        stopped: false,
    };
    let mut source = Script { lines: script.into_iter(), above: Vec::new(), waiting: false };
    let summary = interactive::interactive(stage, &mut source).await;
    client.close().await;
    (String::from_utf8(out).unwrap(), source.above, summary)
}

#[tokio::test(start_paused = true)]
async fn piped_lines_are_answered_in_order_with_nothing_else_on_the_output() {
    let daemon = daemon();
    let printed = batch(&daemon, lines(b"echo one\n\n  \ntool\necho two"), &mut Interrupts::never()).await;
    assert_eq!(printed.out, "one\nTwo files.\ntwo\n");
    assert_eq!(printed.err, "");
    let expected = ConsoleSummary { answered: 3, ..ConsoleSummary::default() };
    assert_eq!(printed.summary.unwrap(), expected);
    assert_eq!(*daemon.sent.lock().unwrap(), [Ok(()), Ok(()), Ok(())]);
}

#[tokio::test(start_paused = true)]
async fn lines_that_cannot_be_used_cost_one_remark_each_and_stop_nothing() {
    let daemon = daemon();
    let mut input = b"echo a\n\xff\xfe\n".to_vec();
    input.extend(vec![b'x'; 10 * 1024 * 1024]);
    input.extend(b"\nfull\nhuge\nfail\nignore\nagain\necho b\n");
    let printed = batch(&daemon, lines(&input), &mut Interrupts::never()).await;
    assert_eq!(printed.out, "a\nb\n");
    insta::assert_snapshot!(printed.err, @r"
    line 2: not valid UTF-8; skipped
    line 3: more than 4194304 bytes; skipped
    line 4: 20 messages already wait in this chat, which is the limit
    line 5: the message has 99999 characters, at most 50000 are accepted
    Sorry, that failed.
    (no answer: ignored)
    line 8: the daemon has seen this message before
    ");
    let expected =
        ConsoleSummary { answered: 2, ignored: 2, failed: 2, unreadable: 3, ..ConsoleSummary::default() };
    assert_eq!(printed.summary.unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn one_message_gives_one_answer() {
    let daemon = daemon();
    let once = ConsoleInput::Once("change".to_owned());
    let printed = batch(&daemon, once, &mut Interrupts::never()).await;
    assert_eq!((printed.out.as_str(), printed.err.as_str()), ("The password is [redacted]\n", ""));
    let blank = batch(&daemon, ConsoleInput::Once(" \n".to_owned()), &mut Interrupts::never()).await;
    assert_eq!((blank.out.as_str(), blank.err.as_str()), ("", "the message is blank\n"));
    assert_eq!(blank.summary.unwrap().unreadable, 1);
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_stops_the_turn_and_ends_the_batch() {
    let daemon = daemon();
    let (press, presses) = mpsc::channel(2);
    let mut interrupts = Interrupts::from_channel(presses);
    press.send(()).await.unwrap();
    let printed = batch(&daemon, lines(b"hang\necho never\n"), &mut interrupts).await;
    // Whether the press comes before or during the first message, no answer is printed.
    assert_eq!(printed.out, "");
    assert!(printed.summary.unwrap().interrupted);

    press.send(()).await.unwrap();
    let printed = batch(&daemon, ConsoleInput::Once("hang".to_owned()), &mut interrupts).await;
    assert_eq!((printed.out.as_str(), printed.err.as_str()), ("", "(stopping)\n(no answer: cancelled)\n"));
    let summary = printed.summary.unwrap();
    assert_eq!((summary.failed, summary.interrupted), (1, true));
    assert!(daemon.cancelled.lock().unwrap().contains(&"cli:c".to_owned()));

    // A turn that does not stop is left behind at the second press.
    let pressing = press_when_taken(&daemon, &press, 2);
    let batch = batch(&daemon, ConsoleInput::Once("deaf".to_owned()), &mut interrupts);
    let (printed, ()) = tokio::join!(batch, pressing);
    assert_eq!(printed.err, "(stopping)\n");
    assert!(printed.summary.unwrap().interrupted);
}

/// Presses Ctrl-C so many times, once the daemon has taken one more message and its turn is followed.
async fn press_when_taken(daemon: &FakeDaemon, press: &mpsc::Sender<()>, times: usize) {
    let before = daemon.received.lock().unwrap().len();
    while daemon.received.lock().unwrap().len() == before {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
    for _ in 0..times {
        press.send(()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_is_heard_while_a_message_waits_to_be_taken() {
    let daemon = daemon();
    let (press, presses) = mpsc::channel(2);
    let mut interrupts = Interrupts::from_channel(presses);
    // At the first press the turn is stopped as soon as it is known.
    press.send(()).await.unwrap();
    let printed = batch(&daemon, ConsoleInput::Once("late".to_owned()), &mut interrupts).await;
    assert_eq!(printed.err, "(stopping)\n(no answer: cancelled)\n");
    assert!(printed.summary.unwrap().interrupted);

    // At the second one nothing is waited for.
    press.send(()).await.unwrap();
    press.send(()).await.unwrap();
    let asking = batch(&daemon, ConsoleInput::Once("silence".to_owned()), &mut interrupts);
    let printed = tokio::time::timeout(Duration::from_secs(10), asking).await.unwrap();
    assert_eq!(printed.err, "(stopping)\n(it is not known whether the message was taken)\n");
    let summary = printed.summary.unwrap();
    assert_eq!((summary.failed, summary.interrupted), (1, true));
}

#[tokio::test(start_paused = true)]
async fn a_person_can_stop_waiting_for_a_message_to_be_taken() {
    let daemon = daemon();
    let (press, presses) = mpsc::channel(2);
    let mut interrupts = Interrupts::from_channel(presses);
    let pressing = async {
        for _ in 0..2 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            press.send(()).await.unwrap();
        }
    };
    let typing = typed(&daemon, vec!["silence", "/quit"], &mut interrupts);
    let both = async { tokio::join!(typing, pressing) };
    let ((out, _, summary), ()) = tokio::time::timeout(Duration::from_secs(10), both).await.unwrap();
    assert_eq!(out, "(stopping)\n(it is not known whether the message was taken)\n");
    assert_eq!(summary.unwrap(), ConsoleSummary { failed: 1, ..ConsoleSummary::default() });
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_was_left_says_only_its_message_above_the_prompt() {
    let daemon = daemon();
    let (press, presses) = mpsc::channel(2);
    let mut interrupts = Interrupts::from_channel(presses);
    let pressing = press_when_taken(&daemon, &press, 2);
    let typing = typed(&daemon, vec!["stubborn", "<wait>", "/quit"], &mut interrupts);
    let ((out, above, summary), ()) = tokio::join!(typing, pressing);
    assert!(out.starts_with("Half\n(stopping)\n(the turn has not stopped yet"), "{out}");
    assert_eq!(above, ["Half a way\n"]);
    assert_eq!(summary.unwrap().failed, 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_waited_for_without_a_limit_where_nobody_watches() {
    let daemon = daemon();
    let printed = batch(&daemon, lines(b"lost\ndeaf\necho x\n"), &mut Interrupts::never()).await;
    assert_eq!(printed.out, "x\n");
    assert_eq!(printed.err, "(no answer: its message did not arrive)\nline 2: no answer within 60 minutes\n");
    let summary = printed.summary.unwrap();
    assert_eq!((summary.answered, summary.failed), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_goes_ends_the_console_with_an_error() {
    let daemon = daemon();
    let (stop, token) = crate::testing::switch();
    let mut client = LocalClient::over(daemon.stream(token), crate::testing::options()).await.unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let options = ConsoleOptions {
        chat: chat("c"),
        input: ConsoleInput::Once("deaf".to_owned()),
        history_file: None,
        color: false,
    };
    let going = async {
        while daemon.received.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        stop.cancel();
    };
    let mut interrupts = Interrupts::never();
    let io = ConsoleIo { out: &mut out, err: &mut err };
    let (summary, ()) = tokio::join!(run_console(&mut client, options, io, &mut interrupts), going);
    assert!(matches!(summary, Err(ConsoleError::Client(crate::ClientError::Closed))));
    assert_eq!(String::from_utf8(err).unwrap(), "(the daemon closes the connection: draining)\n");
}

#[tokio::test(start_paused = true)]
async fn a_conversation_streams_and_ends_with_quit() {
    let daemon = daemon();
    let script = vec!["", "/help", "^C", "echo hello there", "tool", "change", "full", "/quit", "echo never"];
    let (out, above, summary) = typed(&daemon, script, &mut Interrupts::never()).await;
    insta::assert_snapshot!(out, @r"
    /help   this list
    /quit   leave (also /exit, Ctrl-D)
    Ctrl-C  stop the answer that is being written
    Anything else goes to the assistant, other words with a slash included.
    (to leave, type /quit or press Ctrl-D)
    hello there
    Let me look.
    · list_dir
    Two files.
    The password is hunter2
    (what was shown so far is not the final answer; this is:)
    The password is [redacted]
    (20 messages already wait in this chat, which is the limit)
    ");
    assert!(above.is_empty());
    assert_eq!(summary.unwrap(), ConsoleSummary { answered: 3, failed: 1, ..ConsoleSummary::default() });
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_stops_the_turn_and_not_the_program() {
    let daemon = daemon();
    let (press, presses) = mpsc::channel(2);
    let mut interrupts = Interrupts::from_channel(presses);
    let pressing = async {
        while daemon.received.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        press.send(()).await.unwrap();
    };
    let script = vec!["hang", "echo still here"];
    let ((out, _, summary), ()) = tokio::join!(typed(&daemon, script, &mut interrupts), pressing);
    assert!(out.contains("(stopping)\n"), "{out}");
    assert!(out.ends_with("(no answer: cancelled)\nstill here\n"), "{out}");
    assert_eq!(summary.unwrap().answered, 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_arrives_at_the_prompt_is_printed_above_it() {
    let daemon = daemon();
    let delivering = async {
        while daemon.hub.connections() == 0 {
            tokio::task::yield_now().await;
        }
        loop {
            let delivery = crate::testing::message("c", "reminder", 0, "Tea is ready");
            if nanobot_core::ports::ChannelSender::send(&*daemon.hub, &delivery).await.is_ok() {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    let mut interrupts = Interrupts::never();
    let script = vec!["<wait>", "/quit"];
    let ((out, above, summary), ()) = tokio::join!(typed(&daemon, script, &mut interrupts), delivering);
    assert_eq!(above, ["Tea is ready\n"]);
    assert_eq!(out, "");
    assert!(summary.is_ok());
}
