//! The daemon as a library: [`App::start`] turns a home and its settings into a running system. The daemon's
//! `main` and the command line's in-process chat both boot this; tests boot it with other adapters.
//!
//! Nothing here decides what a message leads to: that is `nanobot-core`. Here adapters are chosen, tasks are
//! owned, and the end is orderly.

pub mod admission;
mod app;
mod compose;
pub mod control;
mod facts;
mod gateway;
mod http;
mod keeper;
mod lanes;
pub mod lock;
pub mod logging;
mod model_trouble;
mod networks;
mod owners;
mod panic;
mod policy;
pub mod program;
mod pump;
pub mod readable;
mod sampler;
pub mod signals;
mod standing;
pub mod system;
mod tasks;
pub mod traces;

pub use app::{App, Drained, StartError, StartFault, Stop};
pub use compose::{
    Adapters, Boot, ChosenModel, CommandHost, Confinement, ModelPlan, OfferedTool, Socket, Tuning, Withheld,
    adapters, budgets, choose_model, exec_settings, gate_settings, kept_at, named_model, open_gate,
    open_sandbox, outbox_at, plan_first, plan_models, plan_profile, ports_at_rest, reply_profile,
    sandbox_settings, sessions_at, tools_at_rest,
};
pub use gateway::MAX_INBOUND_CHARS;
pub use networks::{Network, NetworkState};
pub use policy::{
    FiledPolicy, POLICY_CHAIN, PolicyAtRest, PolicyRoom, RoomError, Surroundings, ThisMachine,
    accept_policy_log,
};
