//! Three vendors, and a router over them as the daemon would build it: the primary with two keys, another vendor on
//! another interface, and a machine of one's own. Each as a chain for streamed answers and one for whole ones, which
//! share their circuits.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use nanobot_core::Secret;
use nanobot_core::ids::SessionKey;
use nanobot_core::model::{ModelCall, ModelTask};
use nanobot_core::ports::{Clock, ModelClient as _, Telemetry};
use nanobot_journal::{JournalOptions, SqliteJournal};
use nanobot_llm_router::{
    Budgets, Chain, ChatProvider, Delivery, Endpoint, Escalation, Hop, Interface, Limits, Manners, PerToken,
    Price, PriceInForce, PriceSource, ProviderSettings, Router, RouterParts, Routes, Seat, Trust,
    provider_for,
};
use nanobotd::system::{SystemClock, SystemIds};
use tokio::sync::Semaphore;

use super::options::Sabotage;
use super::plan::{self, MAIN};
use super::turn::{Answer, Answerer, CHATS, Turn, Viewer, is_streamed, request};
use crate::fake_vendor::{FakeOptions, FakeVendor};

/// The vendors' names, which are those of the providers as well.
pub(super) const VENDORS: [&str; 3] = ["primary", "fallback", "own"];

/// What a vendor takes for an answer, so that turns overlap.
const THINK: Duration = Duration::from_millis(5);
const PAUSE: Duration = Duration::from_millis(2);
const PIECES: usize = 8;
/// What a healthy vendor takes for an answer: what a turn takes on top of it is trouble.
pub(super) const USUAL: Duration = Duration::from_millis(21);

/// Longest answer, in tokens.
pub(super) const MAX_TOKENS: u32 = 64;
/// What the vendors charge by default, in billionths of a dollar for each token.
const INPUT: u64 = 1_000;
const OUTPUT: u64 = 5_000;
/// The stand-in costs half.
const CHEAPER: u64 = 2;

/// Calls at a time with one credential: more than there are chats, so that nobody waits for room.
const ROOM: usize = CHATS + 14;

/// The vendors of one campaign.
pub(super) struct Vendors {
    pub(super) primary: FakeVendor,
    pub(super) fallback: FakeVendor,
    pub(super) own: FakeVendor,
}

impl Vendors {
    pub(super) fn start(seed: u64) -> Result<Self> {
        let vendor = |name: &str, keys: &[&str]| {
            let credentials = keys.iter().map(|key| (*key).to_owned()).collect();
            let options = FakeOptions {
                credentials,
                pieces: PIECES,
                think: THINK,
                pause: PAUSE,
                seed,
                ..FakeOptions::named(name)
            };
            FakeVendor::start(options).with_context(|| format!("starting the vendor {name}"))
        };
        let [primary, fallback, own] = VENDORS;
        Ok(Self {
            primary: vendor(primary, &[MAIN, "key-second"])?,
            fallback: vendor(fallback, &["key-fallback"])?,
            own: vendor(own, &[])?,
        })
    }

