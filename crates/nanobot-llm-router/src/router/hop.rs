//! One model of a chain, and the credentials that reach it.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::chat::ChatProvider;
use crate::price::Price;

/// How far a provider is trusted with what is said, most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trust {
    /// A machine of one's own: nothing leaves the house.
    OwnMachine,
    /// An account of one's own whose terms forbid training on the data.
    OwnAccount,
    /// Anybody else.
    ThirdParty,
}

impl Trust {
    /// Every class, most trusted first.
    pub const ALL: [Self; 3] = [Self::OwnMachine, Self::OwnAccount, Self::ThirdParty];

    /// The stable word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OwnMachine => "own_machine",
            Self::OwnAccount => "own_account",
            Self::ThirdParty => "third_party",
        }
    }
}

/// One model of a chain.
pub struct Hop {
    /// The profile of the settings.
    pub profile: String,
    /// The provider.
    pub provider: String,
    /// The model, as configured.
    pub model: String,
    /// How far the provider is trusted.
    pub trust: Trust,
    /// What it costs.
    pub price: PriceInForce,
    /// How many tokens its context takes, question and answer together; none when nobody said.
    pub context_tokens: Option<u32>,
    /// The longest answer that is asked for, reasoning included: what a budget has to count with.
    pub max_tokens: u32,
    /// How long nobody asks after it failed.
    pub cooldown: Duration,
    /// The credentials that reach it, best first; at least one.
    pub seats: Vec<Seat>,
}

/// What a model costs now; nothing is in it when nobody knows. It may change while the daemon runs, and whoever is
/// about to ask looks again.
#[derive(Debug, Default)]
pub struct PriceInForce(RwLock<Option<Price>>);

impl PriceInForce {
    /// This price, or none.
    pub fn new(price: Option<Price>) -> Self {
        Self(RwLock::new(price))
    }

    /// The price now.
    pub fn get(&self) -> Option<Price> {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another price from now on.
    pub fn set(&self, price: Option<Price>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = price;
    }
}

/// A credential at a provider, ready to be asked.
pub struct Seat {
    /// Its name in the settings, for figures and logs.
    pub credential: String,
    /// What tells this very key from another one under the same name, for the state of circuits: a circuit that
    /// opened because a key was refused says nothing about the key that took its place. Never the key itself.
    pub fingerprint: String,
    /// The client.
    pub client: Arc<dyn ChatProvider>,
    /// Calls at a time with this credential, shared by all of its models.
    pub room: Arc<Semaphore>,
}

impl Hop {
    /// Profile and model, for messages to people.
    pub fn name(&self) -> String {
        format!("{} ({})", self.profile, self.model)
    }
}

impl Seat {
    /// The name of the credential's circuit.
    pub(crate) fn circuit(&self, hop: &Hop) -> String {
        format!("{}/{}#{}", hop.provider, self.credential, self.fingerprint)
    }

    /// The name of the circuit of a model with the credential.
    pub(crate) fn model_circuit(&self, hop: &Hop) -> String {
        format!("{}/{}", self.circuit(hop), hop.model)
    }
}

impl fmt::Debug for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let credentials: Vec<&str> = self.seats.iter().map(|seat| seat.credential.as_str()).collect();
        f.debug_struct("Hop")
            .field("profile", &self.profile)
            .field("provider", &self.provider)
            .field("model", &self.model)
            .field("trust", &self.trust)
            .field("credentials", &credentials)
            .finish_non_exhaustive()
    }
}
