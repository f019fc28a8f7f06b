//! Changes that a person wants of the policy, from what was typed and from files.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use nanobot_core::ports::PolicyEdit;
use serde_json::{Map, Value};

use super::way::{Wish, ask};
use crate::args::Edit;
use crate::commands::block_on;
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::output;

/// The largest file that is read here: names of groups, or `config.json`.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// The channels whose list of an older configuration means a rule of the policy.
const WITH_ALLOW_FROM: [&str; 2] = ["telegram", "whatsapp"];

/// `policy cmd`.
pub(super) fn command(place: &Place, command: &str, how: Edit, confirm: bool) -> Result<Code, Failure> {
    let edit = PolicyEdit::Command(command.to_owned());
    block_on(ask(place, Wish { edit, how, confirm }))
}

/// `policy annotate-whatsapp-comments`.
pub(super) fn annotate(
    place: &Place,
    names: Option<&Path>,
    overwrite: bool,
    how: Edit,
) -> Result<Code, Failure> {
    let Some(file) = names else {
        let message = "this version has no bridge to WhatsApp that could be asked; \
                       give the names with --names FILE, a JSON object with a name under each group's id";
        return Err(Failure::new(Code::Unavailable, message));
    };
    let names = texts(&object(file, Code::Data)?).ok_or_else(|| {
        let message = format!("{} must hold a text under each group's id", file.display());
        Failure::new(Code::Data, message)
    })?;
    block_on(ask(place, Wish::of(PolicyEdit::NameGroups { names, overwrite }, how)))
}

/// `policy migrate-allowfrom`.
pub(super) fn migrate_allow_from(place: &Place, how: Edit) -> Result<Code, Failure> {
    let file = place.config_file();
    let config = object(&file, Code::Config)?;
    let Found { lists, others } = allow_lists(&config).map_err(|channel| {
        let message = format!("{}: channels.{channel}.allowFrom must be a list of texts", file.display());
        Failure::new(Code::Config, message)
    })?;
    for channel in others {
        output::say(format!(
            "channels.{channel}.allowFrom stays: write a rule for {channel} into the policy"
        ));
    }
    if lists.is_empty() {
        output::say(format!("{} lists nobody who alone may talk", file.display()));
        return Ok(Code::Done);
    }
    block_on(ask(place, Wish::of(PolicyEdit::MigrateAllowFrom(lists), how)))
}

/// Lists that say something.
struct Found {
    lists: Vec<(String, Vec<String>)>,
    /// Channels that the original never took over.
    others: Vec<String>,
}

/// `channels.*.allowFrom`, in either spelling; the name of a channel whose list is none.
fn allow_lists(config: &Map<String, Value>) -> Result<Found, String> {
    let mut found = Found { lists: Vec::new(), others: Vec::new() };
    for (channel, section) in config.get("channels").and_then(Value::as_object).into_iter().flatten() {
        let list = match section.get("allowFrom").or_else(|| section.get("allow_from")) {
            None | Some(Value::Null) => continue,
            Some(list) => list,
        };
        let senders = list.as_array().map(|items| items.iter().map(sender).collect::<Option<Vec<_>>>());
        let Some(senders) = senders.flatten() else { return Err(channel.clone()) };
        if senders.is_empty() {
            continue;
        }
        if WITH_ALLOW_FROM.contains(&channel.as_str()) {
            found.lists.push((channel.clone(), senders));
        } else {
            found.others.push(channel.clone());
        }
    }
    Ok(found)
}

/// Many wrote their number as a number.
fn sender(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

fn texts(object: &Map<String, Value>) -> Option<Vec<(String, String)>> {
    object.iter().map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// The JSON object in a file.
fn object(file: &Path, fault: Code) -> Result<Map<String, Value>, Failure> {
    let failed = |why: String| Failure::new(fault, format!("cannot read {}: {why}", file.display()));
    let text = read(file).map_err(|error| failed(error.to_string()))?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(failed("it holds no JSON object".to_owned())),
        // Its words may hold a piece of the file.
        Err(error) => Err(failed(format!("it is no JSON at line {}", error.line()))),
    }
}

fn read(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    let read = File::open(file)?.take(MAX_FILE_BYTES + 1).read_to_string(&mut text)?;
    if read as u64 > MAX_FILE_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("more than {MAX_FILE_BYTES} bytes are not read"),
        ));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(channels: &Value) -> Result<Found, String> {
        allow_lists(json!({"channels": channels}).as_object().unwrap())
    }

    #[test]
    fn lists_that_say_something_are_taken_in_either_spelling() {
        let found = found(&json!({
            "whatsapp": {"allowFrom": ["+491510000001", 491_510_000_002_u64]},
            "telegram": {"allow_from": []},
            "discord": {"allowFrom": ["ann"]},
            "feishu": {"allowFrom": null},
        }));
        let Found { lists, others } = found.unwrap();
        let senders = ["+491510000001", "491510000002"].map(str::to_owned).to_vec();
        assert_eq!(lists, [("whatsapp".to_owned(), senders)]);
        assert_eq!(others, ["discord"]);
    }

    #[test]
    fn a_list_that_is_none_is_named_and_not_left_out() {
        for wrong in [json!("491"), json!([true]), json!({"a": 1})] {
            assert_eq!(found(&json!({"whatsapp": {"allowFrom": wrong}})).err().as_deref(), Some("whatsapp"));
        }
    }
}
