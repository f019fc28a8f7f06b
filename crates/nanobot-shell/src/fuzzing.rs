//! What must hold whatever somebody writes as a command line, as a function of bytes.
//!
//! Two callers share it: the fuzz target (`fuzz/`), and the seeded runs of the tests, which need no fuzzer. Behind the
//! feature `fuzzing`, so that no program that is shipped has it. It makes no input and counts nothing.

use crate::{Command, MAX_BYTES, Script, effective, parse};

/// What an input was, in a few words (`complete`, `it is opened and never closed`), so that a run can tell what it has
/// tried.
pub type Shape = String;

/// An input for which something does not hold that must; the text says what.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Broken(String);

/// Steps of reading that one byte may take, and those that every text may take.
const STEPS_A_BYTE: usize = 17;
const STEPS_AT_LEAST: usize = 8192;

/// Reads the bytes as a command line, and looks whether all holds that must.
///
/// # Errors
/// When something does not hold.
pub fn check(bytes: &[u8]) -> Result<Shape, Broken> {
    let text = String::from_utf8_lossy(bytes);
    let script = parse(&text);
    let allowed = text.len().min(MAX_BYTES).saturating_mul(STEPS_A_BYTE).saturating_add(STEPS_AT_LEAST);
    must(script.work <= allowed, || format!("{} steps for {} bytes", script.work, text.len()))?;
    must(script.faults.iter().all(|fault| fault.at <= text.len()), || "a fault behind the end".to_owned())?;
    must(script == parse(&text), || "the same text reads in two ways".to_owned())?;
    let effects = effective(&script);
    for (index, command) in effects.commands.iter().enumerate() {
        must(command.id == index, || format!("command {index} says it is {}", command.id))?;
        must(command.parent.is_none_or(|(outer, _)| outer < index), || {
            format!("command {index} is in a later one")
        })?;
    }
    must(script.is_complete() || !effects.is_complete(), || "a fault got lost".to_owned())?;
    quoted_is_one_word(&text)?;
    Ok(effects.faults.first().map_or_else(|| "complete".to_owned(), |fault| fault.kind.to_string()))
}

/// Whatever stands in single quotes is one word, and reads as itself.
fn quoted_is_one_word(text: &str) -> Result<(), Broken> {
    let inside: String =
        text.chars().filter(|sign| !matches!(sign, '\'' | '\0')).take(MAX_BYTES / 8).collect();
    let script = parse(&format!("x '{inside}'"));
    must(script.is_complete(), || "a quoted text is no whole word".to_owned())?;
    let second = words(&script).and_then(|words| words.get(1)).and_then(crate::Word::text);
    must(second.as_deref() == Some(inside.as_str()), || "a quoted text reads as another one".to_owned())
}

fn words(script: &Script) -> Option<&Vec<crate::Word>> {
    match script.body.pipelines.first()?.commands.first()? {
        Command::Simple(simple) => Some(&simple.words),
        Command::Compound(_) | Command::Function(_) => None,
    }
}

/// Something that must hold.
fn must(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken(otherwise())) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::check;

    /// Pieces that make command lines, whole and broken.
    fn line() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("rm"),
            Just(" "),
            Just("\n"),
            Just(";"),
            Just("|"),
            Just("&"),
            Just("&&"),
            Just("("),
            Just(")"),
            Just("{"),
            Just("}"),
            Just("{ "),
            Just("; }"),
            Just("$("),
            Just("${"),
            Just("$(("),
            Just("))"),
            Just("`"),
            Just("'"),
            Just("\""),
            Just("\\"),
            Just("$'"),
            Just("<<E\n"),
            Just("E\n"),
            Just("<<<"),
            Just("<("),
            Just(">"),
            Just("2>&1"),
            Just("if "),
            Just("then "),
            Just("fi"),
            Just("for x in "),
            Just("do "),
            Just("done"),
            Just("case x in "),
            Just("esac"),
            Just(";;"),
            Just("f()"),
            Just("[["),
            Just("]]"),
            Just("x="),
            Just("$x"),
            Just("${x:-"),
            Just("*"),
            Just("[a-"),
            Just("~/"),
            Just("sh -c "),
            Just("eval "),
            Just("{a,"),
            Just("{1..9}"),
            Just("ö"),
            Just("\u{0}"),
            Just("#"),
            Just("time "),
            Just("! "),
            Just("xargs "),
        ];
        prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in ".{0,200}") {
            prop_assert_eq!(check(text.as_bytes()).err(), None);
        }

        #[test]
        fn any_command_line_is_read(text in line()) {
            prop_assert_eq!(check(text.as_bytes()).err(), None);
        }

    }

    proptest! {
        // Long texts: a few say as much as many.
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn many_of_the_same_take_no_more_than_their_length(text in line(), count in 1_usize..400) {
            prop_assert_eq!(check(text.repeat(count).as_bytes()).err(), None);
        }
    }
}
