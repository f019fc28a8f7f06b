//! The checks, each broken once.

use super::*;
use crate::crash::home::EffectKind;
use crate::crash::journal::{Step, TurnRow};
use crate::crash::record::{Heard, Sent, Wants, Words};

/// A home in which one message came and was answered, and the daemon was killed once in between.
struct World {
    record: Inner,
    journal: JournalState,
    effects: Vec<Effect>,
    stops: Vec<Stop>,
    sessions: BTreeMap<String, Vec<Line>>,
}

const ID: &str = "msg-1-1";
const SESSION: &str = "cli:a";

fn heard() -> Heard {
    Heard { session: SESSION.to_owned(), key: Some("t/0".to_owned()), text: format!("re: {ID}") }
}

fn effect(kind: EffectKind, what: &str) -> Effect {
    Effect { kind, id: ID.to_owned(), what: what.to_owned() }
}

fn line(role: &str) -> Line {
    Line { role: role.to_owned(), id: Some(ID.to_owned()) }
}

fn step(tool: Option<&str>, done: bool) -> Step {
    Step { tool: tool.map(str::to_owned), done }
}

impl World {
    fn good() -> Self {
        let mut record = Inner::default();
        let wants = Wants { once: true, idempotent: true };
        let sent = Sent { session: SESSION.to_owned(), wants, acknowledged: true, words: Words::Kept };
        record.sent.insert(ID.to_owned(), sent);
        record.acknowledged.push(ID.to_owned());
        record.heard.push(heard());
        let steps = [
            (0, step(None, true)),
            (1, step(Some("count_once"), true)),
            (2, step(None, true)),
            (3, step(Some("count_idempotent"), true)),
            (4, step(None, true)),
        ];
        let turn = TurnRow {
            id: Some(ID.to_owned()),
            session: SESSION.to_owned(),
            outcome: Some("answered".to_owned()),
            attempts: 2,
            steps: steps.into(),
            deliveries: vec![("t/0".to_owned(), "delivered".to_owned())],
        };
        let effects = vec![
            effect(EffectKind::Model, "0"),
            effect(EffectKind::Once, "t/1"),
            effect(EffectKind::Model, "1"),
            effect(EffectKind::Idempotent, "t/3"),
            effect(EffectKind::Model, "2"),
        ];
        let mut before = turn.clone();
        before.outcome = None;
        before.deliveries.clear();
        before.steps.split_off(&2);
        let stop = Stop {
            how: How::Random,
            journal: JournalState { turns: vec![before] },
            effects: effects[..2].to_vec(),
        };
        Self {
            record,
            journal: JournalState { turns: vec![turn] },
            effects,
            stops: vec![stop],
            sessions: BTreeMap::from([(SESSION.to_owned(), vec![line("user"), line("assistant")])]),
        }
    }

    fn verdict(&self) -> Verdict {
        check(&Evidence {
            record: &self.record,
            journal: &self.journal,
            effects: &self.effects,
            stops: &self.stops,
            sessions: &self.sessions,
        })
    }

    #[track_caller]
    fn breaks(&self, promise: &str) {
        let violations = self.verdict().violations;
        let promises: Vec<&str> = violations.iter().map(|violation| violation.promise).collect();
        assert!(promises.contains(&promise), "{promises:?}");
    }

    fn turn(&mut self) -> &mut TurnRow {
        &mut self.journal.turns[0]
    }
}

#[test]
fn a_world_in_order_breaks_no_promise_and_is_counted() {
    let Verdict { counts, violations } = World::good().verdict();
    assert_eq!(violations, []);
    assert_eq!((counts.sent, counts.acknowledged, counts.delivered, counts.lines), (1, 1, 1, 2));
    assert_eq!((counts.once, counts.idempotent, counts.model_calls), (1, (1, 0), (3, 0)));
}

#[test]
fn an_acknowledged_message_that_is_gone_or_twice_there_is_found() {
    let mut world = World::good();
    world.journal.turns.clear();
    world.breaks("an acknowledged message is in the journal");
    let mut world = World::good();
    let twice = world.journal.turns[0].clone();
    world.journal.turns.push(twice);
    world.breaks("a message is stored once");
    world.breaks("delivery keys are unique");
}

#[test]
fn a_message_that_was_never_acknowledged_may_be_lost() {
    let mut world = World::good();
    world.record.sent.get_mut(ID).unwrap().acknowledged = false;
    world.record.heard.clear();
    world.journal.turns.clear();
    world.sessions.insert(SESSION.to_owned(), Vec::new());
    let Verdict { counts, violations } = world.verdict();
    assert_eq!((violations, counts.lost), (Vec::new(), 1));
}

