//! Built-ins of the shell that change what is known: variables, aliases, traps.

use super::state::{Context, State};
use super::{Link, Value, walk};
use crate::cursor::is_name;

/// Aliases or variables of one command that are followed; a person writes one.
const MOST: usize = 16;

/// Follows a built-in; `false` when the program is none of these. They write nothing, but for a bare `set`.
pub(super) fn follow(
    program: &str,
    words: &[Value],
    id: usize,
    state: &mut State,
    context: &Context,
    input: Option<&str>,
) -> bool {
    let rest = words.get(1..).unwrap_or_default();
    match program {
        "alias" => {
            for (name, text) in rest.iter().take(MOST).filter_map(|word| word.text.split_once('=')) {
                later(text, id, state, context);
                let words = text.split_whitespace().take(MOST).map(Value::certain).collect();
                state.renamed.insert(name.to_owned(), words);
            }
        }
        "trap" => {
            if let Some(first) = rest.first() {
                later(&first.text, id, state, context);
            }
        }
        "export" | "declare" | "local" | "readonly" | "typeset" => {
            for word in rest {
                if let Some((name, text)) = word.text.split_once('=').filter(|(name, _)| is_name(name)) {
                    let value =
                        Value { text: text.to_owned(), is_certain: word.is_certain, ..Value::default() };
                    state.variables.insert(name.to_owned(), value);
                }
            }
        }
        "set" => {
            if rest.first().is_some_and(|word| word.text == "--") {
                for (index, word) in rest.iter().skip(1).enumerate().take(MOST) {
                    state.variables.insert((index + 1).to_string(), word.clone());
                }
                state.arguments = std::rc::Rc::new(rest.iter().skip(1).take(MOST).cloned().collect());
            }
        }
        // `hash -p /bin/rm tidy`.
        "hash" => {
            let at = rest.iter().position(|word| word.text == "-p");
            if let Some([path, name, ..]) = at.and_then(|at| rest.get(at + 1..)) {
                state.renamed.insert(name.text.clone(), vec![path.clone()]);
            }
        }
        "read" | "mapfile" | "readarray" => {
            let value = input.map_or_else(Value::unknown, |text| Value::certain(text.trim_end_matches('\n')));
            for word in rest.iter().filter(|word| is_name(&word.text)).take(MOST) {
                if state.spend(value.text.len() + 1) {
                    state.variables.insert(word.text.clone(), value.clone());
                }
            }
        }
        _ => return false,
    }
    true
}

/// Follows a text that may run later. One word is most often no command.
fn later(text: &str, id: usize, state: &mut State, context: &Context) {
    if text.contains(char::is_whitespace) {
        walk::text(text, state, &context.inside(id, Link::Text), None);
    }
}
