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
    act: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let log = log(place);
    let row = |result| AdminAct { actor: actor(), via: "cli", action, target: target.clone(), result };
    log.record(&row("done"), &SystemClock::new().now()).await?;
    let done = act.await;
    if done.is_err() {
        // The failure itself is what the person is told, whatever becomes of this row.
        let _ = log.record(&row("failed"), &SystemClock::new().now()).await;
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Code;

    #[tokio::test]
    async fn an_act_has_a_row_and_one_that_failed_has_two() {
        let home = tempfile::tempdir().unwrap();
        let place = Place::at(home.path());
        audited(&place, "home.onboard", "file".into(), async { Ok(()) }).await.unwrap();
        let fails = async { Err::<(), _>(Failure::new(Code::CannotWrite, "the disk is full")) };
        let failure = audited(&place, "config.migrate", "file".into(), fails).await.unwrap_err();
        assert_eq!(failure.to_string(), "the disk is full");
        let rows = std::fs::read_to_string(home.path().join("audit/admin.jsonl")).unwrap();
        let rows: Vec<serde_json::Value> =
            rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
        let said: Vec<String> =
            rows.iter().map(|row| format!("{} {}", row["action"], row["result"])).collect();
        assert_eq!(
            said,
            [r#""home.onboard" "done""#, r#""config.migrate" "done""#, r#""config.migrate" "failed""#]
        );
    }
}
