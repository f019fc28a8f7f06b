//! Engines that a binary chooses by name while the real ones are not there yet.
//!
//! Each says its name through its port, so that `status` shows what guards the assistant and what does not.
//! None of them is a default: nothing in here is ever put in the place of an engine that failed.

mod allow_all;
mod lock;
mod no_admin;
mod no_security;
mod volatile_archive;
mod volatile_journal;

pub use allow_all::AllowAll;
#[cfg(any(test, feature = "testing"))]
pub(crate) use lock::hold;
pub use no_admin::{NoCommands, NoPersonas};
pub use no_security::NoSecurity;
pub use volatile_archive::VolatileArchive;
pub use volatile_journal::VolatileJournal;
