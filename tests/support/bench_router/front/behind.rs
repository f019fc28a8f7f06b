//! What answers behind the front: the bare client of the vendor, or a router over it as the daemon builds one.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use nanobot_core::ids::{ChannelName, SessionKey};
use nanobot_core::model::{ModelCall, ModelError, ModelReply, ModelTask};
use nanobot_core::ports::{BreakerState, BudgetLedger, Clock, DeltaSink, ModelClient as _, Telemetry};
use nanobot_core::units::NanoDollars;
use nanobot_journal::{JournalOptions, SqliteJournal};
use nanobot_llm_router::{
    Budgets, Chain, ChatProvider, Endpoint, Escalation, Hop, Interface, Manners, PerToken, Price,
    PriceInForce, PriceSource, ProviderSettings, Router, RouterParts, Routes, Seat, Trust, provider_for,
};
use nanobot_telemetry::{Metrics, MetricsSetup, ModelName, Tee};
use nanobotd::system::{SystemClock, SystemIds};
use tokio::sync::Semaphore;

use super::book::Counted;
use super::wire::Asked;
use crate::arm::{Arm, Form};
use crate::target::{MAX_TOKENS, MODEL};

/// The one that is asked, and the one that would stand in for it.
const PROVIDERS: [&str; 2] = ["primary", "fallback"];
/// The name of the key.
const CREDENTIAL: &str = "main";
/// What a call may lose; nobody fails here.
const PATIENCE: Duration = Duration::from_secs(20);
/// Calls at a time with one credential: what the daemon does without a setting.
const ROOM: usize = 16;
/// How long nobody asks after a failure.
const COOLDOWN: Duration = Duration::from_mins(1);
/// The budget of the day: ten thousand dollars, which no bench uses up.
const DAY: NanoDollars = NanoDollars::new(10_000_000_000_000);
/// How long the end may take.
const END_LIMIT: Duration = Duration::from_secs(10);

/// Who answers.
pub(super) enum Behind {
    Bare(Pair<Arc<dyn ChatProvider>>),
    Routed { router: Box<Router>, chats: Pair<SessionKey>, book: Option<Arc<Counted>> },
}

/// One for each form.
pub(super) struct Pair<T> {
    whole: T,
    streamed: T,
}

impl<T> Pair<T> {
    fn of(make: impl Fn(Form) -> Result<T>) -> Result<Self> {
        Ok(Self { whole: make(Form::Whole)?, streamed: make(Form::Streamed)? })
    }

    fn get(&self, form: Form) -> &T {
        match form {
            Form::Whole => &self.whole,
            Form::Streamed => &self.streamed,
        }
    }
}

impl Behind {
    pub(super) async fn open(arm: Arm, vendor: &str, folder: &Path) -> Result<Self> {
        let budgets = match arm {
            Arm::Front => return Ok(Self::Bare(Pair::of(|form| client(PROVIDERS[0], vendor, form))?)),
            Arm::Router | Arm::Booked => Budgets::default(),
            Arm::Budget => Budgets { day: Some(DAY), ..Budgets::default() },
            Arm::Direct | Arm::Litellm => bail!("{} has no front of ours", arm.word()),
        };
        let journal = if arm.has_book() {
            let file = folder.join(format!("{}.db", arm.word()));
            Some(SqliteJournal::open(JournalOptions::new(file)).await.context("the journal")?)
        } else {
            None
        };
        let breakers = journal.clone().map(|journal| Arc::new(journal) as Arc<dyn BreakerState>);
        let book = journal.map(|journal| Arc::new(Counted::over(journal)));
        let ledger = book.clone().map(|book| book as Arc<dyn BudgetLedger>);
        let chats = Pair::of(session)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let mut parts = RouterParts {
            routes: Routes { routes: BTreeMap::new(), chats: BTreeMap::new() },
            chains: BTreeMap::new(),
            budgets,
            manners: Manners::default(),
            ledger,
            breakers,
            telemetry: Arc::new(Tee::new([Arc::new(metrics(clock.as_ref())?) as Arc<dyn Telemetry>])),
            clock,
            ids: Arc::new(SystemIds),
        };
        for form in Form::ALL {
            parts.chains.insert(form.word().to_owned(), chain(vendor, form)?);
            let route = BTreeMap::from([(ModelTask::Reply.name().to_owned(), form.word().to_owned())]);
            parts.routes.chats.insert(chats.get(form).as_str().to_owned(), route);
        }
        let router = Box::new(Router::open(parts).await.context("the router")?);
        Ok(Self::Routed { router, chats, book })
    }

