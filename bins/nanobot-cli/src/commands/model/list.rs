//! `model list`.

use std::collections::BTreeSet;

use nanobot_channels::console::clean_line;
use nanobot_config::Loaded;
use nanobot_core::pipeline::chain as causes;
use nanobotd::plan_models;
use serde_json::{Value, json};

use super::profile::{Known, served_by, stand_in};
use crate::exit::{Code, Failure};
use crate::output;

pub(super) fn run(loaded: &Loaded, as_json: bool) -> Result<Code, Failure> {
    let names = loaded.config.models.profiles.keys();
    let known: Vec<Known<'_>> = names.filter_map(|name| Known::find(loaded, name)).collect();
    let mut refused: Vec<String> = known.iter().filter_map(|known| known.refused.clone()).collect();
    let warnings = match plan_models(loaded) {
        Ok(plan) => plan.warnings,
        Err(error) => {
            refused.push(causes(&error));
            Vec::new()
        }
    };
    // One that stands in for several is refused with each of them.
    let mut told = BTreeSet::new();
    refused.retain(|why| told.insert(why.clone()));
    if as_json {
        let profiles: Vec<Value> = known.iter().map(to_json).collect();
        output::json(&json!({"profiles": profiles, "refused": refused, "warnings": warnings}))?;
    } else {
        let header = ["PROFILE", "KIND", "MODEL", "SERVED BY", "TRUST", "IN", "CACHED", "OUT", "PRICE FROM"];
        output::table(&header, &known.iter().map(row).collect::<Vec<_>>())?;
        known.iter().filter_map(falls_back).try_for_each(output::line)?;
        if known.iter().any(|known| known.has_stand_in) {
            stand_in()?;
        }
        refused.iter().chain(&warnings).try_for_each(|warning| output::line(format!("! {warning}")))?;
    }
    Ok(if refused.is_empty() { Code::Done } else { Code::Config })
}

fn to_json(known: &Known<'_>) -> Value {
    let mut object = known.to_json();
    if let Some(fields) = object.as_object_mut() {
        fields.insert("fallback".to_owned(), json!(known.profile.fallback));
        fields.insert("stand_in".to_owned(), json!(known.has_stand_in));
        fields.insert("can_be_asked".to_owned(), json!(known.chain.is_some()));
    }
    object
}

fn row(known: &Known<'_>) -> Vec<String> {
    let first = known.first();
    let price = first.and_then(|hop| hop.price.get());
    let of_price = |text: Option<String>| match (first, text) {
        (None, _) => "-".to_owned(),
        (Some(_), None) => "unknown".to_owned(),
        (Some(_), Some(text)) => text,
    };
    let word = |word: Option<&str>| word.unwrap_or("-").to_owned();
    vec![
        known.name.to_owned(),
        known.kind().to_owned(),
        first.map_or(known.model, |hop| &hop.model).to_owned(),
        served_by(known),
        word(first.map(|hop| hop.trust.name())),
        of_price(price.as_ref().map(|price| price.input.to_string())),
        of_price(price.as_ref().map(|price| price.cached().to_string())),
        of_price(price.as_ref().map(|price| price.output.to_string())),
        of_price(known.price_source().map(|source| clean_line(&source))),
    ]
}

/// Who stands in, which does not fit into a row.
fn falls_back(known: &Known<'_>) -> Option<String> {
    let Known { name, profile, .. } = known;
    let leave = if profile.allow_escalation { ", which may be dearer or less trusted" } else { "" };
    let fallback = profile.fallback.join(", then ");
    (!fallback.is_empty()).then(|| format!("{name} falls back to {fallback}{leave}"))
}
