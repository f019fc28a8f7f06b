//! A fake vendor of language models: real HTTP on 127.0.0.1, moods in which it fails as real ones do, and a book of
//! its own about who asked what and what they owe.
//!
//! It speaks OpenAI's chat completions and Anthropic's messages, streamed and whole. The other fake of this package,
//! [`FakeProvider`](crate::FakeProvider), plays one script for one test; this one stands in for an outage, for the
//! bill, and for the far end of a bench. It knows nothing of our crates.
//!
//! ```text
//! request ──▶ credential known? ──▶ mood of (credential, model) ──▶ what is on the wire ──▶ ledger
//! ```
//!
//! Deterministic: the same request in the same mood gets the same answer. Only a rule with a share draws lots, from a
//! seed.

mod admin;
mod answer;
mod connection;
mod dialect;
mod gate;
mod ledger;
mod mood;
mod options;
mod perform;
mod receipt;
mod refusal;
mod state;

use std::io::Result;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use gate::Doors;
use state::State;

pub use ledger::{Entry, Ledger, Outcome, Totals};
pub use mood::{BadMood, Mood, Rule};
pub use options::{FakeOptions, TokenPrices};

/// A fake vendor. It stops, and hangs up on everybody, when it is dropped.
#[derive(Debug)]
pub struct FakeVendor {
    address: SocketAddr,
    admin: SocketAddr,
    state: Arc<State>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl FakeVendor {
    /// Starts one on a thread of its own, so that tests of any kind can hold it.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start(options: FakeOptions) -> Result<Self> {
        let state = Arc::new(State::new(options));
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = std::sync::mpsc::sync_channel(1);
        let served = Arc::clone(&state);
        // All of it on the thread: whoever starts a vendor may be a task, and may not have a runtime of its own.
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let opened = runtime.and_then(|runtime| {
                let doors = {
                    let _inside = runtime.enter();
                    Doors::open(served.options.port)?
                };
                Ok((runtime, doors))
            });
            let (runtime, doors) = match opened {
                Ok(opened) => opened,
                Err(error) => return drop(tell.send(Err(error))),
            };
            let _ = tell.send(Ok((doors.address(), doors.admin_address())));
            runtime.block_on(async move {
                tokio::select! {
                    () = doors.serve(served) => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = std::thread::Builder::new().name("fake-vendor".to_owned()).spawn(work)?;
        let (address, admin) = told.recv().map_err(std::io::Error::other)??;
        Ok(Self { address, admin, state, stop: Some(stop), thread: Some(thread) })
    }

    /// What a client takes as the base address, for both dialects.
    pub fn base(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Where `/__ledger` and `/__mood` are answered in every mood, `http://…`. The vendor's own address answers them
    /// too, while it answers at all.
    pub fn admin_base(&self) -> String {
        format!("http://{}", self.admin)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From the next request on, be like this to everybody. When this returns, a door that is to be shut is shut.
    pub fn set_mood(&self, mood: Mood) {
        self.set_rules(vec![Rule::always(mood)]);
    }

    /// From the next request on, follow these rules. The first that applies decides; without one it is healthy.
    pub fn set_rules(&self, rules: Vec<Rule>) {
        self.state.set_rules(rules);
        self.state.gate().wait_until_done();
    }

    /// The book as it is now. An answer can be with its client a moment before it is in the sums: wait until
    /// nothing is open ([`FakeVendor::wait_for`]) before figures are compared.
    pub fn ledger(&self) -> Ledger {
        self.state.ledger()
    }

    /// Waits until the book says what is asked for; false when it does not within `limit`.
    pub fn wait_for(&self, limit: Duration, is_so: impl Fn(&Totals) -> bool) -> bool {
        self.state.wait_for(limit, is_so)
    }

    /// Stops, hangs up on everybody, and hands the book over. Requests that were under way end as broken ones.
    pub fn stop(mut self) -> Ledger {
        self.end();
        self.state.ledger()
    }

    fn end(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for FakeVendor {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests;
