//! Whether the table can be what it says.

use std::collections::BTreeSet;

use super::{Row, listed, rows};
use crate::price::PriceSource;
use crate::registry::provider_named;

fn named(row: &Row) -> String {
    format!("{} at {}", row.models.join(", "), row.provider)
}

#[test]
fn every_row_is_of_a_known_provider_and_names_a_page_and_a_month() {
    for row in rows() {
        assert!(provider_named(row.provider).is_some(), "{}", named(row));
        let PriceSource::Listed { page, as_of } = row.price.source else { panic!("{}", named(row)) };
        assert!(page.contains(", "), "{}: whose page, and which", named(row));
        let (year, month) = as_of.split_once('-').unwrap();
        assert!(matches!(year.parse(), Ok(2025..=2026)), "{}: {as_of}", named(row));
        assert!(month.len() == 2 && matches!(month.parse(), Ok(1..=12)), "{}: {as_of}", named(row));
    }
}

#[test]
fn every_price_keeps_the_order_that_vendors_keep() {
    for row in rows() {
        let price = row.price;
        assert!(price.input.amount().get() > 0, "{}", named(row));
        assert!(price.cached() <= price.input, "{}: what is in the cache is no dearer", named(row));
        assert!(price.written() >= price.input, "{}: what goes into the cache is no cheaper", named(row));
        // A slip of three digits would be a token for a tenth of a cent.
        assert!(price.output.amount().get() <= 100_000, "{}", named(row));
        let is_embedding = row.models.iter().any(|model| model.contains("embedding"));
        assert!(is_embedding || price.output > price.input, "{}", named(row));
    }
}

#[test]
fn no_model_stands_in_two_rows() {
    let mut seen = BTreeSet::new();
    for row in rows() {
        assert!(!row.models.is_empty(), "{}", row.provider);
        for model in row.models {
            assert!(seen.insert((row.provider, model)), "{model} at {}", row.provider);
        }
    }
    assert!(seen.len() > 90, "{}", seen.len());
}

#[test]
fn what_goes_through_openrouter_costs_no_less_than_at_the_vendor() {
    let through = rows().filter(|row| row.provider == "openrouter");
    let mut compared = 0;
    for (row, model) in through.flat_map(|row| row.models.iter().map(move |model| (row, *model))) {
        let (vendor, name) = model.split_once('/').unwrap();
        let direct = match vendor {
            "google" => listed("gemini", name),
            "anthropic" => listed("anthropic", &name.replace('.', "-")),
            other => listed(other, name),
        };
        let direct = direct.unwrap_or_else(|| panic!("{model} has no price at its vendor"));
        assert!(!direct.is_dearer_than(&row.price), "{model}");
        compared += 1;
    }
    assert!(compared > 20, "{compared}");
}

#[test]
fn a_name_that_only_begins_like_a_listed_one_has_no_price() {
    for model in ["gpt-4o-", "gpt-4o-audio-preview", "gpt-5-pro", "o1-pro", "GPT-4o", "gpt-4o ", ""] {
        assert_eq!(listed("openai", model), None, "{model}");
    }
    assert_eq!(listed("anthropic", "claude-opus-5-5-fast"), None);
    assert_eq!(listed("aihubmix", "gpt-4o"), None, "who resells has prices of its own");
}
