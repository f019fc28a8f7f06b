//! The processes that are measured: each is started, awaited until it answers, and killed when the bench is over,
//! whatever its end.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::arm::Arm;
use crate::now;
use crate::target::MODEL;

/// How long a program of ours may take until it says where it listens, and until it has ended.
const OURS: Duration = Duration::from_secs(20);
/// How long LiteLLM's proxy may take until it listens: it reads half a minute of Python on a cold disk.
const PROXY: Duration = Duration::from_mins(3);
/// How often it is looked whether it does.
const LOOK: Duration = Duration::from_millis(100);
/// Lines of its log that are told when it does not.
const LOG_LINES: usize = 15;

/// LiteLLM as it is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Litellm {
    pub(crate) program: PathBuf,
    pub(crate) version: String,
}

/// A running server. It is killed when this is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// The vendor: answers at once, in as few pieces as its words allow.
    pub(crate) async fn vendor(program: &Path) -> Result<Self> {
        let mut command = command(program);
        command.args(["--print-base", "--pieces", "1"]);
        Self::ours(command).await.with_context(|| format!("starting {}", program.display()))
    }

    /// A front of ours before a vendor.
    pub(crate) async fn front(arm: Arm, vendor: SocketAddr, folder: &Path) -> Result<Self> {
        let program = std::env::current_exe().context("cannot tell where this program is")?;
        let mut command = command(&program);
        command.args(["front", arm.word(), &base(vendor)]).arg(folder);
        Self::ours(command).await.with_context(|| format!("starting the front {}", arm.word()))
    }

    /// It says its base address and ends when its input closes.
    async fn ours(mut command: Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().context("no output")?);
        timeout(OURS, said.read_line(&mut line)).await.context("it does not say where it listens")??;
        let address = line.trim().strip_prefix("http://").and_then(|rest| rest.strip_suffix("/v1"));
        let address = address.with_context(|| format!("{line:?} is no address"))?;
        Ok(Self { child, address: address.parse()? })
    }

    /// LiteLLM's proxy before a vendor: one worker, no database, no callbacks, nothing sent anywhere.
    pub(crate) async fn litellm(litellm: &Litellm, vendor: SocketAddr, folder: &Path) -> Result<Self> {
        let port = free_port().await?;
        let (config, log) = (folder.join("litellm.yaml"), folder.join("litellm.log"));
        std::fs::write(&config, settings(vendor)).context("cannot write LiteLLM's settings")?;
        let output = File::create(&log).context("cannot make LiteLLM's log")?;
        let mut child = command(&litellm.program)
            // No key, proxy or database of this machine takes part.
            .env_clear()
            .envs([("PATH", "/usr/bin:/bin"), ("LANG", "C.UTF-8"), ("LITELLM_LOG", "ERROR")])
            // Its list of prices is otherwise fetched at every start.
            .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
            // Nobody but the bench reaches it, and our front asks for no key either.
            .env("LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY", "true")
            .env("HOME", folder)
            .current_dir(folder)
            .arg("--config")
            .arg(&config)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .args(["--num_workers", "1", "--telemetry", "False"])
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("cannot start {}", litellm.program.display()))?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let began = now();
        while TcpStream::connect(address).await.is_err() {
            let ended = child.try_wait()?;
            if ended.is_some() || now().duration_since(began) > PROXY {
                let why = ended.map_or("does not listen".to_owned(), |status| format!("ended with {status}"));
                bail!("LiteLLM's proxy {why}; its last lines:\n{}", last_lines(&log));
            }
            sleep(LOOK).await;
        }
        Ok(Self { child, address })
    }

    /// Ends it. Ours end by themselves when their input closes, so that their books are written.
    pub(crate) async fn stop(mut self) -> Result<()> {
        if self.child.stdin.take().is_some() {
            let ended = timeout(OURS, self.child.wait()).await.context("a server does not end")??;
            if !ended.success() {
                bail!("a server ended with {ended}");
            }
            return Ok(());
        }
        timeout(OURS, self.child.kill()).await.context("a server cannot be killed")??;
        Ok(())
    }
}

/// What a client takes as the base address.
fn base(address: SocketAddr) -> String {
    format!("http://{address}/v1")
}

#[expect(clippy::disallowed_methods, reason = "the programs that are measured run beside the bench")]
fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.kill_on_drop(true);
    command
}

/// A port that nobody has at the moment: LiteLLM wants to be told one.
async fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port can be had")?;
    Ok(listener.local_addr()?.port())
}

fn settings(vendor: SocketAddr) -> String {
    format!(
        "model_list:\n\
         \x20 - model_name: {MODEL}\n\
         \x20   litellm_params:\n\
         \x20     model: openai/{MODEL}\n\
         \x20     api_base: {}\n\
         \x20     api_key: bench\n\
         litellm_settings:\n\
         \x20 telemetry: false\n\
         \x20 num_retries: 0\n",
        base(vendor)
    )
}

fn last_lines(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let mut lines: Vec<&str> = text.lines().rev().take(LOG_LINES).collect();
    lines.reverse();
    lines.join("\n")
}
