//! What a call costs: prices for each kind of token, where they are from, and which of two is the dearer one.
//!
//! A price that nobody knows is none. Nothing here guesses from the start of a model's name, asks a vendor, or
//! decides what a budget allows.

mod book;
mod table;
mod tokens;

use std::fmt;

use nanobot_core::model::Usage;
use nanobot_core::units::NanoDollars;

pub use book::{PriceBook, Seller};
pub(crate) use tokens::text_bytes;
pub use tokens::worst_input_tokens;

/// What one token costs, in whole billionths of a dollar. A dollar for a million tokens is a thousand of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PerToken(NanoDollars);

impl PerToken {
    /// Nothing.
    pub const FREE: Self = Self(NanoDollars::ZERO);

    /// So many billionths of a dollar.
    pub const fn nanos(nanos: u64) -> Self {
        Self(NanoDollars::new(nanos))
    }

    /// Dollars for a million tokens, as vendors publish and people configure them. What is finer than a billionth
    /// for each token is rounded up. None when the number is negative, no number, or beyond the largest amount.
    pub fn from_dollars_per_million(dollars: f64) -> Option<Self> {
        let nanos = dollars * 1e3;
        // 0.15 dollars are 150 billionths, not 151, whatever binary fractions make of it.
        let whole = if (nanos - nanos.round()).abs() < 1e-6 { nanos.round() } else { nanos.ceil() };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "the range is checked in the same line"
        )]
        (dollars >= 0.0 && whole < u64::MAX as f64).then_some(Self::nanos(whole as u64))
    }

    /// The amount for one token.
    pub const fn amount(self) -> NanoDollars {
        self.0
    }

    /// What so many tokens cost, at most the largest amount.
    #[must_use]
    pub const fn times(self, tokens: u64) -> NanoDollars {
        self.0.saturating_mul(tokens)
    }
}

impl fmt::Display for PerToken {
    /// `$0.15`: for a million tokens, as vendors write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.times(1_000_000).fmt(f)
    }
}

/// Where a price is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceSource {
    /// A page of the vendor.
    Listed {
        /// Who and what: `OpenAI, Pricing`.
        page: &'static str,
        /// The month in which it was looked up, `2026-11`.
        as_of: &'static str,
    },
    /// The operator's own settings.
    Configured,
    /// A server on this machine: no token costs anything.
    OwnMachine,
}

impl fmt::Display for PriceSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listed { page, as_of } => write!(f, "{page} ({as_of})"),
            Self::Configured => f.write_str("configuration"),
            Self::OwnMachine => f.write_str("own machine"),
        }
    }
}

/// What the tokens of one model cost at one provider.
///
/// Where a vendor asks more for long prompts or busy hours, this is the higher figure: what a call costs is never
/// more than what is said here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// A token read.
    pub input: PerToken,
    /// A token written, those of hidden reasoning included.
    pub output: PerToken,
    /// A token read that the provider had in its cache; none where it costs what any other does.
    pub cached_input: Option<PerToken>,
    /// A token read that the provider put into its cache; none where it costs what any other does.
    pub cache_write: Option<PerToken>,
    /// Where this is from.
    pub source: PriceSource,
}

impl Price {
    /// What a server on this machine asks.
    pub const OWN_MACHINE: Self = Self {
        input: PerToken::FREE,
        output: PerToken::FREE,
        cached_input: None,
        cache_write: None,
        source: PriceSource::OwnMachine,
    };

    /// What a token from the cache costs.
    pub fn cached(&self) -> PerToken {
        self.cached_input.unwrap_or(self.input)
    }

    /// What a token into the cache costs.
    pub fn written(&self) -> PerToken {
        self.cache_write.unwrap_or(self.input)
    }

    /// No token costs anything.
    pub fn is_free(&self) -> bool {
        [self.input, self.output, self.cached(), self.written()].iter().all(|token| *token == PerToken::FREE)
    }

    /// What a call cost. None when what was read or what was written was not counted.
    ///
    /// A provider whose parts are more than its whole has counted badly; every token that it names is charged.
    pub fn cost(&self, usage: &Usage) -> Option<NanoDollars> {
        if self.is_free() {
            return Some(NanoDollars::ZERO);
        }
        let (input, output) = (usage.input?, usage.output?);
        let (cached, written) = (usage.cached_input.unwrap_or(0), usage.cache_write.unwrap_or(0));
        let plain = input.saturating_sub(cached).saturating_sub(written);
        let parts = [
            self.input.times(plain),
            self.cached().times(cached),
            self.written().times(written),
            self.output.times(output),
        ];
        Some(parts.into_iter().sum())
    }

    /// What a call costs at most: everything is read at the dearest of the input's prices.
    pub fn worst_case(&self, input_tokens_at_most: u64, output_tokens_at_most: u64) -> NanoDollars {
        let dearest = self.input.max(self.cached()).max(self.written());
        dearest.times(input_tokens_at_most).saturating_add(self.output.times(output_tokens_at_most))
    }

    /// Whether any kind of token costs more here than there.
    ///
    /// Two prices can each be dearer than the other, one for what is read and one for what is written. What is
    /// *not* dearer is an order: along a chain without a dearer step no price is dearer than the first.
    pub fn is_dearer_than(&self, other: &Self) -> bool {
        self.dearer_on(other).is_some()
    }

    /// The first kind of token that costs more here than there.
    pub fn dearer_on(&self, other: &Self) -> Option<DearerOn> {
        let kinds = [
            ("input", self.input, other.input),
            ("output", self.output, other.output),
            ("cached input", self.cached(), other.cached()),
            ("cache writes", self.written(), other.written()),
        ];
        kinds.into_iter().find(|(_, here, there)| here > there).map(|(kind, here, there)| DearerOn {
            kind,
            here,
            there,
        })
    }
}

/// What one price asks more for than another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DearerOn {
    /// The kind of token, for people.
    pub kind: &'static str,
    /// What it costs by the dearer price.
    pub here: PerToken,
    /// What it costs by the other one.
    pub there: PerToken,
}

impl fmt::Display for DearerOn {
    /// `cached input: $0.59 against $0.50 for a million tokens`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, here, there } = self;
        write!(f, "{kind}: {here} against {there} for a million tokens")
    }
}

/// What going from one price to the next means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dearness {
    /// No kind of token costs more.
    NotDearer,
    /// Some kind of token costs more, or may: the next price is unknown.
    Dearer,
    /// Neither is known. Not dearer if it is the very same model at the same provider, which the caller knows.
    BothUnknown,
}

impl Dearness {
    /// Compares what comes next with what was before. Unknown is dearer than anything known.
    pub fn of(next: Option<&Price>, before: Option<&Price>) -> Self {
        match (next, before) {
            (Some(next), Some(before)) if next.is_dearer_than(before) => Self::Dearer,
            (Some(_), Some(_) | None) => Self::NotDearer,
            (None, Some(_)) => Self::Dearer,
            (None, None) => Self::BothUnknown,
        }
    }
}

#[cfg(test)]
mod tests;
