//! Which turn meets which weather: drawn from the seed before anything runs, the same for every client.
//!
//! ```text
//! turns  0 ─── healthy ─── a ─── outage ─── b ────── healthy, long enough to be found again ────── c ─── outage …
//! ```
//!
//! Each way of failing has its turn before any has a second one.

use std::time::Duration;

use crate::crash::Chance;
use crate::fake_vendor::{Mood, Rule};

/// The key of the primary that most turns use.
pub(super) const MAIN: &str = "key-main";

/// Time limits of the clients under test, so short that a campaign takes minutes.
pub(super) const CONNECT: Duration = Duration::from_millis(200);
/// From the connection to the first byte.
pub(super) const FIRST_BYTE: Duration = Duration::from_millis(400);
/// Between two pieces.
pub(super) const IDLE: Duration = Duration::from_millis(400);
/// From the first byte to the last.
pub(super) const WHOLE_ANSWER: Duration = Duration::from_secs(2);
/// What attempts that fail may take in one call.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// On top of what follows from the limits: scheduling of a busy machine, and until the next turn comes by.
pub(super) const SLACK: Duration = Duration::from_millis(400);

/// How long one attempt can take at most.
pub(super) const ATTEMPT: Duration = CONNECT.saturating_add(FIRST_BYTE).saturating_add(WHOLE_ANSWER);

/// Longest `Retry-After` of the script.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A way of failing.
#[derive(Debug, Clone, Copy)]
struct Way {
    name: &'static str,
    mood: Mood,
    /// It takes as long as the client's limits until it is noticed.
    is_slow: bool,
    /// It befalls one of the two keys.
    one_key: bool,
}

const fn quick(name: &'static str, mood: Mood) -> Way {
    Way { name, mood, is_slow: false, one_key: false }
}

const fn slow(name: &'static str, mood: Mood) -> Way {
    Way { name, mood, is_slow: true, one_key: false }
}

/// Every way.
const WAYS: [Way; 20] = [
    quick("refuses connections", Mood::RefuseConnections),
    quick("resets before headers", Mood::ResetBeforeHeaders),
    quick("resets after headers", Mood::ResetAfterHeaders),
    slow("hangs before the first byte", Mood::HangBeforeFirstByte),
    slow("stalls in the middle", Mood::StallMidStream { after: 2 }),
    quick("429 with Retry-After", Mood::RateLimited { retry_after: Some(RETRY_AFTER) }),
    quick("429 without", Mood::RateLimited { retry_after: None }),
    quick("500", Mood::Status(500)),
    quick("503", Mood::Status(503)),
    quick("529", Mood::Status(529)),
    quick("garbage", Mood::Garbage),
    quick("half an SSE frame", Mood::HalfSseFrame),
    quick("wrong content type", Mood::WrongContentType),
    Way { name: "expired key on one of two", mood: Mood::ExpiredKey, is_slow: false, one_key: true },
    quick("an error behind thoughts", Mood::ErrorInStream { after: 50 }),
    slow("comments without end", Mood::CommentsForever),
    quick("redirect", Mood::Redirect),
    quick("a 404 of nobody", Mood::MissingPage),
    quick("a 403 of a firewall", Mood::ForbiddenPage),
    quick("rubbish behind the end", Mood::TrailingRubbish),
];

/// How fast turns come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tempo {
    /// How long a circuit stays open at first.
    pub(super) cooldown: Duration,
    /// Between the beginnings of two turns while all is well.
    calm: Duration,
    /// The same in an outage.
    storm: Duration,
    /// The same in an outage that takes long to be noticed.
    slow_storm: Duration,
    /// Turns of an outage, at least, and so many more by chance.
    storm_turns: (u64, u64),
}

/// Below so many turns the short tempo is taken.
const LONG_FROM: usize = 2_000;

impl Tempo {
    fn of(turns: usize) -> Self {
        if turns < LONG_FROM {
            return Self {
                cooldown: Duration::from_millis(200),
                calm: Duration::from_millis(180),
                storm: Duration::from_millis(10),
                slow_storm: Duration::from_millis(70),
                storm_turns: (7, 3),
            };
        }
        let pace = Duration::from_millis(8);
        Self {
            cooldown: Duration::from_secs(1),
            calm: pace,
            storm: pace,
            slow_storm: pace,
            storm_turns: (60, 40),
        }
    }
}

/// What changes before a turn begins.
#[derive(Debug, Clone)]
pub(super) struct Change {
    /// The turn.
    pub(super) turn: usize,
    /// The rules of the primary from then on.
    pub(super) primary: Vec<Rule>,
    /// Those of the vendor that stands in first.
    pub(super) fallback: Vec<Rule>,
    /// The outage that begins; none when one ends.
    pub(super) begins: Option<usize>,
}

