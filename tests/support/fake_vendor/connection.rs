//! One connection: requests in, one after the other, until somebody has enough.

use std::io::Result;
use std::sync::Arc;

use tokio::io::BufReader;
use tokio::net::TcpStream;

use super::admin;
use super::answer::Answer;
use super::dialect::{self, Dialect};
use super::ledger::{Entry, Outcome};
use super::mood::Mood;
use super::perform::{self, Job};
use super::receipt::Receipt;
use super::state::State;
use crate::http::{self, Request};

/// Which door a connection came in by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// The vendor's own.
    Public,
    /// The one for whoever runs the test.
    Admin,
}

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// It can carry another request.
    KeepOpen,
    /// It ends as connections should.
    HangUp,
    /// It is cut off.
    Reset,
}

/// A connection that is cut off when it is dropped, unless it was ended politely.
struct Line {
    stream: BufReader<TcpStream>,
    polite: bool,
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.polite {
            // What the kernel would still send is thrown away, and the other side gets a reset.
            let _ = self.stream.get_ref().set_zero_linger();
        }
    }
}

/// Serves one connection.
pub(super) async fn serve(stream: TcpStream, door: Door, state: &Arc<State>) -> Result<()> {
    // Only reading is buffered: what is written is on the wire at once.
    let mut line = Line { stream: BufReader::new(stream), polite: false };
    while let Some(request) = http::read_request(&mut line.stream).await? {
        let after = if request.path.starts_with("/__") {
            admin::answer(&mut line.stream, &request, state).await?
        } else if door == Door::Admin {
            not_found(&mut line.stream).await?
        } else {
            vend(&mut line.stream, &request, state).await?
        };
        match after {
            After::KeepOpen => {}
            After::HangUp => break,
            After::Reset => return Ok(()),
        }
    }
    line.polite = true;
    Ok(())
}

async fn vend(stream: &mut BufReader<TcpStream>, request: &Request, state: &Arc<State>) -> Result<After> {
    let path = request.path.split('?').next().unwrap_or_default();
    let path = path.strip_prefix("/v1").unwrap_or(path);
    let dialect = match (request.method.as_str(), path) {
        ("GET", "/models") => {
            let models = state.options.models().to_string();
            http::respond(stream, "200 OK", "application/json", "", models.as_bytes()).await?;
            return Ok(After::KeepOpen);
        }
        ("POST", "/chat/completions") => Dialect::OpenAi,
        ("POST", "/messages") => Dialect::Anthropic,
        _ => return not_found(stream).await,
    };
    let asked = dialect::read(&request.json());
    let credential = credential(request);
    let known = state.options.credentials.is_empty() || state.options.credentials.contains(&credential);
    let mood = if known { state.mood(&credential, &asked.model) } else { Mood::ExpiredKey };
    let entry = Entry {
        number: 0,
        credential,
        model: asked.model.clone(),
        dialect: dialect.name(),
        body_hash: fnv(&request.body),
        mark: asked.mark.clone(),
        input_bytes: u64::try_from(request.body.len()).unwrap_or(u64::MAX),
        max_tokens: asked.max_tokens,
        streamed: asked.streamed,
        mood: if known { mood.name() } else { "unknown_key" },
        outcome: Outcome::Open,
        status: 0,
        input_tokens: 0,
        output_tokens: 0,
        charged: 0,
    };
    let mut receipt = Receipt::open(Arc::clone(state), entry);
    let answer = Answer::new(&state.options, &asked, receipt.entry());
    let mut job = Job { stream, state, dialect, asked: &asked, answer: &answer, receipt: &mut receipt };
    let done = perform::perform(&mut job, mood).await;
    if done.is_err() {
        receipt.close(Outcome::ClientLeft);
    }
    done
}

async fn not_found(stream: &mut BufReader<TcpStream>) -> Result<After> {
    http::respond(
        stream,
        "404 Not Found",
        "application/json",
        "",
        br#"{"error":{"message":"no such path"}}"#,
    )
    .await?;
    Ok(After::KeepOpen)
}

/// The key, as either dialect sends it; empty without one.
fn credential(request: &Request) -> String {
    let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    bearer.or_else(|| request.header("x-api-key")).unwrap_or_default().to_owned()
}

/// FNV-1a, 64 bits: small, and the same in every process.
fn fnv(bytes: &[u8]) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix)
}
