//! The outer box as its inhabitants know it: files with secrets, servers that listen, somebody to be killed, and what
//! the launching process holds open.

use std::fs::{self, File};
use std::net::UdpSocket as StdUdp;
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram as StdDatagram, UnixListener as StdListener, UnixStream};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rustix::io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::{TcpListener, UdpSocket, UnixDatagram, UnixListener};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

use super::options::Who;

/// The attacks, as the boxes see them.
pub(super) const TOOLS: &str = "/stage/tools";
/// Where sockets of the daemon are.
const RUN: &str = "/root/.nanobot/run";
/// Between two packets for those who listen to the wire.
const PACKETS: Duration = Duration::from_millis(20);
/// What a server keeps of one connection.
const LONGEST_WORD: u64 = 4096;

/// The world outside of the boxes.
#[derive(Debug)]
pub(super) struct World {
    pub(super) who: Who,
    seed: u64,
    words: AtomicU64,
    ears: Ears,
    signals: Arc<AtomicU64>,
    victim: Option<Child>,
    /// Open on purpose, and inherited by whatever is started.
    held: Vec<OwnedFd>,
}

/// All that servers were told.
#[derive(Debug, Clone, Default)]
pub(super) struct Ears(Arc<Mutex<String>>);

impl World {
    /// Puts everything into place.
    pub(super) fn make(who: Who, seed: u64) -> Result<Self> {
        let ears = Ears::default();
        let mut world = Self {
            who,
            seed,
            words: AtomicU64::new(0),
            ears,
            signals: Arc::default(),
            victim: None,
            held: Vec::new(),
        };
        world.files()?;
        world.servers()?;
        world.hold()?;
        world.listen_for_signals()?;
        Ok(world)
    }

    /// A secret of this name.
    pub(super) fn secret(&self, name: &str) -> String {
        match name {
            "boot-line" => fs::read_to_string("/proc/cmdline").unwrap_or_default().trim().to_owned(),
            _ => format!("canary-{:x}-{name}", self.seed),
        }
    }

    /// A word that nothing else holds.
    pub(super) fn word(&self) -> String {
        format!("w{:x}x{}", self.seed, self.words.fetch_add(1, Ordering::Relaxed))
    }

    pub(super) fn ears(&self) -> &Ears {
        &self.ears
    }

    /// How often somebody has signalled.
    pub(super) fn signals(&self) -> u64 {
        self.signals.load(Ordering::SeqCst)
    }

    /// Makes sure that somebody is there to be attacked.
    #[expect(clippy::disallowed_methods, reason = "a campaign starts processes")]
    pub(super) fn revive_victim(&mut self) -> Result<()> {
        if self.victim_lives() {
            return Ok(());
        }
        let child = Command::new(Path::new(TOOLS).join("attack"))
            .args(["victim", &self.secret("argument")])
            .env("SECRET", self.secret("environment"))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        self.victim = Some(child.context("start somebody to be attacked")?);
        Ok(())
    }

    pub(super) fn victim_lives(&mut self) -> bool {
        self.victim.as_mut().is_some_and(|victim| matches!(victim.try_wait(), Ok(None)))
    }

    fn files(&self) -> Result<()> {
        for folder in ["/root/.ssh", RUN, "/root/vault"] {
            fs::create_dir_all(folder).with_context(|| folder.to_owned())?;
        }
        for (path, secret) in [
            ("/root/.ssh/id_rsa", "ssh"),
            ("/etc/shadow", "shadow"),
            ("/root/.nanobot/config.json", "config"),
            ("/root/vault/secret", "vault"),
            ("/root/leaked", "leaked"),
        ] {
            fs::write(path, format!("{}\n", self.secret(secret))).with_context(|| path.to_owned())?;
        }
        fs::write("/root/.bashrc", "# nothing\n").context("/root/.bashrc")
    }

