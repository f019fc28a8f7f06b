//! What a command runs besides itself: the command behind a wrapper, the text that a shell reads, the body of a
//! function. Gives what it writes, when that is certain.

use std::sync::Arc;

use super::state::{Context, Input, State};
use super::{Link, Value, builtin, handed, output, walk, wrapper};

/// Words that `xargs` gets from known input.
const MOST_GIVEN: usize = 256;

const SHELLS: [&str; 13] =
    ["sh", "bash", "dash", "zsh", "ksh", "ash", "mksh", "fish", "csh", "tcsh", "rbash", "yash", "ksh93"];

/// Whether a program of this name reads commands of a shell.
pub fn is_shell(program: &str) -> bool {
    SHELLS.contains(&program)
}

/// Follows what the command runs.
pub(super) fn follow(
    words: &[Value],
    id: usize,
    state: &mut State,
    context: &Context,
    input: Input<'_>,
) -> Option<String> {
    let first = words.first()?;
    if !state.spend(words.len()) {
        return None;
    }
    let operand = words.iter().skip(1).find(|word| !word.text.starts_with('-'));
    if let Some(text) = operand.and_then(|word| state.files.get(word.text.trim_start_matches("./"))).cloned()
        && state.spend(text.len())
        && let Some(place) = state.at(id)
    {
        place.script = Some(text);
    }
    if state.functions.contains_key(&first.text) {
        return walk::call(&first.text, words.get(1..).unwrap_or_default(), id, state, context, input);
    }
    if let Some(known) = state.renamed.get(first.text.trim_start_matches("./")).cloned() {
        // An alias of itself (`alias ls='ls -l'`) is not followed again.
        let is_other = known.first().is_some_and(|program| program.text != first.text);
        let meant: Vec<Value> = known.into_iter().chain(words.iter().skip(1).cloned()).collect();
        if is_other {
            return start(&meant, id, state, context, input);
        }
    }
    let program = first.program();
    let given_text = input.map(AsRef::as_ref);
    handed::follow(&program, words, id, state, context, given_text);
    if is_shell(&program) {
        return shell(words, id, state, context, input);
    }
    if let Some(text) = state.files.get(first.text.trim_start_matches("./")).cloned()
        && first.text.contains('/')
    {
        return walk::text(&text, state, &context.inside(id, Link::Text), input);
    }
    if builtin::follow(&program, words, id, state, context, given_text) {
        return (program != "set").then(String::new);
    }
    match program.as_str() {
        "eval" => {
            let joined = joined(words.get(1..).unwrap_or_default());
            walk::text(&joined, state, &context.inside(id, Link::Text), input)
        }
        "." | "source" => {
            let name = words.get(1)?.text.trim_start_matches("./");
            let text = match name {
                "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0" => input?.as_ref().to_owned(),
                name => state.files.get(name).cloned()?,
            };
            walk::text(&text, state, &context.inside(id, Link::Text), input)
        }
        "find" | "gfind" | "fd" | "fdfind" => {
            found(words, id, state, context);
            None
        }
        "su" | "runuser" | "script" | "flock" | "newgrp" | "sg" if command_option(words).is_some() => {
            let text = command_option(words)?;
            walk::text(&text, state, &context.inside(id, Link::Text), input)
        }
        "at" | "batch" => {
            walk::text(input?, state, &context.inside(id, Link::Text), None);
            None
        }
        "crontab" => {
            let lines: Vec<&str> = input?.lines().map(without_time).collect();
            walk::text(&lines.join("\n"), state, &context.inside(id, Link::Text), None);
            None
        }
        "tmux" | "screen" => {
            for word in words.iter().skip(1).filter(|word| word.text.contains(char::is_whitespace)) {
                walk::text(&word.text, state, &context.inside(id, Link::Text), None);
            }
            None
        }
        "docker" | "podman" | "kubectl" | "nerdctl" | "lxc" | "flatpak-spawn" | "npx" | "uv" | "poetry"
        | "pipenv" | "bundle" | "conda" | "nix-shell" | "nix" | "pdm" | "rye" => {
            in_container(words, id, state, context, input);
            None
        }
        "env" if split_string(words).is_some() => {
            let text = split_string(words)?;
            walk::text(&text, state, &context.inside(id, Link::Wrapped), input)
        }
        "command" if words.get(1).is_some_and(|word| matches!(word.text.as_str(), "-v" | "-V")) => {
            output::of(&program, words, state, given_text)
        }
        "cp" | "ln" | "mv" | "install" => {
            renamed(words, state);
            None
        }
        "capsh" => behind_border(words, id, state, context, input),
        "xargs" | "gxargs" => {
            given(words, id, state, context, given_text);
            None
        }
        _ => match wrapper::named(&program) {
            Some(known) => wrapped(known, words, id, state, context, input),
            None => output::of(&program, words, state, given_text),
        },
    }
}

