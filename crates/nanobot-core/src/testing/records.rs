//! Keeps what is reported and what is audited, and the heads of chains.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;

use super::Trouble;
use crate::ports::{AdminAct, AuditLog, ChainHead, ChainHeads, MetricsSource, StoreError, Telemetry};
use crate::stand_in::hold;
use crate::telemetry::TelemetryEvent;
use crate::time::WallTime;

/// Keeps every fact.
#[derive(Debug, Default)]
pub struct RecordingTelemetry {
    events: Mutex<Vec<TelemetryEvent>>,
}

impl RecordingTelemetry {
    /// Has heard nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every fact so far, in order.
    pub fn events(&self) -> Vec<TelemetryEvent> {
        hold(&self.events).clone()
    }
}

impl Telemetry for RecordingTelemetry {
    fn record(&self, event: &TelemetryEvent) {
        hold(&self.events).push(event.clone());
    }
}

/// Keeps every act.
#[derive(Debug, Default)]
pub struct RecordingAudit {
    /// Failures on request.
    pub trouble: Trouble,
    acts: Mutex<Vec<AdminAct>>,
}

impl RecordingAudit {
    /// Empty.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every act so far, in order.
    pub fn acts(&self) -> Vec<AdminAct> {
        hold(&self.acts).clone()
    }
}

#[async_trait]
impl AuditLog for RecordingAudit {
    async fn record(&self, act: &AdminAct, _at: &WallTime) -> Result<(), StoreError> {
        self.trouble.strike("record")?;
        hold(&self.acts).push(act.clone());
        Ok(())
    }
}

/// Keeps the heads of chains.
#[derive(Debug, Default)]
pub struct MemoryChainHeads {
    /// Failures on request.
    pub trouble: Trouble,
    heads: Mutex<BTreeMap<String, ChainHead>>,
}

impl MemoryChainHeads {
    /// Empty.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl ChainHeads for MemoryChainHeads {
    async fn chain_head(&self, chain: &str) -> Result<Option<ChainHead>, StoreError> {
        self.trouble.strike("chain_head")?;
        Ok(hold(&self.heads).get(chain).cloned())
    }

    async fn set_chain_head(&self, chain: &str, head: &ChainHead) -> Result<(), StoreError> {
        self.trouble.strike("set_chain_head")?;
        hold(&self.heads).insert(chain.to_owned(), head.clone());
        Ok(())
    }
}

/// Shows the metrics that it was given.
#[derive(Debug, Default)]
pub struct FakeMetrics {
    text: Mutex<String>,
}

impl FakeMetrics {
    /// Shows this text.
    pub fn showing(text: &str) -> Self {
        Self { text: Mutex::new(text.to_owned()) }
    }
}

impl MetricsSource for FakeMetrics {
    fn render(&self) -> String {
        hold(&self.text).clone()
    }
}
