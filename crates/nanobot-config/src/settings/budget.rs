//! `budget`: hard limits on what models may cost. How money is counted is the router's business.

use std::collections::BTreeMap;

use nanobot_core::model::ModelTask;
use serde_json::Value;

use super::tasks;
use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::schema::macros::section;
use crate::schema::{Entries, Kind, Names, Span, Spelling};

section! {
    /// What may be spent on models, in US dollars. Null is no limit.
    pub struct Budget {
        /// On one day, by everything.
        day_dollars: Option<f64> = null as Kind::Optional(&DOLLARS),
        /// In one month, by everything.
        month_dollars: Option<f64> = null as Kind::Optional(&DOLLARS),
        /// On one day, by each chat.
        chat_day_dollars: Option<f64> = null as Kind::Optional(&DOLLARS),
        /// On one day, by task: `reply`, `summarise`, `extract`, `embed`, `describe`, `transcribe`, `speak`,
        /// `classify`, `bulletin`, `compact`, `subagent`.
        tasks: BTreeMap<String, f64> = {} as Kind::Names(&TASKS),
        /// Share of day and month that background work may use; the rest is for people.
        background_share: f64 = 0.8 as Kind::Number(Span::Share),
    }
}

const DOLLARS: Kind = Kind::Number(Span::AboveZero);

const TASKS: Names =
    Names { each: DOLLARS, special: None, spelling: Spelling::AsKeys, entries: Entries::Completed };

/// What is wrong with the budgets in a tree of all settings, whose types are right.
pub(crate) fn faults(tree: &Value) -> Vec<(KeyPath, Fault)> {
    let names = tree.pointer("/budget/tasks").and_then(Value::as_object).into_iter().flatten();
    let unknown = names.filter(|(name, _)| ModelTask::named(name).is_none());
    let faults = unknown.map(|(name, _)| {
        let fault = Fault::UnknownTask { known: tasks::short_names() };
        (["budget", "tasks", name].into_iter().collect(), fault)
    });
    faults.collect()
}

#[cfg(test)]
mod tests {
    use crate::check::check_text;

    fn said(settings: &str) -> Vec<String> {
        let check = check_text("config.toml", &format!("[budget]\n{settings}"));
        assert!(check.unknown.is_empty(), "{check:?}");
        check.errors.iter().map(|error| format!("{}: {}", error.path, error.message)).collect()
    }

    #[test]
    fn budgets_are_amounts_above_nothing() {
        assert_eq!(
            said(
                "day_dollars = 5\nmonth_dollars = 0.5\nchat_day_dollars = 1\ntasks.reply = 2\nbackground_share = 0"
            ),
            [""; 0]
        );
        for (setting, path) in [
            ("day_dollars = 0", "day_dollars"),
            ("month_dollars = -1", "month_dollars"),
            ("chat_day_dollars = inf", "chat_day_dollars"),
            ("tasks.reply = 0.0", "tasks.reply"),
            ("day_dollars = true", "day_dollars"),
            ("day_dollars = 1e-12", "day_dollars"),
        ] {
            let said = said(setting);
            assert!(
                said.len() == 1
                    && said[0].starts_with(&format!(
                        "budget.{path}: expected a number from 0.000001 to 1000000000"
                    )),
                "{said:?}"
            );
        }
        assert_eq!(
            said("background_share = 1.5"),
            ["budget.background_share: expected a number from 0 to 1, found a number 1.5"]
        );
    }

    #[test]
    fn a_budget_for_no_task_is_refused_with_the_tasks_there_are() {
        assert_eq!(
            said("tasks = { reply = 1, dream = 1, \"assistant.reply\" = 1 }"),
            ["\"assistant.reply\"", "dream"].map(|name| format!(
                "budget.tasks.{name}: names no task; take one of reply, summarise, extract, embed, describe, \
                 transcribe, speak, classify, bulletin, compact, subagent"
            ))
        );
    }
}
