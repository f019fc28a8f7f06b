//! The whole of it: a load, a scrape, every expression, the alerts that the load deserves, and the figures.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use super::figures::{counted_by_vendors, scraped_by};
use super::files::{Expression, measure, panels};
use super::load::{People, long_outage, outage};
use super::server::{Prometheus, promtool};
use super::world::World;

/// How long everything may take to be seen. A scrape comes every second and a look at the queues every five.
const LIMIT: Duration = Duration::from_secs(40);
/// How long is waited between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What the load is bad enough for.
const DESERVED: [&str; 9] = [
    "NanobotBlocks",
    "NanobotBudgetRefusals",
    "NanobotCircuitOpen",
    "NanobotFallbacks",
    "NanobotKeyRefused",
    "NanobotModelErrors",
    "NanobotToolDenials",
    "NanobotTurnsFail",
    "NanobotUnpricedCalls",
];

#[tokio::test]
async fn every_expression_has_series_and_figures_are_those_of_the_vendors() {
    let mut world = World::awake().await;
    let prometheus = Prometheus::start(&world.api.to_string(), &world.token_file());
    let mut people = People::of(&world).await;

    people.is_answered_by("north");
    prometheus.sees_more(2);
    assert_eq!(prometheus.raised(), Vec::<String>::new(), "a healthy daemon raises no alert");

    // Twice, with scrapes between: what is seen once has not risen.
    for _ in 0..2 {
        outage(&world, &mut people);
        people.do_everything(&world, "north").await;
        prometheus.sees_more(2);
    }
    long_outage(&world, &mut people);
    people.do_everything(&world, "south").await;
    prometheus.sees_more(2);

    let mut expressions = panels();
    let rules = prometheus.rules();
    let measures = rules.iter().map(|(name, text)| {
        let place = format!("alert {name}");
        Expression { place, text: measure(text) }
    });
    expressions.extend(measures);
    assert!(expressions.len() > 50, "{}", expressions.len());
    assert_eq!(without_series(&prometheus, expressions), [], "of what the load should have moved");
    assert_eq!(prometheus.broken_rules(), Vec::<String>::new());
    comes_to(|| prometheus.raised(), &DESERVED.map(str::to_owned).to_vec());

    comes_to(|| scraped_by(&prometheus), &counted_by_vendors(&world));
    shipped_files_please_promtool(&prometheus, &world.exposition());

    drop(people);
    world.daemon.take().unwrap().stop();
    comes_to(|| prometheus.raised().contains(&"NanobotDown".to_owned()), &true);
}

/// Looks until what is seen is what shall be: a scrape and a judgement come a moment after what they are about.
#[track_caller]
fn comes_to<T: PartialEq + Debug>(look: impl Fn() -> T, wanted: &T) {
    let deadline = Instant::now() + LIMIT;
    loop {
        let seen = look();
        if seen == *wanted {
            return;
        }
        assert!(Instant::now() < deadline, "{seen:#?} is not {wanted:#?}");
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Asks each expression until it comes to a number, and answers those that never do.
fn without_series(prometheus: &Prometheus, mut expressions: Vec<Expression>) -> Vec<Expression> {
    let deadline = Instant::now() + LIMIT;
    loop {
        let is_number = |text: &str| prometheus.query(text).iter().any(|(_, value)| value.is_finite());
        expressions.retain(|expression| !is_number(&expression.text));
        if expressions.is_empty() || Instant::now() > deadline {
            return expressions;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

#[track_caller]
fn shipped_files_please_promtool(prometheus: &Prometheus, exposition: &str) {
    let config = prometheus.config();
    let (is_content, said) = promtool(&["check", "config", &config], b"");
    assert!(is_content && said.contains("rules found"), "{said}");
    let (is_content, said) = promtool(&["check", "metrics"], exposition.as_bytes());
    assert!(is_content && said.is_empty(), "{said}");
    // It can be discontent.
    let nameless = exposition.replace("nanobot_llm_requests_total", "nanobot_llm_requests");
    let (is_content, said) = promtool(&["check", "metrics"], nameless.as_bytes());
    assert!(!is_content && said.contains("_total"), "{said}");
}
