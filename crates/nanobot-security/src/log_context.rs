//! What of a structured value may stand in a log: values under telling keys and secrets in texts are blanked, long texts
//! are cut. The original's rules (state 2026-02-22), with our finding of secrets in place of its seven shapes.

use regex::Regex;
use serde_json::{Map, Value};

use crate::output::OutputRules;

/// What stands in place of a secret in a log, whatever the settings say (the original's).
const PLACEHOLDER: &str = "[REDACTED]";

/// A text longer than this many characters is cut.
const TEXT_LIMIT: usize = 512;

/// What stands behind a text that was cut.
const CUT: &str = "...(truncated)";

/// Deeper than this, a value is blanked: nobody reads it in a log.
const DEPTH_LIMIT: usize = 64;

/// A key that holds one of these, in any case, tells of a secret.
const KEYS: &[&str] =
    &["password", "secret", "token", "api_key", "apikey", "auth", "credential", "private_key", "cookie"];

/// Blanks what no log may hold.
#[derive(Debug)]
pub struct LogRedaction {
    rules: OutputRules,
    bearer: Regex,
}

impl LogRedaction {
    /// Reads the rules.
    ///
    /// # Errors
    /// When a rule pack of ours cannot be used.
    pub fn load() -> Result<Self, crate::PackError> {
        // In a log even a word behind `Bearer` goes (the original's rule).
        let bearer = Regex::new(r"(?i)bearer\s+[A-Za-z0-9\-._~+/]+=*").map_err(|error| {
            crate::PackError::Rule { pack: "log", rule: "bearer".to_owned(), what: error.to_string() }
        })?;
        Ok(Self { rules: OutputRules::load_secrets(PLACEHOLDER)?, bearer })
    }

    /// The form of `value` that may stand in a log.
    pub fn log_context(&self, value: &Value) -> Value {
        self.clean(value, 0)
    }

    fn clean(&self, value: &Value, depth: usize) -> Value {
        if depth > DEPTH_LIMIT {
            return Value::from(PLACEHOLDER);
        }
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
            Value::String(text) => Value::from(self.text(text)),
            Value::Array(all) => all.iter().map(|each| self.clean(each, depth + 1)).collect(),
            Value::Object(all) => {
                let clean = |(key, each): (&String, &Value)| {
                    let each =
                        if is_telling(key) { Value::from(PLACEHOLDER) } else { self.clean(each, depth + 1) };
                    (key.clone(), each)
                };
                Value::Object(all.iter().map(clean).collect::<Map<_, _>>())
            }
        }
    }

    fn text(&self, text: &str) -> String {
        let clean = match self.rules.scan(text) {
            Ok(clean) => clean.text,
            Err(_) => return PLACEHOLDER.to_owned(),
        };
        let clean = self.bearer.replace_all(&clean, PLACEHOLDER);
        match clean.char_indices().nth(TEXT_LIMIT) {
            Some((at, _)) => format!("{}{CUT}", clean.get(..at).unwrap_or_default()),
            None => clean.into_owned(),
        }
    }
}

fn is_telling(key: &str) -> bool {
    let lower = key.to_lowercase();
    KEYS.iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests;
