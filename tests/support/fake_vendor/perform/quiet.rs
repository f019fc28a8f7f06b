//! Failures that do not look like any at first: an error behind thoughts, signs of life without an answer, and pages of
//! whoever stands in between.

use std::io::Result;
use std::time::Duration;

use super::{EVENTS, HTML, JSON, Job, events_head};
use crate::fake_vendor::connection::After;
use crate::fake_vendor::ledger::Outcome;
use crate::fake_vendor::refusal;
use crate::http;

/// What a model thinks that comes to no answer, again and again.
const THOUGHT: &str = "let me see ";
/// The status that an error in a stream would have had as a response of its own.
const OVERLOADED: u16 = 529;
/// Between two signs of life: shorter than anybody waits.
const SIGN_OF_LIFE: Duration = Duration::from_millis(20);

impl Job<'_> {
    /// Thinks, which is charged, and then has no room for words.
    pub(super) async fn think_and_fail(&mut self, thoughts: usize) -> Result<After> {
        self.receipt.work();
        self.receipt.sent(200);
        let error = refusal::body(self.dialect, OVERLOADED, self.asked);
        if self.asked.streamed {
            self.write(events_head(EVENTS).as_bytes()).await?;
            for event in self.dialect.before_thoughts(self.answer) {
                http::chunk(self.stream, event.as_bytes()).await?;
            }
            let thought = self.dialect.thought(self.answer, THOUGHT);
            for _ in 0..thoughts {
                http::chunk(self.stream, thought.as_bytes()).await?;
                self.receipt.say(THOUGHT.len());
            }
            self.receipt.close(Outcome::Refused);
            http::chunk(self.stream, self.dialect.error_event(&error).as_bytes()).await?;
            http::end_events(self.stream).await?;
        } else {
            self.receipt.say(THOUGHT.len().saturating_mul(thoughts));
            self.receipt.close(Outcome::Refused);
            http::respond(self.stream, "200 OK", JSON, "", error.to_string().as_bytes()).await?;
        }
        Ok(After::KeepOpen)
    }

    /// Ends when the client has had enough. It is charged like one who hangs.
    pub(super) async fn only_live(&mut self) -> Result<After> {
        self.charge_all();
        let (kind, sign) = if self.asked.streamed { (EVENTS, self.dialect.ping()) } else { (JSON, "\n") };
        self.write(events_head(kind).as_bytes()).await?;
        self.receipt.sent(200);
        loop {
            http::chunk(self.stream, sign.as_bytes()).await?;
            self.wait(SIGN_OF_LIFE).await?;
        }
    }

    /// A page for people, and no work.
    pub(super) async fn page(&mut self, status: u16, headers: &str, page: &str) -> Result<After> {
        self.receipt.sent(status);
        self.receipt.close(Outcome::Refused);
        http::respond(self.stream, &refusal::status_line(status), HTML, headers, page.as_bytes()).await?;
        Ok(After::KeepOpen)
    }
}
