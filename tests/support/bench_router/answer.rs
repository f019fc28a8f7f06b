//! An answer of HTTP/1.1, taken apart while it comes: with a stated length or in chunks. It reads no socket.

use anyhow::{Context as _, Result, bail, ensure};

/// Longer answers are not the ones that were asked for.
const LIMIT: usize = 1024 * 1024;

/// An answer that is under way.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// What came and was not looked at yet.
    waiting: Vec<u8>,
    stage: Stage,
    status: u16,
    hangs_up: bool,
    body: Vec<u8>,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Stage {
    #[default]
    Head,
    /// So many bytes, and that is all.
    Counted(usize),
    ChunkSize,
    ChunkData(usize),
    ChunkEnd,
    Trailer,
    Over,
}

impl Answer {
    /// Takes what came.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<()> {
        self.waiting.extend_from_slice(bytes);
        ensure!(self.waiting.len() + self.body.len() <= LIMIT, "the answer is longer than {LIMIT} bytes");
        while self.step()? {}
        Ok(())
    }

    /// The body as far as it came.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    pub(crate) fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// The connection carries no further request.
    pub(crate) fn hangs_up(&self) -> bool {
        self.hangs_up
    }

    /// One step; false when more has to come first.
    fn step(&mut self) -> Result<bool> {
        match self.stage {
            Stage::Head => {
                let Some(head) = self.cut(b"\r\n\r\n") else { return Ok(false) };
                self.read_head(&String::from_utf8_lossy(&head))?;
            }
            Stage::Counted(0) => self.stage = Stage::Over,
            Stage::Counted(left) => {
                let taken = self.take_body(left);
                self.stage = Stage::Counted(left - taken);
                return Ok(taken > 0);
            }
            Stage::ChunkSize => {
                let Some(line) = self.cut(b"\r\n") else { return Ok(false) };
                let line = String::from_utf8_lossy(&line);
                let size = line.split(';').next().unwrap_or_default().trim();
                let size = usize::from_str_radix(size, 16).context("the size of a chunk is no number")?;
                self.stage = if size == 0 { Stage::Trailer } else { Stage::ChunkData(size) };
            }
            Stage::ChunkData(0) => self.stage = Stage::ChunkEnd,
            Stage::ChunkData(left) => {
                let taken = self.take_body(left);
                self.stage = Stage::ChunkData(left - taken);
                return Ok(taken > 0);
            }
            Stage::ChunkEnd => {
                let Some(rest) = self.cut(b"\r\n") else { return Ok(false) };
                ensure!(rest.is_empty(), "a chunk is longer than it says");
                self.stage = Stage::ChunkSize;
            }
            Stage::Trailer => {
                let Some(line) = self.cut(b"\r\n") else { return Ok(false) };
                if line.is_empty() {
                    self.stage = Stage::Over;
                }
            }
            Stage::Over => {
                ensure!(self.waiting.is_empty(), "something follows the answer");
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn read_head(&mut self, head: &str) -> Result<()> {
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|word| word.parse().ok());
        self.status = status.context("an answer without a status")?;
        let header = |name: &str| {
            let mut headers = head.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
            headers.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
        };
        self.hangs_up = header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        self.stage = match (header("content-length"), header("transfer-encoding")) {
            (_, Some(coding)) if coding.eq_ignore_ascii_case("chunked") => Stage::ChunkSize,
            (Some(length), None) => Stage::Counted(length.parse().context("the length is no number")?),
            _ => bail!("an answer with neither a length nor chunks"),
        };
        Ok(())
    }

    /// Moves at most so much into the body; how much.
    fn take_body(&mut self, most: usize) -> usize {
        let taken = most.min(self.waiting.len());
        self.body.extend(self.waiting.drain(..taken));
        taken
    }

    /// What stands before the mark, which goes with it.
    fn cut(&mut self, mark: &[u8]) -> Option<Vec<u8>> {
        let at = self.waiting.windows(mark.len()).position(|window| window == mark)?;
        let before = self.waiting.drain(..at).collect();
        self.waiting.drain(..mark.len());
        Some(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNKS: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
                          3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\ntrailer: 1\r\n\r\n";

    #[test]
    fn chunks_are_joined_wherever_the_network_cuts_them() {
        for size in 1..CHUNKS.len() {
            let mut answer = Answer::default();
            for piece in CHUNKS.as_bytes().chunks(size) {
                assert!(!answer.is_over());
                answer.take(piece).unwrap();
            }
            assert!(answer.is_over() && !answer.hangs_up(), "pieces of {size}");
            assert_eq!((answer.status(), answer.body()), (200, &b"abc0123456789"[..]));
        }
    }

    #[test]
    fn an_answer_with_a_length_ends_there() {
        let mut answer = Answer::default();
        answer.take(b"HTTP/1.1 429 No\r\nconnection: close\r\ncontent-length: 4\r\n\r\nfo").unwrap();
        assert!(!answer.is_over());
        answer.take(b"ur").unwrap();
        assert!(answer.is_over() && answer.hangs_up());
        assert_eq!((answer.status(), answer.body()), (429, &b"four"[..]));
        assert!(answer.take(b"!").is_err(), "nothing may follow");
    }

    #[test]
    fn an_empty_answer_is_one() {
        let mut answer = Answer::default();
        answer.take(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
        assert!(answer.is_over());
    }

    #[test]
    fn what_is_no_answer_is_told() {
        let told = |bytes: &[u8]| Answer::default().take(bytes).unwrap_err().to_string();
        assert_eq!(told(b"hello\r\n\r\n"), "an answer without a status");
        assert_eq!(told(b"HTTP/1.1 200 OK\r\n\r\n"), "an answer with neither a length nor chunks");
        let chunk = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n";
        assert_eq!(told(chunk), "a chunk is longer than it says");
    }
}
