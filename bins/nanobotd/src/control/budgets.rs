//! The hard budgets in force, one by one, for operators. What counts against them is in the book.

use nanobot_core::model::ModelTask;
use nanobot_core::ports::{BudgetInForce, BudgetScope};
use nanobot_llm_router::Budgets;

/// Of the tasks, one that may use a share only.
const BACKGROUND: ModelTask = ModelTask::Bulletin;

/// Widest first, those of tasks last.
pub fn in_force(budgets: &Budgets) -> Vec<BudgetInForce> {
    let share = |scope| {
        let limits = budgets.limits(BACKGROUND, false);
        limits.into_iter().find(|limit| limit.scope == scope).map(|limit| limit.most)
    };
    let shared = |scope, most| BudgetInForce {
        scope,
        task: None,
        most,
        background: share(scope).filter(|part| *part < most),
    };
    let whole = |scope, task, most| BudgetInForce { scope, task, most, background: None };
    let wide = [
        budgets.day.map(|most| shared(BudgetScope::Day, most)),
        budgets.month.map(|most| shared(BudgetScope::Month, most)),
        budgets.chat_day.map(|most| whole(BudgetScope::Chat, None, most)),
    ];
    let of_tasks = budgets.tasks.iter().map(|(&task, &most)| whole(BudgetScope::Task, Some(task), most));
    wide.into_iter().flatten().chain(of_tasks).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use nanobot_core::units::NanoDollars;

    use super::*;

    #[test]
    fn what_is_set_is_in_force_and_background_work_gets_its_share() {
        assert_eq!(in_force(&Budgets::default()), []);
        let amount = NanoDollars::new;
        let budgets = Budgets {
            day: Some(amount(1_000)),
            tasks: BTreeMap::from([(ModelTask::Extract, amount(30))]),
            ..Budgets::default()
        };
        let (day, task) = (BudgetScope::Day, BudgetScope::Task);
        assert_eq!(
            in_force(&budgets),
            [
                BudgetInForce { scope: day, task: None, most: amount(1_000), background: Some(amount(800)) },
                BudgetInForce {
                    scope: task,
                    task: Some(ModelTask::Extract),
                    most: amount(30),
                    background: None
                },
            ]
        );
    }
}
