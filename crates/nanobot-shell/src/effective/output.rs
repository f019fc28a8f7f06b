//! What programs write whose output follows from their words and input alone: `echo`, `printf`, `base64 -d`, …

use std::collections::{BTreeMap, BTreeSet};

use super::Value;
use super::state::State;
use crate::decode;
use crate::effort;
use crate::escape;

/// Longest output that is worked out.
const LONGEST: usize = 64 * 1024;

/// Bytes of the format that `printf` is followed through, over all its rounds.
const MOST_READ: usize = 16 * LONGEST;

/// The output, when it is certain.
pub(super) fn of(program: &str, words: &[Value], state: &mut State, input: Option<&str>) -> Option<String> {
    let words = words.get(1..).unwrap_or_default();
    let size = words.iter().map(|word| word.text.len()).sum::<usize>() + input.map_or(0, str::len);
    if size > LONGEST || !state.spend(size) {
        return None;
    }
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let is_certain = words.iter().all(|word| word.is_certain && !word.is_pattern);
    match program {
        "echo" => is_certain.then(|| echo(&texts)),
        "printf" => is_certain.then(|| printf(&texts)).flatten(),
        "which" | "command" | "type" | "whence" => {
            let name = texts.iter().rfind(|text| !text.starts_with('-'))?;
            Some(format!("{name}\n"))
        }
        "basename" => Some(format!("{}\n", texts.first()?.rsplit('/').next()?)),
        "true" | ":" | "cd" | "chmod" | "mkdir" | "touch" | "sleep" => Some(String::new()),
        "tee" => {
            let text = input?.to_owned();
            for name in texts.iter().filter(|text| !text.starts_with('-')) {
                super::walk::remember(name, &text, false, state);
            }
            Some(text)
        }
        _ => filtered(program, &texts, &given(program, &texts, state, input)?),
    }
}

/// The text that a filter works on: a file that the script wrote, or its input.
fn given(program: &str, texts: &[&str], state: &State, input: Option<&str>) -> Option<String> {
    if matches!(program, "tr" | "sed") {
        return input.map(str::to_owned);
    }
    let options_with_value = ["-w", "-n", "-c", "-b", "-l", "-in"];
    let mut names = Vec::new();
    let mut words = texts.iter();
    while let Some(text) = words.next() {
        if options_with_value.contains(text) && program != "cat" {
            words.next();
        } else if !text.starts_with('-') || *text == "-" {
            names.push(*text);
        }
    }
    if program == "openssl" {
        names.retain(|name| !matches!(*name, "base64" | "enc"));
    }
    match names.as_slice() {
        [] | ["-" | "/dev/stdin"] => input.map(str::to_owned),
        [name] => state.files.get(name.trim_start_matches("./")).cloned(),
        _ => None,
    }
}

fn filtered(program: &str, texts: &[&str], given: &str) -> Option<String> {
    let has = |wanted: &[&str]| texts.iter().any(|text| wanted.contains(text));
    // Flags of one letter may stand together (`base64 -di`, `xxd -rp`).
    let flag = |letter: char| {
        texts.iter().any(|text| text.starts_with('-') && !text.starts_with("--") && text.contains(letter))
    };
    match program {
        "cat" | "tac" | "head" | "tail" | "sort" | "uniq" | "fold" | "paste" => Some(given.to_owned()),
        "base64" | "gbase64" | "basenc" if flag('d') || flag('D') || has(&["--decode"]) => {
            decode::base64(given)
        }
        "openssl" if has(&["base64", "-base64", "-a", "enc"]) && has(&["-d"]) => decode::base64(given),
        "base32" if flag('d') || has(&["--decode"]) => decode::base32(given),
        "xxd" if flag('r') || has(&["-revert"]) => decode::hex(given),
        "rev" => {
            let lines: Vec<String> = given.lines().map(|line| line.chars().rev().collect()).collect();
            Some(lines.join("\n") + "\n")
        }
        "tr" => translated(texts, given),
        _ => None,
    }
}

fn echo(texts: &[&str]) -> String {
    let mut rest = texts;
    let (mut ends_line, mut has_escapes) = (true, false);
    while let Some((first, tail)) = rest.split_first()
        && let Some(flags) = first.strip_prefix('-')
        && !flags.is_empty()
        && flags.chars().all(|flag| "neE".contains(flag))
    {
        ends_line &= !flags.contains('n');
        has_escapes |= flags.contains('e');
        rest = tail;
    }
    let joined = rest.join(" ");
    // Some shells read escapes also without `-e`.
    let mut text = if has_escapes || joined.contains("\\x") || joined.contains("\\0") {
        escape::printed(&joined)
    } else {
        joined
    };
    if ends_line {
        text.push('\n');
    }
    text
}

fn printf(texts: &[&str]) -> Option<String> {
    let texts = if texts.first() == Some(&"--") { texts.get(1..)? } else { texts };
    let (format, mut arguments) = texts.split_first()?;
    let mut text = String::new();
    let mut read = 0_usize;
    loop {
        // The format is read once a round, also when it writes nothing.
        read = read.saturating_add(format.len());
        effort::spend(format.len());
        if read > MOST_READ {
            return None;
        }
        let before = arguments.len();
        let mut rest = *format;
        while let Some((plain, tail)) = rest.split_once('%') {
            text.push_str(&escape::printed(plain));
            let length = tail.find(|sign: char| !(sign.is_ascii_digit() || "-+ #.".contains(sign)))?;
            let mut behind = tail.get(length..)?.chars();
            let verb = behind.next()?;
            if verb == '%' {
                text.push('%');
            } else {
                let (argument, others) =
                    arguments.split_first().map_or(("", arguments), |(one, all)| (*one, all));
                arguments = others;
                match verb {
                    's' | 'd' | 'i' | 'q' | 'u' => text.push_str(argument),
                    'b' => text.push_str(&escape::printed(argument)),
                    'c' => text.extend(argument.chars().next()),
                    _ => return None,
                }
            }
            rest = behind.as_str();
        }
        text.push_str(&escape::printed(rest));
        if text.len() > LONGEST {
            return None;
        }
        if arguments.is_empty() || arguments.len() == before {
            return Some(text);
        }
    }
}

fn translated(texts: &[&str], given: &str) -> Option<String> {
    if let ["-d", signs] = texts {
        let signs: BTreeSet<char> = members(&escape::printed(signs)).into_iter().collect();
        return Some(given.chars().filter(|sign| !signs.contains(sign)).collect());
    }
    let [from, to] = texts else { return None };
    let (from, to) = (members(&escape::printed(from)), members(&escape::printed(to)));
    let last = *to.last()?;
    // Of a sign that stands there twice the last counts.
    let into = to.into_iter().chain(std::iter::repeat(last));
    let table: BTreeMap<char, char> = from.into_iter().zip(into).collect();
    Some(given.chars().map(|sign| table.get(&sign).copied().unwrap_or(sign)).collect())
}

/// The characters of a set of `tr`, ranges written out.
fn members(set: &str) -> Vec<char> {
    let set = set.replace("[:lower:]", "a-z").replace("[:upper:]", "A-Z");
    let signs: Vec<char> = set.chars().take(256).collect();
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(sign) = signs.get(at) {
        match (signs.get(at + 1), signs.get(at + 2)) {
            (Some('-'), Some(last)) if last >= sign => {
                all.extend((*sign..=*last).take(256));
                at += 3;
            }
            _ => {
                all.push(*sign);
                at += 1;
            }
        }
    }
    all
}
