//! How much a call wanted of a budget, and how much it has: for the log, and for what the chat is told. Whether there is
//! room is the ledger's business.

use nanobot_core::model::{ModelError, ModelErrorKind};
use nanobot_core::ports::{BudgetLimit, BudgetScope};
use nanobot_core::units::NanoDollars;

/// A budget has less than a call may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the call may cost {wanted}, and {left} are left of the {} budget of {most}", scope.name())]
pub(crate) struct Short {
    scope: BudgetScope,
    wanted: NanoDollars,
    left: NanoDollars,
    most: NanoDollars,
}

impl Short {
    /// By the limits of the call, of which the one of this scope has no room.
    pub(crate) fn of(
        limits: &[BudgetLimit],
        scope: BudgetScope,
        wanted: NanoDollars,
        left: NanoDollars,
    ) -> Self {
        let most = limits.iter().find(|limit| limit.scope == scope).map_or(left, |limit| limit.most);
        Self { scope, wanted, left, most }
    }

    /// As an error of the call. Where even an unspent budget would not do, waiting for the next day helps nobody.
    pub(crate) fn into_error(self) -> ModelError {
        let kind = if self.wanted > self.most {
            ModelErrorKind::BudgetTooSmall
        } else {
            ModelErrorKind::BudgetExhausted
        };
        ModelError::caused_by(kind, self)
    }
}

#[cfg(test)]
mod tests {
    use nanobot_core::pipeline::chain;

    use super::*;

    fn refused(wanted: f64) -> String {
        let amount = |dollars| NanoDollars::from_dollars(dollars).unwrap();
        let limits = [BudgetLimit { scope: BudgetScope::Day, most: amount(1.0) }];
        chain(&Short::of(&limits, BudgetScope::Day, amount(wanted), amount(0.25)).into_error())
    }

    #[test]
    fn the_log_tells_what_was_wanted_and_what_is_left() {
        insta::assert_snapshot!(refused(0.5), @"the budget for models has no room for the call: the call may cost $0.50, and $0.25 are left of the day budget of $1.00");
        insta::assert_snapshot!(refused(1.5), @"a call may cost more than the whole budget for models: the call may cost $1.50, and $0.25 are left of the day budget of $1.00");
    }
}
