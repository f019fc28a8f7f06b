//! The audit log on its own: a row is written before its act, then read back.

use nanobot_admin_store::AdminLog;
use nanobot_core::ports::{AdminAct, AuditLog};
use nanobot_core::time::WallTime;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let home = tempfile::tempdir()?;
    let path = home.path().join("audit").join("admin.jsonl");
    let act = AdminAct {
        actor: "local:uid=1000".to_owned(),
        via: "cli",
        action: "session.reset",
        target: "cli:default".to_owned(),
        result: "done",
    };
    AdminLog::new(&path).record(&act, &WallTime::utc("2026-02-22T12:00:00Z".parse()?)).await?;
    // Only now the session would be reset.
    print!("{}", std::fs::read_to_string(&path)?);
    Ok(())
}
