//! How each script is done, on one connection.

use std::io::Result;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::http::{self, Request};
use crate::script::Script;
use crate::wire::{self, ANSWER, Asked, LISTED, Reply, WEB_PAGE};

/// Whether the connection can carry another request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    KeepOpen,
    HangUp,
}

/// How much an endless answer says at a time, in bytes.
const ENDLESS_PIECE: usize = 4 * 1024;

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";

/// Answers one request.
pub(crate) async fn answer<S>(
    stream: &mut S,
    request: &Request,
    script: Script,
    delay: Duration,
) -> Result<After>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let path = request.path.split('?').next().unwrap_or_default();
    match (request.method.as_str(), path.trim_start_matches("/v1")) {
        ("GET", "/models") => whole(stream, "200 OK", JSON, &wire::models().to_string()).await,
        ("POST", "/chat/completions") => {
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            perform(stream, request, script).await
        }
        _ => {
            let body = wire::refusal("no such path", "invalid_request_error", "not_found");
            whole(stream, "404 Not Found", JSON, &body.to_string()).await
        }
    }
}

async fn perform<S>(stream: &mut S, request: &Request, script: Script) -> Result<After>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let asked = Asked::read(&request.json());
    let half = wire::text_event("this is only half of");
    match script {
        Script::Answer => reply(stream, &asked, Reply::Text(ANSWER.to_owned())).await,
        Script::Echo => reply(stream, &asked, Reply::Text(asked.last_user_text.clone())).await,
        Script::ListDir if asked.after_tool => reply(stream, &asked, Reply::Text(LISTED.to_owned())).await,
        Script::ListDir => reply(stream, &asked, Reply::ListDir).await,
        Script::BadUtf8 => bad_utf8(stream).await,
        Script::HangBeforeHead => await_hang_up(stream).await,
        Script::HangMidStream => {
            http::begin_events(stream).await?;
            http::chunk(stream, half.as_bytes()).await?;
            await_hang_up(stream).await
        }
        Script::CloseBeforeHead => Ok(After::HangUp),
        Script::CloseMidStream => {
            http::begin_events(stream).await?;
            http::chunk(stream, half.as_bytes()).await?;
            Ok(After::HangUp)
        }
        Script::Html200 => whole(stream, "200 OK", HTML, WEB_PAGE).await,
        Script::Html500 => whole(stream, "500 Internal Server Error", HTML, WEB_PAGE).await,
        Script::Endless => endless(stream).await,
        Script::Unauthorized => {
            let key = request.header("authorization").unwrap_or_default();
            let message = format!("Incorrect API key provided: {key}. You said: {}", asked.last_user_text);
            let body = wire::refusal(&message, "invalid_request_error", "invalid_api_key");
            whole(stream, "401 Unauthorized", JSON, &body.to_string()).await
        }
        Script::RateLimited => {
            let message = format!("Slow down. You said: {}", asked.last_user_text);
            let body = wire::refusal(&message, "requests", "rate_limit_exceeded").to_string();
            let wait = "retry-after: 7\r\n";
            http::respond(stream, "429 Too Many Requests", JSON, wait, body.as_bytes()).await?;
            Ok(After::KeepOpen)
        }
        Script::GarbageJson => {
            let text = &asked.last_user_text;
            events(stream, &[format!("data: {{\"choices\": [{text}\n\n"), "data: [DONE]\n\n".to_owned()])
                .await
        }
        Script::HalfFrame => {
            let cut = half.len() / 2;
            let piece = half.get(..cut).unwrap_or(&half).to_owned();
            events(stream, &[half.clone(), piece]).await
        }
    }
}

async fn reply<S: AsyncWrite + Unpin>(stream: &mut S, asked: &Asked, reply: Reply) -> Result<After> {
    if asked.stream {
        events(stream, &wire::events(&reply)).await
    } else {
        whole(stream, "200 OK", JSON, &wire::completion(&reply).to_string()).await
    }
}

async fn whole<S: AsyncWrite + Unpin>(stream: &mut S, status: &str, kind: &str, body: &str) -> Result<After> {
    http::respond(stream, status, kind, "", body.as_bytes()).await?;
    Ok(After::KeepOpen)
}

async fn events<S: AsyncWrite + Unpin>(stream: &mut S, events: &[String]) -> Result<After> {
    http::begin_events(stream).await?;
    for event in events {
        http::chunk(stream, event.as_bytes()).await?;
    }
    http::end_events(stream).await?;
    Ok(After::KeepOpen)
}

/// A good answer, but for three bytes that no UTF-8 text can hold.
async fn bad_utf8<S: AsyncWrite + Unpin>(stream: &mut S) -> Result<After> {
    http::begin_events(stream).await?;
    for event in wire::events(&Reply::Text("before @ after".to_owned())) {
        let mut bytes = Vec::with_capacity(event.len());
        for byte in event.into_bytes() {
            match byte {
                b'@' => bytes.extend_from_slice(b"\xff\xc3\x28"),
                other => bytes.push(other),
            }
        }
        http::chunk(stream, &bytes).await?;
    }
    http::end_events(stream).await?;
    Ok(After::KeepOpen)
}

/// Ends when writing fails: the client has hung up, or the provider was dropped.
async fn endless<S: AsyncWrite + Unpin>(stream: &mut S) -> Result<After> {
    let piece = wire::text_event(&"and on ".repeat(ENDLESS_PIECE / 7));
    http::begin_events(stream).await?;
    loop {
        http::chunk(stream, piece.as_bytes()).await?;
    }
}

async fn await_hang_up<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> Result<After> {
    stream.flush().await?;
    let mut rest = [0_u8; 1024];
    while stream.read(&mut rest).await? > 0 {}
    Ok(After::HangUp)
}
