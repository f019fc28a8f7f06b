//! The readings of a text: as it stands, and as somebody means it who hides words from a filter.
//!
//! Only readings. Whether one of them says something bad is the matcher's business, and so is how much it believes
//! a reading: each carries its strength.
//!
//! Read in this order: `plain.rs`, `traits.rs` (what occurs in a text), `steps.rs` (which readings there are), then
//! any one of them.

mod compat;
mod cut;
mod effort;
mod escapes;
mod evidence;
mod fold;
mod hidden;
mod leet;
mod letters;
mod lookalikes;
mod marks;
mod morse;
mod numbers;
mod padding;
mod plain;
mod simple;
mod spaced;
mod steps;
#[cfg(test)]
mod tests;
mod tokens;
mod traits;
mod turned;

use std::borrow::Cow;
use std::collections::VecDeque;

pub(crate) use compat::is_lowered;
pub use compat::{compact, lowered};

use self::steps::{DECODING, FOLDING, Step, TURNING};
use self::traits::Traits;

/// How much a reading is worth as evidence: the later, the more has been guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Strength {
    /// What stands there.
    Plain,
    /// The same words in another dress: accents, look-alikes, digits for letters, markup, letters spaced out.
    Folded,
    /// What an encoded piece says, in the place of the piece.
    Decoded,
    /// A transformation that turns any text into something (rot13, backwards), or words whose borders were lost. A
    /// whole phrase in it means something, a single word does not.
    Weak,
}

/// One reading of a text: lower case, one blank between words, nothing invisible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct View {
    /// What kind of reading (`plain`, `leet`, `base64`), for the report.
    pub(crate) name: &'static str,
    /// The text as read.
    pub(crate) text: String,
    /// Whether blanks between words may be missing in it.
    pub(crate) is_glued: bool,
    /// How much it is worth.
    pub(crate) strength: Strength,
}

/// Readings that a machine has to work out: nobody does what such a text says without being asked to. The others only
/// take off a disguise, in which people and models read the words anyway.
const CODES: [&str; 5] = ["base64", "numbers", "morse", "rot13", "reversed"];

impl View {
    /// Whether this is what a code says, which a model reads only when it works it out.
    pub(crate) fn is_code(&self) -> bool {
        CODES.contains(&self.name)
    }
}

/// How much of a text is read, in bytes: a pass over more would cost more than anybody waits for a message.
const MOST_READ: usize = 256 * 1024;
/// How large all readings may be together, as a multiple of the text. Compatibility forms alone may take eleven.
const MOST_GROWTH: usize = 16;
/// A text shorter than this counts as this long: it may have many readings, and they cost nothing.
const SHORT: usize = 256;
/// How many readings there are at most. Ordinary talk has up to eight; more is noise made to have many.
const MOST_VIEWS: usize = 40;
/// How deep encoded text is looked for in encoded text.
const DEEPEST: usize = 3;
/// How many decoded texts are read in turn: more than that are layers wrapped to keep a reader busy.
const MOST_SOURCES: usize = 12;
/// How many letters a text may have to be read backwards and by rot13: those who hide so write short.
const MOST_TURNED: usize = 2_000;

/// Every reading of a text that differs from those before it; the first is always `plain`.
pub(crate) fn views(text: &str) -> Vec<View> {
    let text = head(text);
    let mut found = Found { views: Vec::new(), room: MOST_GROWTH * text.len().max(SHORT) };
    let mut queue = VecDeque::from([Source {
        text: plain::shaped(text),
        name: "plain",
        strength: Strength::Plain,
        is_glued: false,
        depth: 0,
    }]);
    if hidden::may_hide(text) {
        let hidden = [
            ("tags", hidden::tags(text)),
            ("selectors", hidden::selectors(text)),
            ("bits", hidden::bits(text)),
        ];
        for (name, hidden) in hidden {
            queue.extend(hidden.map(|hidden| Source {
                text: Cow::Owned(plain::shaped(&hidden).into_owned()),
                name,
                strength: Strength::Decoded,
                is_glued: false,
                depth: 1,
            }));
        }
    }
    for _ in 0..MOST_SOURCES {
        let Some(source) = queue.pop_front() else { break };
        read(&source, &mut found, &mut queue);
    }
    found.views
}

