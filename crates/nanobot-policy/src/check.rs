//! The check after reading: what a policy says is well formed, and still cannot be meant. A daemon does not start with
//! such a policy, and a running one does not take it up.
//!
//! The order and the words are the original's (`policy.md` §5 of the recorded facts): owners, then tools, then
//! personas, and the first fault only. An admin command shows it to an owner.

mod literal;

use std::collections::BTreeSet;
use std::path::PathBuf;

use literal::python_literal;
use nanobot_core::text::trim;

use crate::document::quote::shown;
use crate::document::schema::{
    AllowedTools, AllowedToolsOverride, ChatOverride, ChatPolicy, Policy, ReplyMode, TalkMode, ToolsMode,
};
use crate::document::{Document, Map};
use crate::identity::expand;
use crate::persona::persona_paths;
use crate::places::Places;

/// So many unknown tools are named, and so many characters of each: they come from the file as they are.
const NAMED: usize = 40;
const NAME_SHOWN: usize = 80;

/// What the check must know beside the policy.
pub struct CheckOptions<'a> {
    /// The channels that the policy is applied to.
    pub channels: BTreeSet<String>,
    /// The tools that may be named.
    pub known_tools: BTreeSet<String>,
    /// Where personas lie.
    pub workspace: PathBuf,
    /// Where paths lead.
    pub places: &'a dyn Places,
}

/// Why a policy is not taken up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CheckFault {
    /// What is at fault, in canonical spelling: `channels.whatsapp.default.personaFile`.
    pub path: String,
    /// What is wrong, in the original's words; one line.
    pub message: String,
}

/// Checks a policy.
///
/// # Errors
/// [`CheckFault`], the first.
pub fn check(document: &Document, with: &CheckOptions<'_>) -> Result<(), CheckFault> {
    let policy = document.policy();
    owners(policy, with)?;
    let rules = rules(policy);
    for rule in &rules {
        allowed_tools(rule, with)?;
    }
    for rule in &rules {
        tool_access(rule, with)?;
    }
    for rule in &rules {
        persona(rule, with)?;
    }
    Ok(())
}

/// The rules of one layer, as far as the check looks at them.
struct Rules<'a> {
    /// Where: `defaults`, `channels.telegram.default`, `channels.telegram.chats.ID`.
    place: String,
    tools: Tools<'a>,
    /// The keys of `toolAccess`.
    access: Vec<&'a str>,
    persona: Option<&'a str>,
}

#[derive(Default)]
struct Tools<'a> {
    /// The list that counts; none in mode `all`. A layer without a mode of its own counts as `all`.
    allowed: Option<&'a [String]>,
    denied: &'a [String],
}

/// Of every layer, in the order of the file.
fn rules(policy: &Policy) -> Vec<Rules<'_>> {
    let mut rules = vec![of_defaults(&policy.defaults)];
    for (channel, section) in &policy.channels.0 {
        rules.push(of_override(format!("channels.{channel}.default"), &section.default));
        for (chat, over) in &section.chats.0 {
            rules.push(of_override(format!("channels.{channel}.chats.{chat}"), over));
        }
    }
    rules
}

fn of_defaults(defaults: &ChatPolicy) -> Rules<'_> {
    let AllowedTools { mode, tools, deny } = &defaults.allowed_tools;
    Rules {
        place: "defaults".to_owned(),
        tools: Tools { allowed: (*mode == ToolsMode::Allowlist).then_some(tools), denied: deny },
        access: keys(Some(&defaults.tool_access)),
        persona: defaults.persona_file.as_deref(),
    }
}

fn of_override(place: String, over: &ChatOverride) -> Rules<'_> {
    let tools = over.allowed_tools.as_ref().map(|AllowedToolsOverride { mode, tools, deny }| Tools {
        allowed: if *mode == Some(ToolsMode::Allowlist) { tools.as_deref() } else { None },
        denied: deny.as_deref().unwrap_or_default(),
    });
    Rules {
        place,
        tools: tools.unwrap_or_default(),
        access: keys(over.tool_access.as_ref()),
        persona: over.persona_file.as_deref(),
    }
}

fn keys<T>(map: Option<&Map<T>>) -> Vec<&str> {
    map.into_iter().flat_map(|map| map.0.keys().map(String::as_str)).collect()
}

