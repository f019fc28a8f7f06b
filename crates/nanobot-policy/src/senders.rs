//! A list of senders, expanded (see `identity.rs`) and packed: ten thousand chats keep tens of thousands of names, and
//! a text for each would be most of what a compiled policy costs to make, to hold and to throw away.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::identity::{Actor, spell};

/// A list of senders.
#[derive(Debug, Clone, Default)]
pub(crate) struct Senders {
    /// All names, one behind the other.
    text: Box<str>,
    /// Where they stand in it; sorted by what stands there, each once.
    places: Box<[Range<usize>]>,
}

/// By the names; in which order they were written makes no difference.
impl PartialEq for Senders {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Senders {
    pub(crate) fn of(channel: &str, entries: &[String]) -> Self {
        // An entry has two or three names, together about twice as long as itself.
        let mut text = String::with_capacity(entries.iter().map(String::len).sum::<usize>() * 2);
        let mut places = Vec::with_capacity(entries.len() * 3);
        for entry in entries {
            spell(channel, entry, |pieces| {
                let start = text.len();
                text.extend(pieces.iter().copied());
                places.push(start..text.len());
            });
        }
        places.sort_unstable_by(|one, other| name(&text, one).cmp(name(&text, other)));
        places.dedup_by(|one, other| name(&text, one) == name(&text, other));
        Self { places: places.into(), text: text.into() }
    }

    /// Whether somebody stands on it under any of his names.
    pub(crate) fn hold(&self, actor: &Actor) -> bool {
        !self.places.is_empty() && actor.names().any(|name| self.has(name))
    }

    fn has(&self, wanted: &str) -> bool {
        self.places.binary_search_by(|place| name(&self.text, place).cmp(wanted)).is_ok()
    }

    /// All names.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        self.iter().map(str::to_owned).collect()
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|place| name(&self.text, place))
    }
}

fn name<'t>(text: &'t str, place: &Range<usize>) -> &'t str {
    text.get(place.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::expand;

    #[test]
    fn a_packed_list_holds_the_names_of_an_expanded_one() {
        let entries =
            ["+49 151", "49151:3@s.whatsapp.net", "@Bob", "bob", ":5", "", "x@", "a:b"].map(str::to_owned);
        for channel in ["whatsapp", "telegram", "irc"] {
            let senders = Senders::of(channel, &entries);
            let expanded = expand(channel, &entries);
            assert_eq!(senders.names(), expanded, "{channel}");
            assert!(expanded.iter().all(|name| senders.has(name)) && !senders.has("eve"), "{channel}");
        }
        assert!(!Senders::default().has(""), "nobody stands on an empty list");
    }
}