/// `capsh … -- -c cmd`: behind the border stand the words of a shell.
fn behind_border(
    words: &[Value],
    id: usize,
    state: &mut State,
    context: &Context,
    input: Input<'_>,
) -> Option<String> {
    let at = words.iter().position(|word| word.text == "--")?;
    let rest = words.get(at + 1..).unwrap_or_default();
    let inner: Vec<Value> = std::iter::once(Value::certain("bash")).chain(rest.iter().cloned()).collect();
    start(&inner, id, state, context, input)
}

/// A line of a timetable without its five fields of time, or the word that stands for them.
fn without_time(line: &str) -> &str {
    let fields = if line.starts_with('@') { 1 } else { 5 };
    let mut rest = line.trim_start();
    for _ in 0..fields {
        rest = rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
    }
    rest
}

fn joined(words: &[Value]) -> String {
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    texts.join(" ")
}

/// The word behind this option, also when both are one word.
fn option<'a>(words: &'a [Value], name: &str) -> Option<&'a Value> {
    let at = words.iter().position(|word| word.text == name)?;
    words.get(at + 1)
}

/// The text behind `-c`, alone or at the end of other letters, or behind `--command`.
fn command_option(words: &[Value]) -> Option<String> {
    let is_short = |text: &str| {
        text.strip_prefix('-')
            .is_some_and(|cluster| cluster.len() <= 5 && !cluster.starts_with('-') && cluster.ends_with('c'))
    };
    for (at, word) in words.iter().enumerate().skip(1) {
        if let Some(text) = word.text.strip_prefix("--command=") {
            return Some(text.to_owned());
        }
        if is_short(&word.text) || word.text == "--command" || word.text == "--session-command" {
            return words.get(at + 1).map(|word| word.text.clone());
        }
    }
    None
}

/// `cp /bin/rm tidy`, `ln -s /bin/rm tidy`: from then on it is that program.
fn renamed(words: &[Value], state: &mut State) {
    let mut operands = words.iter().skip(1).filter(|word| !word.text.starts_with('-'));
    if let (Some(from), Some(to), None) = (operands.next(), operands.next(), operands.next())
        && (from.text.contains('/') || from.program() == "rm")
        && from.program() != to.program()
        && to.is_certain
    {
        state.renamed.insert(to.text.trim_start_matches("./").to_owned(), vec![from.clone()]);
    }
}

/// `env -S "cmd arg"`.
fn split_string(words: &[Value]) -> Option<String> {
    for (at, word) in words.iter().enumerate() {
        if word.text == "-S" || word.text == "--split-string" {
            return Some(joined(words.get(at + 1..)?));
        }
        if let Some(text) = word.text.strip_prefix("--split-string=").or_else(|| word.text.strip_prefix("-S"))
        {
            return Some(format!("{text} {}", joined(words.get(at + 1..)?)));
        }
    }
    None
}

fn wrapped(
    known: &wrapper::Wrapper,
    words: &[Value],
    id: usize,
    state: &mut State,
    context: &Context,
    input: Input<'_>,
) -> Option<String> {
    let inner = known.command(words);
    if inner.is_empty() {
        return None;
    }
    if known.joins {
        return walk::text(&joined(inner), state, &context.inside(id, Link::Text), input);
    }
    start(inner, id, state, context, input)
}

/// Notes a command that another one starts, and follows it.
fn start(
    words: &[Value],
    id: usize,
    state: &mut State,
    context: &Context,
    input: Input<'_>,
) -> Option<String> {
    let mut inside = context.inside(id, Link::Wrapped);
    inside.text_depth += 1;
    if !inside.may_read_text() {
        state.spend(usize::MAX);
        return None;
    }
    let inner = state.open(&inside)?;
    if let Some(place) = state.at(inner) {
        place.words = words.to_vec();
        place.input = input.map(Arc::clone);
    }
    follow(words, inner, state, &inside, input)
}

