//! Where a price is looked up: what the operator configured, then whose server it is, then the table.
//!
//! Names are compared as they stand. `gpt-4o` has a price, `gpt-4o-something-new` has none.

use std::collections::BTreeMap;

use super::{Price, PriceSource, table};
use crate::endpoint::Endpoint;
use crate::registry::provider_named;

/// Whose server answers, which decides whose list of prices holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seller {
    /// A server on this machine.
    OwnMachine,
    /// The provider's own server, as the registry has it.
    Provider,
    /// Anybody else's: a proxy, another region with a list of its own, a server in the next room.
    SomebodyElse,
}

impl Seller {
    /// Who answers at an address that an account of this provider calls.
    pub fn at(provider: &str, endpoint: &Endpoint) -> Self {
        let usual = provider_named(provider).and_then(|known| known.default_base);
        if endpoint.is_loopback() {
            Self::OwnMachine
        } else if usual
            .and_then(|base| Endpoint::parse(base).ok())
            .is_some_and(|usual| usual.has_host_of(endpoint) && endpoint.is_encrypted())
        {
            Self::Provider
        } else {
            Self::SomebodyElse
        }
    }
}

/// The prices in force.
#[derive(Debug, Clone, Default)]
pub struct PriceBook {
    configured: BTreeMap<(String, String), Price>,
}

impl PriceBook {
    /// The built-in table alone.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a price of the operator's for one model, by its name on the wire, at one provider. It goes before
    /// everything else, and replaces an earlier one.
    #[must_use]
    pub fn with(mut self, provider: &str, wire_model: &str, price: Price) -> Self {
        let price = Price { source: PriceSource::Configured, ..price };
        self.configured.insert((provider.to_owned(), wire_model.to_owned()), price);
        self
    }

    /// What a model costs. None when nobody has said.
    pub fn lookup(&self, provider: &str, wire_model: &str, seller: Seller) -> Option<Price> {
        // Few entries, so two short-lived names are cheaper than a key that can be borrowed.
        let configured = self.configured.get(&(provider.to_owned(), wire_model.to_owned())).copied();
        configured.or_else(|| match seller {
            Seller::OwnMachine => Some(Price::OWN_MACHINE),
            Seller::Provider => table::listed(provider, wire_model),
            Seller::SomebodyElse => None,
        })
    }
}
