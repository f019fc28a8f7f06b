//! Watches the policy file while the daemon runs, and tells whoever should know what became of it.

use std::sync::Arc;
use std::time::Duration;

use nanobot_core::cancel::CancelToken;
use nanobot_core::ports::Telemetry;
use nanobot_core::telemetry::{PolicyFileState, TelemetryEvent};
use nanobot_policy::reload::{Cause, News};

use super::room::PolicyRoom;
use crate::owners::Owners;

/// How often it is asked whether the file is to be looked at; how often that is, the policy says.
const TICK: Duration = Duration::from_millis(100);

/// Faults that an owner is told; the log has all of them.
const MAX_TOLD: usize = 3;

/// The watcher.
pub(crate) struct Watcher {
    pub(crate) room: Arc<PolicyRoom>,
    pub(crate) telemetry: Arc<dyn Telemetry>,
    pub(crate) owners: Owners,
}

impl Watcher {
    /// Watches until cancelled.
    pub(crate) async fn run(self, cancel: CancelToken) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                _ = tick.tick() => {
                    for news in self.room.look().await {
                        self.tell(&news).await;
                    }
                }
            }
        }
    }

    async fn tell(&self, news: &News) {
        let (state, text) = match news {
            News::Trouble(trouble) => match &trouble.cause {
                Cause::Broken(faults) => {
                    for fault in faults {
                        tracing::error!(fault, "policy.json is no policy; the one before stays in force");
                    }
                    (PolicyFileState::Broken, broken(faults))
                }
                Cause::Gone => {
                    tracing::error!("policy.json is gone; the policy before stays in force");
                    (PolicyFileState::Gone, "⚠️ policy.json is gone. What it said stays in force.".to_owned())
                }
                Cause::Unreadable(what) => {
                    tracing::error!(
                        error = what,
                        "policy.json cannot be read; the policy before stays in force"
                    );
                    let text = "⚠️ policy.json cannot be read. What it said before stays in force.";
                    (PolicyFileState::Broken, text.to_owned())
                }
            },
            News::Mended(_) => {
                tracing::info!("policy.json is in order again, and in force");
                (PolicyFileState::Mended, "✅ policy.json is in order again, and in force.".to_owned())
            }
        };
        self.telemetry.record(&TelemetryEvent::PolicyFile { state });
        let _ = self.owners.tell(&text, "policy_file").await;
    }
}

fn broken(faults: &[String]) -> String {
    let mut text = "⚠️ policy.json is no policy any more. What it said before stays in force.".to_owned();
    for fault in faults.iter().take(MAX_TOLD) {
        text.push_str("\n- ");
        text.push_str(fault);
    }
    match faults.len().saturating_sub(MAX_TOLD) {
        0 => text,
        more => format!("{text}\n… and {more} more: nanobot-cli policy check"),
    }
}
