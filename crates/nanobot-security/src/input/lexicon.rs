//! The concepts of all packs: one pass over a view finds every term of every language. It does not judge: what the
//! finds mean together is the rules' business.

mod draft;

use std::collections::HashMap;

use super::borders::Borders;
use super::concepts::{ConceptId, ConceptSet};
use super::script::runs;
use super::trie::Trie;

pub(crate) use draft::Draft;

/// Terms of fewer bytes mean nothing inside of words.
const SHORTEST: usize = 3;

/// All concepts and their terms.
#[derive(Debug)]
pub(crate) struct Lexicon {
    /// Every pattern.
    all: Trie,
    /// Those that may begin inside of a word, by their places in `open`.
    inner: Trie,
    open: Vec<u32>,
    /// In ascending order of their texts.
    entries: Vec<Entry>,
    /// What the entries look for, one behind the other.
    texts: String,
    /// What they stand for, one behind the other.
    meanings: Vec<ConceptId>,
    names: HashMap<String, ConceptId>,
}

/// One byte string that is looked for.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Where it stands in the texts.
    text: u32,
    /// Its bytes.
    length: u16,
    /// How many words it has.
    words: u8,
    shape: Shape,
    /// Where the concepts begin that it stands for; they end where those of the next entry begin.
    meanings: u32,
}

/// How a byte string stands among others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing about an end or about the whole")]
struct Shape {
    is_open_before: bool,
    is_open_after: bool,
    /// Written without its blanks: only for views that have none either.
    is_glued: bool,
    /// Whether its first character is a letter or digit that runs on.
    begins_in_word: bool,
    /// The same of its last one.
    ends_in_word: bool,
}

/// A find as the pass leaves it: which entry, and where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Raw {
    entry: u32,
    /// First byte.
    pub(crate) start: u32,
    /// The byte after the last one.
    pub(crate) end: u32,
    /// Whether it is made of whole words of the text; only asked about views that have lost their blanks.
    pub(crate) is_aligned: bool,
}

/// What a pass over a view leaves: cheap, since most views come to nothing.
#[derive(Debug, Default)]
pub(crate) struct Pass {
    /// In order of where the pass met them.
    pub(crate) raws: Vec<Raw>,
    /// The concepts that were found.
    pub(crate) present: ConceptSet,
}

impl Lexicon {
    /// The concept of this name.
    pub(crate) fn concept(&self, name: &str) -> Option<ConceptId> {
        self.names.get(name).copied()
    }

    /// How many concepts there are.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// The concepts that a find stands for.
    pub(crate) fn meanings(&self, raw: Raw) -> &[ConceptId] {
        let at = raw.entry as usize;
        let start = self.entries.get(at).map_or(0, |entry| entry.meanings as usize);
        let end = self.entries.get(at + 1).map_or(self.meanings.len(), |entry| entry.meanings as usize);
        self.meanings.get(start..end).unwrap_or_default()
    }

    /// Every term in `text`; with `borders` also inside of words and across them.
    pub(crate) fn find(&self, text: &str, borders: Option<&Borders>, pass: &mut Pass) {
        pass.raws.clear();
        pass.present = ConceptSet::default();
        match borders {
            Some(borders) => self.find_anywhere(text, borders, pass),
            None => self.find_words(text, pass),
        }
    }

    /// Terms where words begin, and inside of words those that may begin there.
    fn find_words(&self, text: &str, pass: &mut Pass) {
        let opened = |place: usize| self.open.get(place).map_or(usize::MAX, |&place| place as usize);
        let mut is_inside = false;
        for (start, c) in text.char_indices() {
            let is_running = runs(c);
            let rest = text.as_bytes().get(start..).unwrap_or_default();
            let mut found = |place: usize| {
                if let Some(entry) = self.entries.get(place)
                    && let Some((start, end)) = entry.bordered(text, start)
                {
                    self.add(pass, place, start, end, true);
                }
            };
            if is_inside && is_running {
                self.inner.beginnings(rest, |place| self.text(opened(place)), |place| found(opened(place)));
            } else {
                self.all.beginnings(rest, |place| self.text(place), found);
            }
            is_inside = is_running;
        }
    }

    /// Terms wherever they stand: nobody knows where words begin.
    fn find_anywhere(&self, text: &str, borders: &Borders, pass: &mut Pass) {
        for (start, _) in text.char_indices() {
            let rest = text.as_bytes().get(start..).unwrap_or_default();
            self.all.beginnings(
                rest,
                |place| self.text(place),
                |place| {
                    let Some(entry) = self.entries.get(place) else { return };
                    let end = start + usize::from(entry.length);
                    let end = if entry.shape.is_open_after { borders.with_ending(end) } else { end };
                    let is_aligned = borders.are_whole(start, end, usize::from(entry.words));
                    if is_aligned || end - start >= SHORTEST {
                        self.add(pass, place, start, end, is_aligned);
                    }
                },
            );
        }
    }

    fn add(&self, pass: &mut Pass, place: usize, start: usize, end: usize, is_aligned: bool) {
        let raw = Raw { entry: offset(place), start: offset(start), end: offset(end), is_aligned };
        for &concept in self.meanings(raw) {
            pass.present.insert(concept);
        }
        pass.raws.push(raw);
    }

    fn text(&self, place: usize) -> &[u8] {
        self.entries.get(place).map_or(&[], |entry| bytes_of(&self.texts, entry.text, entry.length))
    }
}

impl Entry {
    /// The stretch that the entry takes where it begins at `start`, out to the borders of its words where it may;
    /// `None` when it stands inside a word and may not.
    fn bordered(self, text: &str, start: usize) -> Option<(usize, usize)> {
        /// A stem goes on for at most this many letters; without a limit one long word would be read again and again.
        const ENDING: usize = 24;
        let shape = self.shape;
        if shape.is_glued {
            return None;
        }
        let end = start + usize::from(self.length);
        let (mut from, mut to) = (start, end);
        if shape.begins_in_word {
            let before = text.get(..start)?.chars().rev();
            let head: usize = before.take(ENDING).take_while(|&c| runs(c)).map(char::len_utf8).sum();
            if head > 0 && !shape.is_open_before {
                return None;
            }
            from -= head;
        }
        if shape.ends_in_word {
            let mut after = text.get(end..)?.chars().take_while(|&c| runs(c)).map(char::len_utf8);
            if shape.is_open_after {
                to += after.take(ENDING).sum::<usize>();
            } else if after.next().is_some() {
                return None;
            }
        }
        Some((from, to))
    }
}

fn bytes_of(texts: &str, start: u32, length: u16) -> &[u8] {
    let start = start as usize;
    texts.as_bytes().get(start..start + usize::from(length)).unwrap_or_default()
}

/// Texts and tables are far shorter than 4 GiB: the stage looks at less.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
