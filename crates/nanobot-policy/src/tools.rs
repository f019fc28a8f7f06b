//! Which tools a chat has, and who may use which of them.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use nanobot_core::decision::ToolNames;
use nanobot_core::text::trim;

use crate::chat::Rule;
use crate::document::schema::{
    AllowedTools, AllowedToolsOverride, TalkMode, ToolRule, ToolRuleOverride, ToolsMode,
};
use crate::document::{Map, Overlay};
use crate::identity::Actor;
use crate::senders::Senders;

/// Runs commands. Who has it not, has no [`SPAWN`] either: a subagent would be a way around.
const EXEC: &str = "exec";
/// Starts a subagent.
const SPAWN: &str = "spawn";

/// The tools of a chat.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Toolset {
    said: AllowedTools,
    tools: ToolNames,
}

impl Toolset {
    pub(crate) fn of(said: AllowedTools, known: &BTreeSet<String>) -> Self {
        let mut tools: BTreeSet<String> = match said.mode {
            ToolsMode::All => known.clone(),
            ToolsMode::Allowlist => {
                names(&said.tools).filter(|tool| known.contains(*tool)).map(str::to_owned).collect()
            }
        };
        for denied in names(&said.deny) {
            tools.remove(denied);
        }
        if !tools.contains(EXEC) {
            tools.remove(SPAWN);
        }
        Self { said, tools: tools.into() }
    }

    pub(crate) fn overlaid(&self, over: &AllowedToolsOverride, known: &BTreeSet<String>) -> Self {
        let mut said = self.said.clone();
        said.overlay(over);
        Self::of(said, known)
    }

    /// What is left of all known tools, whoever asks.
    pub(crate) fn tools(&self) -> &ToolNames {
        &self.tools
    }

    /// The rule.
    pub(crate) fn mode(&self) -> ToolsMode {
        self.said.mode
    }

    /// The list of the rule; for [`ToolsMode::Allowlist`].
    pub(crate) fn listed(&self) -> BTreeSet<String> {
        names(&self.said.tools).map(str::to_owned).collect()
    }

    /// What it takes away.
    pub(crate) fn denied(&self) -> BTreeSet<String> {
        names(&self.said.deny).map(str::to_owned).collect()
    }
}

fn names(tools: &[String]) -> impl Iterator<Item = &str> {
    tools.iter().map(|tool| trim(tool)).filter(|tool| !tool.is_empty())
}

/// The tools of a chat together with its rules for single ones.
#[derive(Debug, PartialEq)]
pub(crate) struct Offer {
    pub(crate) tools: Toolset,
    pub(crate) access: Access,
    /// The tools that nobody is kept from.
    open: ToolNames,
    /// The rules for the rest.
    guarded: Vec<(String, Rule<TalkMode>)>,
}

impl Offer {
    pub(crate) fn of(tools: Toolset, access: Access) -> Self {
        let is_guarded = |(tool, rule): &(&String, &Rule<TalkMode>)| {
            rule.mode != TalkMode::Everyone && tools.tools.contains(*tool)
        };
        let guarded: Vec<_> =
            access.rules.iter().filter(is_guarded).map(|(tool, rule)| (tool.clone(), rule.clone())).collect();
        let mut open = tools.tools.clone();
        for (tool, _) in &guarded {
            open.remove(tool);
        }
        Self { tools, access, open, guarded }
    }

    /// What somebody may use. Mostly that is all or what is open, and then nothing is copied.
    pub(crate) fn to(&self, actor: &Actor, is_owner: bool) -> ToolNames {
        let may = |(_, rule): &&(String, Rule<TalkMode>)| rule.allows(actor, is_owner);
        let count = self.guarded.iter().filter(may).count();
        if count == self.guarded.len() {
            return self.tools.tools.clone();
        }
        let mut tools = self.open.clone();
        if count > 0 {
            tools.extend(self.guarded.iter().filter(may).map(|(tool, _)| tool.clone()));
        }
        tools
    }
}

/// Who may use single tools.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Access {
    /// By the name as it is written: layers meet under it.
    written: IndexMap<String, Rule<TalkMode>>,
    /// By the name of the tool. Two written names may mean one tool: the later one counts.
    rules: BTreeMap<String, Rule<TalkMode>>,
}

impl Access {
    pub(crate) fn of(channel: &str, said: &Map<ToolRule>) -> Self {
        let rule = |rule: &ToolRule| Rule::of(channel, rule.mode, &rule.senders);
        Self::written(said.0.iter().map(|(name, said)| (name.clone(), rule(said))).collect())
    }

