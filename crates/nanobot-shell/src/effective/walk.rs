//! Goes through the tree in the order of running, and notes every command.

use std::rc::Rc;
use std::sync::Arc;

use super::state::{Body, Context, Input, State};
use super::{Effects, Link, Place, Redirected, Value, expand, handed, inner};
use crate::ast::{
    Block, Command, Compound, CompoundKind, Part, Pipeline, RedirectOperator, Redirection, Script, Separator,
    Simple,
};
use crate::parse::parse;

/// Rounds of a `for` that are followed one by one.
const MOST_ROUNDS: usize = 8;

/// Follows a whole script.
pub(super) fn whole(script: &Script) -> Effects {
    let mut state = State::new(script.work);
    state.found.faults.clone_from(&script.faults);
    let context = Context { here_docs: Rc::new(script.here_docs.clone()), ..Context::default() };
    block(&script.body, &mut state, &context, None);
    state.found
}

/// Follows a text that a command runs as a script.
pub(super) fn text(text: &str, state: &mut State, context: &Context, input: Input<'_>) -> Option<String> {
    if !context.may_read_text() || !state.spend(text.len()) {
        state.spend(usize::MAX);
        return None;
    }
    let script = parse(text);
    for fault in &script.faults {
        state.fault(fault.kind);
    }
    let context = Context {
        here_docs: Rc::new(script.here_docs),
        text_depth: context.text_depth + 1,
        ..context.clone()
    };
    block(&script.body, state, &context, input)
}

/// Follows a text that may run. That it cannot be read is no fault: it may be something else.
pub(super) fn perhaps(text: &str, state: &mut State, context: &Context) {
    let before = state.found.faults.len();
    self::text(text, state, context, None);
    if state.may_go_on() {
        state.found.faults.truncate(before);
    }
}

/// Follows commands one after the other; gives what they write, when that is certain.
pub(super) fn block(block: &Block, state: &mut State, context: &Context, input: Input<'_>) -> Option<String> {
    if !state.go_down() {
        return None;
    }
    let mut written = Some(String::new());
    for one in &block.pipelines {
        let output = pipeline(one, state, context, input);
        written = match (written, output) {
            (Some(mut all), Some(more)) => {
                all.push_str(&more);
                Some(all)
            }
            _ => None,
        };
    }
    state.go_up();
    written
}

fn pipeline(pipeline: &Pipeline, state: &mut State, context: &Context, input: Input<'_>) -> Option<String> {
    let mut input = input.map(Arc::clone);
    let is_background = context.is_background || pipeline.then == Separator::Background;
    if let [only] = pipeline.commands.as_slice() {
        if is_background == context.is_background {
            return command(only, state, context, input.as_ref());
        }
        let context = Context { is_background, ..context.clone() };
        return command(only, state, &context, input.as_ref());
    }
    state.pipelines += 1;
    let number = state.pipelines;
    let mut output = None;
    for (stage, one) in pipeline.commands.iter().enumerate() {
        if stage > 0 {
            input = output.take().map(|text: String| text.into());
        }
        let here = Place { pipeline: number, stage };
        let places: Arc<[Place]> = context.places.iter().copied().chain([here]).collect();
        if !state.spend(places.len()) {
            return None;
        }
        let context = Context { places, is_background, ..context.clone() };
        output = command(one, state, &context, input.as_ref());
    }
    output
}

/// Follows one command.
pub(super) fn command(
    command: &Command,
    state: &mut State,
    context: &Context,
    input: Input<'_>,
) -> Option<String> {
    if !state.spend(1 + input.map_or(0, |text| text.len() / 64)) {
        return None;
    }
    match command {
        Command::Simple(simple) => run(simple, state, context, input),
        Command::Compound(made) => compound(made, state, context, input),
        Command::Function(function) => {
            let body = Body { command: Arc::clone(&function.body), here_docs: Rc::clone(&context.here_docs) };
            state.spend(function.name.len());
            state.functions.insert(function.name.clone(), body);
            // Whether it is called or not: what it would do is known.
            let inside = Context { functions: within(context, &function.name), ..context.clone() };
            self::command(&function.body, state, &inside, None);
            Some(String::new())
        }
    }
}

fn run(simple: &Simple, state: &mut State, context: &Context, input: Input<'_>) -> Option<String> {
    let id = state.open(context)?;
    let mut words = Vec::new();
    let mut variables = Vec::new();
    for word in &simple.words {
        for part in &word.parts {
            if let Part::Variable(used) = part {
                variables.push((words.len(), used.name.clone()));
            }
        }
        words.extend(expand::fields(word, state, context, id));
    }
    let mut assignments = Vec::new();
    for assignment in &simple.assignments {
        let mut value = Value::default();
        for (index, word) in assignment.values.iter().enumerate() {
            let one = expand::value(word, state, context, id);
            if index > 0 {
                value.text.push(' ');
            }
            value.text.push_str(&one.text);
            value.is_certain &= one.is_certain;
        }
        if assignment.appends
            && let Some(before) = state.variables.get(&assignment.name)
        {
            value = Value { text: format!("{}{}", before.text, value.text), ..value };
            state.spend(value.text.len());
        }
        // Also one in front of a command: the next call in a shell function may see it.
        state.variables.insert(assignment.name.clone(), value.clone());
        assignments.push((assignment.name.clone(), value));
    }
    let redirections = redirections(&simple.redirections, state, context, id);
    let input = input_of(&redirections, state).or_else(|| input.map(Arc::clone));
    if let Some(place) = state.at(id) {
        place.words.clone_from(&words);
        place.assignments.clone_from(&assignments);
        place.variables = variables;
        place.redirections.clone_from(&redirections);
        place.input.clone_from(&input);
    }
    for (name, value) in &assignments {
        handed::variable(name, &value.text, id, state, context);
    }
    let output = inner::follow(&words, id, state, context, input.as_ref());
    keep_output(output, &redirections, state)
}

