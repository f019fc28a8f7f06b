//! Server-sent events: bytes in, the data of complete events out.
//!
//! Lines end with LF, CR or CRLF; a byte order mark at the start, comments and fields other than `data` are
//! skipped (WHATWG HTML standard, "Server-sent events", as of 2026). However the bytes are cut, the same events
//! come out. What the data means is not looked at here.

use std::mem;

use nanobot_core::units::ByteCount;

use crate::error::AnswerError;

/// Longest line, and longest data of one event, in bytes.
pub const SSE_LINE_LIMIT: usize = 1024 * 1024;

/// Cuts a stream of bytes into events.
#[derive(Debug, Default)]
pub(super) struct EventReader {
    line: Vec<u8>,
    data: Option<Vec<u8>>,
    /// The last byte was a CR, so that a LF belongs to it.
    after_cr: bool,
    /// A first line was read, so that no byte order mark can come any more.
    past_first_line: bool,
}

impl EventReader {
    /// Takes the next bytes and hands over each event's data that they complete, until `on_data` says `false`.
    ///
    /// # Errors
    /// [`AnswerError::LineTooLong`] beyond [`SSE_LINE_LIMIT`], and what `on_data` fails with.
    pub(super) fn push(
        &mut self,
        bytes: &[u8],
        on_data: &mut dyn FnMut(Vec<u8>) -> Result<bool, AnswerError>,
    ) -> Result<(), AnswerError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            if mem::take(&mut self.after_cr)
                && let [b'\n', behind @ ..] = rest
            {
                rest = behind;
            }
            let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
                return extend(&mut self.line, rest);
            };
            let (head, tail) = rest.split_at(end);
            extend(&mut self.line, head)?;
            self.after_cr = tail.first() == Some(&b'\r');
            rest = tail.get(1..).unwrap_or_default();
            if let Some(data) = self.end_line()?
                && !on_data(data)?
            {
                return Ok(());
            }
        }
        Ok(())
    }

    /// What a stream that ended without a last blank line left behind, if it was a whole line or more.
    pub(super) fn finish(mut self) -> Result<Option<Vec<u8>>, AnswerError> {
        if !self.line.is_empty() {
            self.end_line()?;
        }
        Ok(self.data)
    }

    /// Ends the line that was collected; answers the event's data when the line was blank.
    fn end_line(&mut self) -> Result<Option<Vec<u8>>, AnswerError> {
        let line = mem::take(&mut self.line);
        let line = match line.strip_prefix("\u{feff}".as_bytes()) {
            Some(behind) if !self.past_first_line => behind,
            _ => &line,
        };
        self.past_first_line = true;
        if line.is_empty() {
            return Ok(self.data.take());
        }
        let value = match line.strip_prefix(b"data") {
            Some([]) => &[],
            Some([b':', b' ', value @ ..] | [b':', value @ ..]) => value,
            _ => return Ok(None),
        };
        match &mut self.data {
            Some(data) => {
                extend(data, b"\n")?;
                extend(data, value)?;
            }
            none => *none = Some(value.to_vec()),
        }
        Ok(None)
    }
}

fn extend(buffer: &mut Vec<u8>, bytes: &[u8]) -> Result<(), AnswerError> {
    if buffer.len() + bytes.len() > SSE_LINE_LIMIT {
        return Err(AnswerError::LineTooLong { limit: ByteCount::of(SSE_LINE_LIMIT) });
    }
    buffer.extend_from_slice(bytes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn events<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
        let mut reader = EventReader::default();
        let mut seen = Vec::new();
        for piece in pieces {
            let mut keep = |data: Vec<u8>| {
                seen.push(String::from_utf8_lossy(&data).into_owned());
                Ok(true)
            };
            reader.push(piece, &mut keep).unwrap();
        }
        seen.extend(reader.finish().unwrap().map(|data| String::from_utf8_lossy(&data).into_owned()));
        seen
    }

    #[test]
    fn comments_other_fields_and_the_byte_order_mark_are_skipped() {
        let stream = "\u{feff}data: a\n\n: ping\nevent: x\nid: 7\nretry: 9\ndata:b\ndatabase: no\n\n\n\n";
        assert_eq!(events([stream.as_bytes()]), ["a", "b"]);
    }

    #[test]
    fn several_data_lines_are_one_event() {
        assert_eq!(events([&b"data: a\ndata:  b\ndata\ndata:c\n\n"[..]]), ["a\n b\n\nc"]);
    }

    #[test]
    fn every_line_ending_counts() {
        for ending in ["\n", "\r", "\r\n"] {
            let stream = ["data: a", "data: b", "", "data: c", "", ""].join(ending);
            assert_eq!(events([stream.as_bytes()]), ["a\nb", "c"], "{ending:?}");
        }
    }

    #[test]
    fn a_last_event_without_its_blank_line_is_left_over() {
        assert_eq!(events([&b"data: a\n\ndata: b"[..]]), ["a", "b"]);
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let mut reader = EventReader::default();
        let mut ignore = |_| Ok(true);
        let piece = vec![b'x'; SSE_LINE_LIMIT];
        reader.push(&piece, &mut ignore).unwrap();
        let error = reader.push(b"x", &mut ignore).unwrap_err();
        assert_eq!(error.to_string(), "a line of the stream is longer than 1 MiB");
    }

    proptest! {
        #[test]
        fn cuts_do_not_matter(
            stream in proptest::collection::vec(
                prop_oneof!["data: [a-zä€]{0,4}", ": c", "data", "event: e", "\r", "\n", "\r\n", "\n\n"], 0..40),
            cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..12),
        ) {
            let bytes = stream.concat().into_bytes();
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            at.extend([0, bytes.len()]);
            at.sort_unstable();
            let pieces = at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]);
            prop_assert_eq!(events(pieces), events([bytes.as_slice()]));
        }
    }
}
