//! The security gate that the settings choose.

use std::sync::Arc;

use nanobot_config::Config;
use nanobot_config::settings::FailMode as Wanted;
use nanobot_core::ports::SecurityGate;
use nanobot_core::stand_in::NoSecurity;
use nanobot_security::{FailMode, RuleGate, Settings, Stages};

use crate::app::StartError;

/// Opens the gate. Somebody who switched it off gets the one that stands open, by its name: networks stay closed then.
///
/// # Errors
/// When a rule pack of this build is broken.
pub fn open_gate(config: &Config) -> Result<Arc<dyn SecurityGate>, StartError> {
    if !judges(config) {
        return Ok(Arc::new(NoSecurity));
    }
    Ok(Arc::new(RuleGate::new(gate_settings(config))?))
}

/// The name of the gate that [`open_gate`] opens.
pub(super) fn gate_name(config: &Config) -> &'static str {
    if judges(config) { RuleGate::NAME } else { NoSecurity::NAME }
}

/// Whether any stage is on at all.
fn judges(config: &Config) -> bool {
    let stages = &config.security.stages;
    config.security.enabled && (stages.input || stages.tool || stages.output)
}

/// How the gate works by these settings.
pub fn gate_settings(config: &Config) -> Settings {
    let security = &config.security;
    Settings {
        is_enabled: security.enabled,
        fail_mode: match security.fail_mode {
            Wanted::Open => FailMode::Open,
            Wanted::Mixed => FailMode::Mixed,
            // Also what a later version may add.
            _ => FailMode::Closed,
        },
        stages: Stages {
            input: security.stages.input,
            tool: security.stages.tool,
            output: security.stages.output,
        },
        block_message: security.block_user_message.clone(),
        placeholder: security.redact_placeholder.clone(),
    }
}
