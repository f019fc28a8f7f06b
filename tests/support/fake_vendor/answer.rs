//! What was asked, and what is said to it, in no dialect.
//!
//! An answer names its vendor and its model and repeats the mark of the question, so that a harness can tell which
//! turn it belongs to and who gave it. `[call NAME {…}]` in the question gets that tool called.

use super::ledger::{Entry, tokens};
use super::options::FakeOptions;

/// The longest mark that is repeated, in characters.
const MARK_LIMIT: usize = 200;
/// Before and after the words of a question that want a tool called.
const CALL_START: &str = "[call ";

/// What a request wants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Asked {
    pub(super) model: String,
    pub(super) streamed: bool,
    pub(super) max_tokens: Option<u64>,
    /// The last line of what the user said.
    pub(super) mark: String,
    /// A tool that shall be called; none once there is its result.
    pub(super) call: Option<Call>,
    /// Tokens are to be told at the end of the stream.
    pub(super) wants_usage: bool,
}

/// A tool call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) name: String,
    /// JSON.
    pub(super) arguments: String,
}

/// Why an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finish {
    Stop,
    Length,
    Call,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) number: u64,
    pub(super) model: String,
    pub(super) pieces: Vec<String>,
    pub(super) call: Option<Call>,
    pub(super) finish: Finish,
    pub(super) input_tokens: u64,
    pub(super) output_tokens: u64,
}

impl Asked {
    /// Takes the mark, and the tool to call, from what the user said last.
    pub(super) fn take_words(&mut self, words: &str, after_tool: bool) {
        let last_line = words.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        self.mark = last_line.trim().chars().take(MARK_LIMIT).collect();
        self.call = if after_tool { None } else { Call::wanted_in(words) };
    }
}

impl Call {
    fn wanted_in(words: &str) -> Option<Self> {
        let (_, rest) = words.split_once(CALL_START)?;
        let (inside, _) = rest.rsplit_once(']')?;
        let (name, arguments) = inside.split_once(' ').unwrap_or((inside, "{}"));
        let is_json = serde_json::from_str::<serde_json::Value>(arguments).is_ok();
        Some(Self { name: name.to_owned(), arguments: if is_json { arguments } else { "{}" }.to_owned() })
    }

    fn len(&self) -> usize {
        self.name.len() + self.arguments.len()
    }
}

impl Answer {
    /// What this vendor says to that.
    pub(super) fn new(options: &FakeOptions, asked: &Asked, entry: &Entry) -> Self {
        let call = asked.call.clone();
        let mut pieces = if call.is_some() { Vec::new() } else { words(options, asked) };
        let mut finish = if call.is_some() { Finish::Call } else { Finish::Stop };
        if cut(&mut pieces, asked.max_tokens) {
            finish = Finish::Length;
        }
        let said = pieces.iter().map(String::len).sum::<usize>() + call.as_ref().map_or(0, Call::len);
        let output = tokens(u64::try_from(said).unwrap_or(u64::MAX));
        Self {
            number: entry.number,
            model: asked.model.clone(),
            pieces,
            call,
            finish,
            input_tokens: tokens(entry.input_bytes),
            output_tokens: output.min(asked.max_tokens.unwrap_or(u64::MAX)),
        }
    }

    pub(super) fn text(&self) -> String {
        self.pieces.concat()
    }

    /// How many bytes it says, calls included.
    pub(super) fn len(&self) -> usize {
        self.pieces.iter().map(String::len).sum::<usize>() + self.call.as_ref().map_or(0, Call::len)
    }
}

fn words(options: &FakeOptions, asked: &Asked) -> Vec<String> {
    let told = format!("{} with {} answers: {}", options.name, asked.model, asked.mark);
    let mut pieces: Vec<String> = told.split_inclusive(' ').map(str::to_owned).collect();
    while pieces.len() < options.pieces {
        pieces.push(" and".to_owned());
    }
    pieces
}

/// Leaves as much as is allowed; true when that is not all.
fn cut(pieces: &mut Vec<String>, max_tokens: Option<u64>) -> bool {
    let Some(limit) = max_tokens else { return false };
    let mut left = usize::try_from(limit.saturating_mul(4)).unwrap_or(usize::MAX);
    let mut kept = 0;
    for piece in pieces.iter_mut() {
        if piece.len() > left {
            let end = (0..=left).rev().find(|end| piece.is_char_boundary(*end)).unwrap_or(0);
            piece.truncate(end);
            kept += usize::from(end > 0);
            pieces.truncate(kept);
            return true;
        }
        left -= piece.len();
        kept += 1;
    }
    false
}
