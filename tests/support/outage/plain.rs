//! What many programs do instead of a router: one client, one key, and three retries with a wait that doubles. It
//! retries everything that may go better, waits as long as the vendor asks, and may take back what was streamed.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use async_trait::async_trait;
use nanobot_core::model::ModelErrorKind;
use nanobot_core::ports::{Clock, DeltaSink as _};
use nanobot_llm_router::{ChatProvider, Delivery, Then, verdict};
use nanobotd::system::SystemClock;

use super::house::{Vendors, client};
use super::plan::{MAIN, PATIENCE};
use super::turn::{Answer, Answerer, Turn, Viewer, is_streamed, request};

/// Attempts behind the first.
const RETRIES: u32 = 3;
/// The wait before the first of them.
const BACKOFF: Duration = Duration::from_millis(250);

/// The client.
pub(super) struct Plain {
    streamed: Arc<dyn ChatProvider>,
    whole: Arc<dyn ChatProvider>,
    clock: SystemClock,
}

impl Plain {
    pub(super) fn open(vendors: &Vendors) -> Result<Self> {
        let open = |delivery| client("primary", &vendors.primary.base(), Some(MAIN), delivery);
        Ok(Self {
            streamed: open(Delivery::Streamed)?,
            whole: open(Delivery::Whole)?,
            clock: SystemClock::new(),
        })
    }
}

/// Whether the same request may succeed later: what sends a router on to anybody else.
fn may_go_better(kind: ModelErrorKind) -> bool {
    verdict(kind).then == Then::Next
}

#[async_trait]
impl Answerer for Plain {
    async fn answer(&self, chat: usize, turn: usize) -> Turn {
        let began = self.clock.now().instant;
        let client = if is_streamed(chat) { &self.streamed } else { &self.whole };
        let request = request(turn);
        let mut viewer = Viewer::default();
        let mut retries = 0;
        let answer = loop {
            match client.ask(&request, PATIENCE, &mut viewer).await {
                Ok(reply) => break Ok(Answer { text: reply.text, provider: "primary".to_owned() }),
                Err(error) if may_go_better(error.kind) && retries < RETRIES => {
                    viewer.restart();
                    let usual = BACKOFF.saturating_mul(1 << retries);
                    tokio::time::sleep(error.retry_after.unwrap_or(usual)).await;
                    retries += 1;
                }
                Err(error) => break Err(error.kind.code()),
            }
        };
        let took = self.clock.now().instant.duration_since(began);
        let took = Duration::try_from(took).unwrap_or_default();
        Turn { number: turn, took, answer, seen: viewer.text, restarts: viewer.restarts }
    }
}
