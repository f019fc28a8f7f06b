//! All chains that the settings describe: which profile a task uses, and who stands in for it.
//!
//! The chain that answers chats has to be right, or nothing starts. Of background work that nobody can do here
//! the plan says so, and the rest works.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nanobot_config::settings::ModelProfile;
use nanobot_config::{Config, Loaded};
use nanobot_core::model::ModelTask;
use nanobot_core::units::NanoDollars;
use nanobot_llm_router::{AfterFirstToken, Budgets, Chain, Escalation, Manners, Routes, Share};

use super::hop::Hops;
use super::sense::{self, is_asked_in_words};
use super::{ChosenModel, choose_for, money, reply_profile};
use crate::app::StartError;

/// The plan.
#[derive(Debug)]
pub struct ModelPlan {
    /// Which profile a task uses.
    pub routes: Routes,
    /// The chain of each profile that can be asked.
    pub chains: BTreeMap<String, Chain>,
    /// What an operator should know, one sentence each; what to do about it stands behind a semicolon.
    pub warnings: Vec<String>,
}

/// Plans. Reads settings only and asks nobody.
///
/// # Errors
/// When a chain leads to a dearer or less trusted model without leave, or to one that cannot stand in, and when the
/// model that answers chats cannot be used.
pub fn plan_models(loaded: &Loaded) -> Result<ModelPlan, StartError> {
    let config = &loaded.config;
    let models = &config.models;
    let routes = Routes { routes: models.routes.clone(), chats: models.chats.clone() };
    let mut plan = ModelPlan { routes, chains: BTreeMap::new(), warnings: sense::routes(config)? };
    let mut hops = Hops::new(loaded);
    for name in named_profiles(config) {
        let Some(profile) = models.profiles.get(name).filter(|profile| is_asked_in_words(profile)) else {
            continue;
        };
        let is_reply = reply_profile(config) == Some(name);
        match chain(&mut plan.warnings, &mut hops, loaded, (name, profile), is_reply) {
            Ok(Some(chain)) => {
                plan.chains.insert(name.to_owned(), chain);
            }
            Ok(None) => {}
            Err(error) => return Err(error),
        }
    }
    let unaffordable = money::warnings(config, &plan);
    plan.warnings.extend(unaffordable);
    Ok(plan)
}

/// The chain of one profile, whether something names it or not. None when there is no such profile, when it is for speech
/// or vectors, and when no account serves its model. Reads settings only and asks nobody.
///
/// # Errors
/// As [`plan_models`].
pub fn plan_profile(loaded: &Loaded, name: &str) -> Result<Option<Chain>, StartError> {
    let profile = loaded.config.models.profiles.get(name).filter(|profile| is_asked_in_words(profile));
    let Some(profile) = profile else { return Ok(None) };
    let is_reply = reply_profile(&loaded.config) == Some(name);
    chain(&mut Vec::new(), &mut Hops::new(loaded), loaded, (name, profile), is_reply)
}

/// The first model of a profile's chain by itself: also where a start is refused over those that stand in for it.
///
/// # Errors
/// As [`plan_models`].
pub fn plan_first(loaded: &Loaded, name: &str) -> Result<Option<Chain>, StartError> {
    let profile = loaded.config.models.profiles.get(name).filter(|profile| is_asked_in_words(profile));
    let Some(profile) = profile else { return Ok(None) };
    let mut alone = profile.clone();
    alone.fallback.clear();
    let is_reply = reply_profile(&loaded.config) == Some(name);
    chain(&mut Vec::new(), &mut Hops::new(loaded), loaded, (name, &alone), is_reply)
}

/// Every profile that a route or a chat names.
fn named_profiles(config: &Config) -> BTreeSet<&str> {
    let of_chats = config.models.chats.values().flat_map(BTreeMap::values);
    config.models.routes.values().chain(of_chats).map(String::as_str).collect()
}

fn chain(
    warnings: &mut Vec<String>,
    hops: &mut Hops<'_>,
    loaded: &Loaded,
    (name, profile): (&str, &ModelProfile),
    is_reply: bool,
) -> Result<Option<Chain>, StartError> {
    sense::fallbacks(&loaded.config, name, profile)?;
    let first = choose_for(loaded, Some((name, profile)), is_reply)?;
    if !is_reply && !serves_what_it_is_asked_for(&first) {
        if !profile.fallback.is_empty() {
            warnings.push(format!("no account serves the model of profile {name}: its tasks are not done"));
        }
        return Ok(None);
    }
    let mut links = vec![Arc::new(hops.make(name, profile, &first)?)];
    for fallback in &profile.fallback {
        let Some(next) = loaded.config.models.profiles.get(fallback) else { continue };
        let chosen = choose_for(loaded, Some((fallback, next)), false)?;
        if serves_what_it_is_asked_for(&chosen) || next.provider.as_deref() == Some(super::OFFLINE) {
            links.push(Arc::new(hops.make(fallback, next, &chosen)?));
        } else {
            warnings.push(format!("no account serves the model of profile {fallback}, a fallback of {name}"));
        }
    }
    let escalates = if profile.allow_escalation { Escalation::Allowed } else { Escalation::Forbidden };
    Chain::new(links, escalates)
        .map(Some)
        .map_err(|error| StartError::Model(format!("models.profiles.{name}.fallback: {error}")))
}

/// An account that was only taken because there is no other is good enough for chats, where nobody chose; a model
/// that somebody named is not sent to whoever may never have heard of it.
fn serves_what_it_is_asked_for(chosen: &ChosenModel) -> bool {
    match chosen {
        ChosenModel::Offline => false,
        ChosenModel::Account { resolved, .. } => {
            !resolved.fallback || resolved.local || resolved.detected.is_some()
        }
    }
}

/// The budgets of the settings.
pub fn budgets(config: &Config) -> Budgets {
    let budget = &config.budget;
    let amount = |dollars: Option<f64>| dollars.and_then(NanoDollars::from_dollars);
    let of_task = |(name, dollars): (&String, &f64)| {
        Some((ModelTask::named(name)?, NanoDollars::from_dollars(*dollars)?))
    };
    Budgets {
        day: amount(budget.day_dollars),
        month: amount(budget.month_dollars),
        chat_day: amount(budget.chat_day_dollars),
        tasks: budget.tasks.iter().filter_map(of_task).collect(),
        background_share: Share::new(budget.background_share),
    }
}

/// How calls go on, by the settings.
pub(crate) fn manners(config: &Config) -> Manners {
    use nanobot_config::settings::AfterFirstToken as Set;
    Manners {
        attempts: config.model.max_attempts.get(),
        after_first_token: match config.model.after_first_token {
            Set::Finish => AfterFirstToken::Finish,
            Set::Tell => AfterFirstToken::Tell,
            _ => AfterFirstToken::Restart,
        },
    }
}
