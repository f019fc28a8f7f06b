//! The programs as people run them: started as processes, on a home of their own, with everything going wrong.
//!
//! A test sees what a person, a script or a provider sees. Only what cannot come about by talking, such as an outbox
//! that a network has refused, is put into a home through our crates before a program starts.

mod bad_config;
mod bad_input;
mod bad_journal;
mod config_commands;
mod cost_commands;
mod crash;
mod disks;
mod doctor;
mod escape;
mod fake_provider;
mod fake_vendor;
mod first_run;
mod going_back;
pub(crate) mod harness;
mod journal_commands;
mod lifecycle;
mod malformed_policies;
mod model_commands;
mod outbox_commands;
mod policy_commands;
mod policy_irc;
mod prometheus;
mod provider_faults;
mod real_crash;
mod real_server;
mod real_wire;
mod sandbox_commands;
mod secrets;
mod security_commands;
mod security_irc;
mod session_commands;
mod traces;
