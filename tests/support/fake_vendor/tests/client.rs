//! A client that shows what was on the wire, byte for byte, and how it ended.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use crate::fake_vendor::{FakeOptions, FakeVendor};

/// Longer than anything takes that comes at all.
const LIMIT: Duration = Duration::from_secs(10);
/// Long enough to believe that nothing more comes.
const QUIET: Duration = Duration::from_millis(150);

/// How a connection ended, or that it did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The other side closed it.
    Closed,
    /// The other side cut it off.
    Reset,
    /// It is open, and nothing comes.
    Quiet,
}

pub(super) struct Client(pub(super) TcpStream);

impl Client {
    pub(super) fn of(vendor: &FakeVendor) -> Self {
        Self::at(vendor.address()).unwrap()
    }

    pub(super) fn at(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(LIMIT))?;
        Ok(Self(stream))
    }

    /// Sends a request, with that key in OpenAI's place.
    pub(super) fn post(&mut self, path: &str, key: &str, body: &Value) {
        let body = body.to_string();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        self.0.write_all((head + &body).as_bytes()).unwrap();
    }

    /// One whole response: its head, and its body without the marks of chunks.
    pub(super) fn response(&mut self) -> (String, Vec<u8>) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.byte());
        }
        let head = String::from_utf8(head).unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = Vec::new();
        match length {
            Some(length) => self.take(length.parse().unwrap(), &mut body),
            None => while self.chunk(&mut body) {},
        }
        (head, body)
    }

    fn chunk(&mut self, body: &mut Vec<u8>) -> bool {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.push(self.byte());
        }
        let size = usize::from_str_radix(std::str::from_utf8(&line).unwrap().trim(), 16).unwrap();
        self.take(size, body);
        self.take(2, &mut Vec::new());
        size > 0
    }

    fn take(&mut self, count: usize, into: &mut Vec<u8>) {
        let mut bytes = vec![0; count];
        self.0.read_exact(&mut bytes).unwrap();
        into.extend(bytes);
    }

    fn byte(&mut self) -> u8 {
        let mut byte = [0];
        self.0.read_exact(&mut byte).unwrap();
        byte[0]
    }

    /// Everything that comes until it ends, or until nothing comes for a while.
    pub(super) fn rest(&mut self) -> (String, End) {
        self.0.set_read_timeout(Some(LIMIT)).unwrap();
        let mut all = Vec::new();
        let mut bytes = [0; 4_096];
        let end = loop {
            match self.0.read(&mut bytes) {
                Ok(0) => break End::Closed,
                Ok(count) => all.extend(&bytes[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => break End::Reset,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break End::Quiet,
                Err(error) => panic!("{error}"),
            }
            self.0.set_read_timeout(Some(QUIET)).unwrap();
        };
        (String::from_utf8_lossy(&all).into_owned(), end)
    }

    /// Like [`Client::rest`], for a connection on which perhaps nothing comes at all.
    pub(super) fn rest_if_any(&mut self) -> (String, End) {
        let mut byte = [0];
        self.0.set_read_timeout(Some(QUIET)).unwrap();
        match self.0.peek(&mut byte) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => (String::new(), End::Quiet),
            // To look at a reset is to have had it.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => (String::new(), End::Reset),
            _ => self.rest(),
        }
    }
}

pub(super) fn vendor() -> FakeVendor {
    FakeVendor::start(FakeOptions::default()).unwrap()
}

/// A question in OpenAI's words.
pub(super) fn question(streamed: bool) -> Value {
    json!({
        "model": "m",
        "stream": streamed,
        "stream_options": {"include_usage": true},
        "messages": [{"role": "user", "content": "first line\nturn-7"}],
    })
}

pub(super) const CHAT: &str = "/v1/chat/completions";
pub(super) const MESSAGES: &str = "/v1/messages";

/// The text of a streamed answer, in whichever dialect.
pub(super) fn spoken(events: &[u8]) -> String {
    let events = std::str::from_utf8(events).unwrap();
    let data = events.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
    let texts = data.filter_map(|data| {
        let event: Value = serde_json::from_str(data).unwrap();
        let text = event.pointer("/choices/0/delta/content").or_else(|| event.pointer("/delta/text"));
        text.and_then(Value::as_str).map(str::to_owned)
    });
    texts.collect()
}
