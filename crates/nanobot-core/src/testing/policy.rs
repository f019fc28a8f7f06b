//! A policy that a test dictates, and policy files and personas in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Component, Path};
use std::sync::Mutex;

use async_trait::async_trait;

use super::Trouble;
use crate::decision::{CooldownPolicy, NotesPolicy, Persona, PolicyDecision, VoicePolicy};
use crate::event::InboundEvent;
use crate::ids::{ChannelName, SenderId};
use crate::ports::{PersonaSource, PolicyEngine, PolicySnapshot, PolicyStore, StoreError, StoreErrorKind};
use crate::stand_in::hold;

/// Gives every event the same decision.
#[derive(Debug)]
pub struct ScriptedPolicy {
    state: Mutex<PolicyState>,
}

#[derive(Debug)]
struct PolicyState {
    decision: PolicyDecision,
    revoked: BTreeSet<String>,
    owners: BTreeMap<ChannelName, Vec<SenderId>>,
}

impl ScriptedPolicy {
    /// Decides like this, always.
    pub fn new(decision: PolicyDecision) -> Self {
        let state = PolicyState { decision, revoked: BTreeSet::new(), owners: BTreeMap::new() };
        Self { state: Mutex::new(state) }
    }

    /// Accepts and answers everybody, with these tools.
    pub fn accepting(tools: &[&str]) -> Self {
        let allowed_tools = tools.iter().map(ToString::to_string).collect();
        Self::new(PolicyDecision { allowed_tools, ..decision("scripted") })
    }

    /// Accepts nobody, for this reason.
    pub fn refusing(reason: &str) -> Self {
        Self::new(PolicyDecision { accept: false, respond: false, ..decision(reason) })
    }

    /// Accepts everybody and answers nobody, for this reason.
    pub fn silent(reason: &str) -> Self {
        Self::new(PolicyDecision { respond: false, ..decision(reason) })
    }

    /// From now on the decision is this one.
    pub fn set(&self, decision: PolicyDecision) {
        hold(&self.state).decision = decision;
    }

    /// Takes a tool back: decisions still name it, but it may not run any more.
    pub fn revoke(&self, tool: &str) {
        hold(&self.state).revoked.insert(tool.to_owned());
    }

    /// Names the owners on a channel.
    pub fn set_owners(&self, channel: ChannelName, owners: Vec<SenderId>) {
        hold(&self.state).owners.insert(channel, owners);
    }
}

/// Accepts and answers, with no tools and everything else at its default.
pub fn decision(reason: &str) -> PolicyDecision {
    PolicyDecision {
        accept: true,
        respond: true,
        allowed_tools: BTreeSet::new(),
        reason: reason.to_owned(),
        is_owner: false,
        persona: None,
        notes: NotesPolicy::default(),
        voice: VoicePolicy::default(),
        cooldown: CooldownPolicy::default(),
        source: "scripted".to_owned(),
    }
}

impl PolicyEngine for ScriptedPolicy {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn evaluate(&self, _event: &InboundEvent) -> PolicyDecision {
        hold(&self.state).decision.clone()
    }

    fn allows_tool(&self, _event: &InboundEvent, tool: &str) -> bool {
        let state = hold(&self.state);
        state.decision.allowed_tools.contains(tool) && !state.revoked.contains(tool)
    }

    fn owners(&self, channel: &ChannelName) -> Vec<SenderId> {
        hold(&self.state).owners.get(channel).cloned().unwrap_or_default()
    }
}

/// A policy document in memory.
#[derive(Debug, Default)]
pub struct MemoryPolicy {
    /// Failures on request.
    pub trouble: Trouble,
    text: Mutex<Option<String>>,
}

impl MemoryPolicy {
    /// No document.
    pub fn new() -> Self {
        Self::default()
    }
}

/// Names a version of a text; good enough to tell the versions of a test apart.
fn snapshot(text: &str) -> PolicySnapshot {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    PolicySnapshot { text: text.to_owned(), hash: format!("{:016x}", hasher.finish()) }
}

#[async_trait]
impl PolicyStore for MemoryPolicy {
    async fn load(&self) -> Result<Option<PolicySnapshot>, StoreError> {
        self.trouble.strike("load")?;
        Ok(hold(&self.text).as_deref().map(snapshot))
    }

    async fn save(&self, text: &str, seen_hash: Option<&str>) -> Result<PolicySnapshot, StoreError> {
        self.trouble.strike("save")?;
        let mut stored = hold(&self.text);
        let current = stored.as_deref().map(|text| snapshot(text).hash);
        if current.as_deref() != seen_hash {
            return Err(StoreError::new(StoreErrorKind::Busy, "saving a policy that somebody else changed"));
        }
        *stored = Some(text.to_owned());
        Ok(snapshot(text))
    }
}

/// Persona files in memory.
#[derive(Debug, Default)]
pub struct MemoryPersonas {
    /// Failures on request.
    pub trouble: Trouble,
    files: BTreeMap<String, String>,
}

impl MemoryPersonas {
    /// Holds these files, by the name that a policy uses.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        Self { trouble: Trouble::default(), files }
    }
}

#[async_trait]
impl PersonaSource for MemoryPersonas {
    async fn persona(&self, file: &str) -> Result<Option<Persona>, StoreError> {
        self.trouble.strike("persona")?;
        let inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        if !Path::new(file).components().all(inside) {
            return Err(StoreError::new(StoreErrorKind::ReadOnly, "reading a persona outside the workspace"));
        }
        let text = self.files.get(file).cloned();
        Ok(text.map(|text| Persona { file: file.into(), text }))
    }
}
