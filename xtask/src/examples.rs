//! Runs every example program of the workspace, so that none of them rots.
//!
//! Examples take no arguments and no input, and end by themselves within the time limit.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;

const TIME_LIMIT: Duration = Duration::from_mins(1);

/// Builds all examples together, with the features the tests use, and runs them one after another.
pub(crate) fn run_each(root: &Path) -> Result<()> {
    let build =
        ["build", "--workspace", "--all-features", "--examples", "--message-format", "json", "--quiet"];
    let messages = process::stdout_of(&mut process::cargo(&build, root))?;
    for program in programs(&messages)? {
        eprintln!("xtask: example {}", program.display());
        process::run_within(&mut process::command(&program, root), TIME_LIMIT)?;
    }
    Ok(())
}

/// The programs that cargo's messages tell of, in a fixed order.
fn programs(messages: &str) -> Result<Vec<PathBuf>> {
    let mut programs = Vec::new();
    for line in messages.lines() {
        let message: Value =
            serde_json::from_str(line).context("cargo build printed a line that is no JSON")?;
        let is_example = message
            .pointer("/target/kind")
            .and_then(Value::as_array)
            .is_some_and(|kinds| kinds.iter().any(|kind| kind == "example"));
        if let (true, Some(program)) = (is_example, message.get("executable").and_then(Value::as_str)) {
            programs.push(program.into());
        }
    }
    programs.sort();
    Ok(programs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_programs_of_examples_are_run() {
        let messages = r#"{"reason":"compiler-artifact","target":{"kind":["example"]},"executable":"/t/b"}
{"reason":"compiler-artifact","target":{"kind":["example"]},"executable":"/t/a"}
{"reason":"compiler-artifact","target":{"kind":["bin"]},"executable":"/t/c"}
{"reason":"compiler-artifact","target":{"kind":["lib"]},"executable":null}
{"reason":"build-finished","success":true}"#;
        assert_eq!(programs(messages).unwrap(), [PathBuf::from("/t/a"), PathBuf::from("/t/b")]);
        assert!(programs("warning: no JSON").is_err());
    }
}
