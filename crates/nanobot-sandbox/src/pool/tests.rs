//! The recorded lives of the original's sessions, step by step, and what is ours besides them.

use super::*;

impl ShellKey for (char, u8) {
    fn is_same_slot(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

/// One step of a recorded life.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Somebody asks for a shell.
    Get(char),
    /// Somebody asks for a shell and runs a command that takes no time.
    Use(char),
    /// A command begins in a shell.
    Active(char),
    /// It ends.
    Done(char),
    /// So many seconds pass.
    Advance(i64),
}
use Step::{Active, Advance, Done, Get, Use};

/// A pool of which a test knows the shells by letter.
struct Life {
    pool: Pool<(char, u8)>,
    now: Timestamp,
    names: Vec<(ShellId, char)>,
}

impl Life {
    fn new(max_shells: usize, idle: u64, pressure: &str) -> Self {
        let pressure = Pressure::from_name(pressure);
        let settings = PoolSettings { max_shells, idle: Duration::from_secs(idle), pressure };
        Self { pool: Pool::new(&settings), now: Timestamp::UNIX_EPOCH, names: Vec::new() }
    }

    fn ask(&mut self, key: (char, u8)) -> (Vec<String>, Option<ShellId>) {
        let grant = self.pool.ask(key, self.now);
        let mut events: Vec<String> = grant.stop.iter().map(|stopped| self.stopped(*stopped)).collect();
        match grant.shell {
            Ok(given) => {
                if given.is_new {
                    self.names.push((given.id, key.0));
                    events.push(format!("start {}", key.0));
                }
                (events, Some(given.id))
            }
            Err(error) => {
                events.push(error.to_string());
                (events, None)
            }
        }
    }

    fn stopped(&self, (id, reason): (ShellId, StopReason)) -> String {
        let verb = if reason == StopReason::Preempted { "preempt" } else { "stop" };
        format!("{verb} {}: {}", self.name(id), reason.words())
    }

    fn name(&self, id: ShellId) -> char {
        self.names.iter().find(|(known, _)| *known == id).unwrap().1
    }

    fn id(&self, name: char) -> ShellId {
        self.names.iter().rev().find(|(_, known)| *known == name).unwrap().0
    }

    fn step(&mut self, step: Step) -> Vec<String> {
        match step {
            Get(name) => return self.ask((name, 0)).0,
            Use(name) => {
                let (events, id) = self.ask((name, 0));
                self.pool.begin(id.unwrap(), self.now);
                self.pool.end(id.unwrap(), self.now);
                return events;
            }
            Active(name) => self.pool.begin(self.id(name), self.now),
            Done(name) => assert_eq!(self.pool.end(self.id(name), self.now), None),
            Advance(seconds) => self.now += Duration::from_secs(seconds.unsigned_abs()),
        }
        Vec::new()
    }

    fn alive(&self) -> String {
        self.pool.alive().map(|key| key.0).collect()
    }

