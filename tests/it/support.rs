//! A wired nanobot on a temporary home: the adapters of the composition root, except those that a test
//! exchanges, with every log line kept and every local client's events kept.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use nanobot_channels::local::protocol::ControlOp;
use nanobot_channels::local::{ClientEvent, ClientOptions, LocalClient};
use nanobot_config::{Environment, Home, LoadRequest, load};
use nanobot_core::ids::{ChannelName, ChatId};
use nanobot_core::model::{ModelCall, ModelError, ModelReply};
use nanobot_core::ports::{ChannelSender, Clock, DeltaSink, ModelClient, ModelInfo};
use nanobot_core::testing::event::SENT_AT;
use nanobot_core::testing::{ScriptedModel, SequenceIds};
use nanobot_core::time::{Timestamp, WallTime};
use nanobotd::lock::HomeLock;
use nanobotd::{Adapters, App, Boot, Network, NetworkState, adapters};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tracing::Dispatch;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Nothing here takes as long, unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// So many cases run, unless `PROPTEST_CASES` asks for another number.
pub(crate) fn cases(usual: u32) -> proptest::test_runner::Config {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|number| number.parse().ok());
    proptest::test_runner::Config {
        cases: asked.unwrap_or(usual),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..proptest::test_runner::Config::default()
    }
}

pub(crate) fn hold<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap()
}

pub(crate) fn channel(name: &str) -> ChannelName {
    ChannelName::new(name).unwrap()
}

pub(crate) fn chat(name: &str) -> ChatId {
    ChatId::new(name).unwrap()
}

/// A network that sends through this and brings nothing: tests bring messages themselves.
pub(crate) fn network(sender: Arc<dyn ChannelSender>) -> Network {
    Network {
        sender,
        state: Arc::new(|| NetworkState { words: "in memory".to_owned(), connected: true }),
        run: Box::new(|_, cancel| Box::pin(async move { cancel.cancelled().await })),
    }
}

/// A home that is gone when the test is over.
pub(crate) struct TestHome(TempDir);

impl TestHome {
    /// With this `config.toml`.
    pub(crate) fn new(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), settings).unwrap();
        // Whoever writes is answered, with every tool: what the policy does has tests of its own.
        std::fs::write(
            folder.path().join("policy.json"),
            r#"{"owners": {"irc": ["*!o@host"], "irc_net": ["*!o@host"]}, "defaults": {}, "channels": {}}"#,
        )
        .unwrap();
        Self(folder)
    }

    /// With this `config.json`.
    pub(crate) fn with_json(settings: &serde_json::Value) -> Self {
        let home = Self::new("");
        std::fs::write(home.root().join("config.json"), settings.to_string()).unwrap();
        home
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    /// What a start needs. No variable of this process takes part, so no key of the machine does either.
    pub(crate) fn boot(&self) -> Boot {
        let home = Home::at(self.root(), None);
        let loaded = load(&LoadRequest::new(home.clone(), Environment::default())).unwrap();
        let lock = HomeLock::take(home.root(), &home.lock()).unwrap();
        let commands = nanobotd::CommandHost::of(&Environment::default());
        Boot { home, loaded, lock, socket: nanobotd::Socket::Closed, commands }
    }

    /// The adapters that the composition root chooses, with another model.
    pub(crate) async fn adapters(&self, boot: &Boot, model: Arc<dyn ModelClient>) -> Adapters {
        Adapters { model, ..adapters(boot).await.unwrap() }
    }

    /// Every file below the home, with its content, by path below the home.
    pub(crate) fn files(&self) -> Vec<(PathBuf, String)> {
        let mut files = Vec::new();
        let mut folders = vec![self.root().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
                    files.push((path.strip_prefix(self.root()).unwrap().to_owned(), text));
                }
            }
        }
        files
    }
}

