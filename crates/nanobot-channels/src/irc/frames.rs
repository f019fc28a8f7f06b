//! Bytes to lines: cut at line ends, with a limit, and every byte becomes a character.
//!
//! A line that is no UTF-8 is read as Windows-1252, the character set that old clients mean by "8 bit"; no line is
//! lost because of its bytes. What a line says is `wire.rs`.

use std::io;

use tokio_util::bytes::{Buf, BytesMut};
use tokio_util::codec::Decoder;

/// The longest line that is read, in bytes: 8,191 of tags (IRCv3 message tags) and 512 of the rest (RFC 2812).
pub(super) const MAX_LINE_BYTES: usize = 8_191 + 512;

/// From this length on a line may have been cut by the server, in the middle of a character: 512 bytes less its
/// end and less what servers count differently.
const MAY_BE_CUT: usize = 500;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Frame {
    /// Its text, without the line end.
    Line(String),
    /// It was over the limit and is skipped. Said once, when the limit is passed.
    TooLong,
}

/// Cuts a stream into lines; keeps at most the limit and one read in memory.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// Bytes at the front that are known to hold no line end.
    searched: usize,
    /// The rest of the line at the front is dropped.
    skipping: bool,
}

impl Decoder for Frames {
    type Item = Frame;
    type Error = io::Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Frame>> {
        loop {
            let end = buffer.iter().skip(self.searched).position(|byte| *byte == b'\n');
            let Some(end) = end.map(|at| at + self.searched) else {
                self.searched = buffer.len();
                if self.skipping {
                    self.forget(buffer);
                } else if buffer.len() > MAX_LINE_BYTES {
                    self.skipping = true;
                    self.forget(buffer);
                    return Ok(Some(Frame::TooLong));
                }
                return Ok(None);
            };
            self.searched = 0;
            let line = buffer.split_to(end);
            buffer.advance(1);
            if std::mem::take(&mut self.skipping) {
                continue;
            }
            // Carriage returns have no place in a line; some servers end lines without one.
            let line = line.strip_suffix(b"\r").unwrap_or(&line);
            if line.len() > MAX_LINE_BYTES {
                return Ok(Some(Frame::TooLong));
            }
            return Ok(Some(Frame::Line(text_of(line))));
        }
    }

    /// A line without an end is none: the connection broke in the middle of it.
    fn decode_eof(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Frame>> {
        let frame = self.decode(buffer)?;
        if frame.is_none() {
            self.forget(buffer);
        }
        Ok(frame)
    }
}

impl Frames {
    fn forget(&mut self, buffer: &mut BytesMut) {
        self.searched = 0;
        buffer.clear();
    }
}

/// The characters of a line.
fn text_of(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        // Only the last character is torn, and a server may have torn it: the rest is good.
        Err(error) if error.error_len().is_none() && bytes.len() >= MAY_BE_CUT => {
            let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
            if good.is_ascii() { windows_1252(bytes) } else { String::from_utf8_lossy(bytes).into_owned() }
        }
        Err(_) => windows_1252(bytes),
    }
}

fn windows_1252(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| character(*byte)).collect()
}

/// The table of the WHATWG Encoding Standard, `windows-1252`: Latin-1 but for 0x80 to 0x9f.
fn character(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    let high = byte.checked_sub(0x80).and_then(|index| HIGH.get(usize::from(index)));
    high.copied().unwrap_or(char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_all(input: &[u8], chunk: usize) -> Vec<Frame> {
        let (mut frames, mut buffer, mut read) = (Frames::default(), BytesMut::new(), Vec::new());
        for piece in input.chunks(chunk.max(1)) {
            buffer.extend_from_slice(piece);
            while let Some(frame) = frames.decode(&mut buffer).unwrap() {
                read.push(frame);
            }
            assert!(buffer.len() <= MAX_LINE_BYTES + chunk, "a skipped line is not kept");
        }
        while let Some(frame) = frames.decode_eof(&mut buffer).unwrap() {
            read.push(frame);
        }
        read
    }

    fn line(text: &str) -> Frame {
        Frame::Line(text.to_owned())
    }

    #[test]
    fn lines_end_with_or_without_a_carriage_return() {
        assert_eq!(read_all(b"a\r\nb\n\nc", 64), [line("a"), line("b"), line("")]);
    }

    #[test]
    fn a_line_over_the_limit_is_told_once_and_the_next_one_is_read() {
        let long = [b"a\r\n".as_slice(), &vec![b'x'; 3 * MAX_LINE_BYTES], b"\r\nb\r\n"].concat();
        for chunk in [1, 100, MAX_LINE_BYTES, 4 * MAX_LINE_BYTES] {
            assert_eq!(read_all(&long, chunk), [line("a"), Frame::TooLong, line("b")], "{chunk}");
        }
    }

    #[test]
    fn a_line_at_the_limit_is_read() {
        let limit = "x".repeat(MAX_LINE_BYTES - 1);
        assert_eq!(read_all(format!("{limit}\r\n").as_bytes(), 1_000), [line(&limit)]);
    }

    #[test]
    fn a_line_of_an_8_bit_client_keeps_all_its_characters() {
        assert_eq!(
            read_all(b"PRIVMSG #a :caf\xe9 \x80 \x93f\xfcr\x94\r\n", 7),
            [line("PRIVMSG #a :café € “für”")]
        );
        // An end that could begin a character of UTF-8 is one of its own.
        assert_eq!(read_all(b"caf\xe9\r\n", 64), [line("café")]);
    }

    #[test]
    fn a_server_that_cuts_a_character_does_not_garble_the_rest() {
        let mut cut = "ü".repeat(255).into_bytes();
        cut.extend_from_slice(b"\xe2\x82\r\n");
        assert_eq!(read_all(&cut, 64), [line(&format!("{}\u{fffd}", "ü".repeat(255)))]);
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same_lines(
            input in proptest::collection::vec(
                prop_oneof![3 => any::<u8>(), 1 => Just(b'\n'), 1 => Just(b'\r')], 0..300),
            chunk in 1_usize..40,
        ) {
            prop_assert_eq!(read_all(&input, chunk), read_all(&input, 1_000));
        }

        #[test]
        fn no_byte_is_lost(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let text = text_of(&bytes);
            let expected = std::str::from_utf8(&bytes).map_or(bytes.len(), |text| text.chars().count());
            prop_assert_eq!(text.chars().count(), expected);
        }
    }
}
