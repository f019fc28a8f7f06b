//! A tiny HTTP/1.1 server for tests that says exactly what it is told, byte by byte, so that it can misbehave.
//!
//! It answers every connection with the same acts and records what was asked.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::endpoint::Endpoint;

/// One thing that the server does after it has read a request.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Writes these bytes.
    Send(Vec<u8>),
    /// Writes these bytes one at a time, each in a write of its own.
    Trickle(Vec<u8>),
    /// Writes these bytes again and again until the client hangs up.
    Forever(Vec<u8>),
    /// Writes these bytes so often, with that pause before each.
    Every(std::time::Duration, usize, Vec<u8>),
    /// Says nothing any more, and keeps the connection open.
    Hang,
    /// Does not even read the request. Only as the first act.
    HangBeforeReading,
    /// Waits until the client closes the connection.
    AwaitHangUp,
}

/// A request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    /// Request line and headers, header names in lower case.
    pub(crate) head: String,
    /// The body, `null` when there was none.
    pub(crate) body: Value,
}

/// The server; it stops when this is dropped.
pub(crate) struct ScriptedServer {
    port: u16,
    requests: Arc<Mutex<Vec<Recorded>>>,
    hang_up: Arc<Notify>,
    task: JoinHandle<()>,
}

impl ScriptedServer {
    pub(crate) async fn start(acts: impl IntoIterator<Item = Act>) -> Self {
        let acts: Vec<Act> = acts.into_iter().collect();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let hang_up = Arc::new(Notify::new());
        let (seen, left) = (Arc::clone(&requests), Arc::clone(&hang_up));
        let task = tokio::spawn(async move {
            let mut open = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.spawn(serve(stream, acts.clone(), Arc::clone(&seen), Arc::clone(&left)));
            }
        });
        Self { port, requests, hang_up, task }
    }

    /// A server that answers with this status line, content type and body, and closes.
    pub(crate) async fn answering(status: &str, content_type: &str, body: &str) -> Self {
        Self::start([Act::Send(response(status, content_type, body))]).await
    }

    pub(crate) fn base(&self) -> Endpoint {
        Endpoint::parse(&format!("http://127.0.0.1:{}/v1", self.port)).unwrap()
    }

    pub(crate) fn encrypted_base(&self) -> Endpoint {
        Endpoint::parse(&format!("https://127.0.0.1:{}/v1", self.port)).unwrap()
    }

    /// Waits until a client has met [`Act::AwaitHangUp`] and left.
    pub(crate) async fn hung_up(&self) {
        self.hang_up.notified().await;
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A whole response, its end marked by the end of the connection.
pub(crate) fn response(status: &str, content_type: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\nconnection: close\r\n\r\n{body}")
        .into_bytes()
}

async fn serve(mut stream: TcpStream, acts: Vec<Act>, seen: Arc<Mutex<Vec<Recorded>>>, left: Arc<Notify>) {
    if matches!(acts.first(), Some(Act::HangBeforeReading)) {
        return std::future::pending().await;
    }
    let Some(request) = read_request(&mut stream).await else { return };
    seen.lock().unwrap().push(request);
    for act in acts {
        let written = match act {
            Act::Send(bytes) => stream.write_all(&bytes).await,
            Act::Trickle(bytes) => {
                stream.set_nodelay(true).unwrap();
                let mut result = Ok(());
                for byte in bytes {
                    result = stream.write_all(&[byte]).await;
                    tokio::task::yield_now().await;
                }
                result
            }
            Act::Forever(bytes) => loop {
                if let Err(error) = stream.write_all(&bytes).await {
                    break Err(error);
                }
            },
            Act::Every(pause, times, bytes) => {
                let mut result = Ok(());
                for _ in 0..times {
                    tokio::time::sleep(pause).await;
                    result = stream.write_all(&bytes).await;
                }
                result
            }
            Act::AwaitHangUp => {
                while !matches!(stream.read(&mut [0; 64]).await, Ok(0) | Err(_)) {}
                left.notify_one();
                return;
            }
            Act::Hang | Act::HangBeforeReading => return std::future::pending().await,
        };
        if written.is_err() {
            return;
        }
    }
    let _ = stream.shutdown().await;
}

async fn read_request(stream: &mut TcpStream) -> Option<Recorded> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse().unwrap());
    while bytes.len() < head_end + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = serde_json::from_slice(&bytes[head_end + 4..]).unwrap_or(Value::Null);
    Some(Recorded { head, body })
}
