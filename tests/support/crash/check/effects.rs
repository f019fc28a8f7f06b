//! What is on record is not done again: no model call, no tool; and what must not run twice never does.

use std::collections::BTreeSet;

use super::{Evidence, Verdict};
use crate::crash::home::{Effect, EffectKind};
use crate::crash::journal::{Step, TurnRow};
use crate::crash::record::{Sent, id_in};

const ONCE: &str = "count_once";
const IDEMPOTENT: &str = "count_idempotent";

pub(super) fn check(evidence: &Evidence<'_>, verdict: &mut Verdict) {
    for (id, sent) in &evidence.record.sent {
        if evidence.journal.turn(id).is_some_and(|turn| turn.outcome.is_some()) {
            once(evidence, id, sent, verdict);
            idempotent(evidence, id, sent, verdict);
            model(evidence, id, verdict);
        }
        for stop in evidence.stops {
            if let Some(turn) = stop.journal.turn(id) {
                on_record(id, turn, &stop.effects, evidence.effects, verdict);
            }
        }
    }
}

fn count(effects: &[Effect], kind: EffectKind, id: &str) -> usize {
    effects.iter().filter(|effect| effect.kind == kind && effect.id == id).count()
}

fn is_tool(step: &Step, name: &str) -> bool {
    step.tool.as_deref() == Some(name)
}

fn once(evidence: &Evidence<'_>, id: &str, sent: &Sent, verdict: &mut Verdict) {
    let runs = count(evidence.effects, EffectKind::Once, id);
    verdict.counts.once += runs;
    if runs > usize::from(sent.wants.once) {
        verdict.broken("a once tool never runs twice", format!("{id}: {runs} runs"));
    }
    let answers = evidence.record.heard.iter().filter(|heard| id_in(&heard.text) == Some(id));
    let says_unknown = answers.map(|heard| heard.text.as_str()).any(|text| text.contains("nknown"));
    verdict.counts.unknown += usize::from(says_unknown);
    // Killed while it ran: whether it did cannot be told, and that is what the person must hear.
    let interrupted = evidence.stops.iter().any(|stop| {
        let steps = stop.journal.turn(id).map(|turn| &turn.steps);
        steps.is_some_and(|steps| steps.values().any(|step| is_tool(step, ONCE) && !step.done))
    });
    let is_heard = evidence.record.heard.iter().any(|heard| id_in(&heard.text) == Some(id));
    if is_heard && says_unknown != interrupted {
        let detail = format!("{id}: interrupted {interrupted}, said so {says_unknown}");
        verdict.broken("an answer says when the end of a once tool is not known, and only then", detail);
    }
    if sent.wants.once && runs == 0 && !interrupted {
        verdict.broken("a tool that was called ran", format!("{id}: {ONCE}"));
    }
}

fn idempotent(evidence: &Evidence<'_>, id: &str, sent: &Sent, verdict: &mut Verdict) {
    let runs = count(evidence.effects, EffectKind::Idempotent, id);
    verdict.counts.idempotent.0 += runs;
    verdict.counts.idempotent.1 += runs.saturating_sub(1);
    let keys: BTreeSet<&str> = evidence
        .effects
        .iter()
        .filter(|effect| effect.kind == EffectKind::Idempotent && effect.id == id)
        .map(|effect| effect.what.as_str())
        .collect();
    if keys.len() != usize::from(sent.wants.idempotent) {
        verdict.broken("an idempotent tool runs under one key", format!("{id}: {keys:?}"));
    }
    allowed_again(
        evidence,
        id,
        runs,
        |turn| turn.steps.values().any(|step| is_tool(step, IDEMPOTENT) && !step.done),
        verdict,
    );
}

fn model(evidence: &Evidence<'_>, id: &str, verdict: &mut Verdict) {
    let calls: Vec<&Effect> = evidence
        .effects
        .iter()
        .filter(|effect| effect.kind == EffectKind::Model && effect.id == id)
        .collect();
    verdict.counts.model_calls.0 += calls.len();
    let rounds: BTreeSet<&str> = calls.iter().map(|call| call.what.as_str()).collect();
    verdict.counts.model_calls.1 += calls.len() - rounds.len();
    for round in rounds {
        let runs = calls.iter().filter(|call| call.what == round).count();
        let open = |turn: &TurnRow| turn.steps.values().any(|step| step.tool.is_none() && !step.done);
        allowed_again(evidence, id, runs, open, verdict);
    }
}

/// A step runs again at most once for each stop that found it without its answer.
fn allowed_again(
    evidence: &Evidence<'_>,
    id: &str,
    runs: usize,
    is_open: impl Fn(&TurnRow) -> bool,
    verdict: &mut Verdict,
) {
    let stops = evidence.stops.iter().filter(|stop| stop.journal.turn(id).is_some_and(&is_open)).count();
    if runs > 1 + stops {
        let detail = format!("{id}: {runs} runs, and {stops} stops amid it");
        verdict.broken("a step runs again only when a stop cut it off", detail);
    }
}

/// What had its answer when the daemon stopped has not happened since.
fn on_record(id: &str, turn: &TurnRow, before: &[Effect], after: &[Effect], verdict: &mut Verdict) {
    let count_of = |effects: &[Effect], kind, what: Option<&str>| {
        let is_it = |effect: &&Effect| {
            effect.kind == kind && effect.id == id && what.is_none_or(|what| effect.what == what)
        };
        effects.iter().filter(is_it).count()
    };
    let mut round = 0;
    for step in turn.steps.values() {
        let (kind, what) = match step.tool.as_deref() {
            None => {
                round += 1;
                (EffectKind::Model, Some((round - 1).to_string()))
            }
            Some(ONCE) => (EffectKind::Once, None),
            Some(IDEMPOTENT) => (EffectKind::Idempotent, None),
            Some(_) => continue,
        };
        let what = what.as_deref();
        let (then, now) = (count_of(before, kind, what), count_of(after, kind, what));
        if step.done && now != then {
            let detail = format!("{id}: {kind:?} {what:?}, {then} times before the stop and {now} now");
            verdict.broken("what is on record is not done again", detail);
        }
    }
}
