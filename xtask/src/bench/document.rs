//! The document that every bench prints: one form for people, one for scripts.
//!
//! The names in the JSON are a surface that scripts rely on: add, never rename.

use serde_json::{Value, json};

use super::machine::Machine;
use super::percentile::percentile;

/// One run of one bench.
#[derive(Debug, PartialEq)]
pub(super) struct Document {
    pub(super) machine: Machine,
    /// How to get it again.
    pub(super) command: String,
    pub(super) git_revision: String,
    pub(super) rows: Vec<Row>,
}

/// One case. A case that is a baseline itself has none.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    case: String,
    /// How many values were measured.
    n: usize,
    p50: f64,
    p99: f64,
    /// Of `p50`, `p99` and `baseline`.
    unit: &'static str,
    /// `p50` of the baseline, measured in the same run, interleaved.
    baseline: Option<f64>,
}

impl Row {
    /// Sums up the values measured for a case; `None` without values.
    pub(super) fn of(case: &str, values: &[f64], unit: &'static str) -> Option<Self> {
        Some(Self {
            case: case.to_owned(),
            n: values.len(),
            p50: percentile(values, 50)?,
            p99: percentile(values, 99)?,
            unit,
            baseline: None,
        })
    }

    /// Sets what the case is compared with.
    pub(super) fn against(self, baseline: &Self) -> Self {
        Self { baseline: Some(baseline.p50), ..self }
    }

    /// How many times the baseline: below 1 the case is less.
    fn ratio(&self) -> Option<f64> {
        self.baseline.map(|baseline| self.p50 / baseline).filter(|ratio| ratio.is_finite())
    }
}

impl Document {
    pub(super) fn to_json(&self) -> Value {
        let Machine { processor, cores, memory_mib, system, kernel } = &self.machine;
        json!({
            "machine": {
                "processor": processor,
                "cores": cores,
                "memory_mib": memory_mib,
                "system": system,
                "kernel": kernel,
            },
            "command": self.command,
            "git_revision": self.git_revision,
            "rows": self.rows.iter().map(row_to_json).collect::<Vec<_>>(),
        })
    }

    pub(super) fn to_table(&self) -> String {
        let Machine { processor, cores, memory_mib, system, kernel } = &self.machine;
        let cases = self.rows.iter().map(|row| row.case.chars().count());
        let widest = cases.max().unwrap_or_default().max("case".len());
        let head = format!(
            "{}, at {}\n{processor}, {cores} cores, {memory_mib} MiB, {system}, kernel {kernel}\n\n\
             {:<widest$} {:>7} {:>12} {:>12} {:>12} {:>7}  unit\n",
            self.command, self.git_revision, "case", "n", "p50", "p99", "baseline", "ratio",
        );
        let rows: Vec<String> = self.rows.iter().map(|row| row_to_text(row, widest)).collect();
        head + &rows.concat()
    }
}

fn row_to_text(row: &Row, widest: usize) -> String {
    let Row { case, n, p50, p99, unit, baseline } = row;
    let baseline = baseline.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
    let ratio = row.ratio().map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
    format!("{case:<widest$} {n:>7} {p50:>12.3} {p99:>12.3} {baseline:>12} {ratio:>7}  {unit}\n")
}

fn row_to_json(row: &Row) -> Value {
    let Row { case, n, p50, p99, unit, baseline } = row;
    json!({
        "case": case,
        "n": n,
        "p50": p50,
        "p99": p99,
        "unit": unit,
        "baseline": baseline,
        "ratio": row.ratio(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Document {
        let shell = Row::of("sh -c true", &[2.0, 4.0, 4.0], "ms").unwrap();
        let ours = Row::of("nanobot-cli --version", &[1.0, 2.0, 9.5], "ms").unwrap().against(&shell);
        let machine = Machine {
            processor: "A CPU".to_owned(),
            cores: 2,
            memory_mib: 24576,
            system: "Debian 12".to_owned(),
            kernel: "6.1.0".to_owned(),
        };
        let (command, git_revision) = ("cargo xtask bench start".to_owned(), "27f0121".to_owned());
        Document { machine, command, git_revision, rows: vec![shell, ours] }
    }

    #[test]
    fn the_json_has_the_promised_names() {
        let expected = json!({
            "machine": {
                "processor": "A CPU", "cores": 2, "memory_mib": 24576, "system": "Debian 12", "kernel": "6.1.0",
            },
            "command": "cargo xtask bench start",
            "git_revision": "27f0121",
            "rows": [
                { "case": "sh -c true", "n": 3, "p50": 4.0, "p99": 4.0, "unit": "ms", "baseline": null, "ratio": null },
                { "case": "nanobot-cli --version", "n": 3, "p50": 2.0, "p99": 9.5, "unit": "ms",
                  "baseline": 4.0, "ratio": 0.5 },
            ],
        });
        assert_eq!(document().to_json(), expected);
    }

    #[test]
    fn the_table_shows_the_same_figures() {
        let expected = "\
cargo xtask bench start, at 27f0121
A CPU, 2 cores, 24576 MiB, Debian 12, kernel 6.1.0

case                        n          p50          p99     baseline   ratio  unit
sh -c true                  3        4.000        4.000            -       -  ms
nanobot-cli --version       3        2.000        9.500        4.000    0.50  ms
";
        assert_eq!(document().to_table(), expected);
    }

    #[test]
    fn no_values_make_no_row_and_a_baseline_of_zero_no_ratio() {
        assert_eq!(Row::of("nothing", &[], "ms"), None);
        let zero = Row::of("zero", &[0.0], "ms").unwrap();
        assert_eq!(Row::of("one", &[1.0], "ms").unwrap().against(&zero).ratio(), None);
    }
}
