//! SHA-256 in lower-case hex.
//!
//! It reads no hex.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// The hash of some bytes: 64 digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    of(&Sha256::digest(bytes))
}

/// Bytes as digits.
pub(crate) fn of(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut digits, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}
