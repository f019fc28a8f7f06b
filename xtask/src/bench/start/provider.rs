//! The provider that both sides ask: `fake-provider` of the test package, which answers at once.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};

use anyhow::{Context, Result, bail};

use super::{LIMIT, resident_mib};
use crate::process;

/// The running provider; it ends when its input closes.
pub(super) struct Provider {
    child: Child,
    base: String,
    address: String,
}

impl Provider {
    pub(super) fn start(program: &Path) -> Result<Self> {
        let mut child = process::command(program, Path::new("."))
            .args(["--port", "0", "--script", "echo"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start fake-provider")?;
        let mut base = String::new();
        let stdout = child.stdout.take().context("fake-provider has no output")?;
        BufReader::new(stdout).read_line(&mut base)?;
        let base = base.trim().trim_end_matches('/').to_owned();
        let after_scheme = base.strip_prefix("http://").context("fake-provider did not print its address")?;
        let address = after_scheme.split('/').next().unwrap_or_default().to_owned();
        Ok(Self { child, base, address })
    }

    /// The base address, as `OPENAI_BASE_URL` wants it.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    pub(super) fn resident_mib(&self) -> Result<f64> {
        resident_mib(self.child.id())
    }

    /// A direct call over a new connection, read up to the first piece of text.
    pub(super) fn first_token(&self) -> Result<()> {
        let body = r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"hello"}]}"#;
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_nodelay(true)?;
        let path = self.base.splitn(4, '/').nth(3).unwrap_or_default();
        let head = format!(
            "POST /{path}/chat/completions HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        for line in BufReader::new(stream).lines() {
            let line = line.context("the provider did not answer in time")?;
            if line.contains("\"content\":\"") && !line.contains("\"content\":\"\"") {
                return Ok(());
            }
        }
        bail!("the provider ended without text")
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
