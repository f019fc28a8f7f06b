//! The members of a JSON object, in the order of the file.
//!
//! A plain list: objects of a policy have ten members, and the few that have thousands (the chats of a channel) are
//! walked, hardly ever searched. A hash map per object would cost more than all the rest of the reading.

use std::borrow::Cow;
use std::collections::HashSet;

use indexmap::IndexMap;

use super::Node;

/// Up to this many members, looking for a key twice by comparing all pairs is cheaper than a hash map.
const FEW: usize = 16;

/// Members, each key once.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Object<'t>(Vec<(Cow<'t, str>, Node<'t>)>);

impl<'t> Object<'t> {
    /// Members as a parser met them. Of those with the same key the last one counts, in the place of the first.
    pub(super) fn met(members: Vec<(Cow<'t, str>, Node<'t>)>) -> Self {
        if is_plain(&members) {
            return Self(members);
        }
        Self(members.into_iter().collect::<IndexMap<_, _>>().into_iter().collect())
    }

    /// Adds a member whose key is not there yet.
    pub(crate) fn push(&mut self, key: impl Into<Cow<'t, str>>, node: Node<'t>) {
        self.0.push((key.into(), node));
    }

    /// One member. Looks through all of them.
    pub(crate) fn get(&self, key: &str) -> Option<&Node<'t>> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Node<'t>)> {
        self.0.iter().map(|(key, node)| (key.as_ref(), node))
    }
}

/// Whether no key stands there twice.
fn is_plain(members: &[(Cow<'_, str>, Node<'_>)]) -> bool {
    if members.len() > FEW {
        let mut seen = HashSet::with_capacity(members.len());
        return members.iter().all(|(key, _)| seen.insert(key.as_ref()));
    }
    let is_new = |(index, (key, _)): (usize, &(Cow<'_, str>, _))| {
        members.iter().take(index).all(|(earlier, _)| earlier != key)
    };
    members.iter().enumerate().all(is_new)
}
