//! The process that is killed: chats that talk until the money is used up, over a router with a hard budget and a
//! journal that an earlier run may have left.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use async_trait::async_trait;
use nanobot_core::model::{ModelCall, ModelError, ModelErrorKind, ModelReply, ModelRequest, ModelTask};
use nanobot_core::ports::{DeltaSink, ModelClient as _, ModelInfo, Telemetry};
use nanobot_core::telemetry::TelemetryEvent;
use nanobot_core::units::NanoDollars;
use nanobot_journal::{JournalOptions, SqliteJournal};
use nanobot_llm_router::{
    Budgets, Chain, ChatProvider, Delivery, Escalation, Manners, Router, RouterParts, Routes,
};
use nanobotd::system::{SystemClock, SystemIds};
use tokio::task::JoinSet;

use super::budget::{INPUT, OUTPUT};
use super::house::{hop, price, session};
use super::plan::{MAIN, PATIENCE};
use super::turn::{CHATS, Viewer, is_streamed, request};

/// The word by which the program becomes the process that is killed.
pub const WORKER: &str = "--budget-worker";

/// Turns in all, so that a budget that never ends ends the run.
const MOST_TURNS: usize = 100_000;
/// How long the end may take.
const END_LIMIT: Duration = Duration::from_secs(10);
/// How long nobody asks the vendor after it failed: it fails now and then, and must be asked on.
const COOLDOWN: Duration = Duration::from_millis(20);

/// What the process is told.
#[derive(Debug, Clone)]
pub struct WorkerOptions {
    /// The file of the journal.
    pub journal: PathBuf,
    /// Where the vendor is.
    pub base: String,
    /// The budget of the day, in billionths of a dollar.
    pub day: u64,
    /// A promise that is broken on purpose: whatever fails counts as free.
    pub failures_are_free: bool,
}

impl WorkerOptions {
    /// As words behind [`WORKER`].
    pub(super) fn words(&self) -> [std::ffi::OsString; 4] {
        [
            self.journal.clone().into_os_string(),
            self.base.clone().into(),
            self.day.to_string().into(),
            self.failures_are_free.to_string().into(),
        ]
    }

    /// From the words behind [`WORKER`].
    ///
    /// # Errors
    /// When there is one too few or too many, or one is not what it should be.
    pub fn parse(words: &[String]) -> Result<Self> {
        let [journal, base, day, free] = words else { bail!("{WORKER} JOURNAL BASE NANODOLLARS FREE") };
        let day = day.parse().context("the budget")?;
        let failures_are_free = free.parse().context("whether failures are free")?;
        Ok(Self { journal: PathBuf::from(journal), base: base.clone(), day, failures_are_free })
    }
}

/// Nobody listens: the vendor's book is what counts.
struct Nobody;

impl Telemetry for Nobody {
    fn record(&self, _event: &TelemetryEvent) {}
}

/// Says of every failure that it cost nothing.
struct Careless(Arc<dyn ChatProvider>);

#[async_trait]
impl ChatProvider for Careless {
    fn info(&self) -> ModelInfo {
        self.0.info()
    }

    async fn ask(
        &self,
        request: &ModelRequest,
        patience: Duration,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        self.0.ask(request, patience, deltas).await.map_err(ModelError::free)
    }
}

/// Talks until the budget has no room for any chat. Whether that is how it ended.
///
/// # Errors
/// When the journal or the vendor cannot be used.
pub async fn work(options: &WorkerOptions) -> Result<bool> {
    let journal = SqliteJournal::open(JournalOptions::new(options.journal.clone())).await?;
    let router = Arc::new(router(options, &journal).await?);
    let next = Arc::new(AtomicUsize::new(0));
    let mut chats = JoinSet::new();
    for chat in 0..CHATS {
        chats.spawn(talk(Arc::clone(&router), Arc::clone(&next), chat));
    }
    let mut is_used_up = true;
    while let Some(ended) = chats.join_next().await {
        is_used_up &= ended.context("a chat of the worker broke")??;
    }
    is_used_up &= router.close(END_LIMIT).await;
    journal.shut_down().await;
    Ok(is_used_up)
}

async fn talk(router: Arc<Router>, next: Arc<AtomicUsize>, chat: usize) -> Result<bool> {
    let session = session(chat)?;
    loop {
        let turn = next.fetch_add(1, Ordering::Relaxed);
        if turn >= MOST_TURNS {
            return Ok(false);
        }
        let request = request(turn);
        let call = ModelCall {
            request: &request,
            task: ModelTask::Reply,
            session: Some(&session),
            patience: PATIENCE,
        };
        match router.complete(&call, &mut Viewer::default()).await {
            Err(error) if error.kind == ModelErrorKind::BudgetExhausted => return Ok(true),
            // The vendor fails now and then; that is not what is looked at here.
            Ok(_) | Err(_) => {}
        }
    }
}

async fn router(options: &WorkerOptions, journal: &SqliteJournal) -> Result<Router> {
    let mut chains = BTreeMap::new();
    let mut chats = BTreeMap::new();
    for (profile, delivery) in [("streamed", Delivery::Streamed), ("whole", Delivery::Whole)] {
        let mut only = hop("primary", &options.base, &[("main", Some(MAIN))], delivery, COOLDOWN)?;
        if options.failures_are_free {
            for seat in &mut only.seats {
                seat.client = Arc::new(Careless(Arc::clone(&seat.client)));
            }
        }
        only.price.set(Some(price(INPUT, OUTPUT)));
        chains.insert(profile.to_owned(), Chain::new(vec![Arc::new(only)], Escalation::Forbidden)?);
    }
    for chat in 0..CHATS {
        let profile = if is_streamed(chat) { "streamed" } else { "whole" };
        let route = BTreeMap::from([("reply".to_owned(), profile.to_owned())]);
        chats.insert(session(chat)?.as_str().to_owned(), route);
    }
    let router = Router::open(RouterParts {
        routes: Routes { routes: BTreeMap::new(), chats },
        chains,
        budgets: Budgets { day: Some(NanoDollars::new(options.day)), ..Budgets::default() },
        manners: Manners::default(),
        ledger: Some(Arc::new(journal.clone())),
        breakers: Some(Arc::new(journal.clone())),
        telemetry: Arc::new(Nobody),
        clock: Arc::new(SystemClock::new()),
        ids: Arc::new(SystemIds),
    });
    Ok(router.await?)
}
