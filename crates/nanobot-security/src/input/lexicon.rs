//! The concepts of all packs: one pass over a view finds every term of every language. It does not judge: what the
//! finds mean together is the rules' business.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::borders::Borders;
use super::measure::Measure;
use super::term::{Term, is_ideographic};
use super::trie::Trie;

/// Terms of fewer bytes mean nothing inside of words.
const SHORTEST: usize = 3;

/// A concept, by its place in the lexicon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ConceptId(u16);

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
pub(crate) struct Finds {
    by_concept: Vec<Vec<Find>>,
    /// The measure of the view.
    pub(crate) measure: Measure,
    /// For a view that has lost its blanks: where they were.
    pub(crate) borders: Option<Borders>,
}

impl Finds {
    /// The finds of one concept.
    pub(crate) fn of(&self, concept: ConceptId) -> &[Find] {
        self.by_concept.get(usize::from(concept.0)).map_or(&[], Vec::as_slice)
    }

    /// A stretch of the view as a find.
    pub(crate) fn stretch(&self, start: usize, end: usize) -> Find {
        stretch(&self.measure, start, end)
    }
}

/// All concepts and their terms.
#[derive(Debug)]
pub(crate) struct Lexicon {
    /// Every pattern.
    all: Trie,
    /// Those that may begin inside of a word, by their places in `open`.
    inner: Trie,
    open: Vec<usize>,
    /// In ascending order of their texts.
    entries: Vec<Entry>,
    names: BTreeMap<String, ConceptId>,
}

/// What a pattern stands for.
#[derive(Debug)]
struct Entry {
    concepts: Vec<ConceptId>,
    pattern: Pattern,
}

/// One byte string that is looked for.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Pattern {
    text: String,
    is_open_before: bool,
    is_open_after: bool,
    /// Written without its blanks: only for views that have none either.
    is_glued: bool,
    /// How many words it has.
    words: usize,
}

/// What is looked for on account of a term: itself, and itself without blanks and marks.
fn patterns(term: &Term) -> Vec<Pattern> {
    let pattern = |text: String, is_glued| Pattern {
        text,
        is_open_before: term.is_open_before,
        is_open_after: term.is_open_after,
        is_glued,
        words: term.text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).count(),
    };
    let glued: String = term.text.chars().filter(|c| c.is_alphanumeric()).collect();
    let mut all = vec![pattern(term.text.clone(), false)];
    if glued != term.text && !glued.is_empty() {
        all.push(pattern(glued, true));
    }
    all
}

impl Lexicon {
    /// Of the concepts with their terms.
    ///
    /// # Errors
    ///
    /// Too many concepts or terms.
    pub(crate) fn new(concepts: &BTreeMap<String, Vec<Term>>) -> Result<Self, String> {
        let mut names = BTreeMap::new();
        let mut pairs: Vec<(Pattern, ConceptId)> = Vec::new();
        for (index, (name, terms)) in concepts.iter().enumerate() {
            let id = ConceptId(u16::try_from(index).map_err(|_| "too many concepts".to_owned())?);
            names.insert(name.clone(), id);
            for term in terms {
                pairs.extend(patterns(term).into_iter().map(|pattern| (pattern, id)));
            }
        }
        pairs.sort_unstable();
        let mut entries: Vec<Entry> = Vec::with_capacity(pairs.len());
        for (pattern, id) in pairs {
            match entries.last_mut().filter(|last| last.pattern == pattern) {
                Some(last) => last.concepts.push(id),
                None => entries.push(Entry { concepts: vec![id], pattern }),
            }
        }
        let text_at = |&place: &usize| entries.get(place).map_or("", |entry| entry.pattern.text.as_str());
        let is_open = |pattern: &Pattern| pattern.is_open_before && !pattern.is_glued;
        let open: Vec<usize> = entries
            .iter()
            .enumerate()
            .filter_map(|(place, entry)| is_open(&entry.pattern).then_some(place))
            .collect();
        let all = Trie::new(&entries.iter().map(|entry| entry.pattern.text.as_str()).collect::<Vec<_>>());
        let inner = Trie::new(&open.iter().map(text_at).collect::<Vec<_>>());
        Ok(Self { all, inner, open, entries, names })
    }

