//! Models beyond the one that answers chats: chains that a start refuses, those that stand in and cannot, and what a
//! budget keeps from being asked. It asks nobody.

use nanobot_config::Loaded;
use nanobot_core::pipeline::chain;
use nanobotd::{choose_model, plan_models};

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
    plan.warnings.iter().map(|warning| told(warning)).collect()
}

fn told(warning: &str) -> Finding {
    let (what, next) = warning.split_once("; ").unwrap_or((warning, LIST));
    Finding::warning("models", what, next)
}
