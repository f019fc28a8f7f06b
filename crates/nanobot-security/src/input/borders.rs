//! Where the words of a text began and ended, for a view that no longer shows it. What stands across borders or inside
//! of words was hidden there; what is made of whole words says no more than the text itself did.

/// Borders of words in a view without blanks, as byte offsets of that view, ascending.
#[derive(Debug)]
pub(crate) struct Borders {
    at: Vec<usize>,
}

/// A stem may be followed by this many letters of ending before the word is over.
const ENDING: usize = 4;

impl Borders {
    /// The borders in `text` itself.
    pub(crate) fn within(text: &str) -> Self {
        Self { at: edges(text).map(|(_, offset)| offset).collect() }
    }

    /// The borders that `squashed`, which is `plain` without anything but letters and digits, has lost; `None` when
    /// it is something else.
    pub(crate) fn lost(plain: &str, squashed: &str) -> Option<Self> {
        let mut at: Vec<usize> = edges(plain).map(|(letters, _)| letters).collect();
        at.dedup();
        (at.last() == Some(&squashed.len())).then_some(Self { at })
    }

    /// Whether the stretch is exactly this many words.
    pub(crate) fn are_whole(&self, start: usize, end: usize, words: usize) -> bool {
        let inside = self.index(end).saturating_sub(self.index(start + 1));
        self.is_at(start) && self.is_at(end) && inside + 1 == words.max(1)
    }

    /// Whether a word begins where the stretch begins, and one ends where it ends.
    pub(crate) fn encloses(&self, start: usize, end: usize) -> bool {
        self.is_at(start) && self.is_at(end)
    }

    /// The end of a stem with its ending, where the word is over soon enough; else its own end.
    pub(crate) fn with_ending(&self, end: usize) -> usize {
        let next = self.at.get(self.index(end)).copied();
        next.filter(|&border| border - end <= ENDING).unwrap_or(end)
    }

    fn is_at(&self, offset: usize) -> bool {
        self.at.get(self.index(offset)) == Some(&offset)
    }

    fn index(&self, offset: usize) -> usize {
        self.at.partition_point(|&border| border < offset)
    }
}

/// Every edge of a word: after how many bytes of letters and digits, and at which byte.
fn edges(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut letters = 0;
    let mut was_word = false;
    text.char_indices().chain([(text.len(), ' ')]).filter_map(move |(offset, c)| {
        let is_word = c.is_alphanumeric();
        let edge = (is_word != was_word).then_some((letters, offset));
        was_word = is_word;
        if is_word {
            letters += c.len_utf8();
        }
        edge
    })
}
