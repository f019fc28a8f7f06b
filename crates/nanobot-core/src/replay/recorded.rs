//! The ports of a replay. [`Record`] answers from the record; [`Unused`] stands where a replay must ask nothing,
//! and fails when it does, which shows as a difference.

use async_trait::async_trait;

use crate::decision::{CooldownPolicy, NotesPolicy, PolicyDecision, ToolNames, VoicePolicy};
use crate::event::InboundEvent;
use crate::ids::{ChannelName, ChatId, SenderId, SessionKey, TurnId};
use crate::intent::SessionAppend;
use crate::label::Labels;
use crate::model::{ModelCall, ModelError, ModelErrorKind, ModelReply, ToolCall, ToolSpec};
use crate::pipeline::Readings;
use crate::ports::{
    Attempt, BootstrapFile, Clock, Closing, DeltaSink, HistoryMessage, InboundId, Ingested, Journal,
    LineQueue, LiveEvent, LiveSink, LiveTarget, ModelClient, ModelInfo, OpenTurn, PendingAppend, Placed,
    PolicyEngine, SeenChats, SessionEnd, SessionStore, SessionSummary, SessionWrite, StoreError,
    StoreErrorKind, Telemetry, Tidied, ToolContext, ToolExecutor, ToolOutcome, Workspace,
};
use crate::record::{StepDone, StepStarted};
use crate::telemetry::TelemetryEvent;
use crate::time::{Timestamp, WallTime, civil};

/// What a turn read.
pub(super) struct Record {
    decision: PolicyDecision,
    owners: Vec<SenderId>,
    chat_known: bool,
    unreadable: bool,
    at: WallTime,
}

impl Record {
    pub(super) fn of(readings: &Readings, at: &WallTime) -> Self {
        Self {
            decision: readings.decision.clone().unwrap_or_else(nobody_decided),
            owners: readings.owners.clone(),
            chat_known: readings.chat_known.unwrap_or(true),
            unreadable: readings.unreadable,
            at: at.clone(),
        }
    }
}

/// The turn ended before the policy was asked; so will its replay.
fn nobody_decided() -> PolicyDecision {
    PolicyDecision {
        accept: false,
        respond: false,
        allowed_tools: ToolNames::default(),
        reason: "not_recorded".to_owned(),
        is_owner: false,
        persona: None,
        notes: NotesPolicy::default(),
        voice: VoicePolicy::default(),
        cooldown: CooldownPolicy::default(),
        source: "record".to_owned(),
    }
}

impl PolicyEngine for Record {
    fn name(&self) -> &'static str {
        "record"
    }

    fn evaluate(&self, _event: &InboundEvent) -> PolicyDecision {
        self.decision.clone()
    }

    fn allows_tool(&self, _event: &InboundEvent, tool: &str) -> bool {
        self.decision.allowed_tools.contains(tool)
    }

    fn owners(&self, _channel: &ChannelName) -> Vec<SenderId> {
        self.owners.clone()
    }
}

#[async_trait]
impl SeenChats for Record {
    async fn contains(&self, _channel: &ChannelName, _chat: &ChatId) -> Result<bool, StoreError> {
        Ok(self.chat_known)
    }

    async fn remember(&self, _channel: &ChannelName, _chat: &ChatId) -> Result<(), StoreError> {
        Err(unused())
    }
}

#[async_trait]
impl Clock for Record {
    fn now(&self) -> WallTime {
        self.at.clone()
    }

    async fn sleep_until(&self, _instant: Timestamp) {}
}

#[async_trait]
impl SessionStore for Record {
    /// Its words are not in the record: only the prompt knew them. What they were made of is in its steps.
    async fn history(&self, _session: &SessionKey, _limit: usize) -> Result<Vec<HistoryMessage>, StoreError> {
        if self.unreadable { Err(unused()) } else { Ok(Vec::new()) }
    }

    fn render(&self, _append: &SessionAppend) -> Result<String, StoreError> {
        Err(unused())
    }

    async fn end(&self, _session: &SessionKey) -> Result<SessionEnd, StoreError> {
        Err(unused())
    }

    async fn place(&self, _write: &SessionWrite, _now: civil::DateTime) -> Result<Placed, StoreError> {
        Err(unused())
    }

