//! The audit log of acts that the operator command carries out by itself. Forgetting a session has its row from
//! whoever forgets (`SessionRoom`).

use nanobot_admin_store::AdminLog;
use nanobot_core::ports::{AdminAct, AuditLog as _, Clock as _};
use nanobotd::system::SystemClock;

use crate::exit::Failure;
use crate::home::Place;

/// The audit log of a home.
pub(crate) fn log(place: &Place) -> AdminLog {
    AdminLog::new(place.home.audit().join("admin.jsonl"))
}

/// Who acts.
pub(crate) fn actor() -> String {
    format!("local:uid={}", rustix::process::getuid().as_raw())
}

/// Carries an act out: its row first, so that what cannot be written down does not happen, and a second row when
/// it failed.
pub(crate) async fn audited<T>(
    place: &Place,
    action: &'static str,
    target: String,
    act: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let log = log(place);
    let row = |result| AdminAct { actor: actor(), via: "cli", action, target: target.clone(), result };
    log.record(&row("done"), &SystemClock::new().now()).await?;
    let done = act();
    if done.is_err() {
        // The failure itself is what the person is told, whatever becomes of this row.
        let _ = log.record(&row("failed"), &SystemClock::new().now()).await;
    }
    done
}
