//! From text to tree: lists, pipelines, simple commands. What cannot be read becomes a fault, and reading goes on
//! behind it, so that a guard still sees the rest.

mod compound;
mod dollar;
mod here_doc;
mod word;

use std::sync::Arc;

use crate::ast::{
    Assignment, Block, Command, FaultKind, Function, Pipeline, RedirectOperator, Redirection, Script,
    Separator, Simple, Word,
};
use crate::cursor::{Cursor, MAX_BYTES, Pending, Shared, ends_word, is_blank, is_name};

/// Reads a command line. Total: whatever cannot be read is in [`Script::faults`].
pub fn parse(text: &str) -> Script {
    let mut shared = Shared::new(text.len().min(MAX_BYTES));
    let cut = text.floor_char_boundary(MAX_BYTES);
    let readable = text.get(..cut).unwrap_or("");
    let mut cursor = Cursor::new(readable, &mut shared);
    if cut < text.len() {
        cursor.fault(FaultKind::TooLong);
    }
    if readable.contains('\0') {
        cursor.fault(FaultKind::ZeroByte);
    }
    let body = whole(&mut cursor);
    Script { body, here_docs: shared.here_docs, faults: shared.faults, work: shared.work }
}

/// Everything up to the end of this text.
fn whole(cursor: &mut Cursor<'_>) -> Block {
    let mut block = Block::default();
    loop {
        let mut part = read_block(cursor, Stop::End);
        block.pipelines.append(&mut part.pipelines);
        if cursor.peek().is_none() {
            break;
        }
        // A sign or keyword that closes what was never opened.
        cursor.fault(FaultKind::Misplaced);
        if cursor.peek() == Some(')') {
            cursor.next();
        } else if let Some(word) = keyword(cursor) {
            cursor.skip(word.len());
        } else {
            cursor.next();
        }
    }
    // Asked for, and the text ended first.
    here_doc::read_pending(cursor);
    block
}

/// What ends a block, beside the end of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// Nothing else.
    End,
    /// `)`.
    Parenthesis,
    /// One of these words where a command could stand.
    Words(&'static [&'static str]),
    /// `;;`, `;&`, `;;&` or `esac`.
    CaseArm,
}

/// Words with a meaning where a command could stand.
const KEYWORDS: [&str; 21] = [
    "!", "{", "}", "[[", "case", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in",
    "select", "then", "time", "until", "while", "coproc",
];
/// Those that end something.
const CLOSERS: [&str; 8] = ["}", "do", "done", "elif", "else", "esac", "fi", "then"];

