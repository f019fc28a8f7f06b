//! Policy files on their own: a change is made, found in the history, and taken for what it is by `verify`.

use nanobot_admin_store::{PolicyFiles, verify};
use nanobot_core::ports::{ChangeRow, PolicyChange, PolicyStore};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let home = tempfile::tempdir()?;
    let files = PolicyFiles::new(home.path().join("policy.json"));
    let row = ChangeRow {
        id: "0123456789abcdef0123456789abcdef".to_owned(),
        at: "2026-02-22T12:00:00.25Z".parse()?,
        source: "cli".to_owned(),
        actor: "local:uid=1000".to_owned(),
        channel: None,
        chat: None,
        command: "/policy block-group 1203630@g.us".to_owned(),
        before_hash: "b".repeat(64),
        after_hash: "a".repeat(64),
        rollback_of: None,
    };
    let change = PolicyChange {
        row,
        seen: None,
        known: None,
        backup: "{}".to_owned(),
        text: "{\"version\": 2}".to_owned(),
    };
    let head = files.change(&change).await?;
    for row in files.history(10).await? {
        println!("{} {} {}", row.at, row.actor, row.command);
    }
    println!("{:?}", verify(&files.audit_folder(), Some(&head)).await?.faults);
    println!("{} {}", head.rows, head.hash);
    Ok(())
}
