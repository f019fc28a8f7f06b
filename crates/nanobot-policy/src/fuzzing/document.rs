//! Any bytes as a policy file: read or refused in words, saved and loaded again, checked, compiled, asked and explained.

use super::{Broken, CHANNELS, Shape, checked, must, places};
use crate::{
    Asked, CheckFault, CompileOptions, Document, Engine, Fault, KNOWN_TOOLS, LexicalPlaces, MAX_FAULTS,
    explain,
};

/// So long a line for people may be. The longest path has nine steps, and of each name 80 characters are shown.
const MAX_LINE: usize = 2_000;

/// Tries the bytes of a file.
///
/// # Errors
/// [`Broken`].
pub fn document(bytes: &[u8]) -> Result<Shape, Broken> {
    let places = places();
    let document = match Document::parse(bytes, &places) {
        Ok(document) => document,
        Err(fault) => return refused(bytes, &fault),
    };
    let saved = saved(bytes, &document, &places)?;
    asked(&document)?;
    Ok(match (checked(&document), saved) {
        (Ok(()), Saved::Whole) => "a policy".to_owned(),
        (Ok(()), Saved::Never) => "a policy: it cannot be written".to_owned(),
        (Err(fault), _) => format!("refused by the check: {}", check_fault(&fault)?),
    })
}

/// A refusal says where and what, each fault on a line of its own.
fn refused(bytes: &[u8], fault: &Fault) -> Result<Shape, Broken> {
    let mut lines = fault.lines();
    must(!lines.is_empty(), || "a file is refused without a word".to_owned())?;
    if lines.len() > MAX_FAULTS {
        lines.truncate(MAX_FAULTS);
    }
    lines.push(fault.to_string());
    let last = bytes.split(|byte| *byte == b'\n').count();
    for line in &lines {
        one_line(line)?;
        let number = line.strip_prefix("line ").and_then(|rest| rest.split([',', ':']).next()?.parse().ok());
        let names_a_place = match fault {
            Fault::TooLarge { .. } => true,
            Fault::NotUtf8 { .. } | Fault::NotJson { .. } | Fault::Schema(_) => {
                number.is_some_and(|number: usize| (1..=last).contains(&number))
            }
        };
        must(names_a_place, || format!("no line of the file is named: {line}"))?;
    }
    Ok(match fault {
        Fault::TooLarge { .. } => "too large".to_owned(),
        Fault::NotUtf8 { .. } => "not UTF-8".to_owned(),
        Fault::NotJson { message, .. } => format!("no JSON: {message}"),
        Fault::Schema(faults) => {
            let first = faults.first().map_or("", |fault| fault.message.as_str());
            format!("no policy: {}", without_quotes(first))
        }
    })
}

/// What happened when it was saved.
enum Saved {
    Whole,
    /// It holds what no file can.
    Never,
}

/// What is saved says the same, and is saved the same again.
fn saved(bytes: &[u8], document: &Document, places: &LexicalPlaces) -> Result<Saved, Broken> {
    let hash = document.hash();
    must(hash == document.hash(), || "one document has two hashes".to_owned())?;
    let Ok(text) = document.text() else {
        let names_a_half = bytes.windows(2).any(|pair| pair == b"\\u");
        must(names_a_half, || "a document without escapes cannot be written".to_owned())?;
        return Ok(Saved::Never);
    };
    let again = Document::parse(text.as_bytes(), places)
        .map_err(|fault| Broken(format!("what was saved is refused: {fault}")))?;
    must(again.policy() == document.policy(), || "what was saved says something else".to_owned())?;
    must(again.hash() == hash, || "saving changes the hash".to_owned())?;
    must(again.text().as_ref() == Ok(&text), || "what was saved is saved otherwise".to_owned())?;
    Ok(Saved::Whole)
}

/// It can be compiled, asked and explained, whether the check takes it or not; the same question has one answer.
fn asked(document: &Document) -> Result<(), Broken> {
    let options = CompileOptions {
        apply_channels: CHANNELS.map(str::to_owned).into(),
        known_tools: KNOWN_TOOLS.map(str::to_owned).into(),
        source: "policy.json".to_owned(),
    };
    let engine = Engine::compile(document, &options);
    let of_file = document.policy().channels.0.iter().next();
    let (channel, chats) =
        of_file.map_or(("irc", None), |(name, section)| (name.as_str(), Some(&section.chats)));
    let chat = chats.and_then(|chats| chats.0.keys().next()).map_or("#room", String::as_str);
    let asked = Asked {
        channel,
        chat,
        sender: "491510000001|@somebody",
        text: "hey nano, what is new?".into(),
        is_group: true,
        mentioned_bot: false,
        reply_to_bot: false,
        is_voice: true,
        owner_by_channel: false,
    };
    let decision = engine.decide(&asked);
    must(decision == engine.decide(&asked), || "one question has two answers".to_owned())?;
    let explained = explain(document, &engine, &asked).to_string();
    must(!explained.is_empty(), || "a decision is explained without a word".to_owned())
}

/// Which of the checks it was.
fn check_fault(fault: &CheckFault) -> Result<&str, Broken> {
    one_line(&fault.message)?;
    let checks = ["allowedTools", "toolAccess", "personaFile"];
    let of_a_layer = checks.into_iter().find(|check| fault.path.ends_with(&format!(".{check}")));
    let of_owners = fault.path.starts_with("owners.").then_some("owners");
    of_owners.or(of_a_layer).ok_or_else(|| Broken(format!("the check names no place: {}", fault.message)))
}

fn one_line(line: &str) -> Result<(), Broken> {
    let is_one = !line.is_empty() && !line.contains(char::is_control) && line.chars().count() <= MAX_LINE;
    must(is_one, || format!("this is not one short line: {line:?}"))
}

/// What a message quotes of the file is left out, so that there are few messages.
fn without_quotes(message: &str) -> &str {
    message.split(['"', '“']).next().unwrap_or_default().trim_end()
}
