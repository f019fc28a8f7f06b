//! A profile as a link of a chain: who serves it, with which keys, at which price, trusted how far.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use nanobot_config::Loaded;
use nanobot_config::settings::{Headers, ModelPrice, ModelProfile, TrustClass};
use nanobot_core::Secret;
use nanobot_llm_router::{
    ChatProvider, Endpoint, Hop, OfflineModel, PerToken, Price, PriceBook, PriceInForce, PriceSource,
    Resolved, Seat, Seller, SetupError, Trust, resolve,
};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use super::first_model::FirstModel;
use super::tuning::USUAL_MAX_TOKENS;
use super::{ChosenModel, FIRST_MODEL, OFFLINE, accounts, refused};
use crate::app::StartError;

/// What the key of `api_key` is called.
const MAIN: &str = "main";

/// A credential: what its key is called, and the key, unless it is done without one.
type NamedKey = (String, Option<Secret<String>>);

/// Makes hops; those that use one credential share its room.
pub(super) struct Hops<'a> {
    loaded: &'a Loaded,
    prices: PriceBook,
    rooms: HashMap<(String, String), Arc<Semaphore>>,
}

impl<'a> Hops<'a> {
    pub(super) fn new(loaded: &'a Loaded) -> Self {
        Self { loaded, prices: PriceBook::new(), rooms: HashMap::new() }
    }

    /// The hop of a profile with the model that was chosen for it.
    ///
    /// # Errors
    /// When the account's address or one of its keys cannot be used, or a key is another vendor's.
    pub(super) fn make(
        &mut self,
        name: &str,
        profile: &ModelProfile,
        chosen: &ChosenModel,
    ) -> Result<Hop, StartError> {
        let ChosenModel::Account { model, resolved, tuning, guessed } = chosen else {
            return Ok(self.offline(name, profile));
        };
        let failed = |error: SetupError| refused(resolved.provider, &error);
        let endpoint = Endpoint::parse(&resolved.base).map_err(failed)?;
        let mut tuning = *tuning;
        if self.has_budget() {
            tuning.max_tokens = tuning.max_tokens.or(Some(USUAL_MAX_TOKENS));
        }
        let mut seats = Vec::new();
        for (credential, key) in self.keys(model, resolved)? {
            let mut with_key = Resolved::clone(resolved);
            with_key.key.clone_from(&key);
            let client = tuning.open(model, &with_key).map_err(failed)?;
            let client: Arc<dyn ChatProvider> = if *guessed {
                Arc::new(FirstModel::new(chosen.info(), client, &with_key, tuning))
            } else {
                client
            };
            seats.push(self.seat(resolved.provider, credential, key.as_ref(), client));
        }
        let vendor = resolved.detected.unwrap_or(resolved.provider);
        let listed = || self.prices.lookup(vendor, &resolved.wire_model, Seller::at(vendor, &endpoint));
        Ok(Hop {
            profile: name.to_owned(),
            provider: resolved.provider.to_owned(),
            model: if *guessed { FIRST_MODEL.to_owned() } else { model.clone() },
            trust: trust(profile, endpoint.is_loopback()),
            price: PriceInForce::new(profile.price.as_ref().and_then(price).or_else(listed)),
            context_tokens: profile.context_tokens,
            max_tokens: tuning.max_tokens.unwrap_or(USUAL_MAX_TOKENS),
            cooldown: Duration::from_secs(profile.cooldown_seconds),
            seats,
        })
    }

    fn offline(&mut self, name: &str, profile: &ModelProfile) -> Hop {
        Hop {
            profile: name.to_owned(),
            provider: OFFLINE.to_owned(),
            model: OFFLINE.to_owned(),
            trust: Trust::OwnMachine,
            price: PriceInForce::new(Some(Price::OWN_MACHINE)),
            context_tokens: None,
            max_tokens: USUAL_MAX_TOKENS,
            cooldown: Duration::from_secs(profile.cooldown_seconds),
            seats: vec![self.seat(OFFLINE, MAIN.to_owned(), None, Arc::new(OfflineModel))],
        }
    }

