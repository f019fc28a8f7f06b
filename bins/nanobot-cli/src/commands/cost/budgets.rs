//! What is left of each budget: what counts is what was paid and what is held, as the ledger counts it.

use nanobot_core::model::ModelTask;
use nanobot_core::ports::{BudgetInForce, BudgetScope, StoreError};
use nanobot_core::time::civil::Date;
use nanobot_core::units::NanoDollars;
use nanobot_journal::{JournalReader, SpendingBy, SpendingKey, SpendingSum};
use serde_json::{Value, json};

/// A budget, and what counts against it.
pub(super) struct Left {
    budget: BudgetInForce,
    counted: NanoDollars,
}

/// Reads what counts today and this month; without a journal nothing does. Of the chats the one with the least left
/// stands for all.
///
/// # Errors
/// When the journal cannot be read.
pub(super) async fn read(
    reader: Option<&JournalReader>,
    budgets: &[BudgetInForce],
    today: Date,
) -> Result<Vec<Left>, StoreError> {
    let mut left = Vec::new();
    for &budget in budgets {
        let counted = match reader {
            Some(reader) => counts_against(reader, &budget, today).await?,
            None => NanoDollars::ZERO,
        };
        left.push(Left { budget, counted });
    }
    Ok(left)
}

async fn counts_against(
    reader: &JournalReader,
    budget: &BudgetInForce,
    today: Date,
) -> Result<NanoDollars, StoreError> {
    let sums = async |by, first| {
        reader.spending(by, (first, today), JournalReader::MAX_SUMS).await.map(|report| report.sums)
    };
    Ok(match budget.scope {
        BudgetScope::Day => sums(SpendingBy::Day, today).await?.iter().map(counted).sum(),
        BudgetScope::Month => sums(SpendingBy::Day, today.first_of_month()).await?.iter().map(counted).sum(),
        BudgetScope::Chat => {
            let chats = sums(SpendingBy::Session, today).await?;
            let chats = chats.iter().filter(|sum| matches!(sum.of, SpendingKey::Session(Some(_))));
            chats.map(counted).max().unwrap_or(NanoDollars::ZERO)
        }
        BudgetScope::Task => {
            let name = budget.task.map_or("", ModelTask::name);
            let tasks = sums(SpendingBy::Task, today).await?;
            let of_task =
                tasks.iter().filter(|sum| matches!(&sum.of, SpendingKey::Task(task) if task == name));
            of_task.map(counted).sum()
        }
    })
}

fn counted(sum: &SpendingSum) -> NanoDollars {
    sum.cost.saturating_add(sum.held)
}

/// For people.
pub(super) fn line(left: &Left) -> String {
    let Left { budget: BudgetInForce { scope, task, most, background }, counted } = left;
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
    let Left { budget: BudgetInForce { scope, task, most, background }, counted } = left;
    json!({
        "scope": scope.name(),
        "task": task.map(ModelTask::name),
        "most": most.as_dollars(),
        "counted": counted.as_dollars(),
        "left": most.saturating_sub(*counted).as_dollars(),
        "left_for_background": background.unwrap_or(*most).saturating_sub(*counted).as_dollars(),
    })
}
