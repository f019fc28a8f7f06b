//! `journal replay`: derives turns again from their records.
//!
//! What differs may be made of words of a chat, so its texts are shown only where somebody asks for them.

use std::sync::Arc;
use std::time::Duration;

use nanobot_core::ids::TurnId;
use nanobot_core::ports::{Clock as _, SecurityGate};
use nanobot_core::replay::{Difference, Replayed, replay};
use nanobot_core::time::Timestamp;
use nanobot_journal::JournalReader;
use nanobotd::system::SystemClock;
use serde_json::{Map, Value, json};

use super::find::{self, Pages};
use crate::exit::{Code, Failure};
use crate::output;

/// How long nothing is heard of a long comparison.
const NEWS: Duration = Duration::from_secs(1);

pub(super) async fn one(
    reader: &JournalReader,
    typed: &str,
    gate: Arc<dyn SecurityGate>,
    with_text: bool,
    as_json: bool,
) -> Result<Code, Failure> {
    let recorded = find::turn(reader, typed).await?;
    let replayed = replay(&recorded, gate).await;
    if as_json {
        output::json(&to_json(&recorded.turn, &replayed, with_text))?;
    } else {
        say(&recorded.turn, &replayed, with_text)?;
    }
    Ok(if matches!(replayed, Replayed::Same) { Code::Done } else { Code::No })
}

/// How many turns came out how.
#[derive(Default)]
struct Counts {
    same: u64,
    differs: u64,
    not_possible: u64,
}

impl Counts {
    fn add(&mut self, replayed: &Replayed) {
        match replayed {
            Replayed::Same => self.same += 1,
            Replayed::Differs(_) => self.differs += 1,
            Replayed::NotPossible(_) => self.not_possible += 1,
        }
    }

    const fn all(&self) -> u64 {
        self.same + self.differs + self.not_possible
    }
}

pub(super) async fn all(
    reader: &JournalReader,
    gate: Arc<dyn SecurityGate>,
    limit: Option<u64>,
    with_text: bool,
    as_json: bool,
) -> Result<Code, Failure> {
    let (mut counts, mut differing) = (Counts::default(), Vec::new());
    let clock = SystemClock::new();
    let mut news = News::since(clock.now().instant);
    let mut pages = Pages::new(reader, limit);
    while let Some(page) = pages.next().await? {
        for turn in page.into_iter().map(|summary| summary.turn) {
            // Its words may have been forgotten since, and it with them.
            let Some(recorded) = reader.turn(&turn).await? else { continue };
            let replayed = replay(&recorded, gate.clone()).await;
            counts.add(&replayed);
            match &replayed {
                Replayed::Differs(_) if as_json => differing.push(to_json(&turn, &replayed, with_text)),
                Replayed::Differs(_) => say(&turn, &replayed, with_text)?,
                Replayed::Same | Replayed::NotPossible(_) => {}
            }
            if news.is_due(clock.now().instant) {
                output::say(format!("{} turns are compared", counts.all()));
            }
        }
    }
    let Counts { same, differs, not_possible } = counts;
    if as_json {
        let counts =
            json!({"same": same, "differs": differs, "not_possible": not_possible, "turns": differing});
        output::json(&counts)?;
    } else {
        output::line(format!("{same} same, {differs} differ, {not_possible} cannot be derived"))?;
    }
    Ok(if differs == 0 { Code::Done } else { Code::No })
}

fn say(turn: &TurnId, replayed: &Replayed, with_text: bool) -> Result<(), Failure> {
    match replayed {
        Replayed::Same => output::line(format!("{turn} same")),
        Replayed::NotPossible(why) => output::line(format!("{turn} cannot be derived: {why}")),
        Replayed::Differs(difference) => {
            let Difference { what, recorded, derived } = difference;
            output::line(format!("{turn} differs: {what}"))?;
            if with_text {
                output::line(format!("  recorded\n{}", output::indented(recorded)))?;
                output::line(format!("  derived\n{}", output::indented(derived)))?;
            }
            Ok(())
        }
    }
}

fn to_json(turn: &TurnId, replayed: &Replayed, with_text: bool) -> Value {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("turn", json!(turn.as_str()));
    match replayed {
        Replayed::Same => {
            put("result", json!("same"));
        }
        Replayed::NotPossible(why) => {
            put("result", json!("not_possible"));
            put("why", json!(why));
        }
        Replayed::Differs(Difference { what, recorded, derived }) => {
            put("result", json!("differs"));
            put("what", json!(what));
            if with_text {
                put("recorded", json!(recorded));
                put("derived", json!(derived));
            }
        }
    }
    Value::Object(fields)
}

/// When something is told of a long comparison.
struct News {
    next: Timestamp,
}

impl News {
    fn since(start: Timestamp) -> Self {
        Self { next: start.checked_add(NEWS).unwrap_or(start) }
    }

    /// Whether a second has passed since the start, or since this was true.
    fn is_due(&mut self, now: Timestamp) -> bool {
        let due = now >= self.next;
        if due {
            *self = Self::since(now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_comparison_is_heard_of_once_a_second() {
        let at = |millis: i64| Timestamp::UNIX_EPOCH + Duration::from_millis(millis.unsigned_abs());
        let mut news = News::since(at(0));
        let heard: Vec<i64> =
            (0..40).map(|tenths| tenths * 100).filter(|millis| news.is_due(at(*millis))).collect();
        assert_eq!(heard, [1_000, 2_000, 3_000]);
    }

    #[test]
    fn words_that_differ_are_told_only_where_they_are_asked_for() {
        let turn = TurnId::new("t").unwrap();
        let difference = Difference {
            what: "delivery 1".to_owned(),
            recorded: "the code is 1234".to_owned(),
            derived: "nothing".to_owned(),
        };
        let replayed = Replayed::Differs(difference);
        assert!(!to_json(&turn, &replayed, false).to_string().contains("1234"));
        assert_eq!(to_json(&turn, &replayed, true)["recorded"], "the code is 1234");
    }
}
