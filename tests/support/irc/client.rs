//! A client of few words: it says lines and waits for lines.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// How long a line is waited for. Generous: a busy machine is no failure.
const LIMIT: Duration = Duration::from_secs(30);

/// The longest line that is read, in bytes; what is longer is an error.
const MAX_LINE: u64 = 16 * 1024;

/// A connection under a nick. Dropping it closes the connection.
#[derive(Debug)]
pub struct IrcClient {
    stream: BufReader<TcpStream>,
    nick: String,
}

impl IrcClient {
    /// Connects and registers.
    ///
    /// # Errors
    /// When there is no server, or the nick is taken.
    pub async fn connect(address: SocketAddr, nick: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await.context("connecting")?;
        stream.set_nodelay(true)?;
        let mut client = Self { stream: BufReader::new(stream), nick: nick.to_owned() };
        client.send(&format!("NICK {nick}")).await?;
        client.send(&format!("USER {nick} 0 * :{nick}")).await?;
        let line = client.wait_for_any(&[" 376 ", " 422 ", " 433 ", "ERROR "]).await?;
        if line.contains(" 433 ") || line.starts_with("ERROR ") {
            bail!("not let in: {line}");
        }
        Ok(client)
    }

    /// The nick that it registered under.
    pub fn nick(&self) -> &str {
        &self.nick
    }

    /// Joins a channel and waits until it is in.
    ///
    /// # Errors
    /// When the server does not let it in in time.
    pub async fn join(&mut self, channel: &str) -> Result<()> {
        self.send(&format!("JOIN {channel}")).await?;
        self.wait_for(" 366 ").await.map(|_| ())
    }

    /// Says one line to a channel or nick.
    ///
    /// # Errors
    /// When the connection is broken.
    pub async fn say(&mut self, target: &str, text: &str) -> Result<()> {
        self.send(&format!("PRIVMSG {target} :{text}")).await
    }

    /// Says the bytes of one line to a channel or nick, whatever they are.
    ///
    /// # Errors
    /// When the connection is broken.
    pub async fn say_bytes(&mut self, target: &str, bytes: &[u8]) -> Result<()> {
        let line = [format!("PRIVMSG {target} :").as_bytes(), bytes, b"\r\n"].concat();
        self.stream.write_all(&line).await.context("writing")
    }

    /// Sends one raw line.
    ///
    /// # Errors
    /// When the connection is broken.
    pub async fn send(&mut self, line: &str) -> Result<()> {
        self.stream.write_all(format!("{line}\r\n").as_bytes()).await.context("writing")
    }

    /// The next line, without its end; bytes that are no UTF-8 are replaced. A `PING` is answered and not shown.
    ///
    /// # Errors
    /// When the connection is broken or closed, or nothing comes within 30 s.
    pub async fn next_line(&mut self) -> Result<String> {
        loop {
            let mut line = Vec::new();
            let mut limited = tokio::io::AsyncReadExt::take(&mut self.stream, MAX_LINE);
            let read = tokio::time::timeout(LIMIT, limited.read_until(b'\n', &mut line)).await;
            read.context("no line in time")?.context("reading")?;
            let Some(line) = line.strip_suffix(b"\n") else { bail!("the connection is closed") };
            let line = String::from_utf8_lossy(line).trim_end_matches('\r').to_owned();
            match line.strip_prefix("PING ") {
                Some(token) => self.send(&format!("PONG {token}")).await?,
                None => return Ok(line),
            }
        }
    }

    /// Waits for a line that holds `part`, and skips all others.
    ///
    /// # Errors
    /// When none comes: the connection is broken or closed, or silent for 30 s.
    pub async fn wait_for(&mut self, part: &str) -> Result<String> {
        self.wait_for_any(&[part]).await
    }

    /// Waits for the next message that somebody sends to `target`, in any case, and answers its text.
    ///
    /// # Errors
    /// When none comes: the connection is broken or closed, or silent for 30 s.
    pub async fn hear(&mut self, target: &str) -> Result<String> {
        let heard = |line: &str| {
            let (_, message) = line.split_once(" PRIVMSG ")?;
            let (to, text) = message.split_once(" :")?;
            to.eq_ignore_ascii_case(target).then(|| text.to_owned())
        };
        self.wait(heard).await.with_context(|| format!("waiting for a message to {target}"))
    }

    async fn wait_for_any(&mut self, parts: &[&str]) -> Result<String> {
        let found = |line: &str| parts.iter().any(|part| line.contains(part)).then(|| line.to_owned());
        self.wait(found).await.with_context(|| format!("waiting for {parts:?}"))
    }

    async fn wait(&mut self, find: impl Fn(&str) -> Option<String>) -> Result<String> {
        let waited = async {
            loop {
                if let Some(found) = find(&self.next_line().await?) {
                    return Ok(found);
                }
            }
        };
        // A server that talks on must not hold the caller for ever either.
        let waited = tokio::time::timeout(2 * LIMIT, waited).await;
        waited.unwrap_or_else(|_| bail!("it did not come"))
    }
}
