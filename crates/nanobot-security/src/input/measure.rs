//! Distances in a text: in words, not in bytes, and never across the end of a sentence. It knows no rule.
//!
//! An ideograph counts as half a word. Letters by themselves and words that repeat the one before them count nothing,
//! so that padding does not push the parts of a phrase apart.

use super::script::{is_ideographic, runs};

/// Where the words and the sentences of one view begin.
#[derive(Debug)]
pub(crate) struct Measure {
    /// Byte offsets, one for each half word, ascending; a word stands here twice.
    halves: Vec<u32>,
    /// Byte offsets where a sentence is over, ascending.
    ends: Vec<u32>,
}

impl Measure {
    /// Measures `text`; `is_glued`: a word is taken to be this many letters, since nothing else is known.
    pub(crate) fn of(text: &str, is_glued: bool) -> Self {
        if is_glued { Self::glued(text) } else { Self::spaced(text) }
    }

    fn glued(text: &str) -> Self {
        /// The usual length of an English word.
        const LETTERS: usize = 5;
        let halves = (0..text.len()).step_by(LETTERS).flat_map(|at| [offset(at); 2]).collect();
        Self { halves, ends: Vec::new() }
    }

    fn spaced(text: &str) -> Self {
        let (mut halves, mut ends) = (Vec::with_capacity(text.len() / 2), Vec::new());
        let mut word: Option<usize> = None;
        let mut previous = "";
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if runs(c) {
                word.get_or_insert(at);
                continue;
            }
            if let Some(start) = word.take() {
                close(text.get(start..at).unwrap_or_default(), start, &mut previous, &mut halves);
            }
            if is_ideographic(c) {
                halves.push(offset(at));
            } else if is_sentence_end(c, chars.peek().map(|&(_, next)| next)) {
                ends.push(offset(at));
            }
        }
        if let Some(start) = word {
            close(text.get(start..).unwrap_or_default(), start, &mut previous, &mut halves);
        }
        Self { halves, ends }
    }

    /// How many half words begin before `at`.
    pub(crate) fn halves_before(&self, at: usize) -> usize {
        self.halves.partition_point(|&half| (half as usize) < at)
    }

    /// The same, if it is known that `from` of them begin before a place not behind `at`, and few between the two.
    pub(crate) fn halves_from(&self, from: usize, at: usize) -> usize {
        /// Longer stretches are searched.
        const FEW: usize = 8;
        let next = self.halves.get(from..).unwrap_or_default();
        let few = next.iter().take(FEW).take_while(|&&half| (half as usize) < at).count();
        if few < FEW { from + few } else { self.halves_before(at) }
    }

    /// How many half words there are.
    pub(crate) fn len(&self) -> usize {
        self.halves.len()
    }

    /// Which sentence `at` is in.
    pub(crate) fn sentence(&self, at: usize) -> usize {
        self.ends.partition_point(|&end| (end as usize) < at)
    }

    /// How many half words begin before the sentence `number`, and before the one after it.
    pub(crate) fn sentence_borders(&self, number: usize) -> (usize, usize) {
        let at = |index: Option<usize>| index.and_then(|index| self.ends.get(index)).copied();
        let start = at(number.checked_sub(1)).map_or(0, |end| self.halves_before(end as usize));
        let end = at(Some(number)).map_or(self.len(), |end| self.halves_before(end as usize));
        (start, end)
    }
}

/// Counts a word that is over.
fn close<'t>(word: &'t str, start: usize, previous: &mut &'t str, halves: &mut Vec<u32>) {
    if word.len() > 1 && word != *previous {
        halves.extend([offset(start); 2]);
    }
    *previous = word;
}

fn is_sentence_end(c: char, next: Option<char>) -> bool {
    match c {
        '.' | '!' | '?' => next.is_none_or(|next| next == ' ' || next == '"'),
        '。' | '！' | '？' | '؟' | '।' | '…' | ';' => true,
        _ => false,
    }
}

/// Texts are far shorter than 4 GiB: the stage looks at less.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