    /// Asks it.
    pub(super) async fn answer(
        &self,
        asked: &Asked,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        match self {
            Self::Bare(clients) => clients.get(asked.form).ask(&asked.request, PATIENCE, deltas).await,
            Self::Routed { router, chats, .. } => {
                let call = ModelCall {
                    request: &asked.request,
                    task: ModelTask::Reply,
                    session: Some(chats.get(asked.form)),
                    patience: PATIENCE,
                };
                router.complete(&call, deltas).await
            }
        }
    }

    /// Comes back when so many calls are in the book; at once where there is none.
    pub(super) async fn until_written(&self, calls: u64) {
        if let Self::Routed { book: Some(book), .. } = self {
            book.until(calls).await;
        }
    }

    pub(super) async fn close(&self) -> Result<()> {
        if let Self::Routed { router, book, .. } = self {
            ensure!(router.close(END_LIMIT).await, "the book was not written to its end");
            if let Some(book) = book {
                book.close().await;
            }
        }
        Ok(())
    }
}

fn session(form: Form) -> Result<SessionKey> {
    SessionKey::new(format!("bench:{}", form.word())).context("the key of a session")
}

fn client(provider: &str, vendor: &str, form: Form) -> Result<Arc<dyn ChatProvider>> {
    let mut settings = ProviderSettings::new(provider, MODEL, Endpoint::parse(vendor)?);
    settings.interface = Interface::ChatCompletions;
    settings.delivery = form.delivery();
    settings.max_tokens = Some(MAX_TOKENS);
    Ok(provider_for(settings)?)
}

/// The vendor, and behind it the same once more, which nobody ever has to ask.
fn chain(vendor: &str, form: Form) -> Result<Chain> {
    let hops = PROVIDERS.map(|provider| Ok(Arc::new(hop(provider, vendor, form)?)));
    Ok(Chain::new(hops.into_iter().collect::<Result<_>>()?, Escalation::Forbidden)?)
}

fn hop(provider: &str, vendor: &str, form: Form) -> Result<Hop> {
    let price = Price {
        input: PerToken::nanos(100),
        output: PerToken::nanos(500),
        cached_input: None,
        cache_write: None,
        source: PriceSource::Configured,
    };
    let seat = Seat {
        credential: CREDENTIAL.to_owned(),
        fingerprint: "1".to_owned(),
        client: client(provider, vendor, form)?,
        room: Arc::new(Semaphore::new(ROOM)),
    };
    Ok(Hop {
        profile: provider.to_owned(),
        provider: provider.to_owned(),
        model: MODEL.to_owned(),
        trust: Trust::ThirdParty,
        price: PriceInForce::new(Some(price)),
        context_tokens: None,
        max_tokens: MAX_TOKENS,
        cooldown: COOLDOWN,
        seats: vec![seat],
    })
}

/// The figures as the daemon keeps them.
fn metrics(clock: &dyn Clock) -> Result<Metrics> {
    let model = |provider: &str| ModelName { provider: provider.to_owned(), model: MODEL.to_owned() };
    Ok(Metrics::new(&MetricsSetup {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started: clock.now().instant,
        models: PROVIDERS.map(model).to_vec(),
        credentials: vec![CREDENTIAL.to_owned()],
        tools: Vec::new(),
        channels: vec![ChannelName::CLI],
    })?)
}
