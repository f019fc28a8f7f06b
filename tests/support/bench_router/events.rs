//! What a completion says, whole or as server-sent events that come one by one. It reads no socket.

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// A stream of events that is under way.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// So many bytes of the body were read.
    read: usize,
    /// The words so far.
    text: String,
    /// In so many pieces.
    pieces: usize,
    has_ended: bool,
}

impl Events {
    /// Reads the lines that are complete by now; `body` is all that came.
    pub(crate) fn take(&mut self, body: &[u8]) -> Result<()> {
        while let Some(length) = body.get(self.read..).and_then(|rest| rest.iter().position(|b| *b == b'\n'))
        {
            let line = body.get(self.read..self.read + length).unwrap_or_default();
            self.read += length + 1;
            if let Some(data) = line.strip_prefix(b"data:") {
                self.event(data.trim_ascii())?;
            }
        }
        Ok(())
    }

    /// How many pieces of text came.
    pub(crate) fn pieces(&self) -> usize {
        self.pieces
    }

    /// All of the words.
    ///
    /// # Errors
    /// When the stream broke off before it said that it is over.
    pub(crate) fn text(self) -> Result<String> {
        if self.has_ended { Ok(self.text) } else { bail!("the stream did not come to its end") }
    }

    fn event(&mut self, data: &[u8]) -> Result<()> {
        if data == b"[DONE]" {
            self.has_ended = true;
            return Ok(());
        }
        let event: Value = serde_json::from_slice(data).context("an event that is no JSON")?;
        if let Some(error) = event.get("error") {
            bail!("the stream says {error}");
        }
        let words = event.pointer("/choices/0/delta/content").and_then(Value::as_str).unwrap_or_default();
        if !words.is_empty() {
            self.pieces += 1;
            self.text.push_str(words);
        }
        Ok(())
    }
}

/// The words of a completion in one piece.
///
/// # Errors
/// When it is none.
pub(crate) fn text_of(body: &[u8]) -> Result<String> {
    let completion: Value = serde_json::from_slice(body).context("an answer that is no JSON")?;
    let text = completion.pointer("/choices/0/message/content").and_then(Value::as_str);
    text.map(str::to_owned).with_context(|| format!("no words in {completion}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = concat!(
        "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
        ": nobody reads this\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"Good \"}}]}\r\n\r\n",
        "data:{\"choices\":[{\"delta\":{\"content\":\"day\"}}]}\n\n",
        "data: {\"choices\":[],\"usage\":{\"total_tokens\":2}}\n\n",
        "data: [DONE]\n\n",
    );

    #[test]
    fn pieces_are_counted_and_joined_wherever_the_body_is_cut() {
        for size in 1..BODY.len() {
            let mut events = Events::default();
            let mut end = 0;
            while end < BODY.len() {
                end = (end + size).min(BODY.len());
                events.take(&BODY.as_bytes()[..end]).unwrap();
            }
            assert_eq!(events.pieces(), 2, "the empty one is none");
            assert_eq!(events.text().unwrap(), "Good day");
        }
    }

    #[test]
    fn the_first_piece_counts_when_its_line_is_whole() {
        let cut = BODY.find("day").unwrap();
        let mut events = Events::default();
        events.take(&BODY.as_bytes()[..cut]).unwrap();
        assert_eq!(events.pieces(), 1);
        assert_eq!(events.text().unwrap_err().to_string(), "the stream did not come to its end");
    }

    #[test]
    fn an_error_in_the_stream_is_no_answer() {
        let error = Events::default().take(b"data: {\"error\":{\"code\":500}}\n\n").unwrap_err();
        assert_eq!(error.to_string(), r#"the stream says {"code":500}"#);
    }

    #[test]
    fn a_whole_answer_has_words_or_is_told() {
        let body = br#"{"choices":[{"message":{"content":"Good day"}}]}"#;
        assert_eq!(text_of(body).unwrap(), "Good day");
        assert_eq!(text_of(b"{\"error\":1}").unwrap_err().to_string(), r#"no words in {"error":1}"#);
    }
}
