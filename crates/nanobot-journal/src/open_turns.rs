//! The open turns of which this process knows everything, since it stored their message: their rows, attempts and
//! steps. It spares the writer looking them up at each step. Plain data, in memory; what is missing is looked up.

use std::collections::{HashMap, HashSet};

use nanobot_core::ids::TurnId;

use crate::words::Kind;

/// Open turns by their number.
#[derive(Debug, Default)]
pub(crate) struct OpenTurns {
    turns: HashMap<i64, OpenTurn>,
    ids: HashMap<TurnId, i64>,
    steps: HashMap<i64, HashSet<(Kind, i64)>>,
}

/// An open turn as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenTurn {
    pub(crate) id: i64,
    pub(crate) turn: TurnId,
    pub(crate) attempts: i64,
}

impl OpenTurns {
    pub(crate) fn of_id(&self, id: i64) -> Option<&OpenTurn> {
        self.turns.get(&id)
    }

    pub(crate) fn of_turn(&self, turn: &TurnId) -> Option<&OpenTurn> {
        self.turns.get(self.ids.get(turn)?)
    }

    /// The database has it like this.
    pub(crate) fn insert(&mut self, open: OpenTurn) {
        self.ids.insert(open.turn.clone(), open.id);
        self.turns.insert(open.id, open);
    }

    /// Whether a record of a step is there.
    pub(crate) fn has_step(&self, id: i64, kind: Kind, place: i64) -> bool {
        self.steps.get(&id).is_some_and(|steps| steps.contains(&(kind, place)))
    }

    /// A record of a step is there.
    pub(crate) fn add_step(&mut self, id: i64, kind: Kind, place: i64) {
        if self.turns.contains_key(&id) {
            self.steps.entry(id).or_default().insert((kind, place));
        }
    }

    /// It is closed, or what is known of it is out of date.
    pub(crate) fn remove(&mut self, id: i64) {
        if let Some(open) = self.turns.remove(&id) {
            self.ids.remove(&open.turn);
        }
        self.steps.remove(&id);
    }
}