    /// The concept of this name.
    pub(crate) fn concept(&self, name: &str) -> Option<ConceptId> {
        self.names.get(name).copied()
    }

    /// Every term in `text`; with `borders` also inside of words and across them.
    pub(crate) fn find(&self, text: &str, borders: Option<Borders>) -> Finds {
        let measure = Measure::of(text, borders.is_some());
        let mut by_concept = vec![Vec::new(); self.names.len()];
        self.each(text, borders.is_some(), |entry, start| {
            let end = start + entry.pattern.text.len();
            let find = if let Some(borders) = &borders {
                let pattern = &entry.pattern;
                let end = if pattern.is_open_after { borders.with_ending(end) } else { end };
                let is_aligned = borders.are_whole(start, end, pattern.words);
                if !is_aligned && end - start < SHORTEST {
                    return;
                }
                Find { is_aligned, ..stretch(&measure, start, end) }
            } else {
                let Some((start, end)) = bordered(text, start, end, entry) else { return };
                stretch(&measure, start, end)
            };
            for concept in &entry.concepts {
                if let Some(list) = by_concept.get_mut(usize::from(concept.0)) {
                    list.push(find);
                }
            }
        });
        for list in &mut by_concept {
            list.sort_unstable_by_key(|find: &Find| (find.start, !find.is_aligned, Reverse(find.end)));
            // Of those that begin at the same place: whole words, else the longest.
            list.dedup_by_key(|find| find.start);
        }
        Finds { by_concept, measure, borders }
    }

    /// Every pattern that stands in `text`, and where it begins. Inside of a word only those are looked for that may
    /// begin there, unless nobody knows where words begin.
    fn each<'l>(&'l self, text: &str, is_glued: bool, mut found: impl FnMut(&'l Entry, usize)) {
        let entry = |place: usize| self.entries.get(place);
        let text_of = |place: usize| entry(place).map_or("", |entry| entry.pattern.text.as_str());
        let opened = |place: usize| self.open.get(place).copied().unwrap_or(usize::MAX);
        let mut is_inside = false;
        for (start, c) in text.char_indices() {
            let runs = c.is_alphanumeric() && !is_ideographic(c);
            let rest = text.as_bytes().get(start..).unwrap_or_default();
            if is_inside && runs && !is_glued {
                self.inner.beginnings(
                    rest,
                    |place| text_of(opened(place)),
                    |place| {
                        if let Some(entry) = entry(opened(place)) {
                            found(entry, start);
                        }
                    },
                );
            } else {
                self.all.beginnings(rest, text_of, |place| {
                    if let Some(entry) = entry(place) {
                        found(entry, start);
                    }
                });
            }
            is_inside = runs;
        }
    }
}

fn stretch(measure: &Measure, start: usize, end: usize) -> Find {
    Find {
        start,
        end,
        from: measure.halves_before(start),
        to: measure.halves_before(end),
        sentence: measure.sentence(start),
        is_aligned: true,
    }
}

/// The stretch that the term takes, out to the borders of its words where it may; `None` when it stands inside a
/// word and may not.
fn bordered(text: &str, start: usize, end: usize, entry: &Entry) -> Option<(usize, usize)> {
    /// A stem goes on for at most this many letters; without a limit one long word would be read again and again.
    const ENDING: usize = 24;
    let entry = &entry.pattern;
    if entry.is_glued {
        return None;
    }
    let before = text.get(..start)?;
    let after = text.get(end..)?;
    let runs = |c: &char| c.is_alphanumeric() && !is_ideographic(*c);
    let first_is_word = text.get(start..)?.chars().next().is_some_and(|c| runs(&c));
    let last_is_word = text.get(start..end)?.chars().next_back().is_some_and(|c| runs(&c));
    let head: usize = before.chars().rev().take(ENDING).take_while(runs).map(char::len_utf8).sum();
    let tail: usize = after.chars().take(ENDING).take_while(runs).map(char::len_utf8).sum();
    if first_is_word && head > 0 && !entry.is_open_before {
        return None;
    }
    if last_is_word && tail > 0 && !entry.is_open_after {
        return None;
    }
    let start = if first_is_word { start - head } else { start };
    let end = if last_is_word { end + tail } else { end };
    Some((start, end))
}