/// As much of a text as is read.
fn head(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MOST_READ)).unwrap_or(text)
}

/// A text with its own case and gaps that readings are made of: what came, or what a piece of it decodes to.
struct Source<'a> {
    text: Cow<'a, str>,
    name: &'static str,
    strength: Strength,
    is_glued: bool,
    depth: usize,
}

impl Source<'_> {
    /// What a step makes of this one or of a text derived from it.
    fn view(&self, step: &Step, text: &str, is_glued: bool) -> View {
        View {
            // What was encoded is the more telling of the two.
            name: if self.depth > 0 { self.name } else { step.name },
            text: plain::plain(text),
            is_glued: self.is_glued || is_glued || step.is_glued,
            strength: self.strength.max(step.strength),
        }
    }
}

/// Adds all readings of a source, and what is encoded in it to the queue.
fn read(source: &Source<'_>, found: &mut Found, queue: &mut VecDeque<Source<'_>>) {
    let plain = plain::plain(&source.text);
    let (is_glued, strength) = (source.is_glued, source.strength);
    if !found.push(View { name: source.name, text: plain.clone(), is_glued, strength }) {
        return;
    }
    let has = Traits::of(&source.text);
    fold(source, &has, found);
    if source.depth < DEEPEST {
        for step in DECODING.iter().filter(|step| (step.wants)(&has)) {
            effort::spend(source.text.len());
            if let Some(text) = (step.rewrite)(&source.text) {
                queue.push_back(Source {
                    text: Cow::Owned(plain::shaped(&text).into_owned()),
                    name: step.name,
                    strength: source.strength.max(step.strength),
                    is_glued: source.is_glued || step.is_glued,
                    depth: source.depth + 1,
                });
            }
        }
    }
    // What is encoded twice needs no turning on top of it.
    if source.depth <= 1 && has.letters <= MOST_TURNED {
        for step in TURNING.iter().filter(|step| (step.wants)(&has)) {
            // What is made of a plain text needs no second smoothing.
            if let Some(text) = (step.rewrite)(&plain) {
                let name =
                    if source.depth > 0 && !CODES.contains(&step.name) { source.name } else { step.name };
                let strength = source.strength.max(step.strength);
                found.push(View { name, text, is_glued: source.is_glued || step.is_glued, strength });
            }
        }
    }
}

/// Each step on the source by itself, and on what the lasting ones before it made of it.
fn fold(source: &Source<'_>, has: &Traits, found: &mut Found) {
    let mut folded: Option<(String, Traits, bool)> = None;
    for step in FOLDING {
        effort::spend(source.text.len());
        let alone = (step.wants)(has).then(|| (step.rewrite)(&source.text)).flatten();
        if let Some(text) = &alone {
            found.push(source.view(step, text, false));
        }
        let (text, is_glued) = match &folded {
            None => (alone, step.is_glued),
            Some((base, has, is_glued)) => {
                let text = (step.wants)(has).then(|| (step.rewrite)(base)).flatten();
                if let Some(text) = &text {
                    found.push(source.view(step, text, *is_glued));
                }
                (text, *is_glued || step.is_glued)
            }
        };
        if let Some(text) = text.filter(|_| step.is_lasting) {
            let has = if step.keeps_shape && !has.has_signs { has.clone() } else { Traits::of(&text) };
            folded = Some((text, has, is_glued));
        }
    }
}

/// The readings so far.
struct Found {
    views: Vec<View>,
    /// Bytes that further ones may have together.
    room: usize,
}

impl Found {
    /// Adds a reading, unless it says nothing new or there is no room left. Says whether it was added.
    fn push(&mut self, view: View) -> bool {
        let is_first = self.views.is_empty();
        let is_known =
            self.views.iter().any(|known| known.text == view.text && known.is_glued >= view.is_glued);
        let fits = view.text.len() <= self.room && self.views.len() < MOST_VIEWS;
        if !is_first && (is_known || view.text.is_empty() || !fits) {
            return false;
        }
        self.room = self.room.saturating_sub(view.text.len());
        self.views.push(view);
        true
    }
}
