//! Units that are easily mixed up, each as a type.

use std::fmt;

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ByteCount(u64);

impl ByteCount {
    /// So many bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// So many kibibytes (1024 bytes).
    pub const fn kib(count: u64) -> Self {
        Self(count * 1024)
    }

    /// So many mebibytes (1024² bytes).
    pub const fn mib(count: u64) -> Self {
        Self(count * 1024 * 1024)
    }

    /// The number of bytes.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The length of a text or buffer.
    pub fn of(len: usize) -> Self {
        Self(u64::try_from(len).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for ByteCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            n if n >= 1 << 20 && n.is_multiple_of(1 << 20) => write!(f, "{} MiB", n >> 20),
            n if n >= 1 << 10 && n.is_multiple_of(1 << 10) => write!(f, "{} KiB", n >> 10),
            n => write!(f, "{n} bytes"),
        }
    }
}

/// An amount of money: billionths of a US dollar.
///
/// A price of one dollar for a million tokens is a thousand of these for each token, so no price that providers
/// publish needs a fraction. The largest amount is 18 thousand million dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NanoDollars(u64);

impl NanoDollars {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many billionths.
    pub const fn new(nanos: u64) -> Self {
        Self(nanos)
    }

    /// An amount in dollars, rounded up. None when it is negative, no number, or beyond the largest amount.
    pub fn from_dollars(dollars: f64) -> Option<Self> {
        let nanos = (dollars * 1e9).ceil();
        // Exact up to 2^53 billionths (9 million dollars), and off by less than a millionth above.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "the range is checked in the same line"
        )]
        (nanos >= 0.0 && nanos < u64::MAX as f64).then_some(Self(nanos as u64))
    }

    /// The number of billionths.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The amount in dollars, for figures and listings.
    pub fn as_dollars(self) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a figure for people; sums are made of whole billionths"
        )]
        let nanos = self.0 as f64;
        nanos / 1e9
    }

    /// The sum, at most the largest amount.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, at least nothing.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// So many times the amount, at most the largest one.
    #[must_use]
    pub const fn saturating_mul(self, times: u64) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

impl std::iter::Sum for NanoDollars {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::saturating_add)
    }
}

impl fmt::Display for NanoDollars {
    /// `$0.0123`: at least two decimals, and as many as the amount has, up to six.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.div_ceil(1_000);
        let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
        let kept = text.trim_end_matches('0').len().max(text.len() - 4);
        write!(f, "${}", text.get(..kept).unwrap_or(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_shown_with_two_decimals_or_more() {
        let shown = |dollars| NanoDollars::from_dollars(dollars).unwrap().to_string();
        assert_eq!(shown(0.0), "$0.00");
        assert_eq!(shown(12.5), "$12.50");
        assert_eq!(shown(0.0123), "$0.0123");
        assert_eq!(shown(0.000_000_4), "$0.000001", "a part of a millionth is not nothing");
        assert_eq!(NanoDollars::new(u64::MAX).to_string(), "$18446744073.709552");
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for bad in [-0.01, f64::NAN, f64::INFINITY, 1e12] {
            assert_eq!(NanoDollars::from_dollars(bad), None, "{bad}");
        }
        assert_eq!(NanoDollars::from_dollars(1e-12), Some(NanoDollars::new(1)), "rounded up");
    }

    #[test]
    fn whole_units_are_shown_as_such() {
        assert_eq!(ByteCount::mib(2).to_string(), "2 MiB");
        assert_eq!(ByteCount::kib(3).to_string(), "3 KiB");
        assert_eq!(ByteCount::new(1500).to_string(), "1500 bytes");
    }
}
