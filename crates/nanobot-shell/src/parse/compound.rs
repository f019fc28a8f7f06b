//! Commands with commands in them: groups, conditions, loops, `case`, tests, functions.

use super::word;
use super::{
    Stop, keyword, read_block, read_command, read_function_body, read_redirection, skip_blanks, skip_lines,
};
use crate::ast::{Block, Command, Compound, CompoundKind, FaultKind, Redirection, Simple, Word};
use crate::cursor::{Cursor, ends_word};
use crate::parse::dollar::read_arithmetic;

/// Reads the command that this keyword starts; `None` when it starts none.
pub(crate) fn read(cursor: &mut Cursor<'_>, word: &'static str) -> Option<Command> {
    if !matches!(
        word,
        "{" | "[[" | "case" | "for" | "function" | "if" | "select" | "until" | "while" | "coproc"
    ) {
        return None;
    }
    cursor.skip(word.len());
    if !cursor.enter() {
        return Some(Command::Simple(Simple::default()));
    }
    let command = match word {
        "{" => finish(cursor, CompoundKind::Group, |cursor, made| {
            made.blocks.push(block_until(cursor, &["}"]));
        }),
        "[[" => finish(cursor, CompoundKind::Test, |cursor, made| made.words = read_test(cursor)),
        "case" => finish(cursor, CompoundKind::Case, read_case),
        "for" | "select" => finish(cursor, CompoundKind::For, read_for),
        "if" => finish(cursor, CompoundKind::If, read_if),
        "while" | "until" => finish(cursor, CompoundKind::Loop, |cursor, made| {
            made.blocks.push(block_until(cursor, &["do"]));
            made.blocks.push(block_until(cursor, &["done"]));
        }),
        "function" => read_named_function(cursor),
        _ => {
            skip_blanks(cursor);
            read_command(cursor).unwrap_or(Command::Simple(Simple::default()))
        }
    };
    cursor.leave();
    Some(command)
}

/// `( … )` and `(( … ))`.
pub(crate) fn read_parenthesis(cursor: &mut Cursor<'_>) -> Command {
    if cursor.starts_with("((")
        && let Some(inside) = read_arithmetic(cursor)
    {
        return finish(cursor, CompoundKind::Arithmetic, |_, made| made.words.push(inside));
    }
    cursor.next();
    finish(cursor, CompoundKind::Subshell, |cursor, made| {
        made.blocks.push(word::read_parenthesised(cursor));
    })
}