/// Whoever says `owner_only` must say who the owners are.
fn owners(policy: &Policy, with: &CheckOptions<'_>) -> Result<(), CheckFault> {
    let has_none =
        |channel: &str| expand(channel, policy.owners.get(channel).into_iter().flatten()).is_empty();
    let fault = |what: &str, channel: &str| CheckFault {
        path: format!("owners.{channel}"),
        message: format!("policy owner_only configured{what} but owners.{channel} is empty"),
    };
    let defaults = &policy.defaults;
    let in_defaults = defaults.who_can_talk.mode == TalkMode::OwnerOnly
        || defaults.when_to_reply.mode == ReplyMode::OwnerOnly
        || defaults.tool_access.0.values().any(|rule| rule.mode == TalkMode::OwnerOnly);
    if in_defaults && let Some(channel) = with.channels.iter().find(|channel| has_none(channel)) {
        return Err(fault("", channel));
    }
    for (channel, section) in &policy.channels.0 {
        let mut layers = std::iter::once(&section.default).chain(section.chats.0.values());
        if with.channels.contains(channel) && layers.any(is_owner_only) && has_none(channel) {
            return Err(fault(&format!(" for {channel}"), channel));
        }
    }
    Ok(())
}

fn is_owner_only(over: &ChatOverride) -> bool {
    let who = over.who_can_talk.as_ref().and_then(|who| who.mode);
    let when = over.when_to_reply.as_ref().and_then(|when| when.mode);
    let mut rules = over.tool_access.iter().flat_map(|rules| rules.0.values());
    who == Some(TalkMode::OwnerOnly)
        || when == Some(ReplyMode::OwnerOnly)
        || rules.any(|rule| rule.mode == Some(TalkMode::OwnerOnly))
}

/// Names are compared as they are written here, and without white space around them when they are used.
fn allowed_tools(rules: &Rules<'_>, with: &CheckOptions<'_>) -> Result<(), CheckFault> {
    let path = format!("{}.allowedTools", rules.place);
    let names = |list: &[String]| unknown(list.iter().map(String::as_str), with);
    if let Some(list) = rules.tools.allowed.and_then(names) {
        return Err(CheckFault { message: format!("unknown tools in allowlist at {path}: {list}"), path });
    }
    match names(rules.tools.denied) {
        Some(list) => {
            Err(CheckFault { message: format!("unknown tools in deny list at {path}: {list}"), path })
        }
        None => Ok(()),
    }
}

fn tool_access(rules: &Rules<'_>, with: &CheckOptions<'_>) -> Result<(), CheckFault> {
    let path = format!("{}.toolAccess", rules.place);
    let names = rules.access.iter().map(|name| trim(name)).filter(|name| !name.is_empty());
    match unknown(names, with) {
        Some(list) => {
            Err(CheckFault { message: format!("unknown tools in toolAccess at {path}: {list}"), path })
        }
        None => Ok(()),
    }
}

/// Those that no tool has, sorted, as Python prints a list; none when all are known.
fn unknown<'n>(names: impl Iterator<Item = &'n str>, with: &CheckOptions<'_>) -> Option<String> {
    let unknown: BTreeSet<&str> = names.filter(|name| !with.known_tools.contains(*name)).collect();
    let shown = unknown.iter().take(NAMED).map(|name| python_literal(name, NAME_SHOWN));
    let more = (unknown.len() > NAMED).then(|| "...".to_owned());
    let listed: Vec<String> = shown.chain(more).collect();
    (!unknown.is_empty()).then(|| format!("[{}]", listed.join(", ")))
}

fn persona(rules: &Rules<'_>, with: &CheckOptions<'_>) -> Result<(), CheckFault> {
    let Some(written) = rules.persona.filter(|written| !written.is_empty()) else {
        return Ok(());
    };
    if persona_paths(written, &with.workspace, with.places).is_ok() {
        return Ok(());
    }
    let path = format!("{}.personaFile", rules.place);
    let written = shown(written, NAME_SHOWN);
    let message = format!("invalid personaFile at {path}: Persona file must be inside workspace: {written}");
    Err(CheckFault { path, message })
}

#[cfg(test)]
mod tests;