    fn replay(&mut self, steps: &[(Step, &[&str], &str)]) {
        for (number, (step, events, alive)) in steps.iter().enumerate() {
            assert_eq!(self.step(*step), *events, "step {number}: {step:?}");
            assert_eq!(self.alive(), *alive, "step {number}: {step:?}");
        }
    }
}

const PREEMPT: &str = "preempt_oldest_active";

#[test]
fn the_least_recently_used_idle_shell_gives_way() {
    Life::new(2, 600, PREEMPT).replay(&[
        (Get('a'), &["start a"], "a"),
        (Advance(5), &[], "a"),
        (Get('b'), &["start b"], "ab"),
        (Advance(5), &[], "ab"),
        (Use('a'), &[], "ab"),
        (Advance(1), &[], "ab"),
        (Get('c'), &["stop b: evicted by capacity", "start c"], "ac"),
        (Get('a'), &[], "ac"),
        (Get('b'), &["stop a: evicted by capacity", "start b"], "cb"),
    ]);
}

#[test]
fn idle_shells_stop_at_the_next_request_of_anybody() {
    Life::new(5, 30, PREEMPT).replay(&[
        (Get('a'), &["start a"], "a"),
        (Advance(29), &[], "a"),
        (Get('b'), &["start b"], "ab"),
        (Advance(1), &[], "ab"),
        (Get('b'), &["stop a: idle timeout"], "b"),
        (Advance(60), &[], "b"),
        (Get('c'), &["stop b: idle timeout", "start c"], "c"),
    ]);
}

#[test]
fn the_shell_that_is_busy_longest_is_preempted() {
    Life::new(2, 600, PREEMPT).replay(&[
        (Get('a'), &["start a"], "a"),
        (Active('a'), &[], "a"),
        (Advance(3), &[], "a"),
        (Get('b'), &["start b"], "ab"),
        (Active('b'), &[], "ab"),
        (Advance(3), &[], "ab"),
        (Get('c'), &["preempt a: preempted by capacity policy", "start c"], "bc"),
        (Done('b'), &[], "bc"),
        (Get('d'), &["stop b: evicted by capacity", "start d"], "cd"),
    ]);
}

#[test]
fn under_every_other_policy_the_newcomer_is_refused() {
    Life::new(1, 600, "reject").replay(&[
        (Get('a'), &["start a"], "a"),
        (Active('a'), &[], "a"),
        (Get('b'), &["Sandbox capacity reached"], "a"),
        (Done('a'), &[], "a"),
        (Get('b'), &["stop a: evicted by capacity", "start b"], "b"),
    ]);
}

#[test]
fn settings_below_the_floor_are_raised_to_it() {
    Life::new(0, 1, PREEMPT).replay(&[
        (Get('a'), &["start a"], "a"),
        (Get('b'), &["stop a: evicted by capacity", "start b"], "b"),
        (Advance(29), &[], "b"),
        (Get('b'), &[], "b"),
        (Advance(31), &[], "b"),
        (Get('c'), &["stop b: idle timeout", "start c"], "c"),
    ]);
}

#[test]
fn a_busy_shell_is_never_idle() {
    Life::new(3, 30, PREEMPT).replay(&[
        (Get('a'), &["start a"], "a"),
        (Active('a'), &[], "a"),
        (Advance(500), &[], "a"),
        (Get('b'), &["start b"], "ab"),
        (Done('a'), &[], "ab"),
        (Advance(31), &[], "ab"),
        (Get('c'), &["stop a: idle timeout", "stop b: idle timeout", "start c"], "c"),
    ]);
}

#[test]
fn sweeping_stops_idle_shells_without_a_request() {
    let mut life = Life::new(5, 30, PREEMPT);
    life.replay(&[(Get('a'), &["start a"], "a"), (Get('b'), &["start b"], "ab"), (Active('b'), &[], "ab")]);
    life.step(Advance(30));
    let swept = life.pool.sweep(life.now);
    assert_eq!(swept, [(life.id('a'), StopReason::Idle)]);
    assert_eq!(life.pool.close(), [(life.id('b'), StopReason::Closed)]);
}

#[test]
fn a_clock_that_goes_back_makes_nobody_idle() {
    let mut life = Life::new(5, 30, PREEMPT);
    life.step(Advance(1_000));
    life.step(Get('a'));
    life.now = Timestamp::UNIX_EPOCH;
    assert_eq!(life.pool.sweep(life.now), []);
}

#[test]
fn a_changed_profile_ends_the_old_shell_at_once_or_after_its_command() {
    let mut life = Life::new(5, 600, PREEMPT);
    let (_, old) = life.ask(('a', 0));
    assert_eq!(life.ask(('b', 0)).0, ["start b"]);
    let (events, new) = life.ask(('a', 1));
    assert_eq!(events, ["stop a: what it may see has changed", "start a"]);
    assert_ne!(old, new);

    life.step(Active('a'));
    let (events, newest) = life.ask(('a', 2));
    assert_eq!(events, ["start a"], "a command that runs is let be");
    assert_eq!(life.alive(), "baa");
    assert_eq!(life.pool.end(new.unwrap(), life.now), Some((new.unwrap(), StopReason::ProfileChanged)));
    assert_eq!(life.ask(('a', 2)), (vec![], newest));
}

#[test]
fn a_shell_that_somebody_waits_for_is_busy() {
    let mut life = Life::new(1, 600, "reject");
    let (_, shell) = life.ask(('a', 0));
    let shell = shell.unwrap();
    life.pool.begin(shell, life.now);
    life.pool.begin(shell, life.now);
    assert_eq!(life.pool.users(shell), 2);
    life.pool.end(shell, life.now);
    assert_eq!(life.ask(('b', 0)).0, ["Sandbox capacity reached"]);
    life.pool.end(shell, life.now);
    assert_eq!(life.ask(('b', 0)).0, ["stop a: evicted by capacity", "start b"]);
}
