//! What each kind of error does: to the call, and to the circuits. One table, so that nobody has to look for it.

use nanobot_core::model::ModelErrorKind;

/// Where a call goes on after an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Nowhere: another model would say the same, or must not be asked.
    Stop,
    /// To whoever is next; the same one may be asked again later.
    Next,
    /// To whoever is next and does not use this credential.
    OtherCredential,
    /// To another model.
    OtherModel,
    /// To a model with a larger context.
    LargerContext,
}

/// What an error does to a circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trips {
    /// Nothing: it says nothing about the provider.
    Nothing,
    /// It counts as a failure of this model there; several in a row open its circuit.
    Counted,
    /// It opens the circuit of this model there at once.
    Model,
    /// It opens the circuit of the credential at once, for all of its models.
    Credential,
}

/// The row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Where the call goes on.
    pub then: Then,
    /// What it does to circuits.
    pub trips: Trips,
    /// The owner has to do something about it.
    pub tells_owner: bool,
}

/// The table.
pub const fn verdict(kind: ModelErrorKind) -> Verdict {
    const fn row(then: Then, trips: Trips) -> Verdict {
        Verdict { then, trips, tells_owner: false }
    }
    const fn told(then: Then, trips: Trips) -> Verdict {
        Verdict { then, trips, tells_owner: true }
    }
    match kind {
        // The provider asks to be left alone: at once, and for as long as it says.
        ModelErrorKind::RateLimited => row(Then::Next, Trips::Model),
        ModelErrorKind::Overloaded
        | ModelErrorKind::Server
        | ModelErrorKind::Network
        | ModelErrorKind::ConnectTimeout
        | ModelErrorKind::FirstByteTimeout
        | ModelErrorKind::IdleTimeout
        | ModelErrorKind::BadAnswer => row(Then::Next, Trips::Counted),
        ModelErrorKind::Auth | ModelErrorKind::Billing => told(Then::OtherCredential, Trips::Credential),
        ModelErrorKind::UnknownModel => told(Then::OtherModel, Trips::Model),
        ModelErrorKind::ContextOverflow => row(Then::LargerContext, Trips::Nothing),
        // A cheaper model, or one of our own, may still fit.
        ModelErrorKind::BudgetExhausted
        | ModelErrorKind::BudgetTooSmall
        | ModelErrorKind::NoPrice
        | ModelErrorKind::LedgerFailed => row(Then::OtherModel, Trips::Nothing),
        // The others are busy with it, which proves that it works.
        ModelErrorKind::NoRoom => row(Then::Next, Trips::Nothing),
        // Our request is at fault, or what it says: asking on would only cost more, or leak it further.
        ModelErrorKind::BadRequest | ModelErrorKind::ContentFilter | ModelErrorKind::Cancelled => {
            row(Then::Stop, Trips::Nothing)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn the_table_reads_as_the_documentation_says() {
        let mut table = String::new();
        for kind in ModelErrorKind::ALL {
            let Verdict { then, trips, tells_owner } = verdict(kind);
            let owner = if tells_owner { " and tells the owner" } else { "" };
            let _ = writeln!(table, "{:18} {then:?}, {trips:?}{owner}", kind.code());
        }
        insta::assert_snapshot!(table, @r"
        rate_limited       Next, Model
        overloaded         Next, Counted
        connect_timeout    Next, Counted
        first_byte_timeout Next, Counted
        idle_timeout       Next, Counted
        network            Next, Counted
        auth               OtherCredential, Credential and tells the owner
        billing            OtherCredential, Credential and tells the owner
        bad_request        Stop, Nothing
        context_overflow   LargerContext, Nothing
        content_filter     Stop, Nothing
        unknown_model      OtherModel, Model and tells the owner
        bad_answer         Next, Counted
        server             Next, Counted
        cancelled          Stop, Nothing
        budget_exhausted   OtherModel, Nothing
        budget_too_small   OtherModel, Nothing
        no_price           OtherModel, Nothing
        ledger_failed      OtherModel, Nothing
        no_room            Next, Nothing
        ");
    }
}
