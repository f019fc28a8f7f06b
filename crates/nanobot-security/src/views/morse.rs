//! Morse code, in the place where it stands.

/// How many letters in a row are taken for Morse code.
const SHORTEST: usize = 5;

/// The text with its rows of Morse code decoded.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut row = Row::default();
    let mut is_found = false;
    for piece in text.split_inclusive([' ', '\t', '\n']) {
        let word = piece.trim_end();
        if word.is_empty() && row.count > 0 {
            row.gap(piece);
        } else if let Some(ch) = letter(word) {
            row.take(ch, piece);
        } else {
            is_found |= row.end(&mut out);
            out.push_str(piece);
        }
    }
    is_found |= row.end(&mut out);
    is_found.then_some(out)
}

/// Letters so far, and what they were written as.
#[derive(Default)]
struct Row {
    letters: String,
    count: usize,
    written: String,
}

impl Row {
    fn take(&mut self, ch: char, piece: &str) {
        self.count += usize::from(ch != ' ');
        self.letters.push(ch);
        self.written.push_str(piece);
        if piece.ends_with('\n') {
            self.letters.push(' ');
        }
    }

    /// More than one blank between two letters: a border between words.
    fn gap(&mut self, piece: &str) {
        self.letters.push(' ');
        self.written.push_str(piece);
    }

    fn end(&mut self, out: &mut String) -> bool {
        let row = std::mem::take(self);
        let is_text = row.count >= SHORTEST;
        out.push_str(if is_text { &row.letters } else { &row.written });
        if is_text {
            out.push(' ');
        }
        is_text
    }
}

/// The letter that a word of dots and dashes is; a blank for what stands between words.
fn letter(word: &str) -> Option<char> {
    if matches!(word, "/" | "|" | "//") {
        return Some(' ');
    }
    if word.is_empty() || word.chars().count() > 5 {
        return None;
    }
    // A one in front, then a bit for each stroke.
    let mut code = 1_usize;
    for ch in word.chars() {
        code = code << 1
            | match ch {
                '.' | '·' | '•' | '∙' => 0,
                '-' | '–' | '—' | '−' | '_' => 1,
                _ => return None,
            };
    }
    CODES.iter().find(|(known, _)| *known == code).map(|(_, ch)| *ch)
}

/// Letters and digits by their strokes, a one in front of them.
#[rustfmt::skip]
const CODES: &[(usize, char)] = &[
    (0b101, 'a'), (0b11000, 'b'), (0b11010, 'c'), (0b1100, 'd'), (0b10, 'e'), (0b10010, 'f'), (0b1110, 'g'),
    (0b10000, 'h'), (0b100, 'i'), (0b10111, 'j'), (0b1101, 'k'), (0b10100, 'l'), (0b111, 'm'), (0b110, 'n'),
    (0b1111, 'o'), (0b10110, 'p'), (0b11101, 'q'), (0b1010, 'r'), (0b1000, 's'), (0b11, 't'), (0b1001, 'u'),
    (0b10001, 'v'), (0b1011, 'w'), (0b11001, 'x'), (0b11011, 'y'), (0b11100, 'z'),
    (0b10_1111, '1'), (0b10_0111, '2'), (0b10_0011, '3'), (0b10_0001, '4'), (0b10_0000, '5'), (0b11_0000, '6'),
    (0b11_1000, '7'), (0b11_1100, '8'), (0b11_1110, '9'), (0b11_1111, '0'),
];
