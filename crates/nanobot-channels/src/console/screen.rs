//! What a person sees of a turn, as a pure state machine: an event goes in, things to print come out.
//!
//! It decides which words are the answer and what of them is new; it writes nothing, waits for nothing,
//! and knows no colours (`paint.rs`). Everything that it lets out is harmless for a terminal.

use std::collections::VecDeque;
use std::path::PathBuf;

use nanobot_core::TurnOutcome;
use nanobot_core::ids::{ChatId, TurnId};

use super::clean::{clean, clean_line};
use crate::local::ClientEvent;
use crate::local::protocol::MAX_LINE_BYTES;

/// Turns of this console that are remembered after their end, for late messages of theirs.
const REMEMBERED_TURNS: usize = 16;

/// Streamed text that is shown before the delivery comes; no delivery can be longer.
const MAX_STREAMED: usize = MAX_LINE_BYTES;

/// How much of a turn is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Everything, as it comes: for a person who watches.
    Live,
    /// Only the answer, once it is whole and the turn has ended well: for a program that reads.
    Whole,
}

/// Something to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Show {
    /// The assistant's words, line ends included.
    Text(String),
    /// A remark beside the conversation, on lines of its own.
    Note(String),
}

/// How far the turn is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// It runs.
    Running,
    /// It has ended, and its message is still on the way.
    AwaitingDelivery,
    /// There is nothing to wait for.
    Over(TurnEnd),
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TurnEnd {
    /// It was answered, by a message or a reaction.
    Answered,
    /// By rule it needs no answer.
    Ignored,
    /// It was not answered.
    Failed,
}

/// The screen of one chat.
#[derive(Debug)]
pub(crate) struct Screen {
    style: Style,
    chat: ChatId,
    at_line_start: bool,
    turn: Option<Turn>,
    mine: VecDeque<TurnId>,
}

/// The turn that is watched.
#[derive(Debug)]
struct Turn {
    id: TurnId,
    /// What was streamed since the last aside, as it came.
    streamed: String,
    /// Texts that wait for the outcome (only in [`Style::Whole`]).
    held: Vec<String>,
    /// A message or a reaction has come.
    reached: bool,
    end: End,
}

/// How the watched turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Not yet.
    Open,
    /// So.
    As(TurnOutcome),
    /// In a way that this version has no word for.
    Strange,
}

impl Screen {
    /// An empty screen.
    pub(crate) fn new(style: Style, chat: ChatId) -> Self {
        Self { style, chat, at_line_start: true, turn: None, mine: VecDeque::new() }
    }

    /// From now on this turn is watched.
    pub(crate) fn begin(&mut self, id: TurnId) {
        if self.mine.len() >= REMEMBERED_TURNS {
            self.mine.pop_front();
        }
        self.mine.push_back(id.clone());
        self.turn =
            Some(Turn { id, streamed: String::new(), held: Vec::new(), reached: false, end: End::Open });
    }

    /// From now on no turn is watched. Of the one that was, only a message or a reaction is still shown.
    pub(crate) fn leave(&mut self) {
        self.turn = None;
    }

    /// How far the watched turn is; over, if there is none.
    pub(crate) fn progress(&self) -> Progress {
        let Some(turn) = &self.turn else { return Progress::Over(TurnEnd::Ignored) };
        match (turn.end, turn.reached) {
            (End::Open, _) => Progress::Running,
            (End::As(TurnOutcome::Answered), true) => Progress::Over(TurnEnd::Answered),
            (End::As(TurnOutcome::Ignored), _) => Progress::Over(TurnEnd::Ignored),
            (End::As(TurnOutcome::Cancelled), _) | (_, true) => Progress::Over(TurnEnd::Failed),
            // The chat is told: a message follows.
            (
                End::As(
                    TurnOutcome::Answered
                    | TurnOutcome::Blocked
                    | TurnOutcome::Failed
                    | TurnOutcome::Abandoned,
                )
                | End::Strange,
                false,
            ) => Progress::AwaitingDelivery,
        }
    }

    /// What to print for an event. Events of other chats, and live events of other turns, print nothing.
    pub(crate) fn event(&mut self, event: ClientEvent) -> Vec<Show> {
        let mut shows = Vec::new();
        match event {
            ClientEvent::Typing { .. } => {}
            ClientEvent::Delta { chat, turn, text } => {
                if self.watches(&chat, &turn) {
                    self.delta(&text, &mut shows);
                }
            }
            ClientEvent::Aside { chat, turn } => {
                if self.watches(&chat, &turn) {
                    self.aside(&mut shows);
                }
            }
            ClientEvent::Tool { chat, turn, name } => {
                if self.watches(&chat, &turn) && self.style == Style::Live {
                    self.note(format!("· {}", clean_line(&name)), &mut shows);
                }
            }
            ClientEvent::Message { chat, turn, text, media, .. } => {
                if chat == self.chat {
                    self.message(&turn, &text, &media, &mut shows);
                }
            }
            ClientEvent::Reaction { chat, turn, emoji, .. } => {
                if chat == self.chat {
                    self.reaction(&turn, &emoji, &mut shows);
                }
            }
            ClientEvent::Ended { chat, turn, outcome } => {
                if self.watches(&chat, &turn) {
                    self.ended(outcome, &mut shows);
                }
            }
            ClientEvent::Problem { message, .. } => {
                self.note(format!("(the daemon complains: {})", clean_line(&message)), &mut shows);
            }
            ClientEvent::Bye { reason } => {
                self.note(format!("(the daemon closes the connection: {})", clean_line(&reason)), &mut shows);
            }
        }
        shows
    }

