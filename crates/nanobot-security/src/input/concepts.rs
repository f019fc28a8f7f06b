//! Concepts by number, and sets of them: which were found in a view, which a pattern needs.

/// A concept, by its place in the lexicon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ConceptId(u16);

/// How many concepts there may be; the packs have some 260.
const MOST: usize = 512;
const BITS: usize = 64;

impl ConceptId {
    /// The one with this number, unless there are too many.
    pub(crate) fn new(number: usize) -> Option<Self> {
        u16::try_from(number).ok().filter(|_| number < MOST).map(Self)
    }

    /// Its number, counted from zero.
    pub(crate) const fn number(self) -> usize {
        self.0 as usize
    }
}

/// Some of the concepts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ConceptSet([u64; MOST / BITS]);

impl ConceptSet {
    /// Adds one.
    pub(crate) fn insert(&mut self, concept: ConceptId) {
        if let Some(word) = self.0.get_mut(concept.number() / BITS) {
            *word |= 1 << (concept.number() % BITS);
        }
    }

    /// Whether the two have one in common.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(one, other)| one & other != 0)
    }

    /// Whether all of the other one's are in this one.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).fold(0, |missing, (one, other)| missing | other & !one) == 0
    }
}

impl FromIterator<ConceptId> for ConceptSet {
    fn from_iter<I: IntoIterator<Item = ConceptId>>(concepts: I) -> Self {
        let mut set = Self::default();
        concepts.into_iter().for_each(|concept| set.insert(concept));
        set
    }
}
