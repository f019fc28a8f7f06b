//! A running nanobot on a home of its own: everything as the daemon has it, but the model and the network.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nanobot_config::{Environment, Home, LoadRequest, load};
use nanobot_core::ids::ChannelName;
use nanobot_core::ports::Ingest;
use nanobot_journal::{JournalOptions, SqliteJournal};
use nanobotd::lock::HomeLock;
use nanobotd::{Adapters, App, Boot, CommandHost, Drained, Socket, adapters};

use crate::model::AtOnce;
use crate::network::Arrivals;

/// How long the end may take: several times what a full house needs to bring its session files to the disk.
const DRAIN_LIMIT: Duration = Duration::from_secs(30);

/// The house.
pub(crate) struct House {
    app: App,
    journal: Arc<SqliteJournal>,
    pub(crate) arrivals: Arc<Arrivals>,
    pub(crate) channel: ChannelName,
}

impl House {
    /// Starts on a home, which is made if it is missing.
    pub(crate) async fn open(root: &Path) -> Result<Self> {
        std::fs::create_dir_all(root).with_context(|| format!("cannot make {}", root.display()))?;
        let home = Home::at(root, None);
        // No variable of this process takes part, so no key of the machine does either.
        let loaded = load(&LoadRequest::new(home.clone(), Environment::default()))?;
        let lock = HomeLock::take(home.root(), &home.lock())?;
        let journal = Arc::new(SqliteJournal::open(JournalOptions::new(home.journal())).await?);
        let commands = CommandHost::of(&Environment::default());
        let boot = Boot { home, loaded, lock, socket: Socket::Closed, commands };
        let channel = ChannelName::new("bench")?;
        let arrivals = Arrivals::new(channel.clone());
        let with = Adapters {
            model: Arc::new(AtOnce),
            networks: vec![arrivals.network()],
            // One of its own kind, held here as well: it is asked for its commits.
            journal: journal.clone(),
            lines: journal.clone(),
            outbox: journal.clone(),
            ..adapters(&boot).await?
        };
        let app = App::start_with(boot, with).await?;
        Ok(Self { app, journal, arrivals, channel })
    }

    pub(crate) fn ingest(&self) -> Arc<dyn Ingest> {
        self.app.ingest()
    }

    /// Durable commits of the journal since it was opened.
    pub(crate) fn commits(&self) -> u64 {
        self.journal.commits()
    }

    /// Ends in order, so that nothing of it disturbs what is measured next. On a busy disk the time for the session
    /// files may not do; the next start on this home brings over what is left before it lets anybody in.
    pub(crate) async fn close(self) -> Result<()> {
        if self.app.drain(DRAIN_LIMIT).await == Drained::Cut {
            writeln!(std::io::stderr(), "bench-pipeline: the drain left something for the next start")?;
        }
        Ok(())
    }
}
