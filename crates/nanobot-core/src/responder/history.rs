//! What was said before: the session file, and lines that are closed but not in the file yet.

use crate::ids::SessionKey;
use crate::intent::{SessionLine, SessionRole};
use crate::ports::{HistoryMessage, HistoryRole, LineQueue, PendingAppend, SessionStore, StoreError};
use crate::prompt::HISTORY_LIMIT;

/// How often the two are read anew because lines went from one to the other meanwhile.
const TRIES: usize = 3;

/// The last messages of a session, oldest first.
pub(super) async fn load(
    sessions: &dyn SessionStore,
    lines: &dyn LineQueue,
    session: &SessionKey,
) -> Result<Vec<HistoryMessage>, StoreError> {
    let mut waiting = lines.waiting_in(session).await?;
    for _ in 1..TRIES {
        let history = sessions.history(session, HISTORY_LIMIT).await?;
        let after = lines.waiting_in(session).await?;
        if after == waiting {
            return Ok(joined(history, &waiting));
        }
        waiting = after;
    }
    let history = sessions.history(session, HISTORY_LIMIT).await?;
    Ok(joined(history, &waiting))
}

fn joined(mut history: Vec<HistoryMessage>, waiting: &[PendingAppend]) -> Vec<HistoryMessage> {
    history.extend(waiting.iter().flat_map(|pending| &pending.write.append.lines).map(stored));
    history
}

fn stored(line: &SessionLine) -> HistoryMessage {
    let role = match line.role {
        SessionRole::User => HistoryRole::User,
        SessionRole::Assistant => HistoryRole::Assistant,
    };
    HistoryMessage { role, content: line.content.clone(), labels: Some(line.labels) }
}
