//! The programs as people run them: started as processes, on a home of their own, with everything going wrong.
//!
//! Nothing here reaches into our crates: a test sees what a person, a script or a provider sees.

mod bad_config;
mod bad_input;
mod config_commands;
mod disks;
mod fake_provider;
mod first_run;
mod going_back;
mod harness;
mod lifecycle;
mod provider_faults;
mod real_server;
mod secrets;
mod session_commands;
