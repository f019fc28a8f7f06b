//! Where the words of a text began and ended, for a view that no longer shows it. What stands across borders or inside
//! of words was hidden there; what is made of whole words says no more than the text itself did.

use super::script::runs_or_stands;

/// Borders of words in a view without blanks, by the byte offsets of that view.
#[derive(Debug)]
pub(crate) struct Borders {
    /// One bit for each offset.
    bits: Vec<u64>,
    /// How many borders stand before each of these words of bits.
    before: Vec<u32>,
}

/// A stem may be followed by this many letters of ending before the word is over.
const ENDING: usize = 4;

impl Borders {
    /// The borders in `text` itself.
    pub(crate) fn within(text: &str) -> Self {
        Self::at(text.len(), |set| edges(text, |_, offset| set(offset)))
    }

    /// The borders that `squashed`, which is `plain` without anything but letters and digits, has lost; `None` when
    /// it is something else.
    pub(crate) fn lost(plain: &str, squashed: &str) -> Option<Self> {
        let mut last = None;
        let borders = Self::at(squashed.len(), |set| {
            edges(plain, |letters, _| {
                set(letters);
                last = Some(letters);
            });
        });
        (last == Some(squashed.len())).then_some(borders)
    }

    /// Borders at the offsets that `fill` sets, up to `length`; those beyond do not count.
    fn at(length: usize, fill: impl FnOnce(&mut dyn FnMut(usize))) -> Self {
        let mut bits = vec![0_u64; length / 64 + 1];
        fill(&mut |offset| {
            if let Some(word) = bits.get_mut(offset / 64) {
                *word |= 1 << (offset % 64);
            }
        });
        let mut count = 0;
        let mut before = Vec::with_capacity(bits.len());
        for word in &bits {
            before.push(count);
            count += word.count_ones();
        }
        Self { bits, before }
    }

    /// Whether the stretch is exactly this many words.
    pub(crate) fn are_whole(&self, start: usize, end: usize, words: usize) -> bool {
        self.encloses(start, end) && {
            let inside = self.index(end).saturating_sub(self.index(start + 1));
            inside as usize + 1 == words.max(1)
        }
    }

    /// Whether a word begins where the stretch begins, and one ends where it ends.
    pub(crate) fn encloses(&self, start: usize, end: usize) -> bool {
        self.is_at(start) && self.is_at(end)
    }

    /// The end of a stem with its ending, where the word is over soon enough; else its own end.
    pub(crate) fn with_ending(&self, end: usize) -> usize {
        (end..=end + ENDING).find(|&offset| self.is_at(offset)).unwrap_or(end)
    }

    fn is_at(&self, offset: usize) -> bool {
        self.bits.get(offset / 64).is_some_and(|word| word >> (offset % 64) & 1 == 1)
    }

    /// How many borders stand before `offset`.
    fn index(&self, offset: usize) -> u32 {
        let at = offset / 64;
        let here = self.bits.get(at).map_or(0, |word| (word & !(u64::MAX << (offset % 64))).count_ones());
        self.before.get(at).map_or(0, |before| before + here)
    }
}

/// Every edge of a word: after how many bytes of letters and digits, and at which byte.
fn edges(text: &str, mut found: impl FnMut(usize, usize)) {
    let mut letters = 0;
    let mut was_word = false;
    for (offset, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let is_word = runs_or_stands(c);
        if is_word != was_word {
            found(letters, offset);
        }
        was_word = is_word;
        if is_word {
            letters += c.len_utf8();
        }
    }
}
