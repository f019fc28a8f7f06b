//! The way of a call, with circuits and errors by hand; then at random.

use proptest::prelude::*;

use super::*;

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(1_800_000_000_000 + milliseconds).unwrap()
}

fn chain(hops: &[(usize, Option<u32>)]) -> Vec<Candidate> {
    let candidate = |(hop, (credential, context_tokens)): (usize, &(usize, Option<u32>))| Candidate {
        hop,
        credential: *credential,
        context_tokens: *context_tokens,
    };
    hops.iter().enumerate().map(candidate).collect()
}

const LIMITS: WalkLimits = WalkLimits { attempts: 8, patience: Duration::from_mins(1) };

struct Script {
    walk: Walk,
    looks: Vec<Look>,
    now: i64,
}

impl Script {
    fn new(hops: &[(usize, Option<u32>)]) -> Self {
        let looks = vec![Look::Closed; hops.len()];
        Self { walk: Walk::new(chain(hops), LIMITS), looks, now: 0 }
    }

    /// Takes the next step; every attempt fails with this error after 100 ms.
    fn step(&mut self, kind: ModelErrorKind) -> Next {
        let next = self.walk.next(&self.looks, at(self.now));
        match next {
            Next::Try(index) => {
                self.walk.begins(index, self.looks[index]);
                self.now += 100;
                self.walk.failed(index, kind, Duration::from_millis(100), 0.0, at(self.now));
            }
            Next::Wait(until) => {
                let took = Duration::try_from(until.duration_since(at(self.now))).unwrap();
                self.walk.waited(took);
                self.now += i64::try_from(took.as_millis()).unwrap();
            }
            Next::GiveUp => {}
        }
        next
    }

    fn tries(&mut self, kind: ModelErrorKind) -> Vec<usize> {
        let mut tries = Vec::new();
        loop {
            match self.step(kind) {
                Next::Try(index) => tries.push(index),
                Next::Wait(_) => {}
                Next::GiveUp => return tries,
            }
        }
    }
}

#[test]
fn everybody_is_asked_once_before_anybody_is_asked_again() {
    let mut script = Script::new(&[(0, None), (1, None), (2, None)]);
    assert_eq!(
        script.tries(ModelErrorKind::Server),
        [0, 1, 2, 0, 1, 2, 0, 1],
        "and eight attempts are enough"
    );
}

#[test]
fn a_second_try_waits_and_a_third_one_waits_longer() {
    let mut script = Script::new(&[(0, None)]);
    let mut waits = Vec::new();
    loop {
        let before = script.now;
        match script.step(ModelErrorKind::Server) {
            Next::Wait(_) => waits.push(script.now - before),
            Next::Try(_) => {}
            Next::GiveUp => break,
        }
    }
    assert_eq!(waits, [500, 1000]);
}

#[test]
fn what_is_our_fault_ends_the_call() {
    for kind in [ModelErrorKind::BadRequest, ModelErrorKind::ContentFilter, ModelErrorKind::Cancelled] {
        assert_eq!(Script::new(&[(0, None), (1, None)]).tries(kind), [0], "{kind:?}");
    }
}

#[test]
fn a_refused_key_is_not_tried_with_other_models() {
    let mut script = Script::new(&[(0, None), (0, None), (1, None)]);
    assert_eq!(script.step(ModelErrorKind::Auth), Next::Try(0));
    assert_eq!(script.step(ModelErrorKind::Server), Next::Try(2), "the second model has the same key");
}

#[test]
fn too_long_a_conversation_goes_to_a_larger_model_only() {
    let mut script = Script::new(&[(0, Some(8_000)), (1, Some(4_000)), (2, None), (3, Some(32_000))]);
    assert_eq!(script.tries(ModelErrorKind::ContextOverflow), [0, 3]);
    let mut alone = Script::new(&[(0, Some(8_000)), (1, Some(8_000))]);
    assert_eq!(alone.tries(ModelErrorKind::ContextOverflow), [0]);
}

#[test]
fn cooling_ones_are_passed_over() {
    let mut script = Script::new(&[(0, None), (1, None)]);
    script.looks[0] = Look::Open(at(30_000));
    assert_eq!(script.step(ModelErrorKind::Server), Next::Try(1));
}

