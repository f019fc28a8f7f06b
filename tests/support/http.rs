//! As much HTTP/1.1 as a provider needs: requests with a stated length in, whole or chunked responses out.
//!
//! Responses are written by hand, so that a script can stop at any byte.

use std::io::{Error, ErrorKind, Result};

use serde_json::Value;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The longest line of a head, in bytes.
const LINE_LIMIT: u64 = 16 * 1024;
/// The most header lines.
const HEADERS_LIMIT: usize = 100;
/// The largest body, in bytes.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// A request as it came in.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `POST`.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The headers in their order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty when there was none.
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Reads one request; none when the client hung up instead.
pub(crate) async fn read_request<R: AsyncBufRead + Unpin>(from: &mut R) -> Result<Option<Request>> {
    let Some(first) = read_line(from).await? else { return Ok(None) };
    let mut words = first.split(' ').map(str::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Err(malformed("the request line"));
    };
    let mut headers = Vec::new();
    loop {
        let line = read_line(from).await?.ok_or_else(|| malformed("the head"))?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| malformed("a header"))?;
        if headers.len() == HEADERS_LIMIT {
            return Err(malformed("the number of headers"));
        }
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Request { method, path, headers, body: Vec::new() };
    if let Some(length) = request.header("content-length") {
        let length = length.parse().ok().filter(|length| *length <= BODY_LIMIT);
        request.body = vec![0; length.ok_or_else(|| malformed("the length of the body"))?];
        from.read_exact(&mut request.body).await?;
    }
    Ok(Some(request))
}

/// One line without its end; none at the end of the stream.
async fn read_line<R: AsyncBufRead + Unpin>(from: &mut R) -> Result<Option<String>> {
    let mut line = Vec::new();
    from.take(LINE_LIMIT).read_until(b'\n', &mut line).await?;
    if line.is_empty() {
        return Ok(None);
    }
    let line = line.strip_suffix(b"\r\n").ok_or_else(|| malformed("the end of a line"))?;
    Ok(Some(String::from_utf8_lossy(line).into_owned()))
}

fn malformed(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, format!("{what} of the request is malformed"))
}

/// Writes a whole response. `headers` are further lines, each closed by `\r\n`.
pub(crate) async fn respond<W: AsyncWrite + Unpin>(
    to: &mut W,
    status: &str,
    content_type: &str,
    headers: &str,
    body: &[u8],
) -> Result<()> {
    let length = body.len();
    let mut bytes = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n{headers}\r\n"
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    to.write_all(&bytes).await
}

/// Begins a response of unknown length.
pub(crate) async fn begin_events<W: AsyncWrite + Unpin>(to: &mut W) -> Result<()> {
    to.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        .await
}

/// Writes one chunk of it.
pub(crate) async fn chunk<W: AsyncWrite + Unpin>(to: &mut W, bytes: &[u8]) -> Result<()> {
    let mut framed = format!("{:x}\r\n", bytes.len()).into_bytes();
    framed.extend_from_slice(bytes);
    framed.extend_from_slice(b"\r\n");
    to.write_all(&framed).await
}

/// Ends it as it should end.
pub(crate) async fn end_events<W: AsyncWrite + Unpin>(to: &mut W) -> Result<()> {
    to.write_all(b"0\r\n\r\n").await
}