    async fn sync(&self, _session: &SessionKey) -> Result<(), StoreError> {
        Err(unused())
    }

    async fn contains(&self, _session: &SessionKey) -> Result<bool, StoreError> {
        Err(unused())
    }

    async fn list(&self) -> Result<Vec<SessionSummary>, StoreError> {
        Err(unused())
    }

    async fn reset(&self, _session: &SessionKey, _now: civil::DateTime) -> Result<usize, StoreError> {
        Err(unused())
    }

    async fn refresh(&self) -> Result<(), StoreError> {
        Err(unused())
    }
}

/// What a replay must not need.
pub(super) struct Unused;

fn unused() -> StoreError {
    StoreError::new(StoreErrorKind::NotFound, "asking a record for what is not in it")
}

#[async_trait]
impl ModelClient for Unused {
    fn info(&self) -> ModelInfo {
        ModelInfo {
            provider: "record".to_owned(),
            model: "record".to_owned(),
            endpoint: None,
            is_language_model: false,
        }
    }

    async fn complete(
        &self,
        _call: &ModelCall<'_>,
        _deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        Err(ModelError::new(ModelErrorKind::Network))
    }
}

#[async_trait]
impl ToolExecutor for Unused {
    fn specs(&self) -> Vec<ToolSpec> {
        Vec::new()
    }

    async fn execute(&self, _call: &ToolCall, _context: &ToolContext) -> ToolOutcome {
        ToolOutcome { content: String::new(), labels: Labels::NONE, failed: true }
    }
}

/// A step that is not in the record cannot be announced, and one that has no end there gets none. A turn whose
/// journal failed went the same way.
#[async_trait]
impl Journal for Unused {
    fn name(&self) -> &'static str {
        "record"
    }

    fn is_durable(&self) -> bool {
        false
    }

    async fn ingest(&self, _: &InboundEvent, _: &TurnId, _: Timestamp) -> Result<Ingested, StoreError> {
        Err(unused())
    }

    async fn begin(&self, _inbound: InboundId, _at: &WallTime) -> Result<Attempt, StoreError> {
        Err(unused())
    }

    async fn hand_back(&self, _inbound: InboundId) -> Result<(), StoreError> {
        Err(unused())
    }

    async fn step_started(&self, _turn: &TurnId, _step: &StepStarted) -> Result<(), StoreError> {
        Err(unused())
    }

    async fn step_done(&self, _turn: &TurnId, _step: &StepDone) -> Result<(), StoreError> {
        Err(unused())
    }

    async fn close(&self, _closing: &Closing) -> Result<(), StoreError> {
        Err(unused())
    }

    async fn open_turns(&self, _after: InboundId, _limit: usize) -> Result<Vec<OpenTurn>, StoreError> {
        Err(unused())
    }

    async fn forget(&self, _session: &SessionKey) -> Result<u64, StoreError> {
        Err(unused())
    }

    async fn tidy(&self, _now: Timestamp) -> Result<Tidied, StoreError> {
        Err(unused())
    }

    async fn shut_down(&self) {}
}

#[async_trait]
impl LineQueue for Unused {
    async fn waiting(&self, _limit: usize) -> Result<Vec<PendingAppend>, StoreError> {
        Ok(Vec::new())
    }

    async fn waiting_in(&self, _session: &SessionKey) -> Result<Vec<PendingAppend>, StoreError> {
        Ok(Vec::new())
    }

    async fn end_of(&self, _session: &SessionKey) -> Result<Option<u64>, StoreError> {
        Ok(None)
    }

    fn written(&self, _row: u64, _end: u64) {}

    fn unsettled(&self, _limit: usize) -> Vec<(SessionKey, u64)> {
        Vec::new()
    }

    async fn settle(&self, _sessions: &[(SessionKey, u64)]) -> Result<(), StoreError> {
        Ok(())
    }
}

#[async_trait]
impl Workspace for Unused {
    fn path(&self) -> String {
        String::new()
    }

    async fn bootstrap(&self) -> Result<Vec<BootstrapFile>, StoreError> {
        Ok(Vec::new())
    }
}

impl LiveSink for Unused {
    fn show(&self, _target: &LiveTarget, _event: LiveEvent<'_>) {}
}

impl Telemetry for Unused {
    fn record(&self, _event: &TelemetryEvent) {}
}
