//! Which limits a call has to keep. It knows the settings and no ledger.
//!
//! Work that nobody waits for stops first: of the day and the month it may use a share only, so that the rest is left
//! for people.

use std::collections::BTreeMap;

use nanobot_core::model::ModelTask;
use nanobot_core::ports::{BudgetLimit, BudgetScope};
use nanobot_core::units::NanoDollars;

/// Hard budgets, as configured. Nothing set, nothing limited.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Budgets {
    /// For everything on one day.
    pub day: Option<NanoDollars>,
    /// For everything in one month.
    pub month: Option<NanoDollars>,
    /// For each conversation on one day.
    pub chat_day: Option<NanoDollars>,
    /// For a task on one day.
    pub tasks: BTreeMap<ModelTask, NanoDollars>,
    /// What background work may use of day and month, in thousandths.
    pub background_share: Share,
}

/// A share in thousandths, 0 to 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share(u16);

impl Share {
    /// A share of 0 to 1; what lies outside is cut.
    pub fn new(share: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "cut to 0..=1000 before; what is no number becomes 0"
        )]
        Self((share * 1000.0).clamp(0.0, 1000.0) as u16)
    }

    fn of(self, amount: NanoDollars) -> NanoDollars {
        let part = u128::from(amount.get()) * u128::from(self.0) / 1000;
        NanoDollars::new(u64::try_from(part).unwrap_or(u64::MAX))
    }
}

impl Default for Share {
    /// Four fifths.
    fn default() -> Self {
        Self(800)
    }
}

impl Budgets {
    /// The limits that are for everything, without the part that background work must leave.
    pub(crate) fn of_all(&self) -> impl Iterator<Item = BudgetLimit> {
        let limit = |scope, most: Option<NanoDollars>| most.map(|most| BudgetLimit { scope, most });
        limit(BudgetScope::Day, self.day).into_iter().chain(limit(BudgetScope::Month, self.month))
    }

    /// The limits of a call, narrowest scope first: the refusal names the first that is passed.
    pub fn limits(&self, task: ModelTask, has_chat: bool) -> Vec<BudgetLimit> {
        let shared = |most: NanoDollars| {
            if task.is_background() { self.background_share.of(most) } else { most }
        };
        let limit = |scope, most: Option<NanoDollars>| most.map(|most| BudgetLimit { scope, most });
        [
            limit(BudgetScope::Task, self.tasks.get(&task).copied()),
            limit(BudgetScope::Chat, self.chat_day.filter(|_| has_chat)),
            limit(BudgetScope::Day, self.day.map(shared)),
            limit(BudgetScope::Month, self.month.map(shared)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dollars(amount: f64) -> NanoDollars {
        NanoDollars::from_dollars(amount).unwrap()
    }

    #[test]
    fn background_work_gets_a_share_of_day_and_month() {
        let budgets = Budgets { day: Some(dollars(1.0)), month: Some(dollars(20.0)), ..Budgets::default() };
        let most = |task| -> Vec<NanoDollars> {
            budgets.limits(task, true).iter().map(|limit| limit.most).collect()
        };
        assert_eq!(most(ModelTask::Reply), [dollars(1.0), dollars(20.0)]);
        assert_eq!(most(ModelTask::Bulletin), [dollars(0.8), dollars(16.0)]);
    }

    #[test]
    fn only_what_is_set_and_applies_is_a_limit() {
        assert_eq!(Budgets::default().limits(ModelTask::Reply, true), []);
        let budgets = Budgets {
            chat_day: Some(dollars(0.5)),
            tasks: BTreeMap::from([(ModelTask::Extract, dollars(0.1))]),
            ..Budgets::default()
        };
        let scopes = |task, has_chat| -> Vec<BudgetScope> {
            budgets.limits(task, has_chat).iter().map(|limit| limit.scope).collect()
        };
        assert_eq!(scopes(ModelTask::Reply, true), [BudgetScope::Chat]);
        assert_eq!(scopes(ModelTask::Extract, true), [BudgetScope::Task, BudgetScope::Chat]);
        assert_eq!(scopes(ModelTask::Extract, false), [BudgetScope::Task]);
    }

    #[test]
    fn a_share_is_cut_to_what_makes_sense() {
        let all = dollars(10.0);
        assert_eq!(Share::new(7.0).of(all), all);
        assert_eq!(Share::new(-1.0).of(all), NanoDollars::ZERO);
        assert_eq!(Share::new(f64::NAN).of(all), NanoDollars::ZERO);
        assert_eq!(Share::new(0.5).of(NanoDollars::new(u64::MAX)).get(), u64::MAX / 2);
    }
}
