//! The terminal of the launching process, from both sides: its input is the side on which a person would sit.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::stdio::stdin;

#[derive(Debug)]
pub(super) struct Terminal {
    ours: File,
}

impl Terminal {
    pub(super) fn open() -> Result<Self> {
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        let ours = OpenOptions::new().read(true).write(true).custom_flags(flags).open("/dev/tty");
        fcntl_setfl(stdin(), fcntl_getfl(stdin())? | OFlags::NONBLOCK)?;
        Ok(Self { ours: ours.context("open the terminal")? })
    }

    /// What was typed and not read yet.
    pub(super) fn typed(&mut self) -> String {
        let mut text = [0; 4096];
        let len = self.ours.read(&mut text).unwrap_or(0);
        String::from_utf8_lossy(text.get(..len).unwrap_or_default()).into_owned()
    }

    /// What was printed since it was asked last.
    pub(super) fn printed() -> String {
        let mut text = [0; 4096];
        let mut all = String::new();
        while let Ok(len @ 1..) = rustix::io::read(stdin(), &mut text) {
            all.push_str(&String::from_utf8_lossy(text.get(..len).unwrap_or_default()));
        }
        all
    }

    /// Types a line.
    pub(super) fn type_in(line: &str) -> Result<()> {
        rustix::io::write(stdin(), format!("{line}\n").as_bytes())?;
        Ok(())
    }

    /// Its speed, which an attack changes.
    pub(super) fn speed(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&self.stty("speed")?).trim().to_owned())
    }

    /// Sets it back.
    pub(super) fn restore(&self) -> Result<()> {
        self.stty("38400").map(|_| ())
    }

    #[expect(clippy::disallowed_methods, reason = "a campaign starts processes")]
    fn stty(&self, what: &str) -> Result<Vec<u8>> {
        let mut stty = Command::new("stty");
        stty.arg(what).stdin(Stdio::from(self.ours.try_clone()?)).stderr(Stdio::null());
        Ok(stty.output().context("run stty")?.stdout)
    }
}