    fn seat(
        &mut self,
        provider: &str,
        credential: String,
        key: Option<&Secret<String>>,
        client: Arc<dyn ChatProvider>,
    ) -> Seat {
        let at_a_time =
            self.loaded.config.providers.get(provider).map_or(16, |account| account.concurrency.get());
        let room = self.rooms.entry((provider.to_owned(), credential.clone()));
        let at_a_time = usize::try_from(at_a_time).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        let room = Arc::clone(room.or_insert_with(|| Arc::new(Semaphore::new(at_a_time))));
        Seat { credential, fingerprint: fingerprint(key), client, room }
    }

    /// The account's own key first, then the further ones by name.
    ///
    /// # Errors
    /// When a further key is somebody else's than the account's own.
    fn keys(&self, model: &str, resolved: &Resolved) -> Result<Vec<NamedKey>, StartError> {
        let account = self.loaded.config.providers.get(resolved.provider);
        let further = account.and_then(|account| account.keys.as_ref()).into_iter().flat_map(Headers::iter);
        let own = resolved.key.iter().map(|key| (MAIN.to_owned(), Some(key.clone())));
        let mut keys: Vec<_> = own.collect();
        for (name, key) in further {
            if !self.is_of_the_same_vendor(model, resolved, key) {
                return Err(StartError::Model(format!(
                    "providers.{0}.keys.{name}: this key belongs to another vendor than providers.{0}.apiKey, to whose \
                     server it would be sent; give it to a provider of its own",
                    resolved.provider
                )));
            }
            keys.push((name.to_owned(), Some(key.clone())));
        }
        if keys.is_empty() {
            keys.push((MAIN.to_owned(), None));
        }
        Ok(keys)
    }

    /// Whether a further key would find the server that the account's own found: some keys say whose they are, and the
    /// address follows from the account's own alone. Without one of its own the address is that of the settings.
    fn is_of_the_same_vendor(&self, model: &str, resolved: &Resolved, key: &Secret<String>) -> bool {
        if resolved.key.is_none() {
            return true;
        }
        let mut same = accounts(self.loaded);
        same.retain(|account| account.name == resolved.provider);
        for account in &mut same {
            account.key = Some(key.clone());
        }
        resolve(model, &same)
            .is_some_and(|by_it| (&by_it.detected, &by_it.base) == (&resolved.detected, &resolved.base))
    }

    fn has_budget(&self) -> bool {
        let budget = &self.loaded.config.budget;
        let any = [budget.day_dollars, budget.month_dollars, budget.chat_day_dollars];
        any.iter().any(Option::is_some) || !budget.tasks.is_empty()
    }
}

fn trust(profile: &ModelProfile, is_loopback: bool) -> Trust {
    match profile.trust {
        Some(TrustClass::OwnMachine) => Trust::OwnMachine,
        Some(TrustClass::OwnAccount) => Trust::OwnAccount,
        None if is_loopback => Trust::OwnMachine,
        // What a later version may know is trusted like anybody else.
        Some(_) | None => Trust::ThirdParty,
    }
}

fn price(set: &ModelPrice) -> Option<Price> {
    let token = PerToken::from_dollars_per_million;
    Some(Price {
        input: token(set.input)?,
        output: token(set.output)?,
        cached_input: set.cached_input.and_then(token),
        cache_write: set.cache_write.and_then(token),
        source: PriceSource::Configured,
    })
}

/// Tells one key from another, and is none. Four bytes of a hash of what has 128 bits or more give nothing away.
fn fingerprint(key: Option<&Secret<String>>) -> String {
    key.map_or_else(
        || "none".to_owned(),
        |key| {
            let digest = Sha256::digest(key.expose().trim().as_bytes());
            let start = digest.first_chunk::<4>().copied().unwrap_or_default();
            format!("{:08x}", u32::from_be_bytes(start))
        },
    )
}
