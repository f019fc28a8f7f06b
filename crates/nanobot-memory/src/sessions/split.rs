//! Cuts a stream into lines the way Python's text mode does: `\n`, `\r\n` and a lone `\r` all end one.
//!
//! It holds one line at a time and never more than [`MAX_LINE_BYTES`] of it; longer ones are skipped and
//! reported as such. It does not look into a line.

use std::io::{self, BufRead};

/// Longest line that is read or written, in bytes (16 MiB: a message of more than a million characters even
/// when each is escaped).
pub const MAX_LINE_BYTES: usize = 16 * 1024 * 1024;

/// The lines of a stream.
pub(crate) struct Lines<R> {
    reader: R,
    consumed: u64,
}

/// What [`Lines::next_into`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// A line, in the buffer, without its end.
    Line,
    /// A line longer than [`MAX_LINE_BYTES`]; the buffer holds nothing of use.
    TooLong,
    /// The stream is at its end.
    End,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, consumed: 0 }
    }

    /// How many bytes the lines so far took, their ends included.
    pub(crate) fn consumed(&self) -> u64 {
        self.consumed
    }

    /// Puts the next line into `line`.
    pub(crate) fn next_into(&mut self, line: &mut Vec<u8>) -> io::Result<Found> {
        line.clear();
        let mut found = Found::End;
        loop {
            let available = self.reader.fill_buf()?;
            if available.is_empty() {
                return Ok(found);
            }
            let ends_at = available.iter().position(|byte| is_line_end(*byte));
            let piece = available.get(..ends_at.unwrap_or(available.len())).unwrap_or_default();
            if found != Found::TooLong {
                found = if line.len() + piece.len() > MAX_LINE_BYTES { Found::TooLong } else { Found::Line };
            }
            if found == Found::Line {
                line.extend_from_slice(piece);
            }
            let end = ends_at.and_then(|at| available.get(at).copied());
            let taken = piece.len() + usize::from(end.is_some());
            self.take(taken);
            if end == Some(b'\r') && self.reader.fill_buf()?.first() == Some(&b'\n') {
                self.take(1);
            }
            if end.is_some() {
                return Ok(found);
            }
        }
    }

    fn take(&mut self, count: usize) {
        self.reader.consume(count);
        self.consumed += count as u64;
    }
}

pub(crate) const fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(bytes: &[u8], buffer: usize) -> Vec<String> {
        let mut lines = Lines::new(io::BufReader::with_capacity(buffer, bytes));
        let (mut line, mut all) = (Vec::new(), Vec::new());
        while lines.next_into(&mut line).unwrap() != Found::End {
            all.push(String::from_utf8(line.clone()).unwrap());
        }
        assert_eq!(lines.consumed(), bytes.len() as u64);
        all
    }

    #[test]
    fn all_three_line_ends_count_whatever_the_buffer() {
        for buffer in [1, 2, 3, 100] {
            assert_eq!(lines_of(b"a\nb\r\nc\rd\n\ne", buffer), ["a", "b", "c", "d", "", "e"]);
            assert_eq!(lines_of(b"a\r\r\n", buffer), ["a", ""]);
            assert_eq!(lines_of(b"", buffer), [""; 0]);
        }
    }

    #[test]
    fn a_line_beyond_the_limit_is_skipped_and_the_next_one_read() {
        let mut bytes = vec![b'x'; MAX_LINE_BYTES + 1];
        bytes.extend_from_slice(b"\nshort");
        let mut lines = Lines::new(bytes.as_slice());
        let mut line = Vec::new();
        assert_eq!(lines.next_into(&mut line).unwrap(), Found::TooLong);
        assert_eq!(lines.next_into(&mut line).unwrap(), Found::Line);
        assert_eq!(line, b"short");
    }
}
