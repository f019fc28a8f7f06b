//! `KeyPath`: where a value stands, as a message shows it.
//!
//! Segments keep the spelling they were given in. It does not know which paths exist.

use std::fmt;

/// The way from the root of a document to a value: `gateway.port`, `models.routes."assistant.reply"`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyPath(Vec<String>);

impl KeyPath {
    /// The document itself.
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// Reads the form that `Display` writes: dots between segments, double quotes around one with dots.
    pub fn parse(text: &str) -> Self {
        let mut segments = vec![String::new()];
        let mut quoted = false;
        for character in text.chars() {
            match character {
                '"' => quoted = !quoted,
                '.' if !quoted => segments.push(String::new()),
                other => {
                    if let Some(last) = segments.last_mut() {
                        last.push(other);
                    }
                }
            }
        }
        if text.is_empty() { Self::root() } else { Self(segments) }
    }

    /// The path of a child.
    #[must_use]
    pub fn child(&self, key: impl Into<String>) -> Self {
        let mut segments = self.0.clone();
        segments.push(key.into());
        Self(segments)
    }

    /// The path of what is around; `None` for the document itself.
    pub(crate) fn parent(&self) -> Option<Self> {
        self.0.split_last().map(|(_, around)| Self(around.to_vec()))
    }

    /// The segments from the root on.
    pub fn segments(&self) -> &[String] {
        &self.0
    }

    /// Whether this is the document itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            if segment.is_empty() || segment.contains('.') {
                write!(f, "\"{segment}\"")?;
            } else {
                f.write_str(segment)?;
            }
        }
        Ok(())
    }
}

impl<S: Into<String>> FromIterator<S> for KeyPath {
    fn from_iter<I: IntoIterator<Item = S>>(segments: I) -> Self {
        Self(segments.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_with_dots_is_quoted_and_read_back() {
        let path: KeyPath = ["models", "routes", "assistant.reply"].into_iter().collect();
        assert_eq!(path.to_string(), "models.routes.\"assistant.reply\"");
        assert_eq!(KeyPath::parse(&path.to_string()), path);
        assert_eq!(KeyPath::parse(""), KeyPath::root());
    }
}
