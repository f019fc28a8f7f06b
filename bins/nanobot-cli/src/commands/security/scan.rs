//! `security scan` and `security explain`.

use nanobot_security::{Hit, Report, RuleGate, severity_name};
use serde_json::{Value, json};

use super::super::batch::{self, Answer, BadLine};
use crate::args::{ExplainText, Stage};
use crate::exit::{Code, Failure};
use crate::output;

/// Judges every line of standard input.
pub(super) fn batch(gate: &RuleGate) -> Result<Code, Failure> {
    batch::run(|line| judge(gate, line).map(|report| answer(&report)))
}

fn judge(gate: &RuleGate, line: &Value) -> Result<Report, BadLine> {
    let word = |name: &str| {
        let word = line.get(name).and_then(Value::as_str);
        word.ok_or_else(|| BadLine::input(format!("{name} must be a text")))
    };
    // The original takes no text for an empty one.
    let text = || if line.get("text").is_none_or(Value::is_null) { Ok("") } else { word("text") };
    match word("stage")? {
        "input" => Ok(gate.input(text()?)),
        "output" => Ok(gate.output(text()?)),
        "tool" => Ok(gate.tool(word("tool")?, line.get("args").unwrap_or(&json!({})))),
        other => Err(BadLine::input(format!("stage must be input, tool or output, not {other:?}"))),
    }
}

fn answer(report: &Report) -> Answer {
    let mut rules: Vec<&str> = report.hits.iter().map(|hit| hit.rule.as_str()).collect();
    rules.dedup();
    Answer::from_iter([
        ("action".to_owned(), json!(report.action.name())),
        ("reason".to_owned(), json!(report.reason)),
        ("severity".to_owned(), json!(severity_name(report.severity))),
        ("tags".to_owned(), json!(report.tags)),
        ("rules".to_owned(), json!(rules)),
        ("sanitized_text".to_owned(), json!(report.text)),
    ])
}

/// Judges one text and shows why. Exits with 1 when it does not pass as it is.
pub(super) fn explain(gate: &RuleGate, options: &ExplainText) -> Result<Code, Failure> {
    let report = match options.stage {
        Stage::Input => gate.input(&options.text),
        Stage::Output => gate.output(&options.text),
        Stage::Tool => gate.tool(&options.text, &arguments(&options.args)?),
    };
    if options.json.json {
        let mut document = answer(&report);
        document.insert("hits".to_owned(), report.hits.iter().map(hit).collect());
        output::json(&Value::Object(document))?;
    } else {
        say(gate, &report)?;
    }
    let passes = matches!(report.action.name(), "allow" | "warn");
    Ok(if passes { Code::Done } else { Code::No })
}

fn arguments(typed: &str) -> Result<Value, Failure> {
    let arguments = serde_json::from_str::<Value>(typed).ok().filter(Value::is_object);
    arguments.ok_or_else(|| {
        Failure::new(Code::Usage, "--args must be a JSON object, such as {\"command\": \"ls\"}")
    })
}

fn hit(hit: &Hit) -> Value {
    json!({
        "rule": hit.rule, "tag": hit.tag, "severity": severity_name(hit.severity), "reason": hit.reason,
        "view": hit.view, "span": hit.span.as_ref().map(|span| [span.start, span.end]),
    })
}

fn say(gate: &RuleGate, report: &Report) -> Result<(), Failure> {
    output::line(format!(
        "{} ({}): {}",
        report.action.name(),
        severity_name(report.severity),
        report.reason
    ))?;
    let mut lines: Vec<String> = Vec::new();
    for hit in &report.hits {
        let summary =
            gate.rules().find(|rule| rule.id == hit.rule).map(|rule| rule.summary).unwrap_or_default();
        let view = if hit.view == "plain" { String::new() } else { format!(", read as {}", hit.view) };
        lines.push(format!("  {}{view}: {summary}", hit.rule));
    }
    // Two words of one text can hit the same rule.
    lines.dedup();
    lines.iter().try_for_each(output::line)?;
    if let Some(text) = &report.text {
        output::line("what leaves in its place:")?;
        output::line(output::indented(text))?;
    }
    Ok(())
}