/// The keyword that stands here, when one does.
fn keyword(cursor: &Cursor<'_>) -> Option<&'static str> {
    /// No keyword is longer.
    const LONGEST: usize = 8;
    let rest = cursor.rest();
    let end = rest.char_indices().take(LONGEST + 1).find(|(_, sign)| ends_word(*sign)).map(|(at, _)| at);
    let word = match end {
        Some(end) => rest.get(..end)?,
        None if rest.len() <= LONGEST => rest,
        None => return None,
    };
    KEYWORDS.into_iter().find(|known| *known == word)
}

fn skip_blanks(cursor: &mut Cursor<'_>) {
    while let Some(sign) = cursor.peek() {
        if is_blank(sign) {
            cursor.next();
        } else if cursor.starts_with("\\\n") {
            cursor.skip(2);
        } else {
            break;
        }
    }
}

/// Blanks, new lines and comments.
fn skip_lines(cursor: &mut Cursor<'_>) {
    loop {
        skip_blanks(cursor);
        match cursor.peek() {
            Some('\n') => {
                cursor.next();
                here_doc::read_pending(cursor);
            }
            Some('#') => skip_comment(cursor),
            _ => break,
        }
    }
}

fn skip_comment(cursor: &mut Cursor<'_>) {
    while cursor.peek().is_some_and(|sign| sign != '\n') {
        cursor.next();
    }
}

fn read_block(cursor: &mut Cursor<'_>, stop: Stop) -> Block {
    let mut block = Block::default();
    loop {
        skip_lines(cursor);
        let Some(sign) = cursor.peek() else { break };
        match sign {
            ')' => break,
            ';' => {
                if stop == Stop::CaseArm && (cursor.starts_with(";;") || cursor.starts_with(";&")) {
                    break;
                }
                cursor.fault(FaultKind::Misplaced);
                cursor.next();
                continue;
            }
            '|' => {
                cursor.fault(FaultKind::Misplaced);
                cursor.next();
                continue;
            }
            '&' if !cursor.starts_with("&>") => {
                cursor.fault(FaultKind::Misplaced);
                cursor.next();
                continue;
            }
            _ => {}
        }
        if keyword(cursor).is_some_and(|word| CLOSERS.contains(&word)) {
            break;
        }
        let before = cursor.offset();
        let mut pipeline = read_pipeline(cursor);
        pipeline.then = read_separator(cursor, stop);
        if pipeline.commands.is_empty() {
            if cursor.offset() == before {
                cursor.fault(FaultKind::Misplaced);
                cursor.next();
            }
            continue;
        }
        block.pipelines.push(pipeline);
    }
    block
}

fn read_separator(cursor: &mut Cursor<'_>, stop: Stop) -> Separator {
    skip_blanks(cursor);
    match cursor.peek() {
        Some('&') => {
            cursor.next();
            if cursor.eat("&") {
                return Separator::And;
            }
            return Separator::Background;
        }
        Some('|') if cursor.starts_with("||") => {
            cursor.skip(2);
            return Separator::Or;
        }
        Some(';') => {
            let closes_arm = cursor.starts_with(";;") || cursor.starts_with(";&");
            if !(stop == Stop::CaseArm && closes_arm) {
                cursor.next();
            }
        }
        _ => {}
    }
    Separator::Next
}

fn read_pipeline(cursor: &mut Cursor<'_>) -> Pipeline {
    let mut commands = Vec::new();
    loop {
        skip_lines(cursor);
        // `!` and `time` change nothing about what runs.
        if let Some(word @ ("!" | "time")) = keyword(cursor) {
            cursor.skip(word.len());
            skip_blanks(cursor);
            if word == "time" && cursor.eat("-p") {
                skip_blanks(cursor);
            }
            continue;
        }
        let Some(command) = read_command(cursor) else {
            if !commands.is_empty() {
                cursor.fault(FaultKind::Missing);
            }
            break;
        };
        commands.push(command);
        skip_blanks(cursor);
        if cursor.starts_with("||") || !cursor.eat("|") {
            break;
        }
        cursor.eat("&");
    }
    Pipeline { commands, then: Separator::Next }
}

fn read_command(cursor: &mut Cursor<'_>) -> Option<Command> {
    if let Some(word) = keyword(cursor) {
        if CLOSERS.contains(&word) {
            return None;
        }
        if word != "in"
            && let Some(command) = compound::read(cursor, word)
        {
            return Some(command);
        }
    }
    if cursor.peek() == Some('(') {
        return Some(compound::read_parenthesis(cursor));
    }
    read_simple(cursor)
}

fn read_simple(cursor: &mut Cursor<'_>) -> Option<Command> {
    let mut simple = Simple::default();
    let before = cursor.offset();
    loop {
        skip_blanks(cursor);
        if let Some(redirection) = read_redirection(cursor) {
            simple.redirections.push(redirection);
            continue;
        }
        if simple.words.is_empty()
            && let Some(assignment) = read_assignment(cursor)
        {
            simple.assignments.push(assignment);
            continue;
        }
        match cursor.peek() {
            None => break,
            Some('#') => {
                skip_comment(cursor);
                break;
            }
            Some('(') => {
                if let Some(function) = read_function(cursor, &simple) {
                    return Some(function);
                }
                // An array behind `declare a=`, or a slip: what stands inside is read, so that nothing hides there.
                if !last_ends_in_equals(&simple) {
                    cursor.fault(FaultKind::Misplaced);
                }
                cursor.next();
                simple.words.append(&mut read_list(cursor));
            }
            Some(sign) if ends_word(sign) && !starts_process(cursor) => break,
            Some(_) => simple.words.push(word::read(cursor)),
        }
    }
    (cursor.offset() > before).then_some(Command::Simple(simple))
}

fn starts_process(cursor: &Cursor<'_>) -> bool {
    cursor.starts_with("<(") || cursor.starts_with(">(")
}

fn last_ends_in_equals(simple: &Simple) -> bool {
    simple.words.last().and_then(Word::plain).is_some_and(|text| text.ends_with('='))
}

/// `name ( )` and the body behind it.
fn read_function(cursor: &mut Cursor<'_>, simple: &Simple) -> Option<Command> {
    let [name] = simple.words.as_slice() else { return None };
    let name = name.text()?;
    if !simple.assignments.is_empty() || !simple.redirections.is_empty() {
        return None;
    }
    let before = cursor.offset();
    cursor.next();
    skip_blanks(cursor);
    if !cursor.eat(")") {
        cursor.go_back(before);
        return None;
    }
    Some(Command::Function(read_function_body(cursor, name)))
}

fn read_function_body(cursor: &mut Cursor<'_>, name: String) -> Function {
    skip_lines(cursor);
    let body = if cursor.enter() {
        let body = read_command(cursor);
        cursor.leave();
        body
    } else {
        None
    };
    if body.is_none() {
        cursor.fault(FaultKind::Missing);
    }
    Function { name, body: Arc::new(body.unwrap_or(Command::Simple(Simple::default()))) }
}

/// Words up to `)`.
fn read_list(cursor: &mut Cursor<'_>) -> Vec<Word> {
    let mut words = Vec::new();
    loop {
        skip_lines(cursor);
        match cursor.peek() {
            None => {
                cursor.fault(FaultKind::Unclosed);
                break;
            }
            Some(')') => {
                cursor.next();
                break;
            }
            Some(sign) if ends_word(sign) && !starts_process(cursor) => {
                cursor.fault(FaultKind::Misplaced);
                cursor.next();
            }
            Some(_) => words.push(word::read(cursor)),
        }
    }
    words
}

fn read_assignment(cursor: &mut Cursor<'_>) -> Option<Assignment> {
    let rest = cursor.rest();
    let end = rest.find(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_'))?;
    let name = rest.get(..end).filter(|name| is_name(name))?;
    let mut tail = rest.get(end..)?;
    let mut taken = end;
    if tail.starts_with('[') {
        let close = cursor.index_end(end)?;
        tail = tail.get(close..)?.strip_prefix(']')?;
        taken += close + 1;
    }
    let appends = tail.starts_with('+');
    if appends {
        tail = tail.get(1..)?;
        taken += 1;
    }
    if !tail.starts_with('=') {
        return None;
    }
    let name = name.to_owned();
    cursor.skip(taken + 1);
    let values = if cursor.eat("(") {
        read_list(cursor)
    } else if cursor.peek().is_none_or(|sign| ends_word(sign) && !starts_process(cursor)) {
        vec![Word::default()]
    } else {
        vec![word::read(cursor)]
    };
    Some(Assignment { name, appends, values })
}

fn read_redirection(cursor: &mut Cursor<'_>) -> Option<Redirection> {
    let rest = cursor.rest();
    // `2>`, `{name}>`: only directly in front of the sign.
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let named = rest.strip_prefix('{').and_then(|tail| {
        let end = tail.find(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_'))?;
        (tail.get(end..)?.starts_with('}') && is_name(tail.get(..end)?)).then_some(end)
    });
    let prefix = named.map_or(digits, |end| end + 2);
    let sign = rest.get(prefix..)?;
    let both = prefix == 0 && (sign.starts_with("&>") || sign.starts_with("&>>"));
    if !(both || sign.starts_with(['<', '>'])) || sign.starts_with("<(") || sign.starts_with(">(") {
        return None;
    }
    let descriptor = rest.get(..digits).and_then(|number| number.parse().ok());
    let (length, mut operator) = operator_of(sign);
    cursor.skip(prefix + length);
    let strips_tabs = operator == RedirectOperator::HereDoc && cursor.eat("-");
    skip_blanks(cursor);
    if cursor.peek().is_none_or(|sign| ends_word(sign) && !starts_process(cursor)) {
        cursor.fault(FaultKind::Missing);
        return Some(Redirection { descriptor, operator, target: Word::default(), here_doc: None });
    }
    let target = word::read(cursor);
    if operator == RedirectOperator::CopyWrite {
        let is_number =
            target.plain().is_some_and(|text| text.bytes().all(|sign| sign.is_ascii_digit() || sign == b'-'));
        if !is_number {
            operator = RedirectOperator::WriteBoth;
        }
    }
    let here_doc = (operator == RedirectOperator::HereDoc).then(|| {
        let index = cursor.shared.here_docs.len();
        cursor.shared.here_docs.push(Word::default());
        cursor.pending.push(Pending {
            index,
            delimiter: target.text().unwrap_or_default(),
            strips_tabs,
            is_quoted: target.plain().is_none(),
        });
        index
    });
    Some(Redirection { descriptor, operator, target, here_doc })
}

fn operator_of(sign: &str) -> (usize, RedirectOperator) {
    /// Longer signs first.
    const SIGNS: [(&str, RedirectOperator); 12] = [
        ("<<<", RedirectOperator::HereString),
        ("&>>", RedirectOperator::WriteBoth),
        ("<<", RedirectOperator::HereDoc),
        ("<>", RedirectOperator::ReadWrite),
        ("<&", RedirectOperator::CopyRead),
        (">>", RedirectOperator::Append),
        (">&", RedirectOperator::CopyWrite),
        (">|", RedirectOperator::Write),
        ("&>", RedirectOperator::WriteBoth),
        ("<", RedirectOperator::Read),
        (">", RedirectOperator::Write),
        ("&", RedirectOperator::WriteBoth),
    ];
    SIGNS
        .into_iter()
        .find(|(text, _)| sign.starts_with(text))
        .map_or((1, RedirectOperator::Write), |(text, operator)| (text.len(), operator))
}

#[cfg(test)]
mod tests;
