//! What a fake vendor is like.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

/// What a vendor is like. [`Default`] is one that answers anybody, at once.
#[derive(Debug, Clone)]
pub struct FakeOptions {
    /// Its name, which stands in every answer.
    pub name: String,
    /// Its port; 0 is any free one.
    pub port: u16,
    /// The keys that it knows; empty lets everybody in, without a key as well.
    pub credentials: Vec<String>,
    /// What its models cost. Other models are answered too, at [`FakeOptions::usual_prices`].
    pub prices: BTreeMap<String, TokenPrices>,
    /// What a token of any other model costs.
    pub usual_prices: TokenPrices,
    /// In how many pieces an answer comes at least. Short answers are filled up with words.
    pub pieces: usize,
    /// How long it thinks before the first byte.
    pub think: Duration,
    /// How long it waits between two pieces.
    pub pause: Duration,
    /// Where the lots of rules with a share come from.
    pub seed: u64,
}

/// Billionths of a dollar for each token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenPrices {
    /// For one that is read.
    pub input: u64,
    /// For one that is written.
    pub output: u64,
}

impl Default for FakeOptions {
    fn default() -> Self {
        Self {
            name: "vendor".to_owned(),
            port: 0,
            credentials: Vec::new(),
            prices: BTreeMap::new(),
            usual_prices: TokenPrices { input: 1_000, output: 5_000 },
            pieces: 8,
            think: Duration::ZERO,
            pause: Duration::ZERO,
            seed: 1,
        }
    }
}

impl FakeOptions {
    /// A vendor of that name, for outages with several.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    pub(super) fn prices_of(&self, model: &str) -> TokenPrices {
        self.prices.get(model).copied().unwrap_or(self.usual_prices)
    }

    /// The list of models, as both dialects write it.
    pub(super) fn models(&self) -> Value {
        let models = self.prices.keys().map(|id| {
            serde_json::json!({"id": id, "object": "model", "type": "model", "created": 0, "owned_by": self.name})
        });
        serde_json::json!({"object": "list", "data": models.collect::<Vec<_>>(), "has_more": false})
    }
}
