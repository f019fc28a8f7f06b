//! The provider itself: a server on 127.0.0.1 with a thread of its own, so that tests of any kind can hold one.
//!
//! It records every request and does with each what the script in force says.

use std::collections::VecDeque;
use std::io::Result;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::io::BufReader;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::acting::{self, After};
use crate::http::{self, Request};
use crate::script::Script;

/// Requests that are remembered: more than any test sends, less than a bench.
const KEPT_REQUESTS: usize = 1_000;

/// A fake provider. It stops, and hangs up on everybody, when it is dropped.
#[derive(Debug)]
pub struct FakeProvider {
    address: SocketAddr,
    shared: Arc<(Mutex<Shared>, Condvar)>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    script: Script,
    delay: Duration,
    requests: VecDeque<Request>,
    /// How many requests there were, those that are forgotten among them.
    seen: usize,
}

impl Shared {
    fn new(script: Script) -> Self {
        Self { script, delay: Duration::ZERO, requests: VecDeque::new(), seen: 0 }
    }
}

impl FakeProvider {
    /// Starts one on a free port.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start(script: Script) -> Result<Self> {
        Self::start_on(0, script)
    }

    /// Starts one on a port; 0 is any free one.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub fn start_on(port: u16, script: Script) -> Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let shared = Arc::new((Mutex::new(Shared::new(script)), Condvar::new()));
        let (stop, stopped) = oneshot::channel();
        let seen = shared.clone();
        let work = move || {
            runtime.block_on(async move {
                tokio::select! {
                    () = accept(listener, seen) => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = std::thread::Builder::new().name("fake-provider".to_owned()).spawn(work)?;
        Ok(Self { address, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a client takes as the provider's base address.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// From the next request on, do this.
    pub fn play(&self, script: Script) {
        lock(&self.shared.0).script = script;
    }

    /// From the next request on, wait this long before anything is answered.
    pub fn wait(&self, delay: Duration) {
        lock(&self.shared.0).delay = delay;
    }

    /// Waits until this many requests have come in since the start; false when they do not within `limit`.
    pub fn wait_for_requests(&self, count: usize, limit: Duration) -> bool {
        let shared = lock(&self.shared.0);
        let waited = self.shared.1.wait_timeout_while(shared, limit, |shared| shared.seen < count);
        waited.is_ok_and(|(shared, _)| shared.seen >= count)
    }

    /// What was asked so far, in order; the last 1,000 of it.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.shared.0).requests.iter().cloned().collect()
    }
}

impl Drop for FakeProvider {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves until it is dropped; the connections go with it.
async fn accept(listener: std::net::TcpListener, shared: Arc<(Mutex<Shared>, Condvar)>) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        // Small writes go out at once; a bench would measure the kernel's patience otherwise.
        let _ = stream.set_nodelay(true);
        connections.spawn(serve(stream, shared.clone()));
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(stream: TcpStream, shared: Arc<(Mutex<Shared>, Condvar)>) {
    // Only reading is buffered: what a script writes is on the wire at once.
    let mut stream = BufReader::new(stream);
    // A client that speaks no HTTP, or hangs up, is no business of ours.
    while let Ok(Some(request)) = http::read_request(&mut stream).await {
        let (script, delay) = {
            let mut state = lock(&shared.0);
            if state.requests.len() == KEPT_REQUESTS {
                state.requests.pop_front();
            }
            state.requests.push_back(request.clone());
            state.seen += 1;
            shared.1.notify_all();
            (state.script, state.delay)
        };
        match acting::answer(&mut stream, &request, script, delay).await {
            Ok(After::KeepOpen) => {}
            Ok(After::HangUp) | Err(_) => return,
        }
    }
}
