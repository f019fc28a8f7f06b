//! `journal …`: past turns, from the journal's file. It only reads, needs no lock, and works beside a daemon.
//!
//! Words of a chat are printed only where somebody asks for them.

mod check;
mod find;
mod list;
mod parts;
mod replay;
mod show;

use std::sync::Arc;

use nanobot_core::ports::SecurityGate;
use nanobot_journal::JournalReader;

use super::block_on;
use crate::args::Journal;
use crate::exit::{Code, Failure};
use crate::home::Place;

pub(super) fn run(command: &Journal, place: &Place) -> Result<Code, Failure> {
    block_on(async {
        let reader = open(place).await?;
        match command {
            Journal::List { form, session, limit } => {
                list::run(&reader, session.as_ref(), *limit, form).await
            }
            Journal::Show { turn, text, json } => show::run(&reader, turn, *text, json.json).await,
            Journal::Replay { turn: Some(turn), text, json, .. } => {
                replay::one(&reader, turn, gate(place)?, *text, json.json).await
            }
            Journal::Replay { turn: None, limit, text, json, .. } => {
                replay::all(&reader, gate(place)?, *limit, *text, json.json).await
            }
            Journal::Check(json) => check::run(&reader, json.json).await,
        }
    })
}

/// The gate in force.
fn gate(place: &Place) -> Result<Arc<dyn SecurityGate>, Failure> {
    Ok(nanobotd::open_gate(&place.load_quietly()?.config)?)
}

async fn open(place: &Place) -> Result<JournalReader, Failure> {
    let path = place.home.journal();
    if !path.exists() {
        let message =
            format!("there is no journal in {}: nothing has been said yet", place.home.root().display());
        return Err(Failure::new(Code::No, message));
    }
    Ok(JournalReader::open(&path).await?)
}