/// One outage.
#[derive(Debug, Clone)]
pub(super) struct Outage {
    /// What happens.
    pub(super) name: String,
    /// One key of the primary goes on.
    pub(super) one_key: bool,
    /// Nothing listens.
    pub(super) shuts_door: bool,
    /// How long the vendor asks to be left alone.
    pub(super) asks: Duration,
    /// It is over before the last turn, and long enough before to be found.
    pub(super) is_judged: bool,
}

/// All of it.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) tempo: Tempo,
    pub(super) changes: Vec<Change>,
    pub(super) outages: Vec<Outage>,
    /// The wait before each turn.
    pub(super) waits: Vec<Duration>,
}

impl Plan {
    pub(super) fn new(turns: usize, seed: u64) -> Self {
        let tempo = Tempo::of(turns);
        let mut chance = Chance::of(seed, 0);
        let mut plan = Self { tempo, changes: Vec::new(), outages: Vec::new(), waits: Vec::new() };
        let mut deck: Vec<usize> = Vec::new();
        plan.calm(below(&mut chance, 6) + 4, turns);
        while plan.waits.len() < turns {
            if deck.is_empty() {
                deck = (0..WAYS.len()).collect();
            }
            let drawn = deck.swap_remove(below(&mut chance, deck.len()));
            let Some(way) = WAYS.get(drawn) else { break };
            plan.outage(way, &mut chance, turns);
        }
        plan
    }

    /// Whether every way has its outage.
    pub(super) fn is_complete(&self) -> bool {
        self.outages.iter().filter(|outage| outage.is_judged).count() >= WAYS.len()
    }

    fn outage(&mut self, way: &Way, chance: &mut Chance, turns: usize) {
        let (least, more) = self.tempo.storm_turns;
        let length = usize::try_from(least + chance.below(more)).unwrap_or(0);
        // Now and then the first stand-in is down as well, and the machine of one's own has to do.
        let both = chance.once_in(4);
        let primary = if way.one_key { Rule::for_credential(way.mood, MAIN) } else { Rule::always(way.mood) };
        let fallback = both.then(|| Rule::always(Mood::Status(503)));
        let number = self.outages.len();
        self.changes.push(Change {
            turn: self.waits.len(),
            primary: vec![primary],
            fallback: fallback.into_iter().collect(),
            begins: Some(number),
        });
        let pace = if way.is_slow { self.tempo.slow_storm } else { self.tempo.storm };
        self.waits.extend(std::iter::repeat_n(pace, length.min(turns - self.waits.len())));
        let healed =
            Change { turn: self.waits.len(), primary: Vec::new(), fallback: Vec::new(), begins: None };
        self.changes.push(healed);
        let asks = match way.mood {
            Mood::RateLimited { retry_after } => retry_after.unwrap_or_default(),
            _ => Duration::ZERO,
        };
        let lasted = pace.saturating_mul(u32::try_from(length).unwrap_or(u32::MAX));
        let wanted = self.allowed(lasted, asks).as_micros() / self.tempo.calm.as_micros();
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX).saturating_add(2 + below(chance, 3));
        let judged = wanted <= turns - self.waits.len();
        self.calm(wanted, turns);
        self.outages.push(Outage {
            name: if both { format!("{}, first stand-in down too", way.name) } else { way.name.to_owned() },
            one_key: way.one_key,
            shuts_door: way.mood == Mood::RefuseConnections,
            asks,
            is_judged: judged,
        });
    }

    fn calm(&mut self, length: usize, turns: usize) {
        self.waits.extend(std::iter::repeat_n(self.tempo.calm, length.min(turns - self.waits.len())));
    }

    /// After an outage of that length, how long until the primary answers again. Probes that failed doubled the
    /// cooldown, but never beyond what the outage had lasted; the last failure was noticed one attempt late.
    pub(super) fn allowed(&self, lasted: Duration, asks: Duration) -> Duration {
        let cooldown = self.tempo.cooldown;
        lasted.max(cooldown) + asks.max(cooldown) + CONNECT + FIRST_BYTE + SLACK
    }
}

fn below(chance: &mut Chance, bound: usize) -> usize {
    usize::try_from(chance.below(bound as u64)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_way_of_failing_has_its_outage_in_the_short_form_and_in_the_long_one() {
        for (turns, seed) in [(450, 1), (450, 20_250_711), (10_000, 1), (10_000, 9)] {
            let plan = Plan::new(turns, seed);
            assert!(plan.is_complete(), "{turns} turns, seed {seed}: {:?}", plan.outages);
            assert_eq!(plan.waits.len(), turns);
            let names = plan.outages.iter().take(WAYS.len());
            let first: BTreeSet<_> =
                names.map(|outage| outage.name.trim_end_matches(", first stand-in down too")).collect();
            assert_eq!(first.len(), WAYS.len());
        }
    }

    #[test]
    fn a_seed_is_a_script_and_another_seed_another_one() {
        let script = |seed| format!("{:?}", Plan::new(300, seed));
        assert_eq!(script(7), script(7));
        assert_ne!(script(7), script(8));
    }
}
