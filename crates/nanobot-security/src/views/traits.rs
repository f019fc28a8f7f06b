//! What kinds of things occur in a text, found in one pass: so that only readings are built that can differ.
//!
//! Decides nothing about the text; a trait that is there by accident costs a pass, no more.

use super::letters::{is_combining, is_letter, is_word};
use super::plain::is_blank;

/// What occurs in a text.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says whether one kind of thing occurs")]
pub(super) struct Traits {
    /// Characters beyond ASCII.
    pub(super) is_foreign: bool,
    /// Letters in frames, raised dots: what becomes a letter only when it is folded.
    pub(super) has_signs: bool,
    /// Letters of ASCII.
    pub(super) latin: usize,
    /// Letters of any script.
    pub(super) letters: usize,
    /// Digits of ASCII.
    pub(super) digits: usize,
    /// Dots and dashes, of which Morse code is made.
    pub(super) strokes: usize,
    /// Words that equal one of the four before them.
    pub(super) repeats: usize,
    /// The longest run of words of one letter or digit.
    pub(super) singles: usize,
    /// A letter next to a digit or to a sign that can pass for a letter.
    pub(super) has_mixed_word: bool,
    /// A separator between two letters.
    pub(super) has_inner_separator: bool,
    /// A small letter followed by a capital one.
    pub(super) has_hump: bool,
    /// The same letter three times in a row.
    pub(super) has_stretch: bool,
    /// The same sign four times in a row.
    pub(super) has_rule: bool,
    /// Quotes, brackets, emphasis, tags, comments.
    pub(super) has_marks: bool,
    /// Eight or more characters of base64 that are no word: small before capital letters, or digits among letters.
    pub(super) has_token: bool,
    /// Percent signs, ampersands, backslashes, equal signs, plus signs: what escapes begin with.
    pub(super) has_escape: bool,
}

/// How many words back a repetition is looked for.
const WORDS_BACK: usize = 4;
/// The shortest piece of base64 that is looked at.
const TOKEN: usize = 8;

impl Traits {
    /// Of this text.
    pub(super) fn of(text: &str) -> Self {
        let mut pass = Pass::default();
        for ch in text.chars() {
            pass.take(ch);
        }
        pass.take(' ');
        pass.end_single_run();
        pass.found
    }
}

/// The state of the pass.
#[derive(Default)]
struct Pass {
    found: Traits,
    last: Option<char>,
    was_letter: bool,
    /// Whether the one before `last` was a letter.
    was_letter_earlier: bool,
    /// How often `last` came in a row.
    same: usize,
    /// Letters and digits of the unit that is being read.
    unit: usize,
    single_run: usize,
    /// A hash of the word being read, and of those before it.
    word: Option<u32>,
    words: [Option<u32>; WORDS_BACK],
    token: Token,
}

/// What has been seen of a piece of base64.
#[derive(Default)]
struct Token {
    length: usize,
    letters: usize,
    digits: usize,
    has_hump: bool,
}

impl Pass {
    fn take(&mut self, ch: char) {
        if ch.is_ascii_lowercase() && self.was_letter && self.last != Some(ch) {
            return self.take_another_letter(ch);
        }
        let is_letter = is_letter(ch);
        let is_word = is_letter || is_word(ch);
        self.same = if self.last == Some(ch) { self.same + 1 } else { 1 };
        self.count(ch, is_letter);
        self.follow_word(ch);
        if !is_combining(ch) {
            self.follow_unit(is_word);
        }
        self.follow_token(ch);
        self.compare(ch, is_letter, is_word);
        self.last = Some(ch);
        self.was_letter_earlier = std::mem::replace(&mut self.was_letter, is_letter);
    }

    /// The everyday case: a small letter behind another one. It cannot change but the counts.
    fn take_another_letter(&mut self, ch: char) {
        self.found.letters += 1;
        self.found.latin += 1;
        self.same = 1;
        self.hash(ch);
        self.unit += 1;
        self.token.length += 1;
        self.token.letters += 1;
        self.last = Some(ch);
        self.was_letter_earlier = true;
    }

    fn hash(&mut self, ch: char) {
        // FNV-1a: words are compared by it, and a collision costs one pass too many.
        let hash = self.word.unwrap_or(0x811c_9dc5) ^ u32::from(ch.to_ascii_lowercase());
        self.word = Some(hash.wrapping_mul(0x0100_0193));
    }

