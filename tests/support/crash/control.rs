//! What an operator asks the daemon over the socket.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(20);

/// Asks one thing on a connection of its own. Answers what the daemon says is so, or the code of its error.
///
/// # Errors
/// When there is no daemon, or it goes away meanwhile.
pub(super) async fn ask(socket: &Path, request: Value) -> Result<Result<Value, String>> {
    tokio::time::timeout(LIMIT, answer(socket, request)).await.context("no answer in time")?
}

async fn answer(socket: &Path, mut request: Value) -> Result<Result<Value, String>> {
    let stream = UnixStream::connect(socket).await.context("connecting to the socket")?;
    let mut stream = BufReader::new(stream);
    if let Some(fields) = request.as_object_mut() {
        fields.insert("t".to_owned(), json!("control"));
        fields.insert("id".to_owned(), json!("q"));
    }
    let hello = json!({"t": "hello", "v": 1, "client": "crash"});
    stream.write_all(format!("{hello}\n{request}\n").as_bytes()).await.context("writing to the socket")?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.context("reading from the socket")? == 0 {
            bail!("the daemon went away");
        }
        let frame: Value = serde_json::from_str(&line).context("a frame that is no JSON")?;
        if frame.get("t").and_then(Value::as_str) == Some("result") {
            if let Some(ok) = frame.get("ok") {
                return Ok(Ok(ok.clone()));
            }
            let code = frame.pointer("/error/code").and_then(Value::as_str).unwrap_or("failed");
            return Ok(Err(code.to_owned()));
        }
    }
}

/// Whether nothing waits, runs or is on its way.
///
/// # Errors
/// As for [`ask`].
pub(super) async fn is_idle(socket: &Path) -> Result<bool> {
    let status = ask(socket, json!({"op": "status"})).await?;
    let Ok(status) = status else { bail!("the daemon does not say how it is") };
    let queue = |name: &str| status.pointer(&format!("/queues/{name}")).and_then(Value::as_u64);
    Ok(["waiting", "running", "outbox"].iter().all(|name| queue(name) == Some(0)))
}

/// Forgets a session. Answers whether the daemon says that it has.
///
/// # Errors
/// As for [`ask`].
pub(super) async fn reset(socket: &Path, session: &str) -> Result<bool> {
    Ok(ask(socket, json!({"op": "session_reset", "session": session})).await?.is_ok())
}