/// Where the output goes: into a file that is remembered, or on.
fn keep_output(output: Option<String>, redirections: &[Redirected], state: &mut State) -> Option<String> {
    let target = redirections
        .iter()
        .rfind(|one| one.operator.writes() && one.descriptor.is_none_or(|number| number == 1));
    let Some(target) = target else { return output };
    if let (Some(text), true) = (output, target.target.is_certain) {
        remember(&target.target.text, &text, target.operator == RedirectOperator::Append, state);
    }
    Some(String::new())
}

/// Notes what stands in a file that the script writes.
pub(super) fn remember(name: &str, text: &str, is_added: bool, state: &mut State) {
    let name = name.trim_start_matches("./").to_owned();
    let mut whole = String::new();
    if is_added {
        whole.push_str(state.files.get(&name).map_or("", String::as_str));
    }
    whole.push_str(text);
    if state.spend(whole.len() / 8 + 1) {
        state.files.insert(name, whole);
    }
}

fn redirections(all: &[Redirection], state: &mut State, context: &Context, id: usize) -> Vec<Redirected> {
    let mut found = Vec::new();
    for one in all {
        let here_docs = Rc::clone(&context.here_docs);
        let word = one.here_doc.and_then(|index| here_docs.get(index)).unwrap_or(&one.target);
        let target = expand::value(word, state, context, id);
        found.push(Redirected { descriptor: one.descriptor, operator: one.operator, target });
    }
    found
}

/// The input that redirections give, when it is known.
fn input_of(redirections: &[Redirected], state: &State) -> Option<Arc<str>> {
    let last = redirections.iter().rfind(|one| {
        one.descriptor.is_none_or(|number| number == 0)
            && matches!(
                one.operator,
                RedirectOperator::Read | RedirectOperator::HereDoc | RedirectOperator::HereString
            )
    })?;
    match last.operator {
        RedirectOperator::HereString => Some(format!("{}\n", last.target.text).into()),
        RedirectOperator::HereDoc => Some(last.target.text.as_str().into()),
        _ => state.files.get(last.target.text.trim_start_matches("./")).map(|text| text.as_str().into()),
    }
}

fn compound(made: &Compound, state: &mut State, context: &Context, input: Input<'_>) -> Option<String> {
    let id = state.open(context)?;
    let mut words = Vec::new();
    for word in &made.words {
        if made.kind == CompoundKind::For {
            words.extend(expand::fields(word, state, context, id));
        } else {
            // Patterns and tests name no files that are opened; what stands inside of them runs all the same.
            expand::value(word, state, context, id);
        }
    }
    let redirections = redirections(&made.redirections, state, context, id);
    let given = input_of(&redirections, state);
    let input = given.as_ref().or(input);
    if let Some(place) = state.at(id) {
        place.redirections.clone_from(&redirections);
        if made.kind == CompoundKind::For && !words.is_empty() {
            place.words = std::iter::once(Value::certain("for")).chain(words.iter().cloned()).collect();
        }
    }
    let output = match (&made.variable, made.kind) {
        (Some(name), CompoundKind::For) => rounds(name, &words, made, state, context, input),
        _ => blocks(made, state, context, input),
    };
    keep_output(output, &redirections, state)
}

fn blocks(made: &Compound, state: &mut State, context: &Context, input: Input<'_>) -> Option<String> {
    let mut written = Some(String::new());
    for one in &made.blocks {
        let output = block(one, state, context, input);
        written = written.zip(output).map(|(all, more)| all + &more);
    }
    match made.kind {
        CompoundKind::Group | CompoundKind::Subshell => written,
        _ => None,
    }
}

fn rounds(
    name: &str,
    words: &[Value],
    made: &Compound,
    state: &mut State,
    context: &Context,
    input: Input<'_>,
) -> Option<String> {
    let mut written = Some(String::new());
    if words.is_empty() {
        state.variables.insert(name.to_owned(), Value::unknown());
        blocks(made, state, context, input);
        return None;
    }
    for word in words.iter().take(MOST_ROUNDS) {
        state.variables.insert(name.to_owned(), word.clone());
        for one in &made.blocks {
            let output = block(one, state, context, input);
            written = written.zip(output).map(|(all, more)| all + &more);
        }
    }
    written.filter(|_| words.len() <= MOST_ROUNDS)
}

/// The functions of a place, and this one.
fn within(context: &Context, name: &str) -> Arc<[String]> {
    context.functions.iter().cloned().chain([name.to_owned()]).collect()
}

/// Calls a function whose body is known.
pub(super) fn call(
    name: &str,
    arguments: &[Value],
    id: usize,
    state: &mut State,
    context: &Context,
    input: Input<'_>,
) -> Option<String> {
    let body = state.functions.get(name)?.clone();
    // A function that calls itself is seen from its body, which was followed when it was defined.
    if !context.may_call() || context.functions.iter().any(|outer| outer == name) {
        return None;
    }
    let mut inside = context.inside(id, Link::Called);
    inside.functions = within(context, name);
    inside.call_depth += 1;
    inside.arguments = Rc::new(arguments.to_vec());
    inside.here_docs = body.here_docs;
    state.spend(arguments.len());
    command(&body.command, state, &inside, input)
}
