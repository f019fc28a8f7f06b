//! Session files hold each line once, in order; and what was forgotten stays forgotten.

use std::collections::BTreeMap;

use super::{Evidence, Verdict};
use crate::crash::record::Words;
use crate::crash::sessions::Line;

pub(super) fn check(evidence: &Evidence<'_>, verdict: &mut Verdict) {
    for (session, lines) in evidence.sessions {
        let words = |line: &Line| {
            let sent = line.id.as_ref().and_then(|id| evidence.record.sent.get(id));
            sent.map_or(Words::Kept, |sent| sent.words)
        };
        if let Some(line) = lines.iter().find(|line| words(line) == Words::Gone) {
            verdict.broken("what was forgotten stays forgotten", format!("{session}: {line:?}"));
        }
        let found: Vec<&Line> = lines.iter().filter(|line| words(line) == Words::Kept).collect();
        let expected = expected(evidence, session);
        match found.iter().zip(&expected).position(|(found, expected)| *found != expected) {
            None if found.len() == expected.len() => verdict.counts.lines += found.len(),
            place => {
                let place = place.unwrap_or(found.len().min(expected.len()));
                let (found, expected) = (found.get(place), expected.get(place));
                let detail = format!("{session}, line {}: {found:?} in place of {expected:?}", place + 2);
                verdict.broken("a session file holds each line once, in order", detail);
            }
        }
    }
    acknowledged_order(evidence, verdict);
}

/// Question and answer for each turn, in the order in which the messages were stored.
fn expected(evidence: &Evidence<'_>, session: &str) -> Vec<Line> {
    let turns =
        evidence.journal.turns.iter().filter(|turn| turn.session == session && turn.outcome.is_some());
    let ids = turns.filter_map(|turn| turn.id.as_deref());
    let kept = ids.filter(|id| evidence.record.sent.get(*id).is_some_and(|sent| sent.words == Words::Kept));
    let line = |role: &str, id: &str| Line { role: role.to_owned(), id: Some(id.to_owned()) };
    kept.flat_map(|id| [line("user", id), line("assistant", id)]).collect()
}

/// The journal has the messages of a chat in the order in which they were acknowledged.
fn acknowledged_order(evidence: &Evidence<'_>, verdict: &mut Verdict) {
    let places: BTreeMap<&str, usize> = evidence
        .journal
        .turns
        .iter()
        .enumerate()
        .filter_map(|(place, turn)| Some((turn.id.as_deref()?, place)))
        .collect();
    let mut last: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for id in &evidence.record.acknowledged {
        let (Some(sent), Some(&place)) = (evidence.record.sent.get(id), places.get(id.as_str())) else {
            continue;
        };
        if let Some((before, earlier)) = last.insert(&sent.session, (place, id))
            && before > place
        {
            let detail = format!("{}: {id} stands before {earlier}", sent.session);
            verdict.broken("messages are stored in the order of their acknowledgements", detail);
        }
    }
}
