//! The check after reading: what a policy says is well formed, and still cannot be meant. A daemon does not start with
//! such a policy, and a running one does not take it up.
//!
//! The order and the words are the original's (`policy.md` §5 of the recorded facts): owners, then tools, then
//! personas, and the first fault only. An admin command shows it to an owner.

mod literal;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use literal::python_literal;
use nanobot_core::text::trim;

use crate::document::quote::shown;
use crate::document::schema::{
    AllowedTools, AllowedToolsOverride, ChannelPolicy, ChatOverride, ChatPolicy, Policy, ReplyMode, TalkMode,
    ToolRule, ToolRuleOverride, ToolsMode,
};
use crate::document::{Document, Map};
use crate::identity::expand;
use crate::persona::persona_paths;
use crate::places::Places;

/// So many unknown tools are named, and so many characters of each: they come from the file as they are.
const NAMED: usize = 40;
const NAME_SHOWN: usize = 80;

/// So many characters of a place: channels and chats may be called anything.
const PLACE_SHOWN: usize = 400;

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
    rules(policy).try_for_each(|rules| allowed_tools(&rules, with))?;
    rules(policy).try_for_each(|rules| tool_access(&rules, with))?;
    rules(policy).try_for_each(|rules| persona(&rules, with))
}

/// The rules of one layer, as far as the check looks at them.
struct Rules<'a> {
    place: Place<'a>,
    tools: Tools<'a>,
    access: ToolAccess<'a>,
    persona: Option<&'a str>,
}

/// Where they stand. Spelled only when there is something to say about them.
enum Place<'a> {
    Defaults,
    Channel(&'a str),
    /// The channel and the chat.
    Chat(&'a str, &'a str),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Defaults => out.write_str("defaults"),
            Self::Channel(channel) => write!(out, "channels.{channel}.default"),
            Self::Chat(channel, chat) => write!(out, "channels.{channel}.chats.{chat}"),
        }
    }
}

#[derive(Default)]
struct Tools<'a> {
    /// The list that counts; none in mode `all`. A layer without a mode of its own counts as `all`.
    allowed: Option<&'a [String]>,
    denied: &'a [String],
}

/// `toolAccess`: of the defaults or of an inner layer.
#[derive(Default)]
struct ToolAccess<'a> {
    of_defaults: Option<&'a Map<ToolRule>>,
    of_layer: Option<&'a Map<ToolRuleOverride>>,
}

impl<'a> ToolAccess<'a> {
    fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let of_defaults = self.of_defaults.into_iter().flat_map(|rules| rules.0.keys());
        let of_layer = self.of_layer.into_iter().flat_map(|rules| rules.0.keys());
        of_defaults.chain(of_layer).map(String::as_str)
    }
}

/// Of every layer, in the order of the file.
fn rules(policy: &Policy) -> impl Iterator<Item = Rules<'_>> {
    let of_channels = policy.channels.0.iter().flat_map(|(channel, section)| of_channel(channel, section));
    std::iter::once(of_defaults(&policy.defaults)).chain(of_channels)
}

fn of_channel<'a>(channel: &'a str, section: &'a ChannelPolicy) -> impl Iterator<Item = Rules<'a>> {
    let of_chat =
        move |(chat, over): (&'a String, &'a ChatOverride)| of_override(Place::Chat(channel, chat), over);
    let default = of_override(Place::Channel(channel), &section.default);
    std::iter::once(default).chain(section.chats.0.iter().map(of_chat))
}

fn of_defaults(defaults: &ChatPolicy) -> Rules<'_> {
    let AllowedTools { mode, tools, deny } = &defaults.allowed_tools;
    Rules {
        place: Place::Defaults,
        tools: Tools { allowed: (*mode == ToolsMode::Allowlist).then_some(tools), denied: deny },
        access: ToolAccess { of_defaults: Some(&defaults.tool_access), of_layer: None },
        persona: defaults.persona_file.as_deref(),
    }
}

fn of_override<'a>(place: Place<'a>, over: &'a ChatOverride) -> Rules<'a> {
    let tools = over.allowed_tools.as_ref().map(|AllowedToolsOverride { mode, tools, deny }| Tools {
        allowed: if *mode == Some(ToolsMode::Allowlist) { tools.as_deref() } else { None },
        denied: deny.as_deref().unwrap_or_default(),
    });
    Rules {
        place,
        tools: tools.unwrap_or_default(),
        access: ToolAccess { of_defaults: None, of_layer: over.tool_access.as_ref() },
        persona: over.persona_file.as_deref(),
    }
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
    let names = |list: &[String]| unknown(list.iter().map(String::as_str), with);
    let at_fault = |what: &str, list: &str| {
        let path = format!("{}.allowedTools", rules.place);
        let place = shown(&path, PLACE_SHOWN);
        CheckFault { message: format!("unknown tools in {what} at {place}: {list}"), path }
    };
    if let Some(list) = rules.tools.allowed.and_then(names) {
        return Err(at_fault("allowlist", &list));
    }
    names(rules.tools.denied).map_or(Ok(()), |list| Err(at_fault("deny list", &list)))
}

fn tool_access(rules: &Rules<'_>, with: &CheckOptions<'_>) -> Result<(), CheckFault> {
    let names = rules.access.names().map(trim).filter(|name| !name.is_empty());
    let at_fault = |list: String| {
        let path = format!("{}.toolAccess", rules.place);
        let place = shown(&path, PLACE_SHOWN);
        CheckFault { message: format!("unknown tools in toolAccess at {place}: {list}"), path }
    };
    unknown(names, with).map_or(Ok(()), |list| Err(at_fault(list)))
}

/// Those that no tool has, sorted, as Python prints a list; none when all are known.
fn unknown<'n>(names: impl Iterator<Item = &'n str>, with: &CheckOptions<'_>) -> Option<String> {
    let unknown: BTreeSet<&str> = names.filter(|name| !with.known_tools.contains(*name)).collect();
    if unknown.is_empty() {
        return None;
    }
    let shown = unknown.iter().take(NAMED).map(|name| python_literal(name, NAME_SHOWN));
    let more = (unknown.len() > NAMED).then(|| "...".to_owned());
    let listed: Vec<String> = shown.chain(more).collect();
    Some(format!("[{}]", listed.join(", ")))
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
    let place = shown(&path, PLACE_SHOWN);
    let message = format!("invalid personaFile at {place}: Persona file must be inside workspace: {written}");
    Err(CheckFault { path, message })
}

#[cfg(test)]
mod tests;
