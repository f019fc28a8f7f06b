//! The token that opens the API: judged, kept as a digest, compared in constant time.
//!
//! The token itself is not kept. Where it lies on disk and how it gets there is `token/file.rs`.

mod file;

use std::path::Path;

use nanobot_core::Secret;
use nanobot_core::ports::IdGenerator;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::error::TokenError;

/// Longest token file, in bytes: its token fits four times into the longest head of a request.
pub const MAX_TOKEN_FILE_BYTES: usize = 4_096;

/// Shortest token, in characters: 128 bits in hex.
pub const MIN_TOKEN_CHARS: usize = 32;

/// Fewest different characters of a token. 64 random hex digits have fewer less than once in a million times.
pub const MIN_TOKEN_VARIETY: usize = 10;

/// The one token, as its digest. There is no way back to its text.
#[derive(Debug, Clone)]
pub struct ApiToken {
    digest: Secret<[u8; 32]>,
}

/// Why a text is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weakness {
    Blank,
    Characters,
    TooShort,
    TooSimple,
}

impl ApiToken {
    /// Reads the token file. If there is none, makes one of 256 random bits in hex, with mode 0600, in a folder that
    /// must exist; of several that start at once, all get the same token. Blocks on the disk.
    ///
    /// # Errors
    /// [`TokenError`]: the file is out of reach, others can reach it, or its token is too weak. Nothing is mended.
    pub fn open(path: &Path, ids: &dyn IdGenerator) -> Result<Self, TokenError> {
        let content = file::read_or_make(path, ids)?;
        let text = content.expose().trim_ascii();
        judge(text).map_err(|weakness| weakness.of(path))?;
        Ok(Self::from_text(text))
    }

    /// Whether this is the token. How long it takes depends on the length of what is presented, and on nothing else.
    pub(crate) fn is(&self, presented: &[u8]) -> bool {
        let presented: [u8; 32] = Sha256::digest(presented).into();
        self.digest.expose().ct_eq(&presented).into()
    }

    fn from_text(text: &[u8]) -> Self {
        Self { digest: Secret::new(Sha256::digest(text).into()) }
    }
}

impl Weakness {
    fn of(self, path: &Path) -> TokenError {
        let path = path.to_owned();
        match self {
            Self::Blank => TokenError::Blank(path),
            Self::Characters => TokenError::Characters(path),
            Self::TooShort => TokenError::TooShort(path),
            Self::TooSimple => TokenError::TooSimple(path),
        }
    }
}

/// Whether a text is fit to be the token.
fn judge(text: &[u8]) -> Result<(), Weakness> {
    if text.is_empty() {
        return Err(Weakness::Blank);
    }
    if !text.iter().all(u8::is_ascii_graphic) {
        return Err(Weakness::Characters);
    }
    if text.len() < MIN_TOKEN_CHARS {
        return Err(Weakness::TooShort);
    }
    let mut different = text.to_vec();
    different.sort_unstable();
    different.dedup();
    if different.len() < MIN_TOKEN_VARIETY { Err(Weakness::TooSimple) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
