//! What was said before: the session file, and lines that are closed but not in the file yet.

use crate::ids::SessionKey;
use crate::intent::{SessionLine, SessionRole};
use crate::ports::{HistoryMessage, HistoryRole, Journal, SessionStore, StoreError};
use crate::prompt::HISTORY_LIMIT;

/// Lines that may wait for their files; more are not looked at.
const PENDING_LIMIT: usize = 1_000;

/// The last messages of a session, oldest first.
pub(super) async fn load(
    sessions: &dyn SessionStore,
    journal: &dyn Journal,
    session: &SessionKey,
) -> Result<Vec<HistoryMessage>, StoreError> {
    let mut history = sessions.history(session, HISTORY_LIMIT).await?;
    for pending in journal.unprojected(PENDING_LIMIT).await? {
        if pending.append.session == *session {
            history.extend(pending.append.lines.iter().map(stored));
        }
    }
    Ok(history)
}

fn stored(line: &SessionLine) -> HistoryMessage {
    let role = match line.role {
        SessionRole::User => HistoryRole::User,
        SessionRole::Assistant => HistoryRole::Assistant,
    };
    HistoryMessage { role, content: line.content.clone(), labels: Some(line.labels) }
}
