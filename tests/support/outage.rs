//! The outage campaign: many chats talk while their provider fails in every way that we know, and then while the
//! money runs out under a process that is killed again and again. Then the vendors' own books are held against what the
//! chats saw and what our figures say.
//!
//! The ways in are [`run`] and [`run_budget`]. The parts, from decisions to effects: `plan` (which turn meets which
//! weather), `check` (what was promised), `turn` (what a chat saw), `tally` (what our telemetry said), `books` (what the
//! vendors wrote down); `house` (vendors and router), `plain` (a client without a router), `drive` (the turns one after
//! another), `campaign` (all of it); `budget` and `worker` (the money).
//!
//! The router, its clients, the journal and the clock are the real ones. The vendors are fakes behind real HTTP.

mod books;
mod budget;
mod campaign;
mod check;
mod drive;
mod house;
mod options;
mod plain;
mod plan;
mod summary;
mod tally;
mod turn;
mod worker;

pub use budget::{BudgetSummary, run_budget};
pub use campaign::run;
pub use options::{BudgetOptions, Options, Sabotage};
pub use summary::Summary;
pub use worker::{WORKER, WorkerOptions, work};
