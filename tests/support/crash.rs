//! The crash campaign: the daemon is killed at named points and at random moments, under load from several chats, and
//! started again; then a record of our own is held against what the daemon left.
//!
//! The way in is [`run`]. The parts, from decisions to effects: `plan` (which run kills where), `check` (what was
//! promised), `record` (what we sent and got); `home`, `daemon`, `local`, `network`, `journal`, `sessions` (the world);
//! `site` and `campaign` (one run, and all of them). `trace` looks at what kill -9 cannot show: whether the disk was
//! waited for.
//!
//! Nothing of ours is linked in: messages go over the socket and over IRC, and the journal is read by SQL of its own.

mod campaign;
mod check;
mod control;
mod daemon;
mod home;
mod journal;
mod local;
mod network;
mod options;
mod plan;
mod record;
mod seed;
mod sessions;
mod site;
mod summary;
mod trace;

pub use campaign::{points, run};
pub use options::{Options, Programs, Sabotage};
pub(crate) use seed::Chance;
pub use summary::{Failure, Summary};
pub use trace::{Trace, trace};
