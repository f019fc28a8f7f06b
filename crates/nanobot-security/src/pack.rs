//! What can be wrong with a rule pack. The packs are part of the program: a fault of theirs is a fault of ours, and it
//! shows when the gate is built. It does not say how a pack is read: each stage reads its own.

/// Why a rule pack cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// It is no TOML, or not of the shape that the stage reads.
    #[error("reading rule pack {pack}")]
    Shape {
        /// Which pack.
        pack: &'static str,
        /// What the reader says.
        source: toml::de::Error,
    },
    /// A rule of it cannot be used.
    #[error("rule {rule} of pack {pack}: {what}")]
    Rule {
        /// Which pack.
        pack: &'static str,
        /// The rule's id.
        rule: String,
        /// What is wrong with it.
        what: String,
    },
}
