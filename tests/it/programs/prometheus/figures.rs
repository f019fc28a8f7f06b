//! Figures of Prometheus beside the books of the vendors.

use std::collections::BTreeMap;

use nanobot_tests::fake_vendor::{Entry, Outcome};

use super::server::Prometheus;
use super::world::World;

/// Requests by model and outcome, and how many of them have a duration; tokens by model and kind; billionths of a dollar
/// by model, and how many requests cost nobody knows what.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Figures {
    requests: BTreeMap<(String, String), u64>,
    timed: BTreeMap<(String, String), u64>,
    tokens: BTreeMap<(String, &'static str), u64>,
    cost: BTreeMap<String, u64>,
    unpriced: BTreeMap<String, u64>,
}

/// What the vendors counted, under the names of the settings and our words for what they sent.
pub(super) fn counted_by_vendors(world: &World) -> Figures {
    let mut figures = Figures::default();
    for (provider, vendor) in [("openai", &world.north), ("deepseek", &world.south)] {
        let book = vendor.ledger();
        assert_eq!(book.totals.open, 0, "{:?}", book.totals);
        for entry in &book.entries {
            count(&mut figures, &format!("{provider}/{}", entry.model), entry);
        }
    }
    figures.timed = figures.requests.clone();
    figures
}

fn count(figures: &mut Figures, model: &str, entry: &Entry) {
    let outcome = match (entry.outcome, entry.status) {
        (Outcome::Answered, 200) => "ok",
        (Outcome::Refused, 401) => "auth",
        (Outcome::Refused, 429) => "rate_limited",
        (Outcome::Broken, 200) => "network",
        _ => panic!("nothing else was arranged: {entry:?}"),
    };
    *figures.requests.entry((model.to_owned(), outcome.to_owned())).or_default() += 1;
    // A vendor that breaks off charges what it has begun and says nothing of it.
    if entry.outcome == Outcome::Broken {
        *figures.unpriced.entry(model.to_owned()).or_default() += 1;
        return;
    }
    for (kind, tokens) in [("input", entry.input_tokens), ("output", entry.output_tokens)] {
        if tokens > 0 {
            *figures.tokens.entry((model.to_owned(), kind)).or_default() += tokens;
        }
    }
    if entry.charged > 0 {
        *figures.cost.entry(model.to_owned()).or_default() += entry.charged;
    }
}

/// What Prometheus has scraped. What a budget refused has cost nothing, took no time, and reached no vendor.
pub(super) fn scraped_by(prometheus: &Prometheus) -> Figures {
    let mut figures = Figures::default();
    let requests = r#"sum by (model, outcome) (nanobot_llm_requests_total{outcome!~"budget_exhausted|budget_too_small"}) > 0"#;
    let timed = "sum by (model, outcome) (nanobot_llm_request_duration_seconds_count) > 0";
    for (query, counts) in [(requests, &mut figures.requests), (timed, &mut figures.timed)] {
        for (labels, count) in prometheus.query(query) {
            counts.insert((labels["model"].clone(), labels["outcome"].clone()), whole(count));
        }
    }
    for kind in ["input", "output", "cached_input", "cache_write", "reasoning"] {
        let tokens = format!("sum by (model) (nanobot_llm_tokens_total{{kind=\"{kind}\"}}) > 0");
        for (labels, count) in prometheus.query(&tokens) {
            figures.tokens.insert((labels["model"].clone(), kind), whole(count));
        }
    }
    for (labels, dollars) in prometheus.query("sum by (model) (nanobot_llm_cost_dollars) > 0") {
        figures.cost.insert(labels["model"].clone(), whole((dollars * 1e9).round()));
    }
    for (labels, count) in prometheus.query("sum by (model) (nanobot_llm_unpriced_requests_total) > 0") {
        figures.unpriced.insert(labels["model"].clone(), whole(count));
    }
    figures
}

fn whole(figure: f64) -> u64 {
    assert!(figure >= 0.0 && figure.fract() == 0.0, "{figure} is no count");
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small whole number")]
    let count = figure as u64;
    count
}
