//! Any bytes as a tool call.

use serde_json::{Map, Value, json};

use super::{Broken, Shape, gate, holds_together, must};
use crate::{Action, RuleGate, StageName};

/// The tools, with the argument that takes the text where the bytes are no object.
const TOOLS: [(&str, &str); 8] = [
    ("exec", "command"),
    ("read_file", "path"),
    ("write_file", "content"),
    ("edit_file", "new_text"),
    ("spawn", "task"),
    ("web_fetch", "url"),
    ("message", "content"),
    ("unheard_of", "path"),
];

/// A call of fewer bytes has too few values to be too long.
const SHORT: usize = 10_000;

/// So long a command may be to be wrapped: in quotes it becomes up to four times as long.
const WRAPPED: usize = 2_048;

/// Reads the first byte as the name of a tool and the others as its arguments: an object in JSON, or the text of the
/// one that matters. The stage says the same each time, and a command that it blocks is not let through in a wrapper.
///
/// # Errors
/// When something does not hold.
pub fn tool(bytes: &[u8]) -> Result<Shape, Broken> {
    let (first, rest) = bytes.split_first().map_or((0, bytes), |(first, rest)| (usize::from(*first), rest));
    let (name, field) = TOOLS.get(first % TOOLS.len()).copied().unwrap_or_default();
    let arguments = match serde_json::from_slice::<Map<String, Value>>(rest) {
        Ok(fields) => Value::Object(fields),
        Err(_) => json!({field: String::from_utf8_lossy(rest)}),
    };
    let gate = gate()?;
    let report = gate.tool(name, &arguments);
    if rest.len() < SHORT || report != gate.failed(StageName::Tool) {
        holds_together(&report, StageName::Tool, None)?;
    }
    must(report.action != Action::Sanitize, || "a call was rewritten".to_owned())?;
    must(report == gate.tool(name, &arguments), || "the tool stage changed its mind".to_owned())?;
    if name == "exec"
        && report.action == Action::Block
        && let Some(command) = arguments.get(field).and_then(Value::as_str)
    {
        stays_blocked(gate, command)?;
    }
    Ok(format!("{name}: {} {}", report.action.name(), report.tags.join(", ")))
}

/// A command that is blocked by itself is not allowed behind another one, or as the text of a shell.
fn stays_blocked(gate: &RuleGate, command: &str) -> Result<(), Broken> {
    let alone = gate.tool("exec", &json!({"command": command}));
    if alone.action != Action::Block || command.len() > WRAPPED || command.contains('\0') {
        return Ok(());
    }
    // The blank in front: a text that begins with a dash would be an option of the shell.
    let quoted = format!("' {}'", command.replace('\'', r"'\''"));
    let wrapped =
        [format!("true\n{command}"), format!("sh -c {quoted}"), format!("env A=b bash -c {quoted}")];
    for line in wrapped {
        let report = gate.tool("exec", &json!({"command": line}));
        must(report.action == Action::Block, || {
            format!(
                "a blocked command ({}) becomes {} in a wrapper",
                alone.tags.join(", "),
                report.action.name()
            )
        })?;
    }
    Ok(())
}
