//! Failures on request: how a test makes a store of a fake misbehave.
//!
//! Only the kinds of `StoreError`; models, senders and sandboxes have scripts of their own.

use std::collections::VecDeque;
use std::sync::Mutex;

use crate::ports::{StoreError, StoreErrorKind};
use crate::stand_in::hold;

/// Failures that a test has ordered with [`fail_next`](Self::fail_next) and
/// [`fail_next_in`](Self::fail_next_in). Every fake with a store inside has one as its field `trouble`.
#[derive(Debug, Default)]
pub struct Trouble {
    orders: Mutex<VecDeque<Order>>,
}

#[derive(Debug)]
struct Order {
    /// The method that is to fail; none for whichever comes next.
    method: Option<&'static str>,
    kind: StoreErrorKind,
}

impl Trouble {
    /// The next call of any method fails.
    pub fn fail_next(&self, kind: StoreErrorKind) {
        hold(&self.orders).push_back(Order { method: None, kind });
    }

    /// The next call of this method (by its name in the port) fails; others are served until then.
    pub fn fail_next_in(&self, method: &'static str, kind: StoreErrorKind) {
        hold(&self.orders).push_back(Order { method: Some(method), kind });
    }

    /// How many ordered failures have not struck yet. A test that ends with one left has a wrong name in it.
    pub fn pending(&self) -> usize {
        hold(&self.orders).len()
    }

    /// Called by a fake at the start of `method`, before anything changes.
    pub(crate) fn strike(&self, method: &'static str) -> Result<(), StoreError> {
        let mut orders = hold(&self.orders);
        let due = orders.iter().position(|order| order.method.is_none_or(|wanted| wanted == method));
        match due.and_then(|index| orders.remove(index)) {
            Some(order) => Err(StoreError::new(order.kind, format!("calling {method} of a fake"))),
            None => Ok(()),
        }
    }
}
