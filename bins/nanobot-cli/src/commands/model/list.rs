//! `model list`.

use nanobot_config::Loaded;
use nanobotd::plan_models;
use serde_json::{Value, json};

use super::profile::Known;
use crate::exit::{Code, Failure};
use crate::output;

pub(super) fn run(loaded: &Loaded, as_json: bool) -> Result<Code, Failure> {
    let names = loaded.config.models.profiles.keys();
    let known: Vec<Known<'_>> = names.filter_map(|name| Known::find(loaded, name)).collect();
    let warnings = match plan_models(loaded) {
        Ok(plan) => plan.warnings,
        // Told by the profile itself.
        Err(_) => Vec::new(),
    };
    if as_json {
        let profiles: Vec<Value> = known.iter().map(to_json).collect();
        output::json(&json!({"profiles": profiles, "warnings": warnings}))?;
    } else {
        let header = ["PROFILE", "KIND", "MODEL", "SERVED BY", "TRUST", "IN", "OUT", "PRICE FROM"];
        output::table(&header, &known.iter().map(row).collect::<Vec<_>>())?;
        for known in &known {
            told(known)?;
        }
        warnings.iter().try_for_each(|warning| output::line(format!("! {warning}")))?;
    }
    Ok(if known.iter().any(|known| known.refused.is_some()) { Code::Config } else { Code::Done })
}

fn to_json(known: &Known<'_>) -> Value {
    let mut object = known.to_json();
    if let Some(fields) = object.as_object_mut() {
        fields.insert("fallback".to_owned(), json!(known.profile.fallback));
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
        word(first.map(|hop| hop.provider.as_str())),
        word(first.map(|hop| hop.trust.name())),
        of_price(price.as_ref().map(|price| price.input.to_string())),
        of_price(price.as_ref().map(|price| price.output.to_string())),
        of_price(price.as_ref().map(|price| price.source.to_string())),
    ]
}

/// What does not fit into a row.
fn told(known: &Known<'_>) -> Result<(), Failure> {
    let Known { name, profile, .. } = known;
    if !profile.fallback.is_empty() {
        let leave = if profile.allow_escalation { ", which may be dearer or less trusted" } else { "" };
        output::line(format!("{name} falls back to {}{leave}", profile.fallback.join(", then ")))?;
    }
    match &known.refused {
        Some(why) => output::line(format!("! {why}")),
        None => Ok(()),
    }
}