fn shell(
    words: &[Value],
    id: usize,
    state: &mut State,
    context: &Context,
    input: Input<'_>,
) -> Option<String> {
    let inside = context.inside(id, Link::Text);
    let mut rest = words.get(1..).unwrap_or_default().iter();
    while let Some(word) = rest.next() {
        let text = word.text.as_str();
        if text.starts_with("--") && text.len() > 2 {
            if matches!(text, "--rcfile" | "--init-file") {
                rest.next();
            }
            if let Some(code) = text.strip_prefix("--command=") {
                return walk::text(code, state, &inside, input);
            }
            continue;
        }
        if text == "-" || text == "--" {
            continue;
        }
        if let Some(flags) = text.strip_prefix(['-', '+']) {
            if flags.contains('c') {
                let code = rest.find(|word| !word.text.starts_with(['-', '+']))?.text.clone();
                let mut rest = rest.cloned();
                if let Some(name) = rest.next() {
                    state.variables.insert("0".to_owned(), name);
                }
                let arguments: Vec<Value> = rest.collect();
                let inside = Context { arguments: std::rc::Rc::new(arguments), ..inside };
                return walk::text(&code, state, &inside, input);
            }
            if flags.contains('s') {
                return walk::text(input?, state, &inside, None);
            }
            if flags.ends_with(['o', 'O']) {
                rest.next();
            }
            continue;
        }
        // A file with a script.
        if matches!(text, "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0") {
            break;
        }
        let text = state.files.get(text.trim_start_matches("./")).cloned()?;
        let arguments: Vec<Value> = rest.cloned().collect();
        let inside = Context { arguments: std::rc::Rc::new(arguments), ..inside };
        return walk::text(&text, state, &inside, input);
    }
    walk::text(input?, state, &inside, None)
}

/// `find … -exec cmd … ;`, and the same of its relatives.
fn found(words: &[Value], id: usize, state: &mut State, context: &Context) {
    let starts = ["-exec", "-execdir", "-ok", "-okdir", "-x", "-X", "--exec", "--exec-batch"];
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        if !starts.contains(&word.text.as_str()) {
            continue;
        }
        let rest = words.get(at..).unwrap_or_default();
        let end = rest.iter().position(|word| matches!(word.text.as_str(), ";" | "+")).unwrap_or(rest.len());
        let inner = rest.get(..end).unwrap_or_default();
        if !inner.is_empty() {
            start(inner, id, state, context, None);
        }
        at += end;
    }
}

/// `xargs cmd`: its words, and those of the input when they are known.
fn given(words: &[Value], id: usize, state: &mut State, context: &Context, input: Option<&str>) {
    let Some(known) = wrapper::named("xargs") else { return };
    let mut inner = known.command(words).to_vec();
    if inner.is_empty() {
        inner.push(Value::certain("echo"));
    }
    let glued =
        words.iter().find_map(|word| word.text.strip_prefix("-I").filter(|marker| !marker.is_empty()));
    let apart = option(words, "-I").map(|word| word.text.as_str()).filter(|marker| !marker.is_empty());
    let marker = glued.or(apart).map(str::to_owned);
    match (input, marker) {
        (Some(text), Some(marker)) => {
            let line = text.trim_end_matches('\n');
            for word in &mut inner {
                if state.spend(line.len()) {
                    word.text = word.text.replacen(&marker, line, 4);
                }
            }
        }
        (Some(text), None) => {
            let pieces = text.split([' ', '\n', '\t', '\0']).filter(|piece| !piece.is_empty());
            inner.extend(pieces.take(MOST_GIVEN).map(Value::certain));
        }
        (None, _) => inner.push(Value::unknown()),
    }
    start(&inner, id, state, context, None);
}

/// `docker run image cmd`, `kubectl exec pod -- cmd`, `uv run cmd`: behind `--`, or from the first word that is a
/// shell. Their options are too many to know, and what runs in an image is not of this machine.
fn in_container(words: &[Value], id: usize, state: &mut State, context: &Context, input: Input<'_>) {
    let behind = words.iter().position(|word| word.text == "--").map(|at| at + 1);
    let shell = words.iter().skip(1).position(|word| is_shell(&word.program())).map(|at| at + 1);
    let run =
        words.iter().skip(1).position(|word| matches!(word.text.as_str(), "run" | "exec")).map(|at| at + 2);
    let program = words.first().map(Value::program).unwrap_or_default();
    let runner = matches!(program.as_str(), "uv" | "poetry" | "pipenv" | "bundle" | "pdm" | "rye");
    let at = behind.or(shell).or(run.filter(|_| runner)).or((program == "npx").then_some(1));
    if let Some(inner) = at.and_then(|at| words.get(at..)).filter(|inner| !inner.is_empty()) {
        start(inner, id, state, context, input);
    }
}
