//! A session on its own: two lines are appended to a fresh home, read back and listed.

use nanobot_core::Label;
use nanobot_core::ids::SessionKey;
use nanobot_core::intent::{SessionAppend, SessionLine, SessionRole};
use nanobot_core::ports::SessionStore;
use nanobot_core::time::civil;
use nanobot_memory::{JsonlSessions, inspect};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let home = tempfile::tempdir()?;
    let sessions = JsonlSessions::new(home.path());
    let now = civil::date(2026, 2, 22).at(12, 0, 0, 0);
    let line = |role, content: &str| SessionLine {
        role,
        content: content.to_owned(),
        at: now,
        labels: Label::Owner.into(),
    };
    let session = SessionKey::new("cli:default")?;
    let lines = vec![
        line(SessionRole::User, "Water the plants?"),
        line(SessionRole::Assistant, "Tomorrow morning, at seven."),
    ];
    sessions.append(&SessionAppend { session: session.clone(), lines }, now).await?;
    sessions.refresh().await?;

    for message in sessions.history(&session, 50).await? {
        println!("{:?}: {}", message.role, message.content);
    }
    for summary in sessions.list().await? {
        println!("{} in {}: {} messages", summary.session, summary.file, summary.messages);
        let bytes = std::fs::read(home.path().join("sessions").join(&summary.file))?;
        println!("{}", inspect(&bytes).to_json(&summary.file));
    }
    Ok(())
}
