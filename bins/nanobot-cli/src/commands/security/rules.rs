//! `security rules`.

use nanobot_security::{RuleGate, RuleInfo, StageName, severity_name};
use serde_json::{Value, json};

use crate::args::{Rules, Stage};
use crate::exit::{Code, Failure};
use crate::output;

pub(super) fn list(gate: &RuleGate, options: &Rules) -> Result<Code, Failure> {
    let stage = options.stage.map(|stage| match stage {
        Stage::Input => StageName::Input,
        Stage::Tool => StageName::Tool,
        Stage::Output => StageName::Output,
    });
    let is_asked = |rule: &RuleInfo| {
        stage.is_none_or(|stage| rule.stage == stage) && options.rule.as_ref().is_none_or(|id| rule.id == *id)
    };
    let rules: Vec<RuleInfo> = gate.rules().filter(is_asked).collect();
    if let (Some(id), true) = (&options.rule, rules.is_empty()) {
        let message = format!("there is no rule {id:?}; nanobot-cli security rules lists them");
        return Err(Failure::new(Code::No, message));
    }
    if options.json.json {
        output::json(&rules.iter().map(to_json).collect())?;
    } else if options.rule.is_some() {
        rules.iter().try_for_each(show)?;
    } else {
        let row = |rule: &RuleInfo| {
            vec![
                rule.stage.name().to_owned(),
                severity_name(rule.severity).to_owned(),
                rule.id.clone(),
                rule.summary.clone(),
            ]
        };
        output::table(&["stage", "severity", "rule", "about"], &rules.iter().map(row).collect::<Vec<_>>())?;
    }
    Ok(Code::Done)
}

fn to_json(rule: &RuleInfo) -> Value {
    json!({
        "id": rule.id, "stage": rule.stage.name(), "tag": rule.tag, "severity": severity_name(rule.severity),
        "reason": rule.reason, "summary": rule.summary, "hits": rule.hits, "misses": rule.misses,
    })
}

fn show(rule: &RuleInfo) -> Result<(), Failure> {
    output::line(format!(
        "{} ({}, {}): {}",
        rule.id,
        rule.stage.name(),
        severity_name(rule.severity),
        rule.summary
    ))?;
    output::line(format!("reason: {}", rule.reason))?;
    for (words, examples) in [("matches", &rule.hits), ("leaves alone", &rule.misses)] {
        if !examples.is_empty() {
            output::line(format!("{words}:"))?;
            examples.iter().try_for_each(|example| output::line(output::indented(example)))?;
        }
    }
    Ok(())
}
