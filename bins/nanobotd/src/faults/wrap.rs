//! Puts everything that the flags ask for around the adapters.

use std::sync::Arc;
use std::time::Duration;

use nanobot_core::ports::{StoreError, ToolExecutor as _};
use nanobot_core::stand_in::AllowAll;
use nanobotd::{Adapters, Boot, Network, StartError};

use crate::args::FaultArgs;
use crate::frail;
use crate::fuse::Fuse;
use crate::ledger::Ledger;
use crate::sabotage;
use crate::script::ScriptedModel;
use crate::stores::Fused;
use crate::tools::Counting;

/// The adapters with faults.
///
/// # Errors
/// When a file that the flags name cannot be opened.
pub(crate) async fn wrap(
    mut adapters: Adapters,
    faults: &FaultArgs,
    boot: &Boot,
) -> Result<Adapters, StartError> {
    let ledger = match &faults.counter_ledger {
        Some(path) => {
            let opened = Ledger::open(path);
            Some(Arc::new(opened.map_err(|error| StoreError::io("opening the counter ledger", error))?))
        }
        None => None,
    };
    if let Some(ledger) = &ledger {
        let tools = Arc::new(Counting { inner: adapters.tools, ledger: ledger.clone() });
        adapters.policy = Arc::new(AllowAll::new(tools.specs().into_iter().map(|spec| spec.name)));
        adapters.tools = tools;
    }
    if faults.scripted_model {
        let delay = Duration::from_millis(faults.model_delay_ms);
        adapters.model = Arc::new(ScriptedModel { ledger, delay });
    }
    let after = faults.frail_network_ms.map(Duration::from_millis);
    adapters.networks.extend(after.and_then(frail::network));
    if let Some(sabotage) = faults.sabotage {
        adapters = sabotage::apply(sabotage, adapters, boot).await?;
    }
    let fuse = Arc::new(Fuse::new(faults.fault_point));
    Ok(fused(adapters, &fuse))
}

/// Sabotage stands inside the points, so that both can be used at once.
fn fused(adapters: Adapters, fuse: &Arc<Fuse>) -> Adapters {
    let network = |network: Network| {
        let sender = Arc::new(Fused { inner: network.sender, fuse: fuse.clone() });
        Network { sender, ..network }
    };
    Adapters {
        model: Arc::new(Fused { inner: adapters.model, fuse: fuse.clone() }),
        tools: Arc::new(Fused { inner: adapters.tools, fuse: fuse.clone() }),
        sessions: Arc::new(Fused { inner: adapters.sessions, fuse: fuse.clone() }),
        journal: Arc::new(Fused { inner: adapters.journal, fuse: fuse.clone() }),
        lines: Arc::new(Fused { inner: adapters.lines, fuse: fuse.clone() }),
        outbox: Arc::new(Fused { inner: adapters.outbox, fuse: fuse.clone() }),
        networks: adapters.networks.into_iter().map(network).collect(),
        ..adapters
    }
}
