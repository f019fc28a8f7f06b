//! Which budgets are in force: those of the daemon that serves the home, which has read the settings at its start; of a
//! home that nobody serves, those of the settings.

use nanobot_channels::local::LocalClient;
use nanobot_channels::local::protocol::ControlOp;
use nanobot_config::Loaded;
use nanobot_core::model::ModelTask;
use nanobot_core::ports::{BudgetInForce, BudgetScope};
use nanobot_core::units::NanoDollars;
use nanobotd::budgets;
use nanobotd::control::in_force;
use serde_json::Value;

use crate::home::Place;
use crate::{daemon, output};

/// The budgets in force.
pub(super) struct Limits {
    pub(super) in_force: Vec<BudgetInForce>,
    /// Those of the settings, where they are others.
    pub(super) from_next_start: Option<Vec<BudgetInForce>>,
    /// Who has them in force; none where nobody serves the home.
    pub(super) served: bool,
}

/// Asks whoever serves the home. Where nobody can be asked, the settings have to do.
pub(super) async fn find(place: &Place, loaded: &Loaded) -> Limits {
    let set = in_force(&budgets(&loaded.config));
    let live = match daemon::find(place).await {
        Ok(Some(client)) => {
            let live = ask(&client).await;
            client.close().await;
            live
        }
        Ok(None) => None,
        Err(failure) => {
            output::say(format!("which budgets are in force is not known: {failure}"));
            None
        }
    };
    match live {
        None => Limits { in_force: set, from_next_start: None, served: false },
        Some(live) => {
            let from_next_start = (live != set).then_some(set);
            Limits { in_force: live, from_next_start, served: true }
        }
    }
}

/// None when a daemon of an earlier version answers, which does not say.
async fn ask(client: &LocalClient) -> Option<Vec<BudgetInForce>> {
    let report = client.control(ControlOp::Status).await.ok()?;
    report.get("budgets")?.as_array()?.iter().map(read).collect()
}

fn read(row: &Value) -> Option<BudgetInForce> {
    let text = |key: &str| row.get(key).and_then(Value::as_str);
    let amount = |key: &str| row.get(key).and_then(Value::as_u64).map(NanoDollars::new);
    Some(BudgetInForce {
        scope: BudgetScope::ALL.into_iter().find(|scope| Some(scope.name()) == text("scope"))?,
        task: text("task").and_then(ModelTask::named),
        most: amount("most_nano_dollars")?,
        background: amount("background_nano_dollars"),
    })
}

impl Limits {
    /// For people: what is wrong or missing.
    pub(super) fn remarks(&self) -> Vec<String> {
        let none = match (self.in_force.is_empty(), &self.from_next_start) {
            (false, _) => None,
            (true, None) => Some("no budget is set".to_owned()),
            (true, Some(_)) => Some("no budget is in force".to_owned()),
        };
        let differ = self.from_next_start.as_ref().map(|set| {
            let named: Vec<String> = set.iter().map(name).collect();
            let named = if named.is_empty() { "none".to_owned() } else { named.join(", ") };
            format!(
                "! the settings have other budgets by now ({named}), which are not in force; restart nanobotd"
            )
        });
        none.into_iter().chain(differ).collect()
    }
}

fn name(budget: &BudgetInForce) -> String {
    let BudgetInForce { scope, task, most, .. } = budget;
    let task = task.map(|task| format!(" {task}")).unwrap_or_default();
    format!("{}{task} {most}", scope.name())
}
