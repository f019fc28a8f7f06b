//! What a budget keeps from being asked whatever happens: a model whose price nobody knows, and one whose longest
//! answer alone costs more than a whole budget. It knows settings only, and nothing that was spent.

use std::collections::BTreeSet;

use nanobot_config::Config;
use nanobot_core::model::ModelTask;
use nanobot_llm_router::{Chain, Hop};

use super::{ModelPlan, budgets};

/// One sentence for each such model, and what to do behind a semicolon.
pub(super) fn warnings(config: &Config, plan: &ModelPlan) -> Vec<String> {
    let mut told = BTreeSet::new();
    let mut warnings = Vec::new();
    for task in ModelTask::ALL {
        let route = plan.routes.of_task(task, None);
        let hops = route.and_then(|route| plan.chains.get(&route.profile)).into_iter().flat_map(Chain::hops);
        for hop in hops {
            if let Some(warning) = of(config, task, hop)
                && told.insert((hop.profile.clone(), hop.model.clone()))
            {
                warnings.push(warning);
            }
        }
    }
    warnings
}

fn of(config: &Config, task: ModelTask, hop: &Hop) -> Option<String> {
    let budgets = budgets(config);
    budgets.limits(task, true).first()?;
    let Hop { profile, model, max_tokens, .. } = hop;
    let Some(price) = hop.price.get() else {
        return Some(format!(
            "there is a budget, and nobody knows what {model} costs: it is not asked; set models.profiles.{profile}.price \
             in config.toml"
        ));
    };
    // What is read comes on top, and how much that is nobody knows before.
    let answer = price.worst_case(0, u64::from(*max_tokens));
    // Work of the assistant's own may belong to no chat.
    let limits = budgets.limits(task, !task.is_background());
    let short = limits.into_iter().find(|limit| limit.most < answer)?;
    let (scope, most) = (short.scope.name(), short.most);
    Some(format!(
        "the longest answer of {model} for {task}, {max_tokens} tokens, costs {answer}, and the {scope} budget is {most}: \
         it is not asked; lower models.profiles.{profile}.max_tokens, or raise the budget in config.toml"
    ))
}
