//! How a turn ended: exactly one of these per inbound message.

/// The recorded outcome of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TurnOutcome {
    /// An answer or a reaction went out.
    Answered,
    /// By rule there was nothing to answer (empty, duplicate, policy, no-reply, notes).
    Ignored,
    /// The input stage blocked it; the chat was told.
    Blocked,
    /// It could not be answered; the chat was told.
    Failed,
    /// A person stopped it.
    Cancelled,
    /// It was given up: after too many attempts, or at a shutdown by a journal that keeps nothing. The chat
    /// was told.
    Abandoned,
}

impl TurnOutcome {
    /// Every outcome.
    pub const ALL: [Self; 6] =
        [Self::Answered, Self::Ignored, Self::Blocked, Self::Failed, Self::Cancelled, Self::Abandoned];

    /// The outcome of a stored name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Ignored => "ignored",
            Self::Blocked => "blocked",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Abandoned => "abandoned",
        }
    }
}
