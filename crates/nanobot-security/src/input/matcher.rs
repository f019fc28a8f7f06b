//! Finds where a pattern's concepts stand together in one view, and drops what a guard excuses. Each step is linear
//! in the number of finds, up to the logarithm of a search.

use super::concepts::ConceptId;
use super::finds::{Find, Finds};
use super::pattern::{Guard, Pattern, Scope};

/// In a view without blanks the parts of a phrase stand at most this many bytes apart: an ending and a short word.
const GLUED_GAP: usize = 5;

/// In a reading that is a guess a match is at most this many half words long.
const GUESSED: usize = 16;

/// How many neighbours are looked at when the nearest find overlaps what is taken already.
const NEIGHBOURS: usize = 4;

/// What all guards and rules of a pack share when they are asked about a view.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'f> {
    /// What was found in the view.
    pub(crate) finds: &'f Finds<'f>,
    /// Whether the reading is a guess: then matches have to stand closer together.
    pub(crate) is_guess: bool,
    /// The concept of words that begin a new clause, which no guard in front reaches across.
    pub(crate) clause: Option<ConceptId>,
}

/// The first match of `pattern` that no guard excuses; the pattern [may match](Pattern::may_match).
pub(crate) fn first_match(pattern: &Pattern, guards: &[Guard], context: Context<'_>) -> Option<Find> {
    let (first, rest) = pattern.elements.split_first()?;
    let reach = Reach { pattern, context };
    let mut parts = Vec::with_capacity(pattern.elements.len());
    first
        .iter()
        .flat_map(|&concept| context.finds.of(concept))
        .filter_map(|&anchor| {
            parts.clear();
            parts.push(anchor);
            if pattern.is_ordered {
                in_order(anchor, rest, reach, &mut parts)
            } else {
                together(anchor, rest, reach, &mut parts)
            }
        })
        .find(|&span| {
            is_placed(span, pattern, context) && !guards.iter().any(|guard| excuses(guard, span, context))
        })
}

/// The shortest match in order that begins with `anchor`, which `taken` has already.
fn in_order(anchor: Find, rest: &[Vec<ConceptId>], reach: Reach<'_>, taken: &mut Vec<Find>) -> Option<Find> {
    let mut last = anchor;
    for element in rest {
        last = element
            .iter()
            .filter_map(|&concept| {
                let finds = reach.context.finds.of(concept);
                let at = finds.partition_point(|find| find.start < last.end);
                finds.get(at).copied()
            })
            .filter(|find| reach.is_near(last, *find))
            .min_by_key(|find| find.end)?;
        taken.push(last);
    }
    reach.whole(taken)
}

/// The match in any order around `anchor`, which `taken` has already, taking the nearest of each.
fn together(anchor: Find, rest: &[Vec<ConceptId>], reach: Reach<'_>, taken: &mut Vec<Find>) -> Option<Find> {
    for element in rest {
        let nearest = element
            .iter()
            .flat_map(|&concept| around(reach.context.finds.of(concept), anchor))
            .filter(|find| taken.iter().all(|one| find.end <= one.start || one.end <= find.start))
            .filter(|find| reach.is_near(anchor, **find))
            .min_by_key(|find| distance(anchor, **find))
            .copied()?;
        taken.push(nearest);
    }
    reach.whole(taken)
}

/// The finds next to `anchor` on both sides.
fn around(finds: &[Find], anchor: Find) -> impl Iterator<Item = &Find> {
    let at = finds.partition_point(|find| find.start < anchor.start);
    finds.iter().skip(at.saturating_sub(NEIGHBOURS)).take(2 * NEIGHBOURS)
}

fn distance(one: Find, other: Find) -> usize {
    if other.start >= one.end { other.from.saturating_sub(one.to) } else { one.from.saturating_sub(other.to) }
}

/// How far the parts of a match may stand apart.
#[derive(Debug, Clone, Copy)]
struct Reach<'p> {
    pattern: &'p Pattern,
    context: Context<'p>,
}

