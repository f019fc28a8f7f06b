//! What a measuring program of the test package prints, as rows: each line is a case in JSON with its name, unit,
//! values, and the case that it is compared with.
//!
//! Which cases there are is the program's business.

use anyhow::{Context, Result};
use serde_json::Value;

use super::document::Row;

/// The cases in their order; each is compared with one that stands before it.
pub(super) fn rows(lines: &str) -> Result<Vec<Row>> {
    let mut known: Vec<(String, Row)> = Vec::new();
    for line in lines.lines() {
        let measured: Value = serde_json::from_str(line).context("the measuring program printed no JSON")?;
        let case = measured.get("case").and_then(Value::as_str).context("a line without a case")?;
        let row = row(case, &measured)?;
        let row = match measured.get("against").and_then(Value::as_str) {
            None => row,
            Some(other) => {
                let found = known.iter().find(|(case, _)| case == other);
                let (_, other) =
                    found.with_context(|| format!("{case} is compared with {other}, which is unknown"))?;
                row.against(other)
            }
        };
        known.push((case.to_owned(), row));
    }
    Ok(known.into_iter().map(|(_, row)| row).collect())
}

fn row(case: &str, measured: &Value) -> Result<Row> {
    let unit = match measured.get("unit").and_then(Value::as_str) {
        Some("ms") => "ms",
        Some("1/s") => "1/s",
        Some("us") => "us",
        Some("MiB") => "MiB",
        Some("MB/s") => "MB/s",
        Some("times") => "times",
        Some("commits") => "commits",
        Some("allocations") => "allocations",
        other => anyhow::bail!("{case} has an unknown unit: {other:?}"),
    };
    let values = measured.get("values").and_then(Value::as_array).into_iter().flatten();
    let values: Option<Vec<f64>> = values.map(Value::as_f64).collect();
    let values = values.with_context(|| format!("{case} has values that are no numbers"))?;
    Row::of(case, &values, unit).with_context(|| format!("{case} was not measured"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_is_compared_with_the_one_that_it_names() {
        let lines = r#"{"case":"commit","unit":"ms","against":null,"values":[0.25,0.5,0.25]}
{"case":"rate","unit":"1/s","against":null,"values":[4000]}
{"case":"message","unit":"ms","against":"commit","values":[1.0,0.75,1.5]}
"#;
        let commit = Row::of("commit", &[0.25, 0.5, 0.25], "ms").unwrap();
        let message = Row::of("message", &[1.0, 0.75, 1.5], "ms").unwrap().against(&commit);
        let rate = Row::of("rate", &[4000.0], "1/s").unwrap();
        assert_eq!(rows(lines).unwrap(), [commit, rate, message]);
    }

    #[test]
    fn a_case_without_values_or_with_an_unknown_baseline_is_no_result() {
        let told = |line: &str| rows(line).unwrap_err().to_string();
        assert_eq!(told(r#"{"case":"a","unit":"ms","values":[]}"#), "a was not measured");
        assert_eq!(told(r#"{"case":"a","unit":"ms","values":["1"]}"#), "a has values that are no numbers");
        let line = r#"{"case":"a","unit":"ms","against":"b","values":[1]}"#;
        assert_eq!(told(line), "a is compared with b, which is unknown");
        assert_eq!(told("warming up"), "the measuring program printed no JSON");
    }
}