    fn count(&mut self, ch: char, is_letter: bool) {
        self.found.letters += usize::from(is_letter);
        if ch.is_ascii() {
            self.found.latin += usize::from(is_letter);
            self.found.digits += usize::from(ch.is_ascii_digit());
        } else {
            self.found.is_foreign = true;
            self.found.has_signs |= matches!(ch, '\u{2800}'..='\u{28ff}' | '\u{1f100}'..='\u{1f1ff}');
        }
        match ch {
            '.' | '-' | '–' | '—' | '·' | '•' | '−' => self.found.strokes += 1,
            '%' | '&' | '=' => self.found.has_escape = true,
            '+' => self.found.has_escape |= self.last.is_some_and(|last| matches!(last, 'u' | 'U')),
            '\\' => {
                self.found.has_escape = true;
                self.found.has_marks = true;
            }
            _ => self.found.has_marks |= is_mark(ch) && !self.is_apostrophe(ch),
        }
    }

    /// Whether the sign follows a letter or digit, as in `don't`: the end of a quoted word was opened by another one.
    fn is_apostrophe(&self, ch: char) -> bool {
        matches!(ch, '\'' | '’') && self.last.is_some_and(is_word)
    }

    fn follow_word(&mut self, ch: char) {
        if !is_blank(ch) {
            self.hash(ch);
        } else if let Some(word) = self.word.take() {
            self.found.repeats += usize::from(self.words.contains(&Some(word)));
            self.words.rotate_right(1);
            if let Some(first) = self.words.first_mut() {
                *first = Some(word);
            }
        }
    }

    fn follow_unit(&mut self, is_part: bool) {
        if is_part {
            self.unit += 1;
        } else if self.unit > 0 {
            if self.unit == 1 {
                self.single_run += 1;
            } else {
                self.end_single_run();
            }
            self.unit = 0;
        }
    }

    fn end_single_run(&mut self) {
        self.found.singles = self.found.singles.max(self.single_run);
        self.single_run = 0;
    }

    fn follow_token(&mut self, ch: char) {
        if ch.is_ascii_alphanumeric() || matches!(ch, '+' | '/' | '-' | '_' | '=') {
            self.token.length += 1;
            self.token.letters += usize::from(ch.is_ascii_alphabetic());
            self.token.digits += usize::from(ch.is_ascii_digit());
            let is_hump = ch.is_ascii_uppercase()
                && self.last.is_some_and(|last| last.is_ascii_lowercase() || last.is_ascii_digit());
            self.token.has_hump |= is_hump || ch == '=';
        } else if self.token.length > 0 {
            let token = std::mem::take(&mut self.token);
            self.found.has_token |=
                token.length >= TOKEN && token.letters > 0 && (token.has_hump || token.digits > 0);
        }
    }

    fn compare(&mut self, ch: char, is_letter: bool, is_word: bool) {
        let Some(last) = self.last else { return };
        // Addresses of pages begin with three.
        if self.same == 3 && is_letter && ch != 'w' {
            self.found.has_stretch = true;
        }
        if self.same == 4 && !is_word && !is_blank(ch) {
            self.found.has_rule = true;
        }
        self.found.has_hump |= is_letter && self.was_letter && ch.is_uppercase() && last.is_lowercase();
        self.found.has_mixed_word |=
            is_letter && stands_for_letter(last) || self.was_letter && stands_for_letter(ch) && ch != '!';
        self.found.has_inner_separator |= is_letter && is_separator(last) && self.was_letter_earlier;
    }
}

/// Digits and signs that pass for letters.
pub(super) const fn stands_for_letter(ch: char) -> bool {
    matches!(ch, '0' | '1' | '3'..='9' | '@' | '$' | '!' | '|' | '+' | '€' | '£' | '¥' | '§')
}

/// What stands between words, or between pieces of a word, that are written as one.
pub(super) const fn is_separator(ch: char) -> bool {
    matches!(
        ch,
        '-' | '_'
            | '+'
            | '.'
            | '/'
            | '|'
            | '\\'
            | ','
            | ':'
            | ';'
            | '~'
            | '*'
            | '='
            | '>'
            | '<'
            | '^'
            | '#'
            | '&'
            | '·'
            | '•'
            | '–'
            | '—'
            | '‐'
            | '‑'
            | '−'
            | '→'
            | '⁄'
            | '∙'
            | '…'
    )
}

/// Quotes, brackets, emphasis and the like: what wraps words.
pub(super) const fn is_mark(ch: char) -> bool {
    matches!(
        ch,
        '*' | '_'
            | '~'
            | '`'
            | '"'
            | '\''
            | '<'
            | '>'
            | '('
            | ')'
            | '['
            | ']'
            | '{'
            | '}'
            | '#'
            | '|'
            | '\\'
            | '^'
            | '´'
            | '“'
            | '”'
            | '„'
            | '‟'
            | '‘'
            | '’'
            | '‚'
            | '‛'
            | '«'
            | '»'
            | '‹'
            | '›'
            | '「'
            | '」'
            | '『'
            | '』'
            | '【'
            | '】'
            | '《'
            | '》'
            | '〈'
            | '〉'
            | '〔'
            | '〕'
            | '⟨'
            | '⟩'
            | '❝'
            | '❞'
            | '‖'
    )
}