impl Reach<'_> {
    fn is_near(self, one: Find, other: Find) -> bool {
        one.sentence == other.sentence || self.pattern.is_across
    }

    /// The parts as one; in a view without blanks only when nothing but an ending or a short word is between them.
    fn whole(self, parts: &mut [Find]) -> Option<Find> {
        parts.sort_unstable_by_key(|part| part.start);
        let are_adjacent = parts.is_sorted_by(|one, next| next.start.saturating_sub(one.end) <= GLUED_GAP);
        if self.context.finds.borders.is_some() && !are_adjacent {
            return None;
        }
        parts.iter().copied().reduce(joined)
    }
}

fn joined(one: Find, other: Find) -> Find {
    let (head, tail) = if one.start <= other.start { (one, other) } else { (other, one) };
    let last = if tail.end >= head.end { tail } else { head };
    let is_aligned = one.is_aligned && other.is_aligned;
    Find { end: last.end, to: last.to, is_aligned, ..head }
}

/// Whether the match is short enough, and at its place in the sentence and in the text.
fn is_placed(span: Find, pattern: &Pattern, context: Context<'_>) -> bool {
    let measure = &context.finds.measure;
    let (starts, ends) = measure.sentence_borders(span.sentence);
    let window = if context.is_guess { pattern.window.min(GUESSED) } else { pattern.window };
    if let Some(borders) = context.finds.borders
        && (span.is_aligned || !borders.encloses(span.start, span.end))
    {
        return false;
    }
    let is_short = pattern.elements.len() == 1 || span.to.saturating_sub(span.from) <= window;
    is_short
        && pattern.lead.is_none_or(|most| span.from.saturating_sub(starts) <= most)
        && pattern.trail.is_none_or(|most| ends.saturating_sub(span.to) <= most)
        && pattern.alone.is_none_or(|most| span.from <= most && measure.len().saturating_sub(span.to) <= most)
}

/// Whether `guard` excuses a match at `span`.
pub(crate) fn excuses(guard: &Guard, span: Find, context: Context<'_>) -> bool {
    guard.concepts.iter().any(|&concept| {
        let finds = context.finds.of(concept);
        match guard.scope {
            Scope::Text => !finds.is_empty(),
            Scope::Sentence => {
                let at = finds.partition_point(|find| find.sentence < span.sentence);
                next(finds, at, context).is_some_and(|find| find.sentence == span.sentence)
            }
            Scope::Inside => {
                let at = finds.partition_point(|find| find.start < span.start);
                next(finds, at, context).is_some_and(|find| find.end <= span.end)
            }
            Scope::After(most) => {
                let at = finds.partition_point(|find| find.start < span.end);
                next(finds, at, context).is_some_and(|find| {
                    find.sentence == span.sentence
                        && find.from.saturating_sub(span.to) <= most
                        && !has_clause_between(span.end, find.start, context)
                })
            }
            Scope::Before(most) => {
                let at = finds.partition_point(|find| find.start < span.start);
                finds.iter().take(at).rev().take(NEIGHBOURS).any(|find| {
                    (find.is_aligned || context.finds.borders.is_none())
                        && find.end <= span.start
                        && find.sentence == span.sentence
                        && span.from.saturating_sub(find.to) <= most
                        && !has_clause_between(find.end, span.start, context)
                })
            }
        }
    })
}

/// The next find; in a view without blanks the next that is made of whole words, for nobody hides an excuse.
fn next<'f>(finds: &'f [Find], at: usize, context: Context<'_>) -> Option<&'f Find> {
    let is_glued = context.finds.borders.is_some();
    finds.iter().skip(at).take(NEIGHBOURS).find(|find| find.is_aligned || !is_glued)
}

fn has_clause_between(start: usize, end: usize, context: Context<'_>) -> bool {
    if context.finds.borders.is_some() {
        return false;
    }
    context.clause.is_some_and(|concept| {
        let finds = context.finds.of(concept);
        let at = finds.partition_point(|find| find.start < start);
        finds.get(at).is_some_and(|find| find.end <= end)
    })
}
