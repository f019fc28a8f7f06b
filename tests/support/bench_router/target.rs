//! Who is asked: connections that stay open, and one exchange on one of them.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::answer::Answer;
use crate::arm::Form;
use crate::events::{Events, text_of};
use crate::now;

/// The model that everybody asks for.
pub(crate) const MODEL: &str = "bench-model";
/// The longest answer, in tokens. The vendor's is shorter.
pub(crate) const MAX_TOKENS: u32 = 64;

/// What the assistant is told about itself in every request, about as long as such texts are: 2 KB.
const INSTRUCTION: &str =
    "You are a helpful assistant in a chat of people who know each other well. Answer briefly. ";
const INSTRUCTIONS: usize = 24;

/// How long one answer may take before the bench gives up: a proxy that is asked far more than it can do needs some
/// seconds for a block.
const PATIENCE: Duration = Duration::from_mins(1);

/// A connection that was idle for longer may have been closed by the other side: uvicorn does that after 5 seconds.
const IDLE: Duration = Duration::from_secs(4);

/// How much is read at once.
const BUFFER: usize = 8 * 1024;

/// A request that is ready to be sent.
pub(crate) struct Question {
    pub(crate) form: Form,
    /// Its answer ends with these words.
    mark: String,
    bytes: Vec<u8>,
}

impl Question {
    /// For anybody on this machine.
    pub(crate) fn new(form: Form, number: u64) -> Self {
        let mark = format!("question-{number}");
        let is_streamed = form == Form::Streamed;
        let mut body = json!({
            "model": MODEL,
            "messages": [
                {"role": "system", "content": INSTRUCTION.repeat(INSTRUCTIONS)},
                {"role": "user", "content": format!("What is the weather like where you are today?\n{mark}")},
            ],
            "max_tokens": MAX_TOKENS,
            "stream": is_streamed,
        });
        if let Some(fields) = body.as_object_mut().filter(|_| is_streamed) {
            fields.insert("stream_options".to_owned(), json!({"include_usage": true}));
        }
        let body = body.to_string();
        let head = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        Self { form, mark, bytes: (head + &body).into_bytes() }
    }
}

/// When what happened to a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exchange {
    /// It was on its way.
    pub(crate) sent: Instant,
    /// The first piece of text was there; none for an answer in one piece.
    pub(crate) first: Option<Instant>,
    /// All of the answer was there.
    pub(crate) done: Instant,
}

/// A server, and the connections to it that nobody uses at the moment.
pub(crate) struct Target {
    address: SocketAddr,
    idle: Mutex<Vec<(TcpStream, Instant)>>,
}

impl Target {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, idle: Mutex::default() }
    }

    /// Asks, and looks at the answer.
    pub(crate) async fn ask(&self, question: &Question) -> Result<Exchange> {
        let asked = async {
            let mut stream = self.connection().await?;
            let sent = now();
            stream.write_all(&question.bytes).await?;
            let mut answer = Answer::default();
            let (mut events, mut first) = (Events::default(), None);
            let done = loop {
                let at = read(&mut stream, &mut answer).await?;
                if question.form == Form::Streamed && answer.status() == 200 {
                    events.take(answer.body())?;
                    first = first.or_else(|| (events.pieces() > 0).then_some(at));
                }
                if answer.is_over() {
                    break at;
                }
            };
            check(question, &answer, events)?;
            if !answer.hangs_up() {
                self.idle().push((stream, done));
            }
            Ok(Exchange { sent, first, done })
        };
        timeout(PATIENCE, asked).await.context("no answer came in time")?
    }

    /// Asks for something else than a completion, on a connection of its own.
    pub(crate) async fn get(&self, path: &str) -> Result<()> {
        let asked = async {
            let mut stream = TcpStream::connect(self.address).await?;
            let head = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
            let mut answer = Answer::default();
            while !answer.is_over() {
                read(&mut stream, &mut answer).await?;
            }
            let (status, said) = (answer.status(), String::from_utf8_lossy(answer.body()).into_owned());
            ensure!(status == 200, "GET {path} is answered with {status}: {said}");
            Ok(())
        };
        timeout(PATIENCE, asked).await.with_context(|| format!("GET {path} is not answered in time"))?
    }

    /// The connection that was used last is the warmest.
    async fn connection(&self) -> Result<TcpStream> {
        let before = now().checked_sub(IDLE);
        let kept = {
            let mut idle = self.idle();
            idle.retain(|(_, since)| before.is_none_or(|before| *since > before));
            idle.pop()
        };
        if let Some((stream, _)) = kept {
            return Ok(stream);
        }
        let stream = TcpStream::connect(self.address).await.context("cannot connect")?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(TcpStream, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads what is there; when it was.
async fn read(stream: &mut TcpStream, answer: &mut Answer) -> Result<Instant> {
    let mut buffer = Vec::with_capacity(BUFFER);
    let count = stream.read_buf(&mut buffer).await?;
    let at = now();
    ensure!(count > 0, "the other side hung up in the middle of an answer");
    answer.take(&buffer)?;
    Ok(at)
}

fn check(question: &Question, answer: &Answer, events: Events) -> Result<()> {
    if answer.status() != 200 {
        bail!("status {}: {}", answer.status(), String::from_utf8_lossy(answer.body()));
    }
    let text = match question.form {
        Form::Whole => text_of(answer.body())?,
        Form::Streamed => events.text()?,
    };
    ensure!(text.ends_with(&question.mark), "{:?} is no answer to {}", text, question.mark);
    Ok(())
}
