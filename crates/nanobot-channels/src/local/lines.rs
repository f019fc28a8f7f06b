//! Reading lines with a limit: an over-long line is skipped without being kept, and reading goes on.
//!
//! A thin layer over [`LinesCodec`]: there a faulty line is an error of the stream, after which a
//! `FramedRead` pauses until new bytes come; here it is an item like any other.

use std::io;

use tokio_util::bytes::BytesMut;
use tokio_util::codec::{Decoder, LinesCodec, LinesCodecError};

/// One line of input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line, without its line end.
    Text(String),
    /// The line was over the limit and is skipped. Said once, when the limit is passed.
    TooLong,
    /// The line is not valid UTF-8 and is skipped.
    NotUtf8,
}

/// Cuts a byte stream into [`Line`]s; keeps at most the limit and one read in memory.
#[derive(Debug)]
pub(crate) struct BoundedLines(LinesCodec);

impl BoundedLines {
    /// Lines of at most `max_bytes`, line end not counted.
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self(LinesCodec::new_with_max_length(max_bytes))
    }
}

fn sorted(result: Result<Option<String>, LinesCodecError>) -> io::Result<Option<Line>> {
    match result {
        Ok(text) => Ok(text.map(Line::Text)),
        Err(LinesCodecError::MaxLineLengthExceeded) => Ok(Some(Line::TooLong)),
        Err(LinesCodecError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
            Ok(Some(Line::NotUtf8))
        }
        Err(LinesCodecError::Io(error)) => Err(error),
    }
}

impl Decoder for BoundedLines {
    type Item = Line;
    type Error = io::Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Line>> {
        sorted(self.0.decode(buffer))
    }

    fn decode_eof(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Line>> {
        sorted(self.0.decode_eof(buffer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_all(input: &[u8], chunk: usize, limit: usize) -> Vec<Line> {
        let mut codec = BoundedLines::new(limit);
        let mut buffer = BytesMut::new();
        let mut lines = Vec::new();
        for piece in input.chunks(chunk.max(1)) {
            buffer.extend_from_slice(piece);
            while let Some(line) = codec.decode(&mut buffer).unwrap() {
                lines.push(line);
            }
            assert!(buffer.len() <= limit + chunk.max(1) + 1, "a skipped line is not kept");
        }
        while let Some(line) = codec.decode_eof(&mut buffer).unwrap() {
            lines.push(line);
        }
        lines
    }

    fn text(text: &str) -> Line {
        Line::Text(text.to_owned())
    }

    #[test]
    fn a_line_over_the_limit_is_reported_once_and_the_next_one_is_read() {
        let lines = read_all(b"abc\nabcdefghijklmnop\nxyz\n", 3, 8);
        assert_eq!(lines, [text("abc"), Line::TooLong, text("xyz")]);
    }

    #[test]
    fn a_line_at_the_limit_is_read() {
        assert_eq!(read_all(b"12345678\n123456789\n", 64, 8), [text("12345678"), Line::TooLong]);
    }

    #[test]
    fn a_line_that_is_not_utf8_does_not_hide_its_neighbours() {
        assert_eq!(read_all(b"a\n\xff\xfe\nb", 64, 8), [text("a"), Line::NotUtf8, text("b")]);
    }

    #[test]
    fn an_over_long_line_at_the_end_of_input_is_reported() {
        assert_eq!(read_all(b"a\n123456789", 4, 8), [text("a"), Line::TooLong]);
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same_lines(
            input in proptest::collection::vec(
                prop_oneof![3 => any::<u8>(), 2 => Just(b'\n'), 5 => b'a'..=b'z'], 0..200),
            chunk in 1_usize..40,
        ) {
            prop_assert_eq!(read_all(&input, chunk, 16), read_all(&input, 1000, 16));
        }
    }
}
