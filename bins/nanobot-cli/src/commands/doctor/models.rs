//! Models beyond the one that answers chats: chains that a start refuses, those that stand in and cannot, and what a
//! budget keeps from being asked. It asks nobody.

use std::collections::BTreeSet;

use nanobot_config::Loaded;
use nanobot_core::model::ModelTask;
use nanobot_core::pipeline::chain;
use nanobotd::{ModelPlan, budgets, choose_model, plan_models};

use super::finding::Finding;

const LIST: &str = "nanobot-cli model list says more";

pub(super) fn models(loaded: &Loaded) -> Vec<Finding> {
    // What is wrong with the first model has a line already.
    if choose_model(loaded).is_err() {
        return Vec::new();
    }
    let plan = match plan_models(loaded) {
        Ok(plan) => plan,
        Err(error) => return vec![Finding::failed("models", chain(&error), LIST)],
    };
    let warned = plan.warnings.iter().map(|warning| Finding::warning("models", warning.clone(), LIST));
    warned.chain(without_price(loaded, &plan)).collect()
}

/// Under a hard budget nothing is asked whose price nobody knows.
fn without_price(loaded: &Loaded, plan: &ModelPlan) -> Vec<Finding> {
    let budgets = budgets(&loaded.config);
    let limited = ModelTask::ALL.into_iter().filter(|task| !budgets.limits(*task, true).is_empty());
    let chains = limited.filter_map(|task| plan.chains.get(&plan.routes.of_task(task, None)?.profile));
    let hops = chains.flat_map(nanobot_llm_router::Chain::hops);
    let unknown: BTreeSet<(&str, &str)> = hops
        .filter(|hop| hop.price.get().is_none())
        .map(|hop| (hop.profile.as_str(), hop.model.as_str()))
        .collect();
    let finding = |(profile, model)| {
        let detail = format!("there is a budget, and nobody knows what {model} costs: it is not asked");
        Finding::warning("models", detail, format!("set models.profiles.{profile}.price in config.toml"))
    };
    unknown.into_iter().map(finding).collect()
}
