//! Acknowledged means answered: one row, one outcome, one answer that arrives, repeated only where it must.

use super::{Evidence, How, Verdict};
use crate::crash::journal::TurnRow;
use crate::crash::record::{Heard, Sent, Words, id_in};

pub(super) fn check(evidence: &Evidence<'_>, verdict: &mut Verdict) {
    for (id, sent) in &evidence.record.sent {
        verdict.counts.sent += 1;
        let rows: Vec<&TurnRow> =
            evidence.journal.turns.iter().filter(|turn| turn.id.as_deref() == Some(id)).collect();
        match rows.as_slice() {
            [] if sent.acknowledged => {
                verdict.counts.acknowledged += 1;
                verdict.broken("an acknowledged message is in the journal", id);
            }
            [] => verdict.counts.lost += 1,
            [turn] => {
                verdict.counts.acknowledged += 1;
                stored(evidence, id, sent, turn, verdict);
            }
            _ => verdict.broken("a message is stored once", format!("{id}: {} rows", rows.len())),
        }
    }
    let mut keys: Vec<&String> =
        evidence.journal.turns.iter().flat_map(|turn| &turn.deliveries).map(|(key, _)| key).collect();
    keys.sort();
    if let Some(pair) = keys.windows(2).find(|pair| pair.first() == pair.last()) {
        verdict.broken("delivery keys are unique", format!("{pair:?}"));
    }
}

fn stored(evidence: &Evidence<'_>, id: &str, sent: &Sent, turn: &TurnRow, verdict: &mut Verdict) {
    let outcome = turn.outcome.as_deref().unwrap_or("open");
    *verdict.counts.outcomes.entry(outcome.to_owned()).or_default() += 1;
    if outcome != "answered" {
        verdict.broken("an acknowledged message is answered", format!("{id}: {outcome}"));
    }
    let heard: Vec<&Heard> =
        evidence.record.heard.iter().filter(|heard| id_in(&heard.text) == Some(id)).collect();
    if let Some(heard) = heard.iter().find(|heard| heard.session != sent.session) {
        verdict.broken("an answer goes where it belongs", format!("{id}: heard in {}", heard.session));
    }
    if heard.is_empty() {
        verdict.broken("an answer is delivered", format!("{id}: {:?}", turn.deliveries));
        return;
    }
    verdict.counts.delivered += 1;
    if heard
        .iter()
        .any(|other| heard.first().is_some_and(|first| first.key != other.key || first.text != other.text))
    {
        verdict.broken("a repeat is the same delivery", id);
    }
    // A forgotten session takes the rows of its deliveries with it.
    let is_settled = turn.deliveries.iter().all(|(_, state)| state == "delivered");
    if sent.words == Words::Kept && (!is_settled || turn.deliveries.len() != 1) {
        verdict.broken(
            "a delivery that arrived is recorded, and is the only one",
            format!("{id}: {:?}", turn.deliveries),
        );
    }
    repeats(evidence, id, heard.len() - 1, verdict);
}

/// A repeat is allowed for each kill that found the delivery under way.
fn repeats(evidence: &Evidence<'_>, id: &str, repeats: usize, verdict: &mut Verdict) {
    let under_way = |how: &How, turn: &TurnRow| {
        *how != How::InOrder && turn.deliveries.iter().any(|(_, state)| state == "waiting")
    };
    let kills: Vec<&How> = evidence
        .stops
        .iter()
        .filter(|stop| stop.journal.turn(id).is_some_and(|turn| under_way(&stop.how, turn)))
        .map(|stop| &stop.how)
        .collect();
    if repeats > kills.len() {
        let detail = format!("{id}: {repeats} repeats, and {} kills while it was under way", kills.len());
        verdict.broken("a repeat has a kill between confirmation and commit", detail);
        return;
    }
    let at_commit =
        kills.iter().filter(|how| matches!(how, How::Point(name) if name == "delivered.before")).count();
    let at_commit = at_commit.min(repeats);
    verdict.counts.repeats_at_commit += at_commit;
    verdict.counts.repeats_under_way += repeats - at_commit;
}
