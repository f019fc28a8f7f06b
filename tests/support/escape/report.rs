//! What came of a campaign: lines while it runs, a table by class, one document.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

/// What came of a campaign.
#[derive(Debug, Default)]
pub struct Summary {
    /// One for each attempt and user, as the inner campaign tells it.
    rows: Vec<Value>,
    /// What could not be run at all, in words.
    pub not_run: Vec<String>,
    seed: u64,
}

/// What one row comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Stopped by the closed box; shown, if it was to be.
    Good,
    /// It got through the closed box.
    Hole,
    /// The weakened box stopped it, so that the list of what stops it, or the attempt, is wrong.
    NotShown,
    /// It got through although this part was still there.
    NotMinimal(String),
    /// It did not come to an attempt.
    NotRun(String),
}

impl Summary {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    pub(super) fn add(&mut self, row: Value) {
        self.rows.push(row);
    }

    /// Whether every attempt failed that had to, succeeded that had to, and none was left out.
    pub fn is_green(&self) -> bool {
        !self.rows.is_empty()
            && self.not_run.is_empty()
            && self.rows.iter().all(|row| verdict(row) == Verdict::Good)
    }

    /// How many attempts were made against the closed box.
    pub fn attempts(&self) -> usize {
        self.rows.len()
    }

    /// How many of them were shown to be able to succeed.
    pub fn shown(&self) -> usize {
        self.rows.iter().filter(|row| got_through(at(row, "/weakened"))).count()
    }

    /// Everything as one document.
    pub fn json(&self) -> Value {
        json!({
            "seed": self.seed, "green": self.is_green(), "attempts": self.attempts(), "shown": self.shown(),
            "not_run": self.not_run, "rows": self.rows,
        })
    }
}

/// One attempt in one line.
pub(super) fn line(row: &Value) -> String {
    let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
    let holds: Vec<&str> =
        at(row, "/holds").as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let what = match verdict(row) {
        Verdict::Hole => format!("GOT THROUGH: {}", at(row, "/closed/said")),
        Verdict::NotShown => format!("NOT SHOWN without {}: {}", holds.join(", "), at(row, "/weakened/said")),
        Verdict::NotMinimal(kept) => format!("NOT STOPPED by {kept} alone"),
        Verdict::NotRun(why) => format!("NOT RUN: {why}"),
        Verdict::Good if got_through(at(row, "/weakened")) => {
            format!("stopped; gets through without {}", holds.join(" + "))
        }
        Verdict::Good if at(row, "/weakened/by_kernel") == true => {
            "stopped, by the kernel in any case".to_owned()
        }
        Verdict::Good => "stopped".to_owned(),
    };
    format!("{:<4}  {:<28}  {what}", text("as"), text("id"))
}

pub(super) fn verdict(row: &Value) -> Verdict {
    let alone = at(row, "/alone").as_array().into_iter().flatten();
    let mut made = [at(row, "/closed"), at(row, "/weakened")].into_iter().chain(alone.clone());
    if let Some(why) = made.find_map(|made| at(made, "/not_run").as_str()) {
        return Verdict::NotRun(why.to_owned());
    }
    if got_through(at(row, "/closed")) {
        return Verdict::Hole;
    }
    if at(row, "/weakened/got_through") == false {
        return Verdict::NotShown;
    }
    match alone.clone().find(|one| got_through(one)) {
        Some(one) => Verdict::NotMinimal(at(one, "/kept").as_str().unwrap_or_default().to_owned()),
        None => Verdict::Good,
    }
}

/// What stands there; nothing where nothing does.
fn at<'a>(row: &'a Value, place: &str) -> &'a Value {
    static NOTHING: Value = Value::Null;
    row.pointer(place).unwrap_or(&NOTHING)
}

fn got_through(made: &Value) -> bool {
    at(made, "/got_through") == true
}

/// Figures of one class and user.
#[derive(Debug, Default)]
struct Figures {
    attempts: usize,
    stopped: usize,
    shown: usize,
    by_kernel: usize,
    bad: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut classes: BTreeMap<(&str, &str), Figures> = BTreeMap::new();
        for row in &self.rows {
            let key = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
            let figures = classes.entry((key("class"), key("as"))).or_default();
            figures.attempts += 1;
            figures.stopped += usize::from(at(row, "/closed/got_through") == false);
            figures.shown += usize::from(got_through(at(row, "/weakened")));
            figures.by_kernel += usize::from(at(row, "/weakened/by_kernel") == true);
            figures.bad += usize::from(verdict(row) != Verdict::Good);
        }
        writeln!(
            f,
            "{:<20} {:<5} {:>8} {:>8} {:>6} {:>10} {:>5}",
            "class", "as", "attempts", "stopped", "shown", "by kernel", "bad"
        )?;
        for ((class, who), one) in &classes {
            let Figures { attempts, stopped, shown, by_kernel, bad } = one;
            writeln!(
                f,
                "{class:<20} {who:<5} {attempts:>8} {stopped:>8} {shown:>6} {by_kernel:>10} {bad:>5}"
            )?;
        }
        for line in self.rows.iter().filter(|row| verdict(row) != Verdict::Good).map(line) {
            writeln!(f, "BAD  {line}")?;
        }
        for why in &self.not_run {
            writeln!(f, "NOT RUN: {why}")?;
        }
        let word = if self.is_green() { "held" } else { "NOT HELD" };
        writeln!(
            f,
            "{word}: {} attempts, {} shown to be able to succeed, seed {}",
            self.attempts(),
            self.shown(),
            self.seed
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(closed: bool, weakened: &Value, alone: &Value) -> Value {
        json!({"as": "root", "id": "x.y", "class": "x", "closed": {"got_through": closed},
               "holds": ["seccomp"], "weakened": weakened, "alone": alone})
    }

    #[test]
    fn only_an_attempt_that_fails_closed_and_succeeds_weakened_is_good() {
        let (yes, no) = (json!({"got_through": true}), json!({"got_through": false}));
        let stopped = json!([{"got_through": false, "kept": "seccomp"}]);
        assert_eq!(verdict(&row(false, &yes, &stopped)), Verdict::Good);
        assert_eq!(verdict(&row(false, &Value::Null, &json!([]))), Verdict::Good);
        assert_eq!(verdict(&row(true, &yes, &json!([]))), Verdict::Hole);
        assert_eq!(verdict(&row(false, &no, &json!([]))), Verdict::NotShown);
        let passed = json!([{"got_through": true, "kept": "landlock"}]);
        assert_eq!(verdict(&row(false, &yes, &passed)), Verdict::NotMinimal("landlock".to_owned()));
        let broken = json!({"not_run": "no bubblewrap"});
        assert_eq!(verdict(&row(false, &broken, &json!([]))), Verdict::NotRun("no bubblewrap".to_owned()));
    }

    #[test]
    fn a_campaign_in_which_nothing_was_tried_is_not_green() {
        assert!(!Summary::new(1).is_green());
    }
}
