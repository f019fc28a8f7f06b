//! The page `docs/metrics.md`, made from the catalogue.

use std::fmt::Write as _;

use crate::catalogue::{CATALOGUE, Kind, Metric};
use crate::labels::{LONGEST_NAME, Label, MOST_NAMES, Named, OTHER, Values};
use crate::limits::{MOST_SAMPLES, MOST_SERIES, WORDS_AT_ONCE};
use crate::original::ORIGINALS;

/// The whole page, in Markdown. A test holds the file against it.
pub fn metrics_page() -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write_page(&mut page);
    page
}

fn write_page(page: &mut String) -> std::fmt::Result {
    page.push_str(HEAD);
    page.push_str("\n## All of them\n\n| Name | Type | Unit | Labels | Says | From the fact |\n|---|---|---|---|---|---|\n");
    for metric in CATALOGUE {
        let Metric { name, unit, help, from, .. } = metric;
        let labels: Vec<&str> = metric.labels.iter().map(|label| label.name).collect();
        writeln!(
            page,
            "| `{name}` | {} | {unit} | {} | {help} | {from} |",
            kind(metric.kind),
            shown(&labels)
        )?;
    }
    page.push_str(TOKENS_AND_MONEY);
    labels(page)?;
    limits(page)?;
    buckets(page)?;
    originals(page)
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Money => "gauge (only rises)",
        Kind::Counter | Kind::Gauge | Kind::Histogram(_) => kind.wire(),
    }
}

fn shown(words: &[&str]) -> String {
    let shown: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    shown.join(" ")
}

fn labels(page: &mut String) -> std::fmt::Result {
    page.push_str("\n## Values of labels\n\n| Label | Of | Values |\n|---|---|---|\n");
    let mut rows: Vec<(String, Vec<&str>)> = Vec::new();
    for metric in CATALOGUE {
        for label in metric.labels {
            let row = format!("| `{}` | {{}} | {} |", label.name, values(label));
            match rows.iter_mut().find(|(known, _)| *known == row) {
                Some((_, metrics)) => metrics.push(metric.name),
                None => rows.push((row, vec![metric.name])),
            }
        }
    }
    for (row, metrics) in rows {
        writeln!(page, "{}", row.replace("{}", &shown(&metrics)))?;
    }
    Ok(())
}

fn values(label: &Label) -> String {
    match label.values {
        Values::Words(words) => shown(&words()),
        Values::Known(words) => format!("{} `{OTHER}`", shown(&words())),
        Values::Configured(Named::Providers) => format!("providers of the settings, `{OTHER}`"),
        Values::Configured(Named::Models) => format!("models of the settings, as written there, `{OTHER}`"),
        Values::Configured(Named::ModelsOrAll) => {
            format!("models of the settings; `all` where the credential itself is at fault; `{OTHER}`")
        }
        Values::Configured(Named::Credentials) => {
            format!("names of the credentials of the settings, never a key, `{OTHER}`")
        }
        Values::Configured(Named::Tools) => format!("tools on offer, `{OTHER}`"),
        Values::Configured(Named::Channels) => {
            format!("`cli` and every network that there are settings for, on or off, `{OTHER}`")
        }
        Values::Configured(Named::Version) => "the one version that runs".to_owned(),
    }
}

fn limits(page: &mut String) -> std::fmt::Result {
    writeln!(
        page,
        "\n## Limits\n\n\
         - Of each kind of configured name the first {MOST_NAMES} are labels, and none that is longer than \
         {LONGEST_NAME} bytes; the rest is `{OTHER}`.\n\
         - A metric has at most {MOST_SERIES} series and one more, in which every label is `{OTHER}`: what would have \
         been a further series is counted there.\n\
         - Counters with at most {WORDS_AT_ONCE} possible series, `{OTHER}` left aside, show all of them from the start \
         as 0, so that `increase()` sees the first event. The others, gauges and histograms show a series from its \
         first fact on.\n\
         - Durations are sorted into their buckets when somebody asks, and after every {MOST_SAMPLES} of them when \
         nobody does."
    )
}

fn buckets(page: &mut String) -> std::fmt::Result {
    page.push_str("\n## Buckets\n\n| Histogram | Upper bounds in seconds | Why these |\n|---|---|---|\n");
    for metric in CATALOGUE {
        if let Kind::Histogram(buckets) = metric.kind {
            let bounds: Vec<String> = buckets.bounds.iter().map(f64::to_string).collect();
            writeln!(page, "| `{}` | {} | {} |", metric.name, bounds.join(" "), buckets.reason)?;
        }
    }
    Ok(())
}

fn originals(page: &mut String) -> std::fmt::Result {
    page.push_str(
        "\n## The original's counters\n\nThe original kept them in memory and summed by name only.\n\n\
         | There | Here | |\n|---|---|---|\n",
    );
    for original in ORIGINALS {
        let here = original.here.map_or_else(|| "–".to_owned(), |series| format!("`{series}`"));
        writeln!(page, "| `{}` | {here} | {} |", original.name, original.note)?;
    }
    Ok(())
}

const HEAD: &str = "\
<!-- Made by `cargo run -p nanobot-telemetry --example metrics -- --page`; a test compares. -->

# Metrics

What the daemon counts and measures, in Prometheus text. Each figure comes from a typed fact that the core reports; no
message text, chat, sender or id is ever a label.
";

const TOKENS_AND_MONEY: &str = r#"
## Tokens and money

Each token is counted under exactly one `kind`, so a sum over kinds is what the provider counted, and nothing twice.
`input` is what was read and neither came from the provider's cache (`cached_input`) nor was put into it
(`cache_write`); `output` is what was written without hidden reasoning (`reasoning`). All that was read is therefore

```promql
sum(nanobot_llm_tokens_total{kind=~"input|cached_input|cache_write"})
```

`nanobot_llm_cost_dollars` only rises, like a counter, and `rate()` and `increase()` take it as one. Its type on the wire
is `gauge`: counters there are whole numbers, and `promtool` refuses a counter whose name lacks `_total`. Sums are made of
whole billionths of a dollar. An attempt whose cost nobody knows is not in it: it is in
`nanobot_llm_unpriced_requests_total`, whether the model has no price or the provider broke off before it had counted. A
budget counts such an attempt with its worst case.

`model` is the configured name of the model that was asked, so a call that fell back has its failed attempts under the
first model and its answer under the one that gave it.

An attempt that was never made, because a budget (`budget_exhausted`, `budget_too_small`, `no_price`, `ledger_failed`) or
the credential (`no_room`) had no room for it, counts in `nanobot_llm_requests_total` and costs 0. It has no duration, and
it is no failure of the model: the alert `NanobotModelErrors` leaves these outcomes out, as it does those that are about
what was asked or by whom it was stopped (`content_filter`, `context_overflow`, `cancelled`).

## What is sampled

Every five seconds the daemon looks at its queues, channels, circuits and budgets; `nanobot_sample_time_seconds` says
when it did so last. What could not be looked at, because the outbox or the book of costs cannot be read, keeps its
last figure, and `nanobot_store_failures_total` counts one for as long as that lasts.
"#;
