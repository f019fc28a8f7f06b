//! A client of the local socket, byte by byte: what any program on this machine could be.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::daemon::LIMIT;

/// A connection that is attached to the chat `default`.
pub(crate) struct Talk {
    stream: BufReader<UnixStream>,
    /// What came before an acknowledgement: a turn may be faster than its `ack`.
    early: VecDeque<Value>,
    /// The turn that answers what was sent last. What is left of an earlier one is no part of it.
    turn: Option<String>,
}

/// What came of one message.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// The whole texts that were delivered.
    pub(crate) delivered: Vec<String>,
    /// The pieces that were shown, put together.
    pub(crate) shown: String,
    /// So many pieces.
    pub(crate) pieces: usize,
    /// Tools that ran.
    pub(crate) tools: Vec<String>,
    /// How it ended.
    pub(crate) outcome: String,
}

impl Talk {
    #[track_caller]
    pub(crate) fn connect(socket: &Path) -> Self {
        let stream = UnixStream::connect(socket).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.set_write_timeout(Some(LIMIT)).unwrap();
        let mut talk = Self { stream: BufReader::new(stream), early: VecDeque::new(), turn: None };
        talk.say(&json!({"t": "hello", "v": 1, "client": "a test"}));
        assert_eq!(talk.frame()["t"], "hello");
        talk.say(&json!({"t": "attach", "chat": "default"}));
        talk
    }

    /// Writes one frame.
    pub(crate) fn say(&mut self, frame: &Value) {
        self.write(format!("{frame}\n").as_bytes());
    }

    /// Writes bytes as they are.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).unwrap();
    }

    /// The next frame.
    #[track_caller]
    pub(crate) fn frame(&mut self) -> Value {
        self.early.pop_front().unwrap_or_else(|| self.read())
    }

    #[track_caller]
    fn read(&mut self) -> Value {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in the frame {line:?}"))
    }

    /// Sends a message and waits until it is acknowledged.
    #[track_caller]
    pub(crate) fn send(&mut self, text: &str) {
        let answer = self.offer(text);
        assert_eq!(answer["t"], "ack", "{answer}");
    }

    /// Sends a message, and answers the `ack` or `refused` that it gets.
    #[track_caller]
    pub(crate) fn offer(&mut self, text: &str) -> Value {
        // The same id in the same chat is the same message, also from another connection.
        static SENT: AtomicU32 = AtomicU32::new(0);
        let id = format!("m{}", SENT.fetch_add(1, Ordering::Relaxed));
        self.say(&json!({"t": "inbound", "id": id, "chat": "default", "text": text}));
        loop {
            let frame = self.read();
            if matches!(frame["t"].as_str(), Some("ack" | "refused")) {
                self.turn = frame["turn"].as_str().map(str::to_owned).or(self.turn.take());
                return frame;
            }
            self.early.push_back(frame);
        }
    }

    /// Follows the turn that runs until it has ended.
    #[track_caller]
    pub(crate) fn follow(&mut self) -> Turn {
        let mut turn = Turn::default();
        loop {
            let frame = self.frame();
            if self.turn.as_deref().is_some_and(|turn| frame["turn"].as_str().is_some_and(|of| of != turn)) {
                if frame["t"] == "deliver" {
                    self.say(&json!({"t": "confirm", "key": frame["key"]}));
                }
                continue;
            }
            let text =
                |name: &str| frame[name].as_str().unwrap_or_else(|| panic!("{name} in {frame}")).to_owned();
            match text("t").as_str() {
                "delta" => {
                    turn.shown.push_str(&text("text"));
                    turn.pieces += 1;
                }
                "tool" => turn.tools.push(text("name")),
                "deliver" => {
                    turn.delivered.push(text("text"));
                    self.say(&json!({"t": "confirm", "key": text("key")}));
                }
                "ended" => {
                    turn.outcome = text("outcome");
                    return turn;
                }
                "typing" | "aside" => {}
                _ => panic!("not expected in a turn: {frame}"),
            }
        }
    }

    /// What an earlier daemon owed to this chat.
    #[track_caller]
    pub(crate) fn late_answer(&mut self) -> String {
        loop {
            let frame = self.frame();
            if frame["t"] == "deliver" {
                self.say(&json!({"t": "confirm", "key": frame["key"]}));
                return frame["text"].as_str().unwrap().to_owned();
            }
        }
    }

    /// Sends a message and follows its turn.
    #[track_caller]
    pub(crate) fn ask(&mut self, text: &str) -> Turn {
        self.send(text);
        self.follow()
    }
}