    pub(super) fn each(&self) -> [(&'static str, &FakeVendor); 3] {
        let [primary, fallback, own] = VENDORS;
        [(primary, &self.primary), (fallback, &self.fallback), (own, &self.own)]
    }
}

/// A client of a vendor within the campaign's limits.
pub(super) fn client(
    name: &str,
    base: &str,
    key: Option<&str>,
    delivery: Delivery,
) -> Result<Arc<dyn ChatProvider>> {
    let mut settings = ProviderSettings::new(name, format!("{name}-model"), Endpoint::parse(base)?);
    settings.key = key.map(|key| Secret::new(key.to_owned()));
    settings.interface = if name == "fallback" { Interface::Messages } else { Interface::ChatCompletions };
    settings.delivery = delivery;
    settings.max_tokens = Some(MAX_TOKENS);
    settings.limits = Limits {
        connect: plan::CONNECT,
        first_byte: plan::FIRST_BYTE,
        idle: plan::IDLE,
        whole_answer: plan::WHOLE_ANSWER,
    };
    Ok(provider_for(settings)?)
}

/// A price, in billionths of a dollar for each token.
pub(super) fn price(input: u64, output: u64) -> Price {
    Price {
        input: PerToken::nanos(input),
        output: PerToken::nanos(output),
        cached_input: None,
        cache_write: None,
        source: PriceSource::Configured,
    }
}

/// A model with its keys.
pub(super) fn hop(
    name: &str,
    base: &str,
    keys: &[(&str, Option<&str>)],
    delivery: Delivery,
    cooldown: Duration,
) -> Result<Hop> {
    let (trust, price) = match name {
        "own" => (Trust::OwnMachine, Price::OWN_MACHINE),
        "fallback" => (Trust::ThirdParty, price(INPUT / CHEAPER, OUTPUT / CHEAPER)),
        _ => (Trust::ThirdParty, price(INPUT, OUTPUT)),
    };
    let seats = keys.iter().map(|(credential, key)| {
        let client = client(name, base, *key, delivery)?;
        let room = Arc::new(Semaphore::new(ROOM));
        Ok(Seat { credential: (*credential).to_owned(), fingerprint: "1".to_owned(), client, room })
    });
    Ok(Hop {
        profile: name.to_owned(),
        provider: name.to_owned(),
        model: format!("{name}-model"),
        trust,
        price: PriceInForce::new(Some(price)),
        context_tokens: None,
        max_tokens: MAX_TOKENS,
        cooldown,
        seats: seats.collect::<Result<_>>()?,
    })
}

/// A router over the vendors, with a journal of its own.
pub(super) struct Routed {
    pub(super) router: Router,
    pub(super) journal: SqliteJournal,
    clock: Arc<dyn Clock>,
    viewer_is_deaf: bool,
    _folder: tempfile::TempDir,
}

impl Routed {
    pub(super) async fn open(
        vendors: &Vendors,
        telemetry: Arc<dyn Telemetry>,
        cooldown: Duration,
        sabotage: Option<Sabotage>,
    ) -> Result<Self> {
        let folder = tempfile::tempdir().context("a folder for the journal")?;
        let journal = SqliteJournal::open(JournalOptions::new(folder.path().join("journal.db"))).await?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let cooldown = if sabotage == Some(Sabotage::NoProbe) { Duration::from_hours(1) } else { cooldown };
        let attempts = if sabotage == Some(Sabotage::OneAttempt) { 1 } else { Manners::default().attempts };
        let mut chains = BTreeMap::new();
        for (profile, delivery) in [("streamed", Delivery::Streamed), ("whole", Delivery::Whole)] {
            chains.insert(profile.to_owned(), chain(vendors, delivery, cooldown)?);
        }
        let chats = (0..CHATS).map(|chat| {
            let profile = if is_streamed(chat) { "streamed" } else { "whole" };
            let route = BTreeMap::from([("reply".to_owned(), profile.to_owned())]);
            Ok((session(chat)?.as_str().to_owned(), route))
        });
        let router = Router::open(RouterParts {
            routes: Routes { routes: BTreeMap::new(), chats: chats.collect::<Result<_>>()? },
            chains,
            budgets: Budgets::default(),
            manners: Manners { attempts, ..Manners::default() },
            ledger: Some(Arc::new(journal.clone())),
            breakers: Some(Arc::new(journal.clone())),
            telemetry,
            clock: Arc::clone(&clock),
            ids: Arc::new(SystemIds),
        });
        let router = router.await?;
        let viewer_is_deaf = sabotage == Some(Sabotage::DeafViewer);
        Ok(Self { router, journal, clock, viewer_is_deaf, _folder: folder })
    }
}

fn chain(vendors: &Vendors, delivery: Delivery, cooldown: Duration) -> Result<Chain> {
    let keys: [&[(&str, Option<&str>)]; 3] = [
        &[("main", Some(MAIN)), ("second", Some("key-second"))],
        &[("main", Some("key-fallback"))],
        &[("main", None)],
    ];
    let hops = vendors
        .each()
        .into_iter()
        .zip(keys)
        .map(|((name, vendor), keys)| Ok(Arc::new(hop(name, &vendor.base(), keys, delivery, cooldown)?)));
    Ok(Chain::new(hops.collect::<Result<_>>()?, Escalation::Forbidden)?)
}

/// The conversation of a chat.
pub(super) fn session(chat: usize) -> Result<SessionKey> {
    SessionKey::new(format!("irc:chat-{chat}")).context("the key of a session")
}

#[async_trait]
impl Answerer for Routed {
    async fn answer(&self, chat: usize, turn: usize) -> Turn {
        let began = self.clock.now().instant;
        let (request, session) = (request(turn), session(chat).ok());
        let call = ModelCall {
            request: &request,
            task: ModelTask::Reply,
            session: session.as_ref(),
            patience: plan::PATIENCE,
        };
        let mut viewer = Viewer { is_deaf: self.viewer_is_deaf, ..Viewer::default() };
        let answer = self.router.complete(&call, &mut viewer).await;
        let took = self.clock.now().instant.duration_since(began);
        Turn {
            number: turn,
            took: Duration::try_from(took).unwrap_or_default(),
            answer: match answer {
                Ok(reply) => {
                    let provider = reply.served.map(|served| served.provider).unwrap_or_default();
                    Ok(Answer { text: reply.text, provider })
                }
                Err(error) => Err(error.kind.code()),
            },
            seen: viewer.text,
            restarts: viewer.restarts,
        }
    }
}
