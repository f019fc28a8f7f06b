//! Provenance: where a piece of content came from. Labels join and never fall off, also on disk.
//!
//! A label grants nothing and forbids nothing by itself; the security stage and the tool gate decide.

use std::fmt;

/// One origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Label {
    /// Written by an owner of the assistant.
    Owner = 0,
    /// Written by somebody whom the policy lets talk here.
    AllowedSender = 1,
    /// Written by anybody else, or by nobody knows whom.
    Stranger = 2,
    /// Fetched from the web.
    Web = 3,
    /// Read from a file that no person in the chat vouches for.
    File = 4,
    /// Part of an installed skill.
    Skill = 5,
    /// Recalled from memory.
    Memory = 6,
    /// Produced by a tool.
    Tool = 7,
}

impl Label {
    /// Every label, in the order of their stored names.
    pub const ALL: [Self; 8] = [
        Self::Owner,
        Self::AllowedSender,
        Self::Stranger,
        Self::Web,
        Self::File,
        Self::Skill,
        Self::Memory,
        Self::Tool,
    ];

    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::AllowedSender => "allowed_sender",
            Self::Stranger => "stranger",
            Self::Web => "web",
            Self::File => "file",
            Self::Skill => "skill",
            Self::Memory => "memory",
            Self::Tool => "tool",
        }
    }
}

/// A set of origins: what a text is made of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Labels(u8);

impl Labels {
    /// No origin at all: text of our own making.
    pub const NONE: Self = Self(0);

    /// Both sets together. There is deliberately no way to take a label out.
    #[must_use]
    pub const fn join(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the origin is in the set.
    pub const fn contains(self, label: Label) -> bool {
        self.0 & (1 << label as u8) != 0
    }

    /// The labels of the set, in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Label> {
        Label::ALL.into_iter().filter(move |label| self.contains(*label))
    }

    /// Reads the stored form (`owner`, `stranger+web`). A name that this version does not know counts as
    /// [`Label::Stranger`]: what we cannot judge is not trusted.
    pub fn parse(text: &str) -> Self {
        text.split('+').map(str::trim).filter(|name| !name.is_empty()).fold(Self::NONE, |set, name| {
            let label = Label::ALL.into_iter().find(|l| l.name() == name).unwrap_or(Label::Stranger);
            set.join(label.into())
        })
    }
}

impl From<Label> for Labels {
    fn from(label: Label) -> Self {
        Self(1 << label as u8)
    }
}

impl FromIterator<Labels> for Labels {
    fn from_iter<I: IntoIterator<Item = Labels>>(sets: I) -> Self {
        sets.into_iter().fold(Self::NONE, Self::join)
    }
}

impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, label) in self.iter().enumerate() {
            if index > 0 {
                f.write_str("+")?;
            }
            f.write_str(label.name())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Labels({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_unknown_name_is_a_stranger() {
        assert!(Labels::parse("from-the-future").contains(Label::Stranger));
        assert_eq!(Labels::parse(""), Labels::NONE);
    }

    proptest! {
        #[test]
        fn the_stored_form_loses_nothing(bits in any::<u8>()) {
            let set = Labels(bits);
            prop_assert_eq!(Labels::parse(&set.to_string()), set);
        }

        #[test]
        fn a_join_keeps_every_label(a in any::<u8>(), b in any::<u8>()) {
            let joined = Labels(a).join(Labels(b));
            for label in Labels(a).iter().chain(Labels(b).iter()) {
                prop_assert!(joined.contains(label));
            }
        }
    }
}
