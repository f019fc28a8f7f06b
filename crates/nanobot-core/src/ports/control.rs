//! What an operator may ask of a running daemon: the driving port behind the socket, the command line and
//! the HTTP interface.

use async_trait::async_trait;

use crate::ids::{DeliveryKey, SessionKey};
use crate::model::ModelTask;
use crate::ports::{
    BudgetScope, ChainHead, HistoryMessage, ModelInfo, QueuedDelivery, SessionSummary, StoreError,
};
use crate::time::WallTime;
use crate::units::NanoDollars;

/// The operator's side of the daemon. Every act that changes something is one row in the audit log.
#[async_trait]
pub trait Control: SessionAdmin + OutboxAdmin + PolicyAdmin + Send + Sync {
    /// How the daemon is.
    async fn status(&self) -> StatusReport;
}

/// Sessions, as an operator handles them.
#[async_trait]
pub trait SessionAdmin: Send + Sync {
    /// All sessions, most recently used first.
    ///
    /// # Errors
    /// [`ControlError`].
    async fn sessions(&self) -> Result<Vec<SessionSummary>, ControlError>;

    /// The last `limit` messages of one session.
    ///
    /// # Errors
    /// [`ControlError`].
    async fn session(&self, key: &SessionKey, limit: usize) -> Result<Vec<HistoryMessage>, ControlError>;

    /// Forgets the messages of one session; answers how many. `actor` goes into the audit log.
    ///
    /// # Errors
    /// [`ControlError`]; nothing was forgotten then.
    async fn reset_session(&self, key: &SessionKey, actor: &str) -> Result<usize, ControlError>;
}

/// What waits to be sent, as an operator handles it.
#[async_trait]
pub trait OutboxAdmin: Send + Sync {
    /// The deliveries that are asked for, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`ControlError`].
    async fn outbox(&self, wanted: &Wanted, limit: usize) -> Result<OutboxListing, ControlError>;

    /// Takes deliveries back into their chats' queues, due at once, as if they had not been tried. What is
    /// unknown is answered and the others are taken back all the same. `actor` goes into the audit log.
    ///
    /// # Errors
    /// [`ControlError`]; those before the one that failed were taken back.
    async fn retry_deliveries(
        &self,
        keys: &[DeliveryKey],
        actor: &str,
    ) -> Result<DeliveriesHandled, ControlError>;

    /// Gives deliveries up: they will not be sent. One that is on its way at this moment may still arrive. What
    /// is unknown is answered and the others are given up all the same. `actor` goes into the audit log.
    ///
    /// # Errors
    /// [`ControlError`]; those before the one that failed were given up.
    async fn drop_deliveries(
        &self,
        keys: &[DeliveryKey],
        actor: &str,
    ) -> Result<DeliveriesHandled, ControlError>;
}

/// The policy, as an operator handles it.
#[async_trait]
pub trait PolicyAdmin: Send + Sync {
    /// Does what is asked, or says what it would do. `actor` goes into the audit log.
    ///
    /// # Errors
    /// [`ControlError`]; nothing was changed then. A refusal is an answer and no error.
    async fn edit_policy(&self, ask: &PolicyAsk, actor: &str) -> Result<PolicyAnswer, ControlError>;
}

/// What an operator wants of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyAsk {
    /// What.
    pub edit: PolicyEdit,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Also where it is risky.
    pub confirm: bool,
}

/// A change of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyEdit {
    /// An admin command as an owner would write it in a chat (`/policy set-when …`).
    Command(String),
    /// What is noted quietly in one chat.
    Notes(NotesEdit),
    /// Names of groups (id, name), written beside them for people who look for one.
    NameGroups {
        /// Id and name.
        names: Vec<(String, String)>,
        /// Also where a name stands already.
        overwrite: bool,
    },
    /// Who may talk, from the lists of an older configuration (channel, senders).
    MigrateAllowFrom(Vec<(String, Vec<String>)>),
}

/// Quiet notes in one chat; what is none comes from the channel again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotesEdit {
    /// The network.
    pub channel: String,
    /// The conversation.
    pub chat: String,
    /// Whether.
    pub enabled: Option<bool>,
    /// How: `adaptive`, `heuristic` or `hybrid`.
    pub mode: Option<String>,
    /// Also from senders who may not talk.
    pub allow_blocked: Option<bool>,
}

