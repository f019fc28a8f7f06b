//! What was promised, held against what happened. It decides and does nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use nanobot_core::time::Timestamp;

use super::books::{Books, Row};
use super::drive::{Driven, Span};
use super::house::USUAL;
use super::plan::{ATTEMPT, Outage, PATIENCE, Plan};
use super::tally::Counts;
use super::turn::{Turn, mark};

/// Attempts of one call.
pub(super) const MOST_ATTEMPTS: u64 = 8;
/// What a turn may take on top of a healthy answer.
pub(super) const ADDED: Duration = PATIENCE.saturating_add(ATTEMPT);
/// The vendor that fails.
const PRIMARY: &str = "primary";

/// Everything that is not as promised.
pub(super) fn failures(plan: &Plan, driven: &Driven, books: &Books, counts: &Counts) -> Vec<String> {
    let mut failures = Vec::new();
    let mut answered = BTreeSet::new();
    for turn in &driven.turns {
        if !answered.insert(turn.number) {
            failures.push(format!("{} was answered twice", mark(turn.number)));
        }
        failures.extend(wrong_turn(turn));
    }
    if answered.len() != plan.waits.len() {
        failures.push(format!("{} turns of {} came to an end", answered.len(), plan.waits.len()));
    }
    if books.most_attempts() > MOST_ATTEMPTS {
        failures
            .push(format!("a call made {} attempts; {MOST_ATTEMPTS} are the most", books.most_attempts()));
    }
    failures.extend(recoveries(plan, driven, counts).filter_map(|recovery| recovery.failure()));
    failures.extend(wrong_figures(books, counts));
    if counts.store_failures > 0 {
        failures.push(format!("the journal failed {} times", counts.store_failures));
    }
    failures
}

/// What is wrong with one turn.
fn wrong_turn(turn: &Turn) -> Option<String> {
    let name = mark(turn.number);
    let answer = match &turn.answer {
        Ok(answer) => answer,
        Err(code) => return Some(format!("{name} got no answer: {code}")),
    };
    if turn.seen != answer.text {
        return Some(format!("{name}: the chat holds something else than the answer"));
    }
    let words = answer.text.trim_end_matches(" and");
    let wanted = format!("{0} with {0}-model answers: {name}", answer.provider);
    if words != wanted {
        return Some(format!("{name} got an answer that is not to it"));
    }
    let added = added(turn);
    (added > ADDED)
        .then(|| format!("{name} took {added:?} longer than a healthy answer; {ADDED:?} is the most"))
}

/// What a turn took on top of a healthy answer.
pub(super) fn added(turn: &Turn) -> Duration {
    turn.took.saturating_sub(USUAL)
}

/// How an outage ended.
pub(super) struct Recovery<'a> {
    pub(super) outage: &'a Outage,
    pub(super) lasted: Duration,
    pub(super) allowed: Duration,
    /// How long until the primary answered again; none when it did not in time to tell.
    pub(super) found: Option<Duration>,
}

impl Recovery<'_> {
    fn failure(&self) -> Option<String> {
        let name = &self.outage.name;
        let allowed = self.allowed;
        match self.found {
            Some(found) if found <= allowed => None,
            Some(found) => {
                Some(format!("after `{name}` the primary was found after {found:?}, not {allowed:?}"))
            }
            None => Some(format!("after `{name}` the primary was not found again")),
        }
    }
}

/// Every outage that was over early enough to be judged.
pub(super) fn recoveries<'a>(
    plan: &'a Plan,
    driven: &'a Driven,
    counts: &'a Counts,
) -> impl Iterator<Item = Recovery<'a>> {
    let judged = plan.outages.iter().zip(&driven.outages).filter(|(outage, _)| outage.is_judged);
    judged.filter_map(|(outage, Span { began, ended })| {
        let ended = (*ended)?;
        let lasted = between(*began, ended);
        let is_it = |provider: &str, credential: &str| {
            provider == PRIMARY && (!outage.one_key || credential == "main")
        };
        let answers = counts.answers.iter().filter(|(at, _, _)| *at > ended);
        let first =
            answers.filter(|(_, provider, credential)| is_it(provider, credential)).map(|(at, _, _)| *at);
        let found = first.min().map(|at| between(ended, at));
        Some(Recovery { outage, lasted, allowed: plan.allowed(lasted, outage.asks), found })
    })
}