fn finish(
    cursor: &mut Cursor<'_>,
    kind: CompoundKind,
    fill: impl FnOnce(&mut Cursor<'_>, &mut Compound),
) -> Command {
    let mut made =
        Compound { kind, variable: None, words: Vec::new(), blocks: Vec::new(), redirections: Vec::new() };
    fill(cursor, &mut made);
    made.redirections = redirections(cursor);
    // Words behind a closing sign have no place; they start a command of their own, so nothing is lost.
    if cursor.peek().is_some_and(|sign| !ends_word(sign) && sign != '#') && keyword(cursor).is_none() {
        cursor.fault(FaultKind::Misplaced);
    }
    Command::Compound(made)
}

fn redirections(cursor: &mut Cursor<'_>) -> Vec<Redirection> {
    let mut found = Vec::new();
    loop {
        skip_blanks(cursor);
        match read_redirection(cursor) {
            Some(redirection) => found.push(redirection),
            None => return found,
        }
    }
}

/// The commands up to one of these words, which is taken.
fn block_until(cursor: &mut Cursor<'_>, words: &'static [&'static str]) -> Block {
    block_and_word(cursor, words).0
}

fn block_and_word(cursor: &mut Cursor<'_>, words: &'static [&'static str]) -> (Block, Option<&'static str>) {
    let block = read_block(cursor, Stop::Words(words));
    if let Some(word) = keyword(cursor).filter(|word| words.contains(word)) {
        cursor.skip(word.len());
        (block, Some(word))
    } else {
        cursor.fault(FaultKind::Unclosed);
        (block, None)
    }
}

fn read_if(cursor: &mut Cursor<'_>, made: &mut Compound) {
    loop {
        made.blocks.push(block_until(cursor, &["then"]));
        let (body, end) = block_and_word(cursor, &["elif", "else", "fi"]);
        made.blocks.push(body);
        match end {
            Some("elif") => {}
            Some("else") => {
                made.blocks.push(block_until(cursor, &["fi"]));
                return;
            }
            _ => return,
        }
    }
}

fn read_for(cursor: &mut Cursor<'_>, made: &mut Compound) {
    skip_blanks(cursor);
    if cursor.starts_with("((") {
        match read_arithmetic(cursor) {
            Some(word) => made.words.push(word),
            None => cursor.fault(FaultKind::Unclosed),
        }
    } else if cursor.peek().is_some_and(|sign| !ends_word(sign)) {
        made.variable = word::read(cursor).text();
        skip_lines(cursor);
        if keyword(cursor) == Some("in") {
            cursor.skip(2);
            made.words = words_of_line(cursor);
        }
    } else {
        cursor.fault(FaultKind::Missing);
    }
    skip_lines(cursor);
    if cursor.eat(";") {
        skip_lines(cursor);
    }
    if keyword(cursor) == Some("{") {
        cursor.skip(1);
        made.blocks.push(block_until(cursor, &["}"]));
        return;
    }
    if keyword(cursor) == Some("do") {
        cursor.skip(2);
    } else {
        cursor.fault(FaultKind::Missing);
    }
    made.blocks.push(block_until(cursor, &["done"]));
}

fn words_of_line(cursor: &mut Cursor<'_>) -> Vec<Word> {
    let mut words = Vec::new();
    loop {
        skip_blanks(cursor);
        let starts_process = cursor.starts_with("<(") || cursor.starts_with(">(");
        match cursor.peek() {
            Some(sign) if !ends_word(sign) || starts_process => words.push(word::read(cursor)),
            _ => return words,
        }
    }
}

fn read_case(cursor: &mut Cursor<'_>, made: &mut Compound) {
    skip_blanks(cursor);
    if cursor.peek().is_some_and(|sign| !ends_word(sign)) {
        made.words.push(word::read(cursor));
    } else {
        cursor.fault(FaultKind::Missing);
    }
    skip_lines(cursor);
    if keyword(cursor) == Some("in") {
        cursor.skip(2);
    } else {
        cursor.fault(FaultKind::Missing);
    }
    loop {
        skip_lines(cursor);
        if keyword(cursor) == Some("esac") {
            cursor.skip(4);
            return;
        }
        if cursor.peek().is_none() {
            cursor.fault(FaultKind::Unclosed);
            return;
        }
        cursor.eat("(");
        // Patterns up to the closing parenthesis.
        loop {
            skip_lines(cursor);
            match cursor.peek() {
                None => break,
                Some(')') => {
                    cursor.next();
                    break;
                }
                Some('|') => {
                    cursor.next();
                }
                Some(sign) if ends_word(sign) => {
                    cursor.fault(FaultKind::Misplaced);
                    cursor.next();
                }
                Some(_) => made.words.push(word::read(cursor)),
            }
        }
        made.blocks.push(read_block(cursor, Stop::CaseArm));
        if !(cursor.eat(";;&") || cursor.eat(";;") || cursor.eat(";&"))
            && keyword(cursor) != Some("esac")
            && cursor.peek().is_some()
        {
            cursor.fault(FaultKind::Misplaced);
            let length = keyword(cursor).map_or(1, str::len);
            cursor.skip(length);
        }
    }
}

fn read_test(cursor: &mut Cursor<'_>) -> Vec<Word> {
    let mut words = Vec::new();
    loop {
        skip_lines(cursor);
        match cursor.peek() {
            None | Some(';') => {
                cursor.fault(FaultKind::Unclosed);
                return words;
            }
            Some(sign) if ends_word(sign) && !cursor.starts_with("<(") && !cursor.starts_with(">(") => {
                // `<`, `>`, `(`, `)`, `&&`, `||` are signs of the test.
                cursor.next();
            }
            Some(_) => {
                let word = word::read(cursor);
                if word.text().as_deref() == Some("]]") {
                    return words;
                }
                words.push(word);
            }
        }
    }
}

fn read_named_function(cursor: &mut Cursor<'_>) -> Command {
    skip_blanks(cursor);
    let name = if cursor.peek().is_some_and(|sign| !ends_word(sign)) {
        word::read(cursor).text().unwrap_or_default()
    } else {
        cursor.fault(FaultKind::Missing);
        String::new()
    };
    skip_blanks(cursor);
    if cursor.eat("(") {
        skip_blanks(cursor);
        cursor.eat(")");
    }
    Command::Function(read_function_body(cursor, name))
}
