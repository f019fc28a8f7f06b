//! A table: how many decisions are right, ours and the original's, by category.

use std::collections::BTreeMap;
use std::fmt;

#[derive(Default)]
pub(super) struct Table(BTreeMap<String, Row>);

#[derive(Default)]
struct Row {
    cases: usize,
    ours: usize,
    theirs: usize,
}

impl Table {
    pub(super) fn add(&mut self, name: &str, is_right: bool, was_right: bool) {
        let row = self.0.entry(name.to_owned()).or_default();
        row.cases += 1;
        row.ours += usize::from(is_right);
        row.theirs += usize::from(was_right);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<28}{:>6}{:>12}{:>12}", "category", "cases", "right", "original")?;
        for (name, row) in &self.0 {
            writeln!(f, "{name:<28}{:>6}{:>12}{:>12}", row.cases, row.ours, row.theirs)?;
        }
        Ok(())
    }
}
