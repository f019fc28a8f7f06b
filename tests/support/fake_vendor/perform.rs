//! How each mood looks on the wire, and what is charged for it.

mod quiet;

use std::io::{Error, ErrorKind, Result};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::answer::{Answer, Asked};
use super::connection::After;
use super::dialect::Dialect;
use super::ledger::Outcome;
use super::mood::Mood;
use super::receipt::Receipt;
use super::refusal;
use super::state::State;
use crate::http;
use crate::wire::WEB_PAGE;

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";
const EVENTS: &str = "text/event-stream; charset=utf-8";
/// Where a slow head stops for a while: behind `HTTP/1.1 200 OK`, the end of the line and `con`.
const SLOW_HEAD: usize = 20;
/// How much noise there is, in runs of eight bytes.
const NOISE_RUNS: usize = 64;
/// What a vendor says that never stops: a few kilobytes at a time.
const ENDLESS_WORDS: usize = 500;
/// What stands where a count of tokens should.
const RUBBISH: &str = "data: {\"usage\": <!-- served in 12 ms -->\n\n";
/// Where a redirect leads: nobody listens there.
const ELSEWHERE: &str = "location: http://127.0.0.1:9/sign-in\r\n";

/// A request, and everything that is needed to answer it.
pub(super) struct Job<'a> {
    pub(super) stream: &'a mut BufReader<TcpStream>,
    pub(super) state: &'a Arc<State>,
    pub(super) dialect: Dialect,
    pub(super) asked: &'a Asked,
    pub(super) answer: &'a Answer,
    pub(super) receipt: &'a mut Receipt,
}

/// Answers one request. An error means that the client has gone.
pub(super) async fn perform(job: &mut Job<'_>, mood: Mood) -> Result<After> {
    match mood {
        Mood::Healthy => job.answer_all(Duration::ZERO, Ending::Proper).await,
        Mood::SlowHeaders { pause } => job.answer_all(pause, Ending::Proper).await,
        Mood::TrailingRubbish => job.answer_all(Duration::ZERO, Ending::Rubbish).await,
        // Only requests that were read before the door was shut come here.
        Mood::RefuseConnections => Ok(After::Reset),
        Mood::ResetBeforeHeaders => {
            job.charge_all();
            Ok(After::Reset)
        }
        Mood::ResetAfterHeaders => {
            job.charge_all();
            let head = job.head();
            job.write(head.as_bytes()).await?;
            job.receipt.sent(200);
            Ok(After::Reset)
        }
        Mood::HangBeforeFirstByte => {
            job.charge_all();
            job.until_client_leaves().await
        }
        Mood::StallMidStream { after } => {
            job.begin_and_stop(after, 0).await?;
            job.until_client_leaves().await
        }
        Mood::HalfSseFrame => {
            job.begin_and_stop(1, 1).await?;
            job.receipt.close(Outcome::Broken);
            if job.asked.streamed {
                http::end_events(job.stream).await?;
            }
            Ok(After::HangUp)
        }
        Mood::RateLimited { retry_after } => {
            let wait = retry_after.map(|wait| format!("retry-after: {}\r\n", wait.as_secs()));
            job.refuse(429, &wait.unwrap_or_default(), &refusal::body(job.dialect, 429, job.asked)).await
        }
        Mood::Status(status) => job.refuse(status, "", &refusal::body(job.dialect, status, job.asked)).await,
        Mood::ExpiredKey => job.refuse(401, "", &refusal::body(job.dialect, 401, job.asked)).await,
        Mood::ContextOverflow => job.refuse(400, "", &refusal::overflow(job.dialect)).await,
        Mood::Garbage => {
            // No text begins like this, whatever the lots say.
            let mut noise = vec![0xff, 0xc3, 0x28];
            noise.extend((0..NOISE_RUNS).flat_map(|_| job.state.noise()));
            job.receipt.work();
            job.nonsense(if job.asked.streamed { EVENTS } else { JSON }, &noise).await
        }
        Mood::WrongContentType => job.nonsense(HTML, WEB_PAGE.as_bytes()).await,
        Mood::TooLong => job.never_stop().await,
        Mood::ErrorInStream { after } => job.think_and_fail(after).await,
        Mood::CommentsForever => job.only_live().await,
        Mood::Redirect => job.page(307, ELSEWHERE, "").await,
        Mood::MissingPage => job.page(404, "", WEB_PAGE).await,
        Mood::ForbiddenPage => job.page(403, "", WEB_PAGE).await,
    }
}

/// What follows a whole streamed answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// What should.
    Proper,
    /// Something that is none of it.
    Rubbish,
}

