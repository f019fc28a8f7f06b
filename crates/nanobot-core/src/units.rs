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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_units_are_shown_as_such() {
        assert_eq!(ByteCount::mib(2).to_string(), "2 MiB");
        assert_eq!(ByteCount::kib(3).to_string(), "3 KiB");
        assert_eq!(ByteCount::new(1500).to_string(), "1500 bytes");
    }
}