/// Every log line and span of a runtime, from the level `trace` on.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&hold(&self.0)).into_owned()
    }

    /// Runs work on a runtime of its own, with two workers, and keeps what all its threads log.
    pub(crate) fn run<F: Future>(&self, work: F) -> F::Output {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_span_events(FmtSpan::FULL)
            .with_writer(self.clone())
            .finish();
        let dispatch = Dispatch::new(subscriber);
        let runtime = runtime(dispatch.clone());
        tracing::dispatcher::with_default(&dispatch, || {
            runtime
                .block_on(async { tokio::time::timeout(2 * PATIENCE, work).await.expect("the test hangs") })
        })
    }
}

fn runtime(dispatch: Dispatch) -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        // The guard would take the subscriber away again; the thread keeps it until it ends.
        .on_thread_start(move || std::mem::forget(tracing::dispatcher::set_default(&dispatch)))
        .build()
        .unwrap()
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        hold(&self.0).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

/// A local client that is attached to one chat and keeps what it sees.
pub(crate) struct Watcher {
    seen: Arc<Mutex<Vec<ClientEvent>>>,
    reader: JoinHandle<()>,
}

impl Watcher {
    /// Attaches to a chat of channel `cli`. The daemon knows when this returns.
    pub(crate) async fn attach(app: &mut App, name: &str) -> Self {
        let (ours, theirs) = tokio::io::duplex(1024 * 1024);
        app.serve_stream(theirs);
        let options = ClientOptions { name: "watcher".to_owned(), ids: Arc::new(SequenceIds::new()) };
        let mut client = LocalClient::over(ours, options).await.unwrap();
        client.attach(&chat(name)).await.unwrap();
        // Frames of one connection are taken in order: whoever is answered is attached.
        client.control(ControlOp::Status).await.unwrap();
        let seen: Arc<Mutex<Vec<ClientEvent>>> = Arc::default();
        let keep = seen.clone();
        let reader = tokio::spawn(async move {
            while let Some(event) = client.next().await {
                hold(&keep).push(event);
            }
        });
        Self { seen, reader }
    }

    /// Waits until so many turns have ended.
    pub(crate) async fn ends(&self, count: usize) {
        let is_end = |event: &&ClientEvent| matches!(event, ClientEvent::Ended { .. });
        until(|| hold(&self.seen).iter().filter(is_end).count() >= count).await;
    }

    /// Everything, once the daemon has closed the connection.
    pub(crate) async fn finish(self) -> Vec<ClientEvent> {
        tokio::time::timeout(PATIENCE, self.reader).await.expect("the daemon closes connections").unwrap();
        let seen = hold(&self.seen);
        seen.clone()
    }
}

/// Polls until something is so.
///
/// # Panics
/// When it is not so in time.
pub(crate) async fn until(is_so: impl Fn() -> bool) {
    let polled = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, polled).await.expect("what is waited for happens in time");
}

/// A scripted model that lets other turns run in the middle of each call.
pub(crate) struct Yielding(pub(crate) ScriptedModel);

#[async_trait]
impl ModelClient for Yielding {
    fn info(&self) -> ModelInfo {
        self.0.info()
    }

    async fn complete(
        &self,
        call: &ModelCall<'_>,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        for _ in 0..4 {
            tokio::task::yield_now().await;
        }
        let reply = self.0.complete(call, deltas).await;
        tokio::task::yield_now().await;
        reply
    }
}

/// A clock that goes with tokio's time, also while that is paused.
pub(crate) struct VirtualClock(tokio::time::Instant);

impl VirtualClock {
    pub(crate) fn new() -> Self {
        Self(tokio::time::Instant::now())
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> WallTime {
        let start: Timestamp = SENT_AT.parse().unwrap();
        WallTime::utc(start.checked_add(self.0.elapsed()).unwrap())
    }

    async fn sleep_until(&self, instant: Timestamp) {
        if let Ok(wait) = Duration::try_from(instant.duration_since(self.now().instant)) {
            tokio::time::sleep(wait).await;
        }
    }
}
