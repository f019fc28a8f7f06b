//! A client that asks once and reads to the end, as `curl` would.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long one answer may take. Generous: a busy machine is no failure.
const LIMIT: Duration = Duration::from_secs(20);

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Lower case.
    pub(super) head: String,
    pub(super) body: String,
}

/// Asks for a path with these further header lines.
#[track_caller]
pub(super) fn get(address: SocketAddr, path: &str, headers: &[&str]) -> Answer {
    try_get(address, path, headers).unwrap_or_else(|error| panic!("GET {path}: {error}"))
}

/// The same where nobody may listen yet.
pub(super) fn try_get(address: SocketAddr, path: &str, headers: &[&str]) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    let headers = [headers, &[""]].concat().join("\r\n");
    // Whoever is asked in 1.0 answers in one piece and hangs up.
    let version = if headers.contains("Host:") { "1.1" } else { "1.0" };
    write!(stream, "GET {path} HTTP/{version}\r\nConnection: close\r\n{headers}\r\n")?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| std::io::Error::other(format!("no answer but {text:?}")))?;
    Ok(Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() })
}

/// Text as it may stand in a query.
pub(super) fn quoted(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