    fn servers(&self) -> Result<()> {
        for place in ["127.0.0.1:7777", "169.254.169.254:80", "10.99.7.7:7777", "[::1]:7777"] {
            let listener =
                std::net::TcpListener::bind(place).with_context(|| format!("listen on {place}"))?;
            listener.set_nonblocking(true)?;
            self.ears.tcp(TcpListener::from_std(listener)?);
        }
        for place in ["127.0.0.1:53", "127.0.0.1:7778", "127.0.0.1:7779"] {
            let socket = StdUdp::bind(place).with_context(|| format!("listen on {place}"))?;
            socket.set_nonblocking(true)?;
            self.ears.udp(UdpSocket::from_std(socket)?);
        }
        let stream = SocketAddr::from_abstract_name("nanobot-stream")?;
        self.ears.unix(StdListener::bind_addr(&stream).context("listen on an abstract name")?)?;
        let datagram = SocketAddr::from_abstract_name("nanobot-dgram")?;
        self.ears.datagrams(StdDatagram::bind_addr(&datagram).context("listen on an abstract name")?)?;
        self.ears.unix(StdListener::bind(format!("{RUN}/nanobot.sock")).context("listen as the daemon")?)?;
        let (packet, socket) = (self.secret("packet"), StdUdp::bind("127.0.0.1:0")?);
        socket.set_nonblocking(true)?;
        let socket = UdpSocket::from_std(socket)?;
        tokio::spawn(async move {
            loop {
                // Nobody has to hear it.
                let _ = socket.send_to(packet.as_bytes(), "127.0.0.1:7779").await;
                tokio::time::sleep(PACKETS).await;
            }
        });
        Ok(())
    }

    /// What a careless program leaves open. The numbers are those of `tests/tools/escape/attack.h`.
    fn hold(&mut self) -> Result<()> {
        let (near, far) = UnixStream::pair()?;
        far.set_nonblocking(true)?;
        self.ears.stream(tokio::net::UnixStream::from_std(far)?);
        let all: [OwnedFd; 5] = [
            File::open("/root/leaked")?.into(),
            File::open("/proc/self/ns/net")?.into(),
            File::open(RUN)?.into(),
            File::create("/root/held")?.into(),
            near.into(),
        ];
        for (number, fd) in (210..).zip(all) {
            let copy = fcntl_dupfd_cloexec(&fd, number)?;
            fcntl_setfd(&copy, FdFlags::empty())?;
            ensure!(std::os::fd::AsRawFd::as_raw_fd(&copy) == number, "descriptor {number} is taken");
            self.held.push(copy);
        }
        Ok(())
    }

    fn listen_for_signals(&self) -> Result<()> {
        let mut stream = signal(SignalKind::window_change())?;
        let count = Arc::clone(&self.signals);
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Ok(())
    }
}

impl Ears {
    /// Whether somebody has said this.
    pub(super) fn heard(&self, word: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(word)
    }

    fn note(&self, bytes: &[u8]) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push_str(&String::from_utf8_lossy(bytes));
        all.push('\n');
    }

    fn tcp(&self, listener: TcpListener) {
        let ears = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                ears.stream(stream);
            }
        });
    }

    /// Listens on a path or an abstract name, until the socket is dropped with the runtime.
    pub(super) fn unix(&self, listener: StdListener) -> Result<tokio::task::AbortHandle> {
        listener.set_nonblocking(true)?;
        let (listener, ears) = (UnixListener::from_std(listener)?, self.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                ears.stream(stream);
            }
        });
        Ok(task.abort_handle())
    }

    pub(super) fn datagrams(&self, socket: StdDatagram) -> Result<tokio::task::AbortHandle> {
        socket.set_nonblocking(true)?;
        let (socket, ears) = (UnixDatagram::from_std(socket)?, self.clone());
        let task = tokio::spawn(async move {
            let mut bytes = [0; 2048];
            while let Ok(len) = socket.recv(&mut bytes).await {
                ears.note(bytes.get(..len).unwrap_or_default());
            }
        });
        Ok(task.abort_handle())
    }

    fn udp(&self, socket: UdpSocket) {
        let ears = self.clone();
        tokio::spawn(async move {
            let mut bytes = [0; 2048];
            while let Ok(len) = socket.recv(&mut bytes).await {
                let bytes = bytes.get(..len).unwrap_or_default();
                if !bytes.starts_with(b"canary-") {
                    ears.note(bytes);
                }
            }
        });
    }

    /// Notes each piece as it comes: a connection that is held open says nothing else.
    fn stream(&self, stream: impl AsyncRead + Unpin + Send + 'static) {
        let ears = self.clone();
        tokio::spawn(async move {
            let mut stream = stream.take(LONGEST_WORD);
            let mut bytes = [0; 2048];
            while let Ok(len @ 1..) = stream.read(&mut bytes).await {
                ears.note(bytes.get(..len).unwrap_or_default());
            }
        });
    }
}
