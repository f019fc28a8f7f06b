//! Opens the policy of a home: for the daemon, and for a command under the home's lock.

use std::sync::Arc;

use nanobot_admin_store::PolicyFiles;
use nanobot_config::{Home, Loaded};
use nanobot_core::ports::{
    ChainHead, ChainHeads, Clock, ControlError, IdGenerator, PolicyAdmin, PolicyAnswer, PolicyAsk,
    PolicyStore as _, SessionStore,
};
use nanobot_journal::{JournalOptions, SqliteJournal};

use super::groups::GroupSource;
use super::in_force::Surroundings;
use super::room::{POLICY_CHAIN, PolicyRoom, RoomParts};
use crate::app::StartError;
use crate::compose::sessions_at;
use crate::system::{SystemClock, SystemIds};

/// What the policy of a home meets besides its files.
pub(crate) struct Beside {
    /// The heads of chains.
    pub(crate) heads: Arc<dyn ChainHeads>,
    /// Sessions, for the names of groups.
    pub(crate) sessions: Arc<dyn SessionStore>,
    /// Time.
    pub(crate) clock: Arc<dyn Clock>,
    /// Names acts from a shell.
    pub(crate) ids: Arc<dyn IdGenerator>,
}

/// The policy of a home.
///
/// # Errors
/// When it cannot be read, or the file is no policy.
pub(crate) async fn room_of(home: &Home, loaded: &Loaded, beside: Beside) -> Result<PolicyRoom, StartError> {
    let Beside { heads, sessions, clock, ids } = beside;
    let parts = RoomParts {
        surroundings: Surroundings::of(home, &loaded.config),
        store: Arc::new(PolicyFiles::new(home.policy_json())),
        heads,
        groups: GroupSource { sessions, folder: home.sessions(), log: home.logs().join("gateway.log") },
        clock,
        ids,
    };
    Ok(PolicyRoom::open(parts).await?)
}

/// Takes the log of policy changes of a locked home for good as it lies there: from now on the journal expects this
/// head. Answers it; none when there is no log.
///
/// # Errors
/// When the log is broken in itself, or the journal cannot be written.
pub async fn accept_policy_log(home: &Home) -> Result<Option<ChainHead>, StartError> {
    let journal = SqliteJournal::open(JournalOptions::new(home.journal())).await?;
    let head = PolicyFiles::new(home.policy_json()).recover(None).await?;
    let known = head.clone().unwrap_or(ChainHead { rows: 0, hash: String::new() });
    journal.set_chain_head(POLICY_CHAIN, &known).await?;
    journal.shut_down().await;
    Ok(head)
}

/// The policy of a home that is locked, for one act without a daemon.
pub struct PolicyAtRest {
    room: PolicyRoom,
    journal: SqliteJournal,
}

impl PolicyAtRest {
    /// Opens it.
    ///
    /// # Errors
    /// When it cannot be read, the file is no policy, or the journal cannot be opened.
    pub async fn open(home: &Home, loaded: &Loaded) -> Result<Self, StartError> {
        let journal = SqliteJournal::open(JournalOptions::new(home.journal())).await?;
        let beside = Beside {
            heads: Arc::new(journal.clone()),
            sessions: sessions_at(home),
            clock: Arc::new(SystemClock::new()),
            ids: Arc::new(SystemIds),
        };
        Ok(Self { room: room_of(home, loaded, beside).await?, journal })
    }

    /// Does what is asked, and closes the journal.
    ///
    /// # Errors
    /// As for [`PolicyAdmin::edit_policy`].
    pub async fn edit(self, ask: &PolicyAsk, actor: &str) -> Result<PolicyAnswer, ControlError> {
        let answer = self.room.edit_policy(ask, actor).await;
        self.journal.shut_down().await;
        answer
    }
}
