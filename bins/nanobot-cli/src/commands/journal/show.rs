//! `journal show`: one turn from its message to what it left behind.

use nanobot_core::TurnOutcome;
use nanobot_core::ids::SessionKey;
use nanobot_core::ports::SessionWrite;
use nanobot_core::replay::RecordedTurn;
use nanobot_core::time::Timestamp;
use nanobot_journal::{JournalReader, TurnFate, TurnSummary};
use serde_json::{Value, json};

use super::parts::{self, Part};
use super::{find, list};
use crate::exit::{Code, Failure};
use crate::output;

pub(super) async fn run(
    reader: &JournalReader,
    typed: &str,
    with_text: bool,
    as_json: bool,
) -> Result<Code, Failure> {
    let turn = find::turn(reader, typed).await?;
    let fate = reader.fate(&turn.turn).await?.ok_or_else(|| find::missing(turn.turn.as_str()))?;
    let shown = Shown::of(turn, fate);
    if as_json {
        output::json(&shown.to_json(with_text))?;
    } else {
        shown.print(with_text)?;
    }
    Ok(Code::Done)
}

/// A turn in its parts.
struct Shown {
    summary: TurnSummary,
    message: Option<Part>,
    steps: Vec<Part>,
    lines: Vec<Part>,
    deliveries: Vec<Part>,
    altered: Vec<String>,
}

impl Shown {
    fn of(turn: RecordedTurn, fate: TurnFate) -> Self {
        let (writes, sent) = match &turn.closing {
            Some(closing) => (closing.sessions.as_slice(), closing.deliveries.as_slice()),
            None => (&[][..], &[][..]),
        };
        let lines = fate.lines.iter().flat_map(|fate| {
            let is_it =
                |write: &&SessionWrite| write.append.session == fate.session && write.offset == fate.offset;
            parts::lines(fate, writes.iter().find(is_it))
        });
        let deliveries = fate
            .deliveries
            .iter()
            .map(|fate| parts::delivery(fate, sent.iter().find(|delivery| delivery.key == fate.key)));
        Self {
            message: turn.event.as_ref().map(parts::message),
            steps: turn.steps.iter().map(parts::step).collect(),
            lines: lines.collect(),
            deliveries: deliveries.collect(),
            altered: turn.altered,
            summary: fate.summary,
        }
    }

    fn to_json(&self, with_text: bool) -> Value {
        let Self { summary, message, steps, lines, deliveries, altered } = self;
        let all = |parts: &[Part]| parts.iter().map(|part| part.to_json(with_text)).collect::<Vec<_>>();
        let mut shown = list::to_json(summary);
        if let Some(fields) = shown.as_object_mut() {
            let message = message.as_ref().map(|part| part.to_json(with_text));
            fields.insert("message".to_owned(), json!(message));
            fields.insert("steps".to_owned(), json!(all(steps)));
            fields.insert("lines".to_owned(), json!(all(lines)));
            fields.insert("deliveries".to_owned(), json!(all(deliveries)));
            fields.insert("altered".to_owned(), json!(altered));
        }
        shown
    }

    fn print(&self, with_text: bool) -> Result<(), Failure> {
        let summary = &self.summary;
        let time = |instant: Timestamp| output::local_time(&instant.to_string());
        say("turn", summary.turn.as_str())?;
        say("session", summary.session.as_ref().map_or("-", SessionKey::as_str))?;
        say("received", &time(summary.received))?;
        let outcome = summary.outcome.map_or("open", TurnOutcome::name);
        let closed = summary.closed.map(|closed| format!(", {}", time(closed))).unwrap_or_default();
        say("outcome", &format!("{outcome}{closed}"))?;
        say("tries", &summary.attempts.to_string())?;
        if summary.is_emptied {
            say("words", "forgotten")?;
        }
        let parts = [&self.steps, &self.lines, &self.deliveries].into_iter().flatten();
        for part in self.message.iter().chain(parts) {
            say(&part.name, &part.summary)?;
            if with_text && !part.words.is_empty() {
                output::line(output::indented(&part.words))?;
            }
        }
        self.altered.iter().try_for_each(|part| output::line(format!("! not as it was written: {part}")))
    }
}

fn say(name: &str, what: &str) -> Result<(), Failure> {
    output::line(format!("{name:<9} {what}"))
}