impl Job<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).await
    }

    /// The answer is lost, but the work was done.
    fn charge_all(&mut self) {
        self.receipt.work();
        self.receipt.say(self.answer.len());
    }

    async fn answer_all(&mut self, pause_in_head: Duration, ending: Ending) -> Result<After> {
        self.wait(self.state.options.think).await?;
        self.receipt.work();
        let body =
            if self.asked.streamed { String::new() } else { self.dialect.whole(self.answer).to_string() };
        let head = if self.asked.streamed { events_head(EVENTS) } else { whole_head(body.len()) };
        // In one write where nothing is slow: a bench measures the way, not how often the kernel is called.
        let whole = head + &body;
        let (first, second) =
            if pause_in_head.is_zero() { (whole.as_str(), "") } else { whole.split_at(SLOW_HEAD) };
        if !self.asked.streamed {
            self.receipt.say(self.answer.len());
        }
        self.write(first.as_bytes()).await?;
        self.wait(pause_in_head).await?;
        self.write(second.as_bytes()).await?;
        self.receipt.sent(200);
        if self.asked.streamed {
            self.stream_all(ending).await?;
        }
        self.receipt.close(Outcome::Answered);
        Ok(After::KeepOpen)
    }

    /// Waits, unless the client hangs up meanwhile.
    async fn wait(&mut self, time: Duration) -> Result<()> {
        if time.is_zero() {
            return Ok(());
        }
        let sleep = tokio::time::sleep(time);
        tokio::pin!(sleep);
        let has_left = tokio::select! {
            () = &mut sleep => return Ok(()),
            read = self.stream.fill_buf() => read?.is_empty(),
        };
        if has_left {
            return Err(Error::from(ErrorKind::UnexpectedEof));
        }
        // It has sent its next request already.
        sleep.await;
        Ok(())
    }

    async fn stream_all(&mut self, ending: Ending) -> Result<()> {
        let events = self.dialect.events(self.answer, self.asked);
        for event in &events.before {
            http::chunk(self.stream, event.as_bytes()).await?;
        }
        for (event, words) in events.pieces.iter().zip(&self.answer.pieces) {
            http::chunk(self.stream, event.as_bytes()).await?;
            self.receipt.say(words.len());
            self.wait(self.state.options.pause).await?;
        }
        self.receipt.say(self.answer.len() - self.answer.text().len());
        let mut end = Vec::new();
        let trailer = match ending {
            Ending::Proper => events.trailer,
            Ending::Rubbish => vec![RUBBISH.to_owned()],
        };
        for event in events.after.iter().chain(&trailer) {
            http::chunk(&mut end, event.as_bytes()).await?;
        }
        http::end_events(&mut end).await?;
        self.write(&end).await
    }

    /// Says so many pieces, and half of so many more; of an answer in one piece, half.
    async fn begin_and_stop(&mut self, pieces: usize, halves: usize) -> Result<()> {
        self.receipt.work();
        if !self.asked.streamed {
            let body = self.dialect.whole(self.answer).to_string();
            let half = body.as_bytes().get(..body.len() / 2).unwrap_or_default();
            // Who stalls has promised all of it; who ends has said how little it is.
            let mut bytes = whole_head(if halves == 0 { body.len() } else { half.len() }).into_bytes();
            bytes.extend_from_slice(half);
            self.write(&bytes).await?;
            self.receipt.sent(200);
            self.receipt.say(self.answer.len());
            return Ok(());
        }
        let head = self.head();
        self.write(head.as_bytes()).await?;
        self.receipt.sent(200);
        let events = self.dialect.events(self.answer, self.asked);
        for event in &events.before {
            http::chunk(self.stream, event.as_bytes()).await?;
        }
        let spoken = events.pieces.iter().zip(&self.answer.pieces);
        for (event, words) in spoken.take(pieces) {
            http::chunk(self.stream, event.as_bytes()).await?;
            self.receipt.say(words.len());
        }
        // A call has no pieces: what comes after them is what breaks.
        let rest = events.pieces.iter().skip(pieces).chain(&events.after);
        for event in rest.take(halves) {
            let half = event.as_bytes().get(..event.len() / 2).unwrap_or_default();
            http::chunk(self.stream, half).await?;
        }
        Ok(())
    }

    async fn until_client_leaves(&mut self) -> Result<After> {
        let mut rest = [0_u8; 1_024];
        while self.stream.read(&mut rest).await? > 0 {}
        self.receipt.close(Outcome::ClientLeft);
        Ok(After::HangUp)
    }

    async fn refuse(&mut self, status: u16, headers: &str, body: &serde_json::Value) -> Result<After> {
        let body = body.to_string();
        http::respond(self.stream, &refusal::status_line(status), JSON, headers, body.as_bytes()).await?;
        self.receipt.sent(status);
        self.receipt.close(Outcome::Refused);
        Ok(After::KeepOpen)
    }

    async fn nonsense(&mut self, kind: &str, body: &[u8]) -> Result<After> {
        http::respond(self.stream, "200 OK", kind, "", body).await?;
        self.receipt.sent(200);
        self.receipt.close(Outcome::Broken);
        Ok(After::KeepOpen)
    }

    /// Ends when writing fails: the client has hung up, or the vendor was stopped.
    async fn never_stop(&mut self) -> Result<After> {
        self.receipt.work();
        let words = "and on ".repeat(ENDLESS_WORDS);
        let (first, again) = if self.asked.streamed {
            let events = self.dialect.events(self.answer, self.asked);
            (events.before.concat(), self.dialect.piece(self.answer, &words))
        } else {
            (r#"{"id": "fake", "note": ""#.to_owned(), words.clone())
        };
        self.write(events_head(if self.asked.streamed { EVENTS } else { JSON }).as_bytes()).await?;
        self.receipt.sent(200);
        http::chunk(self.stream, first.as_bytes()).await?;
        loop {
            http::chunk(self.stream, again.as_bytes()).await?;
            self.receipt.say(words.len());
        }
    }

    /// The head of the good answer.
    fn head(&self) -> String {
        if self.asked.streamed {
            events_head(EVENTS)
        } else {
            whole_head(self.dialect.whole(self.answer).to_string().len())
        }
    }
}

fn events_head(kind: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n")
}

fn whole_head(length: usize) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: {JSON}\r\ncontent-length: {length}\r\n\r\n")
}
