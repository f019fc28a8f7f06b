//! A relay that stands before the real server and changes one word of what is asked: tools are not offered but
//! required, which the tiny agent's server does not survive. The daemon itself never asks for that.
//!
//! It carries one exchange at a time, and each on a connection of its own, so that a server that is gone is a closed
//! connection to the client as well.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long either side may say nothing. Generous: a busy machine is no failure.
const LIMIT: Duration = Duration::from_secs(30);

const OFFERED: &str = r#""tool_choice":"auto""#;
const REQUIRED: &str = r#""tool_choice":"required""#;

/// A running relay. It ends when it is dropped.
pub(super) struct Relay {
    port: u16,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    is_harmless: AtomicBool,
    has_ended: AtomicBool,
}

impl Relay {
    /// Starts one before the server at this port. What goes through it is deadly.
    pub(super) fn before(server: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (port, state) = (listener.local_addr().unwrap().port(), Arc::new(State::default()));
        let seen = Arc::clone(&state);
        let thread = std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if seen.has_ended.load(Ordering::Acquire) {
                    break;
                }
                // What goes wrong between the two is a broken connection to the client.
                let _ = carry(&client, server, seen.is_harmless.load(Ordering::Acquire));
            }
        });
        Self { port, state, thread: Some(thread) }
    }

    /// Passes on as it is what comes from now on.
    pub(super) fn be_harmless(&self) {
        self.state.is_harmless.store(true, Ordering::Release);
    }

    pub(super) fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.state.has_ended.store(true, Ordering::Release);
        // Wakes it up.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// One exchange: the request with its head adjusted, then whatever comes back until the server hangs up.
fn carry(mut client: &TcpStream, server: u16, is_harmless: bool) -> io::Result<()> {
    client.set_read_timeout(Some(LIMIT))?;
    let mut request = BufReader::new(client);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if request.read_line(&mut line)? == 0 {
            return Ok(());
        }
        match line.to_ascii_lowercase().split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse().map_err(io::Error::other)?,
            Some(("connection", _)) => {}
            None if line.trim().is_empty() => break,
            _ => head.push_str(&line),
        }
    }
    let mut body = vec![0; length];
    request.read_exact(&mut body)?;
    let mut body = String::from_utf8(body).map_err(io::Error::other)?;
    if !is_harmless {
        body = body.replace(OFFERED, REQUIRED);
    }
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, server))?;
    server.set_read_timeout(Some(LIMIT))?;
    write!(server, "{head}connection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())?;
    io::copy(&mut server, &mut client)?;
    Ok(())
}
