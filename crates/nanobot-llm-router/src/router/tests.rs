//! Outages, refusals and budgets, with providers that do as they are told and a clock that jumps.

mod money;
mod outage;
mod random;
mod seen;
mod world;
