//! `journal list`.

use nanobot_core::TurnOutcome;
use nanobot_core::ids::SessionKey;
use nanobot_journal::{JournalReader, TurnSummary};
use serde_json::{Value, json};

use crate::args::List;
use crate::exit::{Code, Failure};
use crate::output;

pub(super) async fn run(
    reader: &JournalReader,
    session: Option<&SessionKey>,
    limit: u32,
    form: &List,
) -> Result<Code, Failure> {
    let turns = reader.turns(session, None, usize::try_from(limit).unwrap_or(usize::MAX)).await?;
    if form.json {
        output::json(&json!({"turns": turns.iter().map(to_json).collect::<Vec<_>>()}))?;
    } else if form.jsonl {
        turns.iter().try_for_each(|turn| output::json_line(&to_json(turn)))?;
    } else if turns.is_empty() {
        output::say(match session {
            Some(session) => format!("no turn of {session} is in the journal"),
            None => "no turn is in the journal".to_owned(),
        });
    } else {
        let header = ["TURN", "SESSION", "RECEIVED", "OUTCOME", "TRIES"];
        output::table(&header, &turns.iter().map(row).collect::<Vec<_>>())?;
    }
    Ok(Code::Done)
}

/// A turn in one object; `outcome` and `closed` are null while it is open.
pub(super) fn to_json(turn: &TurnSummary) -> Value {
    json!({
        "turn": turn.turn.as_str(),
        "session": turn.session.as_ref().map(SessionKey::as_str),
        "received": turn.received.to_string(),
        "outcome": turn.outcome.map(TurnOutcome::name),
        "attempts": turn.attempts,
        "closed": turn.closed.map(|instant| instant.to_string()),
        "words_forgotten": turn.is_emptied,
    })
}

fn row(turn: &TurnSummary) -> Vec<String> {
    vec![
        turn.turn.to_string(),
        turn.session.as_ref().map_or("-", SessionKey::as_str).to_owned(),
        output::local_time(&turn.received.to_string()),
        turn.outcome.map_or("open", TurnOutcome::name).to_owned(),
        turn.attempts.to_string(),
    ]
}
