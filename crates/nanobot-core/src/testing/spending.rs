//! The router's two memories, in memory.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;

use super::Trouble;
use crate::ports::{
    BreakerState, BudgetLedger, BudgetLimit, BudgetRefusal, BudgetScope, Expense, OpenCircuit, Paid,
    Reservation, StoreError, StoreErrorKind,
};
use crate::stand_in::hold;
use crate::units::NanoDollars;

/// A ledger in memory.
#[derive(Debug, Default)]
pub struct MemoryBudget {
    /// Failures on request.
    pub trouble: Trouble,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    counted: HashMap<String, NanoDollars>,
    open: HashMap<u64, (Expense, NanoDollars)>,
    entries: Vec<(Expense, Paid)>,
    given: u64,
}

impl Book {
    fn add(&mut self, expense: &Expense, amount: NanoDollars) {
        for scope in BudgetScope::ALL {
            let counted = self.counted.entry(key(expense, scope)).or_default();
            *counted = counted.saturating_add(amount);
        }
    }

    fn take_back(&mut self, expense: &Expense, amount: NanoDollars) {
        for scope in BudgetScope::ALL {
            let counted = self.counted.entry(key(expense, scope)).or_default();
            *counted = counted.saturating_sub(amount);
        }
    }

    fn left(&self, expense: &Expense, limit: &BudgetLimit) -> NanoDollars {
        let counted = self.counted.get(&key(expense, limit.scope)).copied().unwrap_or_default();
        limit.most.saturating_sub(counted)
    }
}

fn key(expense: &Expense, scope: BudgetScope) -> String {
    let day = expense.day();
    match scope {
        BudgetScope::Day => format!("day {day}"),
        BudgetScope::Month => format!("month {}-{}", day.year(), day.month()),
        BudgetScope::Chat => format!("chat {day} {:?}", expense.session),
        BudgetScope::Task => format!("task {day} {}", expense.task),
    }
}

impl MemoryBudget {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every call that is settled or booked, in order.
    pub fn entries(&self) -> Vec<(Expense, Paid)> {
        hold(&self.book).entries.clone()
    }

    /// How many promises are open.
    pub fn promised(&self) -> usize {
        hold(&self.book).open.len()
    }
}

#[async_trait]
impl BudgetLedger for MemoryBudget {
    async fn reserve(
        &self,
        expense: &Expense,
        worst: NanoDollars,
        limits: &[BudgetLimit],
    ) -> Result<Reservation, BudgetRefusal> {
        self.trouble.strike("reserve")?;
        let mut book = hold(&self.book);
        for limit in limits {
            let left = book.left(expense, limit);
            if worst > left {
                return Err(BudgetRefusal::Exhausted { scope: limit.scope, left });
            }
        }
        book.add(expense, worst);
        book.given += 1;
        let id = book.given;
        book.open.insert(id, (expense.clone(), worst));
        Ok(Reservation { id, worst })
    }

    async fn settle(&self, reservation: &Reservation, paid: &Paid) -> Result<(), StoreError> {
        self.trouble.strike("settle")?;
        let mut book = hold(&self.book);
        let Some((expense, worst)) = book.open.remove(&reservation.id) else {
            return Err(StoreError::new(StoreErrorKind::NotFound, "settling a reservation"));
        };
        book.take_back(&expense, worst);
        book.add(&expense, paid.cost.unwrap_or(worst));
        book.entries.push((expense, paid.clone()));
        Ok(())
    }

    async fn book(&self, expense: &Expense, paid: &Paid) -> Result<(), StoreError> {
        self.trouble.strike("book")?;
        let mut book = hold(&self.book);
        book.add(expense, paid.cost.unwrap_or_default());
        book.entries.push((expense.clone(), paid.clone()));
        Ok(())
    }

    async fn counted(&self, expense: &Expense, scope: BudgetScope) -> Result<NanoDollars, StoreError> {
        self.trouble.strike("counted")?;
        Ok(hold(&self.book).counted.get(&key(expense, scope)).copied().unwrap_or_default())
    }
}

/// Circuit breakers in memory.
#[derive(Debug, Default)]
pub struct MemoryBreakers {
    /// Failures on request.
    pub trouble: Trouble,
    open: Mutex<HashMap<String, OpenCircuit>>,
}

impl MemoryBreakers {
    /// All closed.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl BreakerState for MemoryBreakers {
    async fn open_circuits(&self) -> Result<Vec<OpenCircuit>, StoreError> {
        self.trouble.strike("open_circuits")?;
        Ok(hold(&self.open).values().cloned().collect())
    }

    async fn opened(&self, circuit: &OpenCircuit) -> Result<(), StoreError> {
        self.trouble.strike("opened")?;
        hold(&self.open).insert(circuit.name.clone(), circuit.clone());
        Ok(())
    }

    async fn closed(&self, name: &str) -> Result<(), StoreError> {
        self.trouble.strike("closed")?;
        hold(&self.open).remove(name);
        Ok(())
    }
}
