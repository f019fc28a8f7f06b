//! Values of variables, and what `${…}` does to them.

use super::Value;
use super::expand;
use super::state::{Context, State};
use crate::ast::Variable;
use crate::effort;
use crate::glob::Pattern;

/// Longer values are not cut by pattern: that costs their length squared.
const LONGEST_CUT: usize = 256;
/// Variables that a program finds in its environment: not known, and not empty either.
const FROM_OUTSIDE: [&str; 9] =
    ["USER", "LOGNAME", "HOSTNAME", "LANG", "TERM", "TZ", "RANDOM", "UID", "EUID"];

/// The value.
pub(super) fn value(used: &Variable, state: &mut State, context: &Context, id: usize) -> Value {
    let mut operator = used.operator.as_str();
    let mut base = plain(&used.name, state, context);
    if let Some(rest) = operator.strip_prefix('!') {
        operator = rest;
        base = base.map_or_else(|| Some(Value::unknown()), |name| plain(&name.text, state, context));
    }
    effort::spend(base.as_ref().map_or(0, |value| value.text.len()));
    // What is cut out of a long value may be short: the looking counts.
    if !operator.is_empty() && !state.spend(base.as_ref().map_or(0, |value| value.text.len())) {
        return Value::unknown();
    }
    let argument = used.argument.as_ref().map(|word| expand::value(word, state, context, id));
    if operator.is_empty() && argument.is_none() {
        return base.unwrap_or_default();
    }
    let argument = argument.unwrap_or_default();
    let is_set = base.as_ref().is_some_and(|value| !value.text.is_empty());
    match operator {
        ":-" | "-" if !is_set => argument,
        ":=" | "=" if !is_set => {
            state.variables.insert(used.name.clone(), argument.clone());
            argument
        }
        ":-" | "-" | ":=" | "=" | ":?" | "?" => base.unwrap_or_default(),
        ":+" | "+" => {
            if base.is_some() {
                argument
            } else {
                Value::default()
            }
        }
        _ => {
            let base = base.unwrap_or_default();
            if !state.spend(growth(operator, &base.text, &argument.text)) {
                return Value::unknown();
            }
            match changed(operator, &whole_path(&used.name, base.text.clone()), &argument.text) {
                Some(text) if base.is_certain && argument.is_certain => Value::certain(text),
                Some(text) => Value { text, is_certain: false, ..Value::default() },
                None => Value::unknown(),
            }
        }
    }
}

/// How much a value grows by a replacement of all, at most.
fn growth(operator: &str, text: &str, argument: &str) -> usize {
    match argument.split_once('/') {
        Some((pattern, with)) if operator == "//" && with.len() > pattern.len() => {
            (text.len() / pattern.len().max(1)).saturating_mul(with.len() - pattern.len())
        }
        _ => 0,
    }
}

/// A home folder by its first letters, for whoever cuts a slash out of it.
fn whole_path(name: &str, text: String) -> String {
    if name == "HOME" && text == "~" { "/home/user".to_owned() } else { text }
}

/// The value without any operator; `None` when it is not set.
fn plain(name: &str, state: &State, context: &Context) -> Option<Value> {
    if let Some(value) = state.variables.get(name) {
        return Some(value.clone());
    }
    match name {
        "HOME" => Some(Value::certain("~")),
        "PWD" | "OLDPWD" => Some(Value::certain(".")),
        "IFS" => Some(Value::certain(" \t\n")),
        "PATH" => Some(Value::certain("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")),
        "SHELL" | "BASH" => Some(Value::certain("/bin/sh")),
        "0" => Some(Value::certain("sh")),
        "?" => Some(Value::certain("0")),
        "@" | "*" => {
            let arguments = state.arguments(context);
            let texts: Vec<&str> = arguments.iter().map(|value| value.text.as_str()).collect();
            let is_certain = arguments.iter().all(|value| value.is_certain);
            Some(Value { text: texts.join(" "), is_certain, ..Value::default() })
        }
        "#" | "$" | "!" | "-" => Some(Value::unknown()),
        _ if FROM_OUTSIDE.contains(&name) => Some(Value::unknown()),
        _ => match name.parse::<usize>() {
            Ok(number) => context.arguments.get(number.checked_sub(1)?).cloned(),
            // Set by nobody here: an earlier call may have done so, but most often it is empty.
            Err(_) => None,
        },
    }
}

fn changed(operator: &str, text: &str, argument: &str) -> Option<String> {
    match operator {
        ":" => cut_out(text, argument),
        "/" | "//" => {
            // `read_braced` gives `//` for all; the pattern ends at the next slash.
            let (pattern, with) = argument.split_once('/').unwrap_or((argument, ""));
            if pattern.is_empty() || pattern.contains(['*', '?', '[']) {
                return None;
            }
            let count = if operator == "//" { usize::MAX } else { 1 };
            Some(text.replacen(pattern, with, count))
        }
        "^^" => Some(text.to_uppercase()),
        ",," => Some(text.to_lowercase()),
        "^" | "," => {
            let mut chars = text.chars();
            let first = chars.next().map(|sign| {
                if operator == "^" {
                    sign.to_uppercase().to_string()
                } else {
                    sign.to_lowercase().to_string()
                }
            });
            Some(first.unwrap_or_default() + chars.as_str())
        }
        "#" | "##" | "%" | "%%" => without_match(operator, text, argument),
        "@" => Some(text.to_owned()),
        _ => None,
    }
}

/// `${x:2}`, `${x:2:3}`, `${x: -3}`.
fn cut_out(text: &str, argument: &str) -> Option<String> {
    let (from, length) = match argument.split_once(':') {
        Some((from, length)) => (from, Some(length.trim().parse::<i64>().ok()?)),
        None => (argument, None),
    };
    let count = i64::try_from(text.chars().count()).ok()?;
    let from = from.trim().parse::<i64>().ok()?;
    let start = if from < 0 { (count + from).max(0) } else { from.min(count) };
    let end = match length {
        Some(length) if length < 0 => count + length,
        Some(length) => start.saturating_add(length).min(count),
        None => count,
    };
    let taken = usize::try_from(end - start).unwrap_or(0);
    Some(text.chars().skip(usize::try_from(start).ok()?).take(taken).collect())
}

fn without_match(operator: &str, text: &str, pattern: &str) -> Option<String> {
    if text.len() > LONGEST_CUT || pattern.len() > LONGEST_CUT {
        return None;
    }
    let pattern = Pattern::new(pattern);
    let mut borders: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    if matches!(operator, "##" | "%") {
        borders.reverse();
    }
    for at in borders {
        let (before, behind) = text.split_at_checked(at)?;
        let (cut, kept) = if operator.starts_with('#') { (before, behind) } else { (behind, before) };
        if pattern.matches(cut) {
            return Some(kept.to_owned());
        }
    }
    Some(text.to_owned())
}
