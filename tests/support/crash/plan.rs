//! Which run does what: where the daemon dies, and what is said to it until then. Decided from the seed alone.

use std::time::Duration;

use super::seed::Chance;

/// The latest moment of a random kill, counted from the first message: by then all of the load is answered.
const LATEST_KILL_MS: u64 = 350;
/// The latest moment of a second kill, counted from the restart: recovery is over by then.
const LATEST_SECOND_MS: u64 = 120;
/// The highest passing of a point that is asked for. Every message passes most points several times.
const MOST_PASSINGS: u64 = 8;
/// Points that are passed once or twice in a run, whatever the load.
const RARE: [&str; 6] = ["tidy", "forget", "reset", "hand_back", "postpone", "shut_down"];

/// One run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// Its number in the campaign.
    pub(super) number: usize,
    /// How the daemon dies.
    pub(super) kill: Kill,
    /// What leads to it beside the load.
    pub(super) stimulus: Stimulus,
    /// A second death, so long after the restart.
    pub(super) second: Option<Duration>,
    /// How long the model takes for each call.
    pub(super) model_delay: Duration,
    /// Distance between two messages of a chat.
    pub(super) gap: Duration,
    /// How the run ends: by a kill when nothing is under way, or in order.
    pub(super) ends_in_order: bool,
}

/// How the daemon dies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kill {
    /// By itself, when it passes a point for the `count`-th time.
    Point { name: String, count: u32 },
    /// From outside, so long after the first message.
    Random { after: Duration, program: Program },
}

/// Which program runs until it is killed. What comes after is always one of the same kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    /// The one that is shipped, with a model server of ours.
    Shipped,
    /// The one with counting tools and a model inside.
    Counting,
}

/// What is done beside the load, so that a point is passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stimulus {
    /// Nothing: the load passes it.
    Load,
    /// The daemon is asked to end while turns run.
    Interrupt,
    /// A session is reset.
    Reset,
    /// A client leaves before its answer comes.
    Leave,
}

impl Plan {
    /// The run of this number. First each point once, then points and random moments in turn.
    pub(super) fn of(seed: u64, number: usize, points: &[String]) -> Self {
        let mut chance = Chance::of(seed, number);
        let kill = match points.get(number) {
            Some(name) => Kill::Point { name: name.clone(), count: 1 },
            None if number.is_multiple_of(2) => again(&mut chance, points),
            None => random(&mut chance),
        };
        let stimulus = match &kill {
            Kill::Point { name, .. } => Stimulus::for_point(name),
            Kill::Random { .. } => Stimulus::Load,
        };
        let model_delay = match stimulus {
            Stimulus::Interrupt | Stimulus::Leave => 150,
            Stimulus::Load | Stimulus::Reset => chance.below(8),
        };
        Self {
            number,
            kill,
            stimulus,
            second: chance.once_in(4).then(|| Duration::from_millis(chance.below(LATEST_SECOND_MS))),
            model_delay: Duration::from_millis(model_delay),
            gap: Duration::from_millis(chance.below(25)),
            ends_in_order: chance.once_in(3),
        }
    }
}

impl Stimulus {
    fn for_point(name: &str) -> Self {
        match call_of(name) {
            "hand_back" => Self::Interrupt,
            "forget" | "reset" => Self::Reset,
            "postpone" => Self::Leave,
            _ => Self::Load,
        }
    }
}

fn call_of(point: &str) -> &str {
    point.split_once('.').map_or(point, |(call, _)| call)
}

fn again(chance: &mut Chance, points: &[String]) -> Kill {
    let chosen = usize::try_from(chance.below(points.len() as u64)).unwrap_or_default();
    let name = points.get(chosen).cloned().unwrap_or_default();
    let most = if RARE.contains(&call_of(&name)) { 1 } else { MOST_PASSINGS };
    let count = u32::try_from(1 + chance.below(most)).unwrap_or(1);
    Kill::Point { name, count }
}

fn random(chance: &mut Chance) -> Kill {
    let after = Duration::from_millis(chance.below(LATEST_KILL_MS));
    let program = if chance.once_in(2) { Program::Shipped } else { Program::Counting };
    Kill::Random { after, program }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points() -> Vec<String> {
        ["close.before", "close.after", "tidy.before"].map(str::to_owned).to_vec()
    }

    #[test]
    fn every_point_comes_first_and_once_and_then_chance_follows_from_the_seed() {
        let points = points();
        let plans: Vec<Plan> = (0..40).map(|number| Plan::of(5, number, &points)).collect();
        for (plan, point) in plans.iter().zip(&points) {
            assert_eq!(plan.kill, Kill::Point { name: point.clone(), count: 1 });
        }
        assert_eq!(plans, (0..40).map(|number| Plan::of(5, number, &points)).collect::<Vec<_>>());
        let random = |program| {
            plans.iter().any(|plan| matches!(&plan.kill, Kill::Random { program: p, .. } if *p == program))
        };
        assert!(random(Program::Shipped) && random(Program::Counting));
        assert!(plans.iter().any(|plan| matches!(plan.kill, Kill::Point { count: 2.., .. })));
        assert!(plans.iter().any(|plan| plan.second.is_some()));
    }
}