#[test]
fn a_missing_outcome_or_answer_is_found() {
    let mut world = World::good();
    world.turn().outcome = None;
    world.breaks("an acknowledged message is answered");
    let mut world = World::good();
    world.turn().outcome = Some("abandoned".to_owned());
    world.breaks("an acknowledged message is answered");
    let mut world = World::good();
    world.record.heard.clear();
    world.breaks("an answer is delivered");
    let mut world = World::good();
    world.turn().deliveries[0].1 = "dropped".to_owned();
    world.breaks("a delivery that arrived is recorded, and is the only one");
    let mut world = World::good();
    world.record.heard[0].session = "cli:b".to_owned();
    world.breaks("an answer goes where it belongs");
}

#[test]
fn a_repeat_needs_a_kill_that_found_it_under_way() {
    let mut world = World::good();
    world.record.heard.push(heard());
    world.breaks("a repeat has a kill between confirmation and commit");

    let mut under_way = world.journal.turns[0].clone();
    under_way.deliveries[0].1 = "waiting".to_owned();
    let stop = Stop {
        how: How::Point("delivered.before".to_owned()),
        journal: JournalState { turns: vec![under_way] },
        effects: world.effects.clone(),
    };
    world.stops.push(stop);
    let Verdict { counts, violations } = world.verdict();
    assert_eq!((violations, counts.repeats_at_commit, counts.repeats_under_way), (Vec::new(), 1, 0));
    world.stops[1].how = How::InOrder;
    world.breaks("a repeat has a kill between confirmation and commit");
    world.stops[1].how = How::Random;
    world.record.heard[1].key = Some("t/1".to_owned());
    world.breaks("a repeat is the same delivery");
}

#[test]
fn a_once_tool_that_runs_twice_is_found_even_if_its_end_was_unknown() {
    let mut world = World::good();
    world.effects.push(effect(EffectKind::Once, "t/1"));
    world.breaks("a once tool never runs twice");
    world.breaks("what is on record is not done again");
}

#[test]
fn an_answer_must_say_when_the_end_of_a_once_tool_is_unknown_and_only_then() {
    let mut world = World::good();
    world.record.heard[0].text.push_str(" unknown");
    world.breaks("an answer says when the end of a once tool is not known, and only then");
    world.stops[0].journal.turns[0].steps.get_mut(&1).unwrap().done = false;
    assert_eq!(world.verdict().violations, []);
    world.effects.remove(1);
    assert_eq!(world.verdict().violations, [], "it may have been killed before it had its effect");
    world.record.heard[0].text = format!("re: {ID}");
    world.breaks("an answer says when the end of a once tool is not known, and only then");
}

#[test]
fn what_is_on_record_is_not_done_again_and_what_is_not_once_for_each_stop() {
    let mut world = World::good();
    world.effects.push(effect(EffectKind::Model, "0"));
    world.breaks("what is on record is not done again");
    let mut world = World::good();
    world.effects.push(effect(EffectKind::Model, "2"));
    world.breaks("a step runs again only when a stop cut it off");
    world.stops[0].journal.turns[0].steps.insert(2, step(None, false));
    assert_eq!(world.verdict().violations, []);
}

#[test]
fn an_idempotent_tool_has_one_key() {
    let mut world = World::good();
    world.stops[0].journal.turns[0].steps.insert(3, step(Some("count_idempotent"), false));
    world.effects.push(effect(EffectKind::Idempotent, "t/3"));
    let Verdict { counts, violations } = world.verdict();
    assert_eq!((violations, counts.idempotent), (Vec::new(), (2, 1)));
    world.effects.push(effect(EffectKind::Idempotent, "t/4"));
    world.breaks("an idempotent tool runs under one key");
}

#[test]
fn a_session_line_that_is_missing_doubled_or_in_the_wrong_place_is_found() {
    for lines in [
        vec![line("user")],
        vec![line("user"), line("user"), line("assistant")],
        vec![line("assistant"), line("user")],
    ] {
        let mut world = World::good();
        world.sessions.insert(SESSION.to_owned(), lines);
        world.breaks("a session file holds each line once, in order");
    }
}

#[test]
fn forgotten_words_must_not_come_back_once_that_was_promised() {
    let mut world = World::good();
    world.record.sent.get_mut(ID).unwrap().words = Words::Unsure;
    assert_eq!(world.verdict().violations, []);
    world.record.sent.get_mut(ID).unwrap().words = Words::Gone;
    world.breaks("what was forgotten stays forgotten");
    world.sessions.insert(SESSION.to_owned(), Vec::new());
    assert_eq!(world.verdict().violations, []);
}

#[test]
fn messages_stored_in_another_order_than_acknowledged_are_found() {
    let mut world = World::good();
    let second =
        Sent { session: SESSION.to_owned(), wants: Wants::default(), acknowledged: true, words: Words::Kept };
    world.record.sent.insert("msg-1-2".to_owned(), second);
    world.record.acknowledged.insert(0, "msg-1-2".to_owned());
    let turn = TurnRow { id: Some("msg-1-2".to_owned()), ..world.journal.turns[0].clone() };
    world.journal.turns.push(turn);
    world.breaks("messages are stored in the order of their acknowledgements");
}
