//! What was found in one view, sorted by concept and measured. Made only for views in which a rule could match: for
//! most, what the pass of the lexicon leaves is all that is looked at.

use std::cmp::Reverse;

use super::borders::Borders;
use super::concepts::ConceptId;
use super::lexicon::{Lexicon, Pass, Raw};
use super::measure::Measure;

/// One find: where it stands, in bytes and in half words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Find {
    /// First byte.
    pub(crate) start: usize,
    /// The byte after the last one.
    pub(crate) end: usize,
    /// Half words before its first byte.
    pub(crate) from: usize,
    /// Half words before the byte after its last one.
    pub(crate) to: usize,
    /// Its sentence.
    pub(crate) sentence: usize,
    /// Whether it is made of whole words of the text; only asked about views that have lost their blanks.
    pub(crate) is_aligned: bool,
}

/// What was found in one view, by concept, each in order of where it begins.
#[derive(Debug)]
pub(crate) struct Finds<'b> {
    /// Those of all concepts, one concept behind the other.
    all: Vec<Find>,
    /// Where those of each concept begin and end.
    by_concept: Vec<(u32, u32)>,
    /// The measure of the view.
    pub(crate) measure: Measure,
    /// For a view that has lost its blanks: where they were.
    pub(crate) borders: Option<&'b Borders>,
}

impl<'b> Finds<'b> {
    /// Of what a pass over `text` has left.
    pub(crate) fn new(text: &str, pass: &Pass, lexicon: &Lexicon, borders: Option<&'b Borders>) -> Self {
        const NONE: Find = Find { start: 0, end: 0, from: 0, to: 0, sentence: 0, is_aligned: true };
        let measure = Measure::of(text, borders.is_some());
        let mut by_concept = vec![(0_u32, 0_u32); lexicon.len()];
        for &raw in &pass.raws {
            for concept in lexicon.meanings(raw) {
                if let Some((_, count)) = by_concept.get_mut(concept.number()) {
                    *count += 1;
                }
            }
        }
        let mut total = 0;
        for (start, end) in &mut by_concept {
            let count = std::mem::replace(end, total);
            *start = total;
            total += count;
        }
        let mut all = vec![NONE; total as usize];
        for &raw in &pass.raws {
            let find = find(&measure, raw);
            for concept in lexicon.meanings(raw) {
                if let Some((_, end)) = by_concept.get_mut(concept.number())
                    && let Some(slot) = all.get_mut(*end as usize)
                {
                    *slot = find;
                    *end += 1;
                }
            }
        }
        for (start, end) in &mut by_concept {
            if let Some(list) = all.get_mut(*start as usize..*end as usize) {
                *end = *start + sort(list);
            }
        }
        Self { all, by_concept, measure, borders }
    }

    /// The finds of one concept.
    pub(crate) fn of(&self, concept: ConceptId) -> &[Find] {
        let range = self.by_concept.get(concept.number()).map(|&(start, end)| start as usize..end as usize);
        range.and_then(|range| self.all.get(range)).unwrap_or_default()
    }

    /// A stretch of the view as a find.
    pub(crate) fn stretch(&self, start: usize, end: usize) -> Find {
        stretch(&self.measure, start, end)
    }
}

/// Sorts the finds of a concept by where they begin, and keeps of those that begin at the same place whole words, else
/// the longest. Says how many are left, in front.
fn sort(list: &mut [Find]) -> u32 {
    let key = |find: &Find| (find.start, !find.is_aligned, Reverse(find.end));
    if !list.is_sorted_by_key(key) {
        list.sort_unstable_by_key(key);
    }
    let mut kept = 0;
    let mut taken = None;
    for at in 0..list.len() {
        let Some(&find) = list.get(at).filter(|find| taken != Some(find.start)) else { continue };
        taken = Some(find.start);
        if let Some(slot) = list.get_mut(kept) {
            *slot = find;
            kept += 1;
        }
    }
    u32::try_from(kept).unwrap_or(u32::MAX)
}

fn find(measure: &Measure, raw: Raw) -> Find {
    Find { is_aligned: raw.is_aligned, ..stretch(measure, raw.start as usize, raw.end as usize) }
}

fn stretch(measure: &Measure, start: usize, end: usize) -> Find {
    let from = measure.halves_before(start);
    Find {
        start,
        end,
        from,
        to: measure.halves_from(from, end),
        sentence: measure.sentence(start),
        is_aligned: true,
    }
}
