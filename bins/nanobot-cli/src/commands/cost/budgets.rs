//! What is left of each budget: what counts is what was paid and what is held, as the ledger counts it.

use nanobot_core::model::ModelTask;
use nanobot_core::ports::{BudgetScope, StoreError};
use nanobot_core::time::civil::Date;
use nanobot_core::units::NanoDollars;
use nanobot_journal::{JournalReader, SpendingBy, SpendingKey, SpendingSum};
use nanobot_llm_router::Budgets;
use serde_json::{Value, json};

/// Of the tasks, one that may use a share only.
const BACKGROUND: ModelTask = ModelTask::Bulletin;

/// A budget, and what counts against it.
pub(super) struct Left {
    scope: BudgetScope,
    /// Of a task's budget, which one.
    task: Option<ModelTask>,
    most: NanoDollars,
    counted: NanoDollars,
    /// What background work may use in all, where that is less.
    background: Option<NanoDollars>,
}

/// Reads what counts today and this month. Of the chats the one with the least left stands for all.
///
/// # Errors
/// When the journal cannot be read.
pub(super) async fn read(
    reader: &JournalReader,
    budgets: &Budgets,
    today: Date,
) -> Result<Vec<Left>, StoreError> {
    let sums = async |by, first| {
        reader.spending(by, (first, today), JournalReader::MAX_SUMS).await.map(|report| report.sums)
    };
    let share = |scope| {
        let limits = budgets.limits(BACKGROUND, false);
        limits.into_iter().find(|limit| limit.scope == scope).map(|limit| limit.most)
    };
    let plain = |scope, most, sums: &[SpendingSum]| {
        let background = share(scope).filter(|part| *part < most);
        Left { scope, task: None, most, counted: sums.iter().map(counted).sum(), background }
    };
    let mut left = Vec::new();
    if let Some(most) = budgets.day {
        left.push(plain(BudgetScope::Day, most, &sums(SpendingBy::Day, today).await?));
    }
    if let Some(most) = budgets.month {
        left.push(plain(BudgetScope::Month, most, &sums(SpendingBy::Day, today.first_of_month()).await?));
    }
    if let Some(most) = budgets.chat_day {
        let chats = sums(SpendingBy::Session, today).await?;
        let chats = chats.iter().filter(|sum| matches!(sum.of, SpendingKey::Session(Some(_))));
        let fullest = chats.map(counted).max().unwrap_or(NanoDollars::ZERO);
        left.push(Left { scope: BudgetScope::Chat, task: None, most, counted: fullest, background: None });
    }
    if !budgets.tasks.is_empty() {
        let tasks = sums(SpendingBy::Task, today).await?;
        left.extend(budgets.tasks.iter().map(|(&task, &most)| {
            let of_task =
                tasks.iter().filter(|sum| matches!(&sum.of, SpendingKey::Task(name) if name == task.name()));
            let counted = of_task.map(counted).sum();
            Left { scope: BudgetScope::Task, task: Some(task), most, counted, background: None }
        }));
    }
    Ok(left)
}

fn counted(sum: &SpendingSum) -> NanoDollars {
    sum.cost.saturating_add(sum.held)
}

/// For people.
pub(super) fn line(left: &Left) -> String {
    let Left { scope, task, most, counted, background } = left;
    let what = match (scope, task) {
        (BudgetScope::Day, _) => "today".to_owned(),
        (BudgetScope::Month, _) => "this month".to_owned(),
        (BudgetScope::Chat, _) => "today, in the chat with the least left".to_owned(),
        (BudgetScope::Task, Some(task)) => format!("today, for {task}"),
        (BudgetScope::Task, None) => "today, for a task".to_owned(),
    };
    let background =
        background.map(|part| format!("; background work may use {} of that", part.saturating_sub(*counted)));
    format!("left {what}: {} of {most}{}", most.saturating_sub(*counted), background.unwrap_or_default())
}

/// For programs, in dollars.
pub(super) fn to_json(left: &Left) -> Value {
    let Left { scope, task, most, counted, background } = left;
    json!({
        "scope": scope.name(),
        "task": task.map(ModelTask::name),
        "most": most.as_dollars(),
        "counted": counted.as_dollars(),
        "left": most.saturating_sub(*counted).as_dollars(),
        "left_for_background": background.unwrap_or(*most).saturating_sub(*counted).as_dollars(),
    })
}