#[test]
fn when_all_are_cooling_the_one_that_is_back_first_is_asked() {
    let mut script = Script::new(&[(0, None), (1, None)]);
    script.looks = vec![Look::Open(at(90_000)), Look::Open(at(70_000))];
    assert_eq!(script.step(ModelErrorKind::Server), Next::Try(1));
    assert_eq!(
        script.step(ModelErrorKind::Server),
        Next::GiveUp,
        "one last chance, and no wait beyond patience"
    );
}

#[test]
fn a_short_cooldown_is_waited_for() {
    let mut script = Script::new(&[(0, None)]);
    assert_eq!(script.step(ModelErrorKind::RateLimited), Next::Try(0));
    script.looks[0] = Look::Open(at(20_000));
    assert_eq!(script.step(ModelErrorKind::RateLimited), Next::Wait(at(20_000)));
    script.looks[0] = Look::MayProbe;
    assert_eq!(script.step(ModelErrorKind::RateLimited), Next::Try(0));
}

#[test]
fn a_cooldown_of_minutes_is_not_waited_for() {
    let mut script = Script::new(&[(0, None), (1, None)]);
    script.looks = vec![Look::Open(at(60_000)), Look::Open(at(120_000))];
    assert_eq!(script.step(ModelErrorKind::Server), Next::Try(0), "somebody is asked all the same");
    assert_eq!(script.step(ModelErrorKind::Server), Next::GiveUp, "and the chat is told at once");
}

#[test]
fn after_patience_is_used_up_one_more_may_be_asked() {
    let mut script = Script::new(&[(0, None), (1, None), (2, None)]);
    script.walk.begins(0, Look::Closed);
    script.walk.failed(0, ModelErrorKind::IdleTimeout, Duration::from_secs(61), 0.0, at(61_000));
    script.now = 61_000;
    assert_eq!(script.tries(ModelErrorKind::Server), [1]);
}

fn kinds() -> impl Strategy<Value = ModelErrorKind> {
    prop::sample::select(ModelErrorKind::ALL.to_vec())
}

fn looks() -> impl Strategy<Value = Look> {
    prop_oneof![
        4 => Just(Look::Closed),
        1 => Just(Look::MayProbe),
        1 => Just(Look::Probing),
        2 => (0_i64..200_000).prop_map(|until| Look::Open(at(until))),
    ]
}

proptest! {
    /// Whatever fails in whatever way: somebody is asked, attempts and lost time are bounded, and it ends.
    #[test]
    fn every_walk_asks_somebody_and_ends_within_its_limits(
        hops in prop::collection::vec((0_usize..3, prop::option::of(1_000_u32..100_000)), 1..6),
        script in prop::collection::vec((kinds(), looks(), 0_u64..70_000), 1..80),
        attempts in 1_u32..10,
        patience in 0_u64..120_000,
    ) {
        let limits = WalkLimits { attempts, patience: Duration::from_millis(patience) };
        let mut walk = Walk::new(chain(&hops), limits);
        let mut script = script.into_iter().cycle();
        let mut now = 0;
        let mut waits = 0;
        let mut last_attempt = 0;
        loop {
            let looks: Vec<Look> = (0..hops.len()).map(|_| match script.next().unwrap().1 {
                Look::Open(until) if until <= at(now) => Look::MayProbe,
                look => look,
            }).collect();
            match walk.next(&looks, at(now)) {
                Next::Try(index) => {
                    let (kind, _, took) = script.next().unwrap();
                    walk.begins(index, looks[index]);
                    now += i64::try_from(took).unwrap();
                    last_attempt = took;
                    walk.failed(index, kind, Duration::from_millis(took), 0.5, at(now));
                }
                Next::Wait(until) => {
                    prop_assert!(until > at(now), "a wait goes forward");
                    waits += 1;
                    let took = Duration::try_from(until.duration_since(at(now))).unwrap();
                    prop_assert!(took <= walk.left(), "no wait beyond patience");
                    walk.waited(took);
                    now = until.as_millisecond() - at(0).as_millisecond();
                }
                Next::GiveUp => break,
            }
            prop_assert!(waits < 5_000);
        }
        prop_assert!((1..=attempts).contains(&walk.attempts()));
        // The patience, the attempt that used it up, and one more.
        prop_assert!(walk.lost() <= limits.patience + Duration::from_millis(70_000 + last_attempt));
    }
}
