//! The built-in table of prices, one file for each vendor or group of them.
//!
//! A row is for exact names: what the vendor calls the model, and the aliases and dated names that it documents as
//! the same. A new sibling of a listed model has no price until somebody reads one on the vendor's page. Figures are
//! billionths of a dollar for each token: 150 is $0.15 for a million.
//!
//! A figure is here when two tables that others keep of the vendors' pages agree on it (LiteLLM's and Pydantic's
//! genai-prices, both of November 2026); Anthropic's and DeepSeek's were read in copies of the pages besides. Of
//! retired models one such table and an older copy of the page had to do, and of OpenRouter's one table, its word
//! that it passes prices through, and the vendor's own row. What has one witness only is left out, all of Alibaba's
//! for one. So are prices that change on an announced day, since a row has no end.

mod anthropic;
mod google;
mod openai;
mod openrouter;
mod others;

use super::{PerToken, Price, PriceSource};

/// One price, and the models that have it.
struct Row {
    /// The provider's name in the registry.
    provider: &'static str,
    /// Names on the wire.
    models: &'static [&'static str],
    price: Price,
}

const ROWS: [&[Row]; 5] = [openai::ROWS, anthropic::ROWS, google::ROWS, others::ROWS, openrouter::ROWS];

/// What the vendor of that model asks.
pub(super) fn listed(provider: &str, wire_model: &str) -> Option<Price> {
    rows().find(|row| row.provider == provider && row.models.contains(&wire_model)).map(|row| row.price)
}

fn rows() -> impl Iterator<Item = &'static Row> {
    ROWS.into_iter().flatten()
}

/// A page of a vendor on a day.
struct Page {
    provider: &'static str,
    source: PriceSource,
}

impl Page {
    const fn new(provider: &'static str, page: &'static str, as_of: &'static str) -> Self {
        Self { provider, source: PriceSource::Listed { page, as_of } }
    }

    /// A row without prices of its own for the cache.
    const fn plain(&self, models: &'static [&'static str], input: u64, output: u64) -> Row {
        let price = Price {
            input: PerToken::nanos(input),
            output: PerToken::nanos(output),
            cached_input: None,
            cache_write: None,
            source: self.source,
        };
        Row { provider: self.provider, models, price }
    }

    /// A row with a price for tokens from the cache.
    const fn cached(
        &self,
        models: &'static [&'static str],
        input: u64,
        cached_input: u64,
        output: u64,
    ) -> Row {
        let row = self.plain(models, input, output);
        Row { price: Price { cached_input: Some(PerToken::nanos(cached_input)), ..row.price }, ..row }
    }

    /// A row with prices for tokens from and into the cache.
    const fn written(
        &self,
        models: &'static [&'static str],
        input: u64,
        cached_input: u64,
        cache_write: u64,
        output: u64,
    ) -> Row {
        let row = self.cached(models, input, cached_input, output);
        Row { price: Price { cache_write: Some(PerToken::nanos(cache_write)), ..row.price }, ..row }
    }
}

#[cfg(test)]
mod tests;
