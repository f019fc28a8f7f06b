//! Why a model did not answer: what a caller can do about it, and what lies beneath.

use std::time::Duration;

/// Why a model did not answer.
#[derive(Debug, thiserror::Error)]
#[error("{kind}")]
pub struct ModelError {
    /// What went wrong, for the caller's decision.
    pub kind: ModelErrorKind,
    /// How long the provider asks to wait, if it does.
    pub retry_after: Option<Duration>,
    /// Nothing can have been charged: the provider said no before it began, or nothing was sent. False where nobody
    /// knows, and a budget then counts the call in full.
    pub is_free: bool,
    /// What lies beneath, for the log. Never shown in a chat.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ModelError {
    /// An error with nothing beneath.
    pub fn new(kind: ModelErrorKind) -> Self {
        Self { kind, retry_after: None, is_free: false, source: None }
    }

    /// An error and what lies beneath it.
    pub fn caused_by(
        kind: ModelErrorKind,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { source: Some(source.into()), ..Self::new(kind) }
    }

    /// The same for a call that cannot have cost anything.
    #[must_use]
    pub fn free(self) -> Self {
        Self { is_free: true, ..self }
    }
}

/// The kinds of model errors, typed from status, headers and body fields, never from loose text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ModelErrorKind {
    /// Too many requests.
    #[error("the provider limits the rate of requests")]
    RateLimited,
    /// The provider has no room.
    #[error("the provider is overloaded")]
    Overloaded,
    /// No connection in time.
    #[error("the provider did not accept a connection in time")]
    ConnectTimeout,
    /// Connected, but no answer in time.
    #[error("the provider did not start to answer in time")]
    FirstByteTimeout,
    /// The answer stopped in the middle.
    #[error("the provider stopped in the middle of its answer")]
    IdleTimeout,
    /// The connection could not be made or broke.
    #[error("the connection to the provider failed")]
    Network,
    /// The key is missing or refused.
    #[error("the provider refused the key")]
    Auth,
    /// The account cannot pay.
    #[error("the provider refuses the account for billing reasons")]
    Billing,
    /// Our request is at fault.
    #[error("the provider refused the request")]
    BadRequest,
    /// The conversation is too long for the model.
    #[error("the conversation is too long for the model")]
    ContextOverflow,
    /// The provider's filter refused.
    #[error("the provider's content filter refused")]
    ContentFilter,
    /// No such model.
    #[error("the provider does not know the model")]
    UnknownModel,
    /// The answer was no answer: HTML, broken JSON, an unending stream.
    #[error("the provider's answer cannot be read")]
    BadAnswer,
    /// The provider failed on its side.
    #[error("the provider failed")]
    Server,
    /// A person or a shutdown stopped it.
    #[error("the call was cancelled")]
    Cancelled,
    /// A hard budget has no room for the call.
    #[error("the budget for models has no room for the call")]
    BudgetExhausted,
    /// The call alone may cost more than a hard budget has when nothing is spent: no waiting helps.
    #[error("a call may cost more than the whole budget for models")]
    BudgetTooSmall,
    /// Under a hard budget nothing is called whose price nobody knows.
    #[error("there is a hard budget, and the model has no price")]
    NoPrice,
    /// Under a hard budget nothing is called that cannot be written down first.
    #[error("there is a hard budget, and the book of what models cost cannot be written")]
    LedgerFailed,
    /// Too many other calls are under way there.
    #[error("too many calls are under way at the provider, and none ended in time")]
    NoRoom,
}

impl ModelErrorKind {
    /// Every kind.
    pub const ALL: [Self; 20] = [
        Self::RateLimited,
        Self::Overloaded,
        Self::ConnectTimeout,
        Self::FirstByteTimeout,
        Self::IdleTimeout,
        Self::Network,
        Self::Auth,
        Self::Billing,
        Self::BadRequest,
        Self::ContextOverflow,
        Self::ContentFilter,
        Self::UnknownModel,
        Self::BadAnswer,
        Self::Server,
        Self::Cancelled,
        Self::BudgetExhausted,
        Self::BudgetTooSmall,
        Self::NoPrice,
        Self::LedgerFailed,
        Self::NoRoom,
    ];

    /// The stable code: metric label and record field.
    pub const fn code(self) -> &'static str {
        match self {
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::ConnectTimeout => "connect_timeout",
            Self::FirstByteTimeout => "first_byte_timeout",
            Self::IdleTimeout => "idle_timeout",
            Self::Network => "network",
            Self::Auth => "auth",
            Self::Billing => "billing",
            Self::BadRequest => "bad_request",
            Self::ContextOverflow => "context_overflow",
            Self::ContentFilter => "content_filter",
            Self::UnknownModel => "unknown_model",
            Self::BadAnswer => "bad_answer",
            Self::Server => "server",
            Self::Cancelled => "cancelled",
            Self::BudgetExhausted => "budget_exhausted",
            Self::BudgetTooSmall => "budget_too_small",
            Self::NoPrice => "no_price",
            Self::LedgerFailed => "ledger_failed",
            Self::NoRoom => "no_room",
        }
    }

    /// The provider was never asked: money or room was missing here.
    pub const fn is_our_own(self) -> bool {
        matches!(
            self,
            Self::BudgetExhausted | Self::BudgetTooSmall | Self::NoPrice | Self::LedgerFailed | Self::NoRoom
        )
    }
}