    /// What to print when the message of a turn that has ended does not come.
    pub(crate) fn give_up(&mut self) -> Vec<Show> {
        let mut shows = Vec::new();
        self.turn = None;
        self.note("(no answer: its message did not arrive)".to_owned(), &mut shows);
        shows
    }

    /// A remark of the console itself.
    pub(crate) fn remark(&mut self, text: &str) -> Vec<Show> {
        let mut shows = Vec::new();
        self.note(text.to_owned(), &mut shows);
        shows
    }

    fn watches(&self, chat: &ChatId, turn: &TurnId) -> bool {
        *chat == self.chat && self.turn.as_ref().is_some_and(|watched| watched.id == *turn)
    }

    fn delta(&mut self, text: &str, shows: &mut Vec<Show>) {
        let Some(turn) = &mut self.turn else { return };
        if self.style == Style::Whole || turn.reached || turn.streamed.len() + text.len() > MAX_STREAMED {
            return;
        }
        turn.streamed.push_str(text);
        self.text(clean(text), shows);
    }

    fn aside(&mut self, shows: &mut Vec<Show>) {
        if let Some(turn) = &mut self.turn {
            turn.streamed.clear();
        }
        self.end_line(shows);
    }

    fn message(&mut self, id: &TurnId, text: &str, media: &[PathBuf], shows: &mut Vec<Show>) {
        let watched = self.turn.as_mut().filter(|turn| turn.id == *id);
        let streamed = match watched {
            Some(turn) => {
                turn.reached = true;
                std::mem::take(&mut turn.streamed)
            }
            None => String::new(),
        };
        match self.style {
            Style::Live => self.rest_of(&streamed, text, shows),
            Style::Whole => self.hold(id, text, shows),
        }
        for path in media {
            self.note(format!("[file: {}]", clean_line(&path.to_string_lossy())), shows);
        }
    }

    /// Prints what of a delivered text was not seen yet.
    fn rest_of(&mut self, streamed: &str, text: &str, shows: &mut Vec<Show>) {
        if streamed.trim().is_empty() && !text.is_empty() {
            self.end_line(shows);
        }
        if let Some(rest) = unseen(streamed, text) {
            self.text(clean(rest), shows);
        } else {
            self.note("(what was shown so far is not the final answer; this is:)".to_owned(), shows);
            self.text(clean(text), shows);
        }
        self.end_line(shows);
    }

    /// Keeps a delivered text of the running turn until its outcome is known; prints any other.
    fn hold(&mut self, id: &TurnId, text: &str, shows: &mut Vec<Show>) {
        let text = clean(text);
        match &mut self.turn {
            Some(turn) if turn.id == *id => {
                turn.held.push(text);
                self.release(shows);
            }
            _ if self.mine.contains(id) => {
                self.text(text, shows);
                self.end_line(shows);
            }
            // Left over from an earlier conversation: not an answer to what was asked here.
            _ => self.note(text, shows),
        }
    }

    /// Prints held texts once the outcome is known: an answer as words, anything else as a remark.
    fn release(&mut self, shows: &mut Vec<Show>) {
        let Some(Turn { held, end, .. }) = &mut self.turn else { return };
        if *end == End::Open {
            return;
        }
        let is_answer = matches!(end, End::As(TurnOutcome::Answered | TurnOutcome::Ignored));
        for text in std::mem::take(held) {
            if is_answer {
                self.text(text, shows);
                self.end_line(shows);
            } else {
                self.note(text, shows);
            }
        }
    }

    fn reaction(&mut self, id: &TurnId, emoji: &str, shows: &mut Vec<Show>) {
        if let Some(turn) = self.turn.as_mut().filter(|turn| turn.id == *id) {
            turn.reached = true;
        }
        self.note(format!("(reacted with {})", clean_line(emoji)), shows);
    }

    fn ended(&mut self, outcome: Option<TurnOutcome>, shows: &mut Vec<Show>) {
        let Some(turn) = &mut self.turn else { return };
        turn.end = outcome.map_or(End::Strange, End::As);
        let reached = turn.reached;
        self.release(shows);
        self.end_line(shows);
        if !reached && matches!(self.progress(), Progress::Over(_)) {
            let word = outcome.map_or("unknown", TurnOutcome::name);
            self.note(format!("(no answer: {word})"), shows);
        }
    }

    fn text(&mut self, text: String, shows: &mut Vec<Show>) {
        if !text.is_empty() {
            self.at_line_start = text.ends_with('\n');
            shows.push(Show::Text(text));
        }
    }

    fn end_line(&mut self, shows: &mut Vec<Show>) {
        if !self.at_line_start {
            self.text("\n".to_owned(), shows);
        }
    }

    fn note(&mut self, text: String, shows: &mut Vec<Show>) {
        if !text.trim().is_empty() {
            self.end_line(shows);
            shows.push(Show::Note(text));
        }
    }
}

/// What of `text` was not streamed yet; none when the two differ. White space at the ends does not count:
/// an answer is trimmed before it is delivered.
fn unseen<'t>(streamed: &str, text: &'t str) -> Option<&'t str> {
    if streamed.trim().is_empty() {
        return Some(text);
    }
    let (seen, whole) = (streamed.trim_start(), text.trim_start());
    whole.strip_prefix(seen).or_else(|| whole.strip_prefix(seen.trim_end()))
}

#[cfg(test)]
mod tests;
