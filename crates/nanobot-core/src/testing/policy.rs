//! A policy that a test dictates, and policy files and personas in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Component, Path};
use std::sync::Mutex;

use async_trait::async_trait;

use super::Trouble;
use crate::decision::{CooldownPolicy, NotesPolicy, PolicyDecision, ToolNames, VoicePolicy};
use crate::event::InboundEvent;
use crate::ids::{ChannelName, SenderId};
use crate::ports::{
    ChainHead, ChangeRow, ChangeTime, PersonaSource, PolicyChange, PolicyEngine, PolicyFile, PolicyStore,
    StoreError, StoreErrorKind,
};
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
        allowed_tools: ToolNames::default(),
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
    files: Mutex<Files>,
}

#[derive(Debug, Default)]
struct Files {
    document: Option<PolicyFile>,
    changes: i128,
    rows: Vec<ChangeRow>,
    backups: BTreeMap<String, String>,
}

impl MemoryPolicy {
    /// No document.
    pub fn new() -> Self {
        Self::default()
    }

    /// Somebody writes the file with an editor, or deletes it.
    pub fn edit(&self, document: Option<&[u8]>) {
        hold(&self.files).put(document.map(<[u8]>::to_vec));
    }
}

#[async_trait]
impl PolicyStore for MemoryPolicy {
    async fn changed(&self) -> Result<Option<ChangeTime>, StoreError> {
        self.trouble.strike("changed")?;
        Ok(hold(&self.files).document.as_ref().map(|file| file.changed))
    }

    async fn load(&self) -> Result<Option<PolicyFile>, StoreError> {
        self.trouble.strike("load")?;
        Ok(hold(&self.files).document.clone())
    }

    async fn change(&self, change: &PolicyChange) -> Result<ChainHead, StoreError> {
        self.trouble.strike("change")?;
        let mut files = hold(&self.files);
        if files.document.as_ref().map(|file| &file.bytes) != change.seen.as_ref() {
            return Err(StoreError::new(
                StoreErrorKind::Busy,
                "changing a policy that somebody else changed",
            ));
        }
        files.agree(change.known.as_ref(), "changing a policy")?;
        files.backups.insert(change.row.id.clone(), change.backup.clone());
        files.rows.push(change.row.clone());
        files.put(Some(change.text.clone().into_bytes()));
        Ok(files.head(files.rows.len()))
    }

    async fn recover(&self, head: Option<&ChainHead>) -> Result<Option<ChainHead>, StoreError> {
        self.trouble.strike("recover")?;
        let files = hold(&self.files);
        files.agree(head, "recovering a policy")?;
        Ok((!files.rows.is_empty()).then(|| files.head(files.rows.len())))
    }

    async fn history(&self, limit: usize) -> Result<Vec<ChangeRow>, StoreError> {
        self.trouble.strike("history")?;
        Ok(hold(&self.files).rows.iter().rev().take(limit).cloned().collect())
    }

    async fn backup(&self, change: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.trouble.strike("backup")?;
        Ok(hold(&self.files).backups.get(change).map(|text| text.clone().into_bytes()))
    }
}

impl Files {
    fn put(&mut self, document: Option<Vec<u8>>) {
        self.changes += 1;
        let changed = ChangeTime(self.changes);
        self.document = document.map(|bytes| PolicyFile { bytes, changed });
    }

    /// The head behind so many rows.
    fn head(&self, rows: usize) -> ChainHead {
        let mut hasher = DefaultHasher::new();
        for row in self.rows.iter().take(rows) {
            row.id.hash(&mut hasher);
        }
        ChainHead { rows: rows as u64, hash: format!("{:016x}", hasher.finish()) }
    }

    fn agree(&self, known: Option<&ChainHead>, doing: &'static str) -> Result<(), StoreError> {
        let is_ours = |known: &ChainHead| {
            let rows = usize::try_from(known.rows).unwrap_or(usize::MAX);
            rows == 0 || (rows <= self.rows.len() && self.head(rows) == *known)
        };
        match known {
            Some(known) if !is_ours(known) => Err(StoreError::new(StoreErrorKind::Corrupt, doing)),
            _ => Ok(()),
        }
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
    async fn persona(&self, file: &str) -> Result<Option<String>, StoreError> {
        self.trouble.strike("persona")?;
        let inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        if !Path::new(file).components().all(inside) {
            return Err(StoreError::new(StoreErrorKind::ReadOnly, "reading a persona outside the workspace"));
        }
        Ok(self.files.get(file).cloned())
    }
}
