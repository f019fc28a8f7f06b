//! The names of the tools that a turn may use. It is a set like any other, except that copies share it: a policy hands
//! the same few sets to every message, and a copy of the names would be most of what a decision costs.

use std::collections::{BTreeSet, btree_set};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// A set of names of tools, cheap to copy. Who changes a copy changes that one alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolNames(Arc<BTreeSet<String>>);

impl Deref for ToolNames {
    type Target = BTreeSet<String>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for ToolNames {
    fn deref_mut(&mut self) -> &mut Self::Target {
        Arc::make_mut(&mut self.0)
    }
}

impl From<BTreeSet<String>> for ToolNames {
    fn from(names: BTreeSet<String>) -> Self {
        Self(Arc::new(names))
    }
}

impl From<ToolNames> for BTreeSet<String> {
    fn from(names: ToolNames) -> Self {
        Arc::unwrap_or_clone(names.0)
    }
}

impl<const N: usize> From<[String; N]> for ToolNames {
    fn from(names: [String; N]) -> Self {
        BTreeSet::from(names).into()
    }
}

impl FromIterator<String> for ToolNames {
    fn from_iter<I: IntoIterator<Item = String>>(names: I) -> Self {
        names.into_iter().collect::<BTreeSet<_>>().into()
    }
}

impl IntoIterator for ToolNames {
    type Item = String;
    type IntoIter = btree_set::IntoIter<String>;

    fn into_iter(self) -> Self::IntoIter {
        BTreeSet::from(self).into_iter()
    }
}

impl<'a> IntoIterator for &'a ToolNames {
    type Item = &'a String;
    type IntoIter = btree_set::Iter<'a, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl PartialEq<BTreeSet<String>> for ToolNames {
    fn eq(&self, other: &BTreeSet<String>) -> bool {
        *self.0 == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_copy_leaves_the_others_as_they_were() {
        let names = ToolNames::from(["exec".to_owned()]);
        let mut copy = names.clone();
        copy.clear();
        assert!(names.contains("exec") && copy.is_empty());
    }
}
