//! How a lexicon is made of terms: each is written down once as it stands and once without its blanks, all are sorted,
//! and equal ones become one. It is done at every start, so that it keeps its texts in one piece and sorts numbers.

use std::collections::HashMap;
use std::ops::Range;

use super::{Entry, Lexicon, Shape, bytes_of, offset};
use crate::input::concepts::ConceptId;
use crate::input::script::{runs, runs_or_stands};
use crate::input::term::Term;
use crate::input::trie::Trie;

/// A lexicon that is being read.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    words: Vec<Word>,
    texts: String,
    names: HashMap<String, ConceptId>,
}

/// One byte string and one concept that it stands for.
#[derive(Debug, Clone, Copy)]
struct Word {
    /// Its first bytes as a number: most of the order is decided by them, without a look at the texts.
    head: u128,
    text: u32,
    length: u16,
    words: u8,
    shape: Shape,
    concept: ConceptId,
}

impl Word {
    fn range(self) -> Range<usize> {
        let start = self.text as usize;
        start..start + usize::from(self.length)
    }
}

impl Draft {
    /// Room for a lexicon from packs of so many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self {
            // A term takes some ten bytes of a pack, and each is there twice.
            words: Vec::with_capacity(bytes / 4),
            texts: String::with_capacity(4 * bytes),
            names: HashMap::new(),
        }
    }

    /// The concept of this name, which is new if it is not known.
    ///
    /// # Errors
    ///
    /// Too many concepts.
    pub(crate) fn concept(&mut self, name: &str) -> Result<ConceptId, String> {
        if let Some(&known) = self.names.get(name) {
            return Ok(known);
        }
        let id = ConceptId::new(self.names.len()).ok_or_else(|| "too many concepts".to_owned())?;
        self.names.insert(name.to_owned(), id);
        Ok(id)
    }

    /// Adds what is looked for on account of a term: itself, and itself without blanks and marks.
    ///
    /// # Errors
    ///
    /// A term that is too long.
    pub(crate) fn add(&mut self, term: Term<'_>, concept: ConceptId) -> Result<(), String> {
        let start = self.texts.len();
        self.texts.push_str(term.text);
        let glued = self.texts.len();
        let (mut words, mut was_word) = (0, false);
        for c in term.text.chars() {
            let is_word = runs_or_stands(c);
            words += usize::from(is_word && !was_word);
            was_word = is_word;
            if is_word {
                self.texts.push(c);
            }
        }
        let end = self.texts.len();
        let is_other = end > glued && end - glued < term.text.len();
        if is_other {
            self.push(glued..end, words, term, concept, true)?;
        } else {
            self.texts.truncate(glued);
        }
        self.push(start..glued, words, term, concept, false)
    }

    /// A text that was just written.
    fn push(
        &mut self,
        text: Range<usize>,
        words: usize,
        term: Term<'_>,
        concept: ConceptId,
        is_glued: bool,
    ) -> Result<(), String> {
        let start = text.start;
        let written = self.texts.get(text).unwrap_or_default();
        let too_long = |_| format!("the term `{}` is too long", term.text);
        let mut head = [0; 16];
        head.iter_mut().zip(written.bytes()).for_each(|(slot, byte)| *slot = byte);
        self.words.push(Word {
            head: u128::from_be_bytes(head),
            text: u32::try_from(start).map_err(too_long)?,
            length: u16::try_from(written.len()).map_err(too_long)?,
            words: u8::try_from(words).map_err(too_long)?,
            shape: Shape {
                is_open_before: term.is_open_before,
                is_open_after: term.is_open_after,
                is_glued,
                begins_in_word: written.chars().next().is_some_and(runs),
                ends_in_word: written.chars().next_back().is_some_and(runs),
            },
            concept,
        });
        Ok(())
    }

    /// The lexicon.
    pub(crate) fn finish(self) -> Lexicon {
        let Self { mut words, texts, names } = self;
        let text_of = |word: &Word| bytes_of(&texts, word.text, word.length);
        words.sort_unstable_by(|one, other| {
            (one.head.cmp(&other.head)).then_with(|| text_of(one).cmp(text_of(other))).then_with(|| {
                (one.shape, one.words, one.concept).cmp(&(other.shape, other.words, other.concept))
            })
        });
        // In the order of the entries, so that neighbours stand side by side.
        let mut ordered = String::with_capacity(texts.len());
        let mut entries: Vec<Entry> = Vec::with_capacity(words.len());
        let mut meanings = Vec::with_capacity(words.len());
        let mut last: Option<Word> = None;
        for word in words {
            let has_text =
                last.is_some_and(|last| last.head == word.head && text_of(&last) == text_of(&word));
            if !has_text {
                ordered.push_str(texts.get(word.range()).unwrap_or_default());
            }
            let is_same =
                has_text && last.is_some_and(|last| last.shape == word.shape && last.words == word.words);
            if !is_same {
                let (length, words, shape) = (word.length, word.words, word.shape);
                let text = offset(ordered.len() - usize::from(length));
                entries.push(Entry { text, length, words, shape, meanings: offset(meanings.len()) });
            }
            // The same term may have been written twice.
            if !is_same || last.is_some_and(|last| last.concept != word.concept) {
                meanings.push(word.concept);
            }
            last = Some(word);
        }
        let open: Vec<u32> = (entries.iter().enumerate())
            .filter(|(_, entry)| entry.shape.is_open_before && !entry.shape.is_glued)
            .map(|(place, _)| offset(place))
            .collect();
        let texts = ordered;
        let text_at = |place: usize| {
            entries.get(place).map_or(&[][..], |entry| bytes_of(&texts, entry.text, entry.length))
        };
        let all = Trie::new(entries.len(), text_at);
        let inner =
            Trie::new(open.len(), |place| text_at(open.get(place).map_or(usize::MAX, |&at| at as usize)));
        Lexicon { all, inner, open, entries, texts, meanings, names }
    }
}
