//! The policy in a running daemon: real people in a real IRC group, before a model that shows what was decided.
//!
//! What a policy means is held against the original's cases elsewhere. Here it is shown that each decision is that of
//! the file in force, also while the file changes, and that whoever may not know of commands learns nothing.

mod admin;
mod crash;
mod file;
mod load;
mod model;
mod stops;
mod tools;
mod turns;
mod who;
mod world;
