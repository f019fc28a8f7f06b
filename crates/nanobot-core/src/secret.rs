//! `Secret<T>`: a value that is never printed by accident.
//!
//! There is no `Display` and no serialisation; `Debug` is redacted. The one way to the value is
//! [`Secret::expose`], so that a search for that word lists every place where a secret is used.

use std::fmt;

/// A key, token or password. Compares and clones like its value, prints as `[secret]`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself: only for the line that hands it to its user (a request header, say).
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl Secret<String> {
    /// Whether nothing but white space is inside; a blank key means that no key is set.
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_never_shows_the_value() {
        let key = Secret::new("sk-live-123".to_owned());
        assert_eq!(format!("{key:?}"), "[secret]");
        assert_eq!(format!("{:?}", Some(&key)), "Some([secret])");
        assert_eq!(key.expose(), "sk-live-123");
    }
}
