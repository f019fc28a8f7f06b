//! Opens the policy of a home: for the daemon, and for a command under the home's lock.

use std::sync::Arc;

use nanobot_admin_store::PolicyFiles;
use nanobot_config::{Home, Loaded};
use nanobot_core::ports::{
    ChainHead, ChainHeads, Clock, IdGenerator, PolicyAdmin, PolicyStore as _, SessionStore,
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
    /// The names of the tools on offer.
    pub(crate) tools: Vec<String>,
}

/// The policy of a home.
///
/// # Errors
/// When it cannot be read, or the file is no policy.
pub(crate) async fn room_of(home: &Home, loaded: &Loaded, beside: Beside) -> Result<PolicyRoom, StartError> {
    let Beside { heads, sessions, clock, ids, tools } = beside;
    let parts = RoomParts {
        surroundings: Surroundings::of(home, &loaded.config, tools),
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

/// The policy of a home that is locked, for acts without a daemon.
///
/// # Errors
/// When it cannot be read, the file is no policy, or the journal cannot be opened.
pub async fn policy_at(home: &Home, loaded: &Loaded) -> Result<Arc<dyn PolicyAdmin>, StartError> {
    let beside = Beside {
        heads: Arc::new(SqliteJournal::open(JournalOptions::new(home.journal())).await?),
        sessions: sessions_at(home),
        clock: Arc::new(SystemClock::new()),
        ids: Arc::new(SystemIds),
        tools: Vec::new(),
    };
    Ok(Arc::new(room_of(home, loaded, beside).await?))
}
