//! What is set otherwise now than in the settings that somebody runs with. Settings are read at the start and not
//! again, so whoever edits them has to be told that a restart is due.
//!
//! It compares values, not files: a comment or another order of keys is no change. It never answers a value.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use crate::error::ConfigErrors;
use crate::key_path::KeyPath;
use crate::load::{LoadRequest, load};

/// Settings that are in force, **secrets included**, and what they were read from.
pub struct Baseline {
    request: LoadRequest,
    tree: Value,
}

impl Baseline {
    pub(crate) const fn of(request: LoadRequest, tree: Value) -> Self {
        Self { request, tree }
    }

    /// The keys that a start would give another value now, in inner spelling and order. The files are read again;
    /// variables and flags are those of then. Blocks on reading up to three small files.
    ///
    /// # Errors
    /// As [`load`]: a start would be refused.
    pub fn changed(&self) -> Result<Vec<KeyPath>, ConfigErrors> {
        let now = load(&self.request)?;
        let mut changed = Vec::new();
        compare(&KeyPath::root(), Some(&self.tree), Some(now.expose()), &mut changed);
        Ok(changed)
    }
}

/// Says nothing of what is set.
impl fmt::Debug for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Baseline").finish_non_exhaustive()
    }
}

/// Goes down as far as there are tables: a whole section that was added is told by its keys.
fn compare(path: &KeyPath, before: Option<&Value>, now: Option<&Value>, changed: &mut Vec<KeyPath>) {
    if before == now {
        return;
    }
    let keys = |side: Option<&Value>| -> BTreeSet<String> {
        side.and_then(Value::as_object).into_iter().flat_map(|table| table.keys().cloned()).collect()
    };
    let is_table = |side: Option<&Value>| side.is_none_or(Value::is_object);
    let all: BTreeSet<String> = keys(before).union(&keys(now)).cloned().collect();
    if all.is_empty() || !is_table(before) || !is_table(now) {
        changed.push(path.clone());
        return;
    }
    for key in all {
        let (before, now) = (before.and_then(|side| side.get(&key)), now.and_then(|side| side.get(&key)));
        compare(&path.child(key), before, now, changed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;
    use crate::home::Home;

    fn write(home: &Home, text: &str) {
        std::fs::write(home.config_toml(), text).unwrap();
    }

    /// What is told after the file changed from one text to the other.
    fn told(before: &str, now: &str) -> Result<Vec<String>, ConfigErrors> {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path(), None);
        write(&home, before);
        let variables: Environment = [("NANOBOT_LOG__FILTER", "debug")].into_iter().collect();
        let baseline = load(&LoadRequest::new(home.clone(), variables)).unwrap().baseline();
        write(&home, now);
        Ok(baseline.changed()?.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_a_restart_would_change_is_named() {
        assert_eq!(told("", "[budget]\nday_dollars = 50\n").unwrap(), ["budget.day_dollars"]);
        assert_eq!(
            told("[budget]\nday_dollars = 1\n", "[budget]\nday_dollars = 50\nmonth_dollars = 9\n").unwrap(),
            ["budget.day_dollars", "budget.month_dollars"]
        );
        assert_eq!(told("[budget]\nday_dollars = 1\n", "").unwrap(), ["budget.day_dollars"]);
    }

    #[test]
    fn what_changes_nothing_is_not_told() {
        let budget = "[budget]\nday_dollars = 1\n";
        let same = "# as before\n[budget]\nday_dollars = 1.0\n";
        assert_eq!(told(budget, same).unwrap(), [] as [&str; 0]);
        assert_eq!(told(budget, budget).unwrap(), [] as [&str; 0]);
    }

    #[test]
    fn files_that_a_start_would_refuse_are_an_error() {
        assert!(told("", "[budget]\nday_dollars = \"much\"\n").is_err());
    }

    #[test]
    fn debug_shows_no_setting() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path(), None);
        let variables: Environment = [("OPENAI_API_KEY", "sk-of-a-person")].into_iter().collect();
        let baseline = load(&LoadRequest::new(home, variables)).unwrap().baseline();
        assert_eq!(format!("{baseline:?}"), "Baseline { .. }");
    }
}
