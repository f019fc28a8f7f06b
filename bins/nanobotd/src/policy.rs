//! The policy of a home: read at the start, watched, changed by owners in their chats and by the operator.
//!
//! What a policy says is decided in `nanobot-policy`, its files are kept by `nanobot-admin-store`; here the two meet.

mod desk;
mod filed;
mod files;
mod groups;
mod in_force;
mod live;
mod open;
mod operator;
mod places;
mod room;
mod watch;
mod work;

pub(crate) use desk::Desk;
pub use filed::FiledPolicy;
pub(crate) use files::LiveFiles;
pub use in_force::Surroundings;
pub(crate) use live::LivePolicy;
pub(crate) use open::{Beside, room_of};
pub use open::{PolicyAtRest, accept_policy_log};
pub use places::ThisMachine;
pub use room::{POLICY_CHAIN, PolicyRoom, RoomError};
pub(crate) use watch::Watcher;
