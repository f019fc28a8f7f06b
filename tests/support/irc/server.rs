//! `ngircd` with a configuration of its own, in a folder of its own, on a port of its own.

use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// How long the server may take to listen. It takes some 50 ms; a busy machine is no failure.
const START_LIMIT: Duration = Duration::from_secs(20);

/// How long is waited between two looks whether it listens.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Ports that are tried: between choosing one and listening there somebody else may take it.
const PORTS_TRIED: usize = 5;

/// A running server. It is killed when it is dropped, and its folder goes with it.
#[derive(Debug)]
pub struct Ngircd {
    process: Child,
    folder: TempDir,
    port: u16,
}

impl Ngircd {
    /// Starts one on a free port. Flood penalties are off, so that tests are not slowed down; everything else is as
    /// usual, nicks of up to 30 characters and channels without a limit apart.
    ///
    /// # Errors
    /// When it does not listen in time; one that begins with `NOT RUN:` when the program is missing.
    pub async fn start() -> Result<Self> {
        let folder = tempfile::tempdir().context("a folder for ngircd")?;
        for _ in 0..PORTS_TRIED {
            let port = free_port()?;
            write_configuration(&folder, port)?;
            let mut process = spawn(&folder)?;
            if listens(&mut process, port).await? {
                return Ok(Self { process, folder, port });
            }
        }
        bail!("ngircd found no port in {PORTS_TRIED} tries")
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// The port of [`Self::address`].
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Kills it with SIGKILL and waits until it is gone: connections break without a word.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub async fn kill(&mut self) -> Result<()> {
        self.process.kill().await.context("killing ngircd")
    }

    /// Starts it again after [`Self::kill`], on the same port.
    ///
    /// # Errors
    /// When it does not listen in time.
    pub async fn restart(&mut self) -> Result<()> {
        self.process = spawn(&self.folder)?;
        if listens(&mut self.process, self.port).await? {
            return Ok(());
        }
        bail!("ngircd cannot listen on its port {} again", self.port)
    }
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("a free port")?;
    Ok(listener.local_addr()?.port())
}

fn write_configuration(folder: &TempDir, port: u16) -> Result<()> {
    let more = folder.path().join("more");
    fs::create_dir_all(&more)?;
    let text = format!(
        "[Global]\n\
         Name = irc.test.local\n\
         AdminInfo1 = test\n\
         AdminInfo2 = test\n\
         AdminEMail = test@test.local\n\
         Listen = 127.0.0.1\n\
         Ports = {port}\n\
         MotdPhrase = test\n\
         [Limits]\n\
         MaxConnectionsIP = 0\n\
         MaxJoins = 0\n\
         MaxNickLength = 30\n\
         MaxPenaltyTime = 0\n\
         PingTimeout = 300\n\
         [Options]\n\
         DNS = no\n\
         Ident = no\n\
         PAM = no\n\
         IncludeDir = {}\n",
        more.display()
    );
    fs::write(folder.path().join("ngircd.conf"), text).context("the configuration of ngircd")
}

#[expect(clippy::disallowed_methods, reason = "the server is a program")]
fn spawn(folder: &TempDir) -> Result<Child> {
    let log = fs::File::create(folder.path().join("ngircd.log"))?;
    let spawned = Command::new("ngircd")
        .args(["--nodaemon", "--config"])
        .arg(folder.path().join("ngircd.conf"))
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn();
    match spawned {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("NOT RUN: ngircd is not installed; on Debian, as root: apt-get install ngircd")
        }
        other => other.context("starting ngircd"),
    }
}

/// Whether it listens there; not if it ended instead.
async fn listens(process: &mut Child, port: u16) -> Result<bool> {
    let looking = async {
        loop {
            let is_there = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok();
            // Asked last: somebody else may answer there while ours finds the port taken and ends.
            if process.try_wait()?.is_some() {
                return Ok(false);
            }
            if is_there {
                return Ok(true);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(START_LIMIT, looking).await.context("ngircd does not listen in time")?
}