fn between(one: Timestamp, other: Timestamp) -> Duration {
    Duration::try_from(other.duration_since(one)).unwrap_or_default()
}

/// Our figures, in the vendors' own classes.
fn figures(outcomes: &BTreeMap<&'static str, u64>) -> Row {
    let of = |codes: &[&str]| codes.iter().filter_map(|code| outcomes.get(code)).sum();
    Row {
        requests: outcomes.values().sum(),
        answered: of(&["ok"]),
        rate_limited: of(&["rate_limited"]),
        unauthorised: of(&["auth"]),
        server_errors: of(&["server", "overloaded"]),
        broken: of(&["network", "first_byte_timeout", "idle_timeout", "connect_timeout", "bad_answer"]),
        client_left: 0,
    }
}

/// Where our figures are not the vendors'. A vendor that does not listen writes nothing down, so connections that failed
/// at a shut door may be missing in its book.
fn wrong_figures(books: &Books, counts: &Counts) -> Vec<String> {
    let whose: BTreeSet<_> = books.rows.keys().chain(counts.attempts.keys()).collect();
    let mut failures = Vec::new();
    for who in whose {
        let book = books.rows.get(who).copied().unwrap_or_default();
        let ours = counts.attempts.get(who).map(figures).unwrap_or_default();
        let unheard = counts.at_shut_door.get(who).copied().unwrap_or_default();
        let broken = book.broken + book.client_left;
        let exact = [
            ("answered", ours.answered, book.answered),
            ("rate limited", ours.rate_limited, book.rate_limited),
            ("refused for the key", ours.unauthorised, book.unauthorised),
            ("refused for the vendor's sake", ours.server_errors, book.server_errors),
        ];
        for (what, ours, theirs) in exact {
            if ours != theirs {
                failures.push(format!("{}/{}: we count {ours} {what}, the vendor {theirs}", who.0, who.1));
            }
        }
        let named = ours.answered + ours.rate_limited + ours.unauthorised + ours.server_errors + ours.broken;
        if named != ours.requests {
            failures.push(format!("{}/{}: attempts with an outcome that no vendor causes", who.0, who.1));
        }
        if !(broken..=broken + unheard).contains(&ours.broken) {
            let (who, credential) = who;
            failures.push(format!(
                "{who}/{credential}: we count {} broken, the vendor {broken}, and {unheard} it may not have heard",
                ours.broken
            ));
        }
    }
    failures
}

#[cfg(test)]
mod tests {
    use super::super::turn::Answer;
    use super::*;

    fn turn(seen: &str, text: &str) -> Turn {
        let answer = Ok(Answer { text: text.to_owned(), provider: "own".to_owned() });
        Turn { number: 7, took: Duration::from_millis(30), answer, seen: seen.to_owned(), restarts: 0 }
    }

    const GOOD: &str = "own with own-model answers: turn-000007 and and";

    #[test]
    fn a_turn_is_fine_when_the_chat_holds_its_own_answer_once() {
        assert_eq!(wrong_turn(&turn(GOOD, GOOD)), None);
        let twice = format!("own with {GOOD}");
        assert!(wrong_turn(&turn(&twice, GOOD)).unwrap().contains("something else"));
        let other = GOOD.replace('7', "8");
        assert!(wrong_turn(&turn(&other, &other)).unwrap().contains("not to it"));
        let slow = Turn { took: ADDED + USUAL + Duration::from_millis(1), ..turn(GOOD, GOOD) };
        assert!(wrong_turn(&slow).unwrap().contains("longer"));
    }

    #[test]
    fn figures_have_to_be_those_of_the_vendor() {
        let who = || ("primary".to_owned(), "main".to_owned());
        let mut books = Books::default();
        books
            .rows
            .insert(who(), Row { requests: 5, answered: 3, broken: 1, client_left: 1, ..Row::default() });
        let mut counts = Counts::default();
        let ours = BTreeMap::from([("ok", 3), ("network", 2), ("idle_timeout", 1)]);
        counts.attempts.insert(who(), ours);
        assert_eq!(wrong_figures(&books, &counts).len(), 1, "one more broken than the vendor knows");
        counts.at_shut_door.insert(who(), 1);
        assert_eq!(wrong_figures(&books, &counts), [""; 0]);
        counts.attempts.entry(who()).or_default().insert("ok", 2);
        assert_eq!(wrong_figures(&books, &counts).len(), 1);
    }
}