/// What became of a wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyAnswer {
    /// `applied`, `noop`, `denied`, `invalid` or `error`.
    pub outcome: String,
    /// For people.
    pub reply: String,
    /// The command's name.
    pub command: String,
    /// Nothing was written, since nobody asked for more than a look.
    pub dry_run: bool,
    /// Hash of the policy before, where a change was tried.
    pub before_hash: Option<String>,
    /// Hash of the policy behind.
    pub after_hash: Option<String>,
    /// The change, if one was written: what a rollback names.
    pub change: Option<String>,
}

/// How the policy is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyStatus {
    /// Its hash.
    pub hash: String,
    /// Where it comes from: the file, or `built in`.
    pub source: String,
    /// The networks that it governs.
    pub governs: Vec<String>,
    /// Governed networks on which nobody may talk, since nobody owns them.
    pub closed: Vec<String>,
    /// Why the file is not what is in force, one line each; empty while it is.
    pub trouble: Vec<String>,
    /// Why commands cannot change it, if they cannot.
    pub sealed: Option<String>,
    /// The head of the chain over its changes; none before the first.
    pub chain: Option<ChainHead>,
}

/// Which deliveries an operator asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Whatever waits or is parked.
    All,
    /// What is parked.
    Parked,
    /// Those of these keys.
    Of(Vec<DeliveryKey>),
}

impl Wanted {
    /// Whether a delivery is asked for.
    pub fn takes(&self, queued: &QueuedDelivery) -> bool {
        match self {
            Self::All => true,
            Self::Parked => queued.parked.is_some(),
            Self::Of(keys) => keys.contains(&queued.delivery.key),
        }
    }
}

/// Deliveries that were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxListing {
    /// The oldest of them.
    pub rows: Vec<QueuedDelivery>,
    /// How many there are, those beyond the limit included.
    pub total: usize,
}

/// What became of the deliveries that an operator named, in the order in which they were named.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeliveriesHandled {
    /// It was done to these.
    pub done: Vec<DeliveryKey>,
    /// Nothing waits or is parked under these: never seen, sent meanwhile, or given up before.
    pub unknown: Vec<DeliveryKey>,
}

/// Why an operator's request failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// There is no such thing.
    #[error("there is no session {0}")]
    NoSuchSession(SessionKey),
    /// A turn is running there; stop it first.
    #[error("session {0} is busy with a turn")]
    Busy(SessionKey),
    /// Its last lines are not in its file yet, and would come back.
    #[error("lines of session {0} still wait for their file; the log says why")]
    LinesWait(SessionKey),
    /// No policy can be changed here.
    #[error("this process has no policy that could be changed")]
    NoPolicy,
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a daemon is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReport {
    /// The version of nanobot.
    pub version: String,
    /// The process id.
    pub pid: u32,
    /// The home, as a path.
    pub home: String,
    /// When it was ready.
    pub started: WallTime,
    /// When the report was made.
    pub now: WallTime,
    /// The model that answers.
    pub model: ModelInfo,
    /// What an operator should know about models, one sentence each; empty where all is well.
    pub model_warnings: Vec<String>,
    /// The hard budgets that are in force; empty where there is none.
    pub budgets: Vec<BudgetInForce>,
    /// Which adapter fills each port, and what to know about it.
    pub ports: Vec<PortStatus>,
    /// The channels that run.
    pub channels: Vec<String>,
    /// The tools on offer.
    pub tools: Vec<String>,
    /// What waits.
    pub queues: QueueStatus,
    /// The policy; none while a stand-in decides.
    pub policy: Option<PolicyStatus>,
}

/// A hard budget that calls have to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetInForce {
    /// What it is for.
    pub scope: BudgetScope,
    /// Of a task's budget, which one.
    pub task: Option<ModelTask>,
    /// The most that may count against it.
    pub most: NanoDollars,
    /// What background work may use in all, where that is less.
    pub background: Option<NanoDollars>,
}

/// Which adapter fills a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortStatus {
    /// The port (`policy`, `security`, `journal`).
    pub port: &'static str,
    /// The adapter (`allow_all`).
    pub adapter: String,
    /// What an operator should know (`every sender may talk`), if anything.
    pub warning: Option<String>,
}

/// What waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueStatus {
    /// Chats with a lane.
    pub lanes: usize,
    /// Messages that wait for their turn.
    pub waiting: usize,
    /// Turns under way.
    pub running: usize,
    /// Deliveries that wait or are parked.
    pub outbox: usize,
}
