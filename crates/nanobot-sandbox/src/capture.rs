//! What is kept of a command's output: the beginning, and how many characters more there were.

/// Keeps the first bytes, and counts the rest in characters.
#[derive(Debug)]
pub(crate) struct Capture {
    kept: Vec<u8>,
    limit: usize,
    cut_chars: u64,
}

impl Capture {
    /// Keeps so many bytes.
    pub(crate) fn new(limit: u64) -> Self {
        Self { kept: Vec::new(), limit: usize::try_from(limit).unwrap_or(usize::MAX), cut_chars: 0 }
    }

    /// Takes a piece.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        let room = self.limit.saturating_sub(self.kept.len());
        let (kept, cut) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
        self.kept.extend_from_slice(kept);
        self.cut_chars += cut.iter().filter(|byte| starts_character(**byte)).count() as u64;
    }

    /// What is kept, whole characters only where it was cut, and how many more there were.
    pub(crate) fn finish(mut self) -> (Vec<u8>, u64) {
        if self.cut_chars > 0 || self.kept.len() == self.limit {
            let whole = whole_characters(&self.kept);
            if whole < self.kept.len() {
                self.kept.truncate(whole);
                self.cut_chars += 1;
            }
        }
        (self.kept, self.cut_chars)
    }
}

/// All but the bytes that continue a character. In what is no UTF-8 it is about right.
const fn starts_character(byte: u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}

/// The length without a character that has only begun.
fn whole_characters(bytes: &[u8]) -> usize {
    let start = bytes.iter().rev().take(4).position(|byte| starts_character(*byte));
    match start {
        Some(after) if is_unfinished(bytes, after) => bytes.len() - after - 1,
        _ => bytes.len(),
    }
}

/// Whether the character that starts so many bytes before the last one needs more than there are.
fn is_unfinished(bytes: &[u8], after: usize) -> bool {
    let start = bytes.len().saturating_sub(after + 1);
    let needs = match bytes.get(start) {
        Some(0xC0..=0xDF) => 2,
        Some(0xE0..=0xEF) => 3,
        Some(0xF0..=0xF7) => 4,
        _ => 1,
    };
    after + 1 < needs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured(limit: u64, pieces: &[&[u8]]) -> (Vec<u8>, u64) {
        let mut capture = Capture::new(limit);
        for piece in pieces {
            capture.add(piece);
        }
        capture.finish()
    }

    #[test]
    fn what_fits_is_kept_whole() {
        assert_eq!(captured(4, &[b"ab", b"cd"]), (b"abcd".to_vec(), 0));
    }

    #[test]
    fn the_rest_is_counted_in_characters_and_none_is_cut_in_two() {
        let text = "aäöü";
        for limit in 0..=text.len() as u64 {
            for at in 0..=text.len() {
                let (one, two) = text.as_bytes().split_at(at);
                let (kept, cut) = captured(limit, &[one, two]);
                let kept = String::from_utf8(kept).unwrap();
                assert!(text.starts_with(&kept));
                assert_eq!(kept.chars().count() as u64 + cut, 4, "limit {limit}, at {at}");
            }
        }
    }
}