    pub(crate) fn overlaid(&self, channel: &str, over: &Map<ToolRuleOverride>) -> Self {
        let mut written = self.written.clone();
        for (name, over) in &over.0 {
            let rule = written.entry(name.clone()).or_insert_with(|| Rule {
                mode: ToolRule::default().mode,
                senders: Senders::default().into(),
            });
            *rule = rule.overlaid(channel, over.mode, over.senders.as_ref());
        }
        Self::written(written)
    }

    fn written(written: IndexMap<String, Rule<TalkMode>>) -> Self {
        let named = |(name, rule): (&String, &Rule<TalkMode>)| (trim(name).to_owned(), rule.clone());
        let rules = written.iter().map(named).filter(|(tool, _)| !tool.is_empty()).collect();
        Self { written, rules }
    }

    /// Whether somebody may use a tool, as far as its own rule goes.
    pub(crate) fn allows(&self, tool: &str, actor: &Actor, is_owner: bool) -> bool {
        self.rules.get(tool).is_none_or(|rule| rule.allows(actor, is_owner))
    }

    /// All rules, by tool.
    pub(crate) fn rules(&self) -> &BTreeMap<String, Rule<TalkMode>> {
        &self.rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> BTreeSet<String> {
        ["exec", "spawn", "read_file", "cron"].map(str::to_owned).into()
    }

    fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
        texts.map(str::to_owned).to_vec()
    }

    fn left<const N: usize, const D: usize>(
        mode: ToolsMode,
        tools: [&str; N],
        deny: [&str; D],
    ) -> Vec<String> {
        let said = AllowedTools { mode, tools: texts(tools), deny: texts(deny) };
        Toolset::of(said, &known()).tools().iter().cloned().collect()
    }

    #[test]
    fn deny_beats_allow_and_unknown_tools_are_no_tools() {
        assert_eq!(left(ToolsMode::All, ["cron"], ["read_file"]), ["cron", "exec", "spawn"]);
        assert_eq!(left(ToolsMode::Allowlist, ["cron", "read_file", "fly"], ["cron"]), ["read_file"]);
    }

    #[test]
    fn whoever_has_no_exec_has_no_spawn() {
        assert_eq!(left(ToolsMode::Allowlist, ["spawn", "cron"], []), ["cron"]);
        assert_eq!(left(ToolsMode::All, [], ["exec"]), ["cron", "read_file"]);
        assert_eq!(left(ToolsMode::Allowlist, ["spawn", "exec"], []), ["exec", "spawn"]);
    }

    #[test]
    fn quirk_names_of_tools_are_trimmed_when_they_are_asked_for() {
        assert_eq!(left(ToolsMode::Allowlist, [" cron\u{a0}", " "], []), ["cron"]);
        assert_eq!(left(ToolsMode::All, [], [" exec "]), ["cron", "read_file"]);
    }

    fn rule(mode: TalkMode) -> ToolRule {
        ToolRule { mode, senders: Vec::new() }
    }

    fn over(mode: Option<TalkMode>, senders: Option<Vec<String>>) -> ToolRuleOverride {
        ToolRuleOverride { mode, senders }
    }

    fn may(access: &Access, sender: &str) -> bool {
        access.allows("exec", &Actor::of("irc", sender), sender == "owner")
    }

    #[test]
    fn quirk_a_rule_without_a_mode_inherits_it() {
        let outer = Access::of("irc", &Map::of([("exec", rule(TalkMode::Allowlist))]));
        let inner = outer.overlaid("irc", &Map::of([("exec", over(None, Some(texts(["ann"]))))]));
        assert!(!may(&outer, "ann") && may(&inner, "ann") && !may(&inner, "owner"));
    }

    #[test]
    fn quirk_names_meet_as_they_are_written_and_collide_when_they_are_asked_for() {
        let outer = Access::of(
            "irc",
            &Map::of([(" exec", rule(TalkMode::OwnerOnly)), ("exec", rule(TalkMode::Everyone))]),
        );
        assert!(may(&outer, "ann"), "the later one counts");
        // The inherited name keeps its place, so the other one still comes later.
        let inner = outer.overlaid("irc", &Map::of([(" exec", over(Some(TalkMode::Allowlist), None))]));
        assert!(may(&inner, "ann"));
        let appended = inner.overlaid("irc", &Map::of([("exec ", over(Some(TalkMode::OwnerOnly), None))]));
        assert!(!may(&appended, "ann") && may(&appended, "owner"));
    }
}
