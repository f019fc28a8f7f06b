//! Turns by name, by the beginning of a name, and page by page.

use nanobot_core::ids::TurnId;
use nanobot_core::replay::RecordedTurn;
use nanobot_journal::{JournalReader, TurnSummary};

use crate::exit::{Code, Failure};

/// So many turns are asked for at once.
const PAGE: usize = 1_000;

/// The one turn of this name, or whose name begins so.
pub(super) async fn turn(reader: &JournalReader, typed: &str) -> Result<RecordedTurn, Failure> {
    let name = TurnId::new(typed).map_err(|error| Failure::new(Code::Usage, error.to_string()))?;
    if let Some(turn) = reader.turn(&name).await? {
        return Ok(turn);
    }
    let name = beginning_with(reader, typed).await?.ok_or_else(|| missing(typed))?;
    reader.turn(&name).await?.ok_or_else(|| missing(typed))
}

pub(super) fn missing(turn: &str) -> Failure {
    Failure::new(Code::No, format!("there is no turn {turn}"))
}

/// The one turn whose name begins so.
async fn beginning_with(reader: &JournalReader, typed: &str) -> Result<Option<TurnId>, Failure> {
    let mut found: Option<TurnId> = None;
    let mut pages = Pages::new(reader, None);
    while let Some(page) = pages.next().await? {
        for turn in page.into_iter().map(|summary| summary.turn) {
            if !turn.as_str().starts_with(typed) {
                continue;
            }
            if let Some(other) = found {
                let message = format!("several turns begin with {typed}, such as {other} and {turn}");
                return Err(Failure::new(Code::No, message));
            }
            found = Some(turn);
        }
    }
    Ok(found)
}

/// All turns, or the youngest so many, youngest first, page by page.
pub(super) struct Pages<'r> {
    reader: &'r JournalReader,
    before: Option<TurnId>,
    left: u64,
}

impl<'r> Pages<'r> {
    pub(super) fn new(reader: &'r JournalReader, limit: Option<u64>) -> Self {
        Self { reader, before: None, left: limit.unwrap_or(u64::MAX) }
    }

    /// The next page; none when there are no more.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<TurnSummary>>, Failure> {
        let size = usize::try_from(self.left).unwrap_or(usize::MAX).min(PAGE);
        if size == 0 {
            return Ok(None);
        }
        let page = self.reader.turns(None, self.before.as_ref(), size).await?;
        self.left = self.left.saturating_sub(page.len() as u64);
        self.before = page.last().map(|oldest| oldest.turn.clone());
        Ok((!page.is_empty()).then_some(page))
    }
}
