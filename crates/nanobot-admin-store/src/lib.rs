//! What administration leaves behind on disk: the policy document with its backups and the log of its changes, the
//! audit log of other acts, and persona texts.
//!
//! It stores and records; what a policy means and whether an act is permitted is decided elsewhere.

mod audit;
mod chain;
mod disk;
mod error;
mod hex;
mod lock;
mod personas;
mod places;
mod policy_files;
mod rows;
mod verify;

pub use audit::{AdminLog, MAX_LOG_BYTES, MAX_ROW_BYTES};
pub use personas::{MAX_PERSONA_BYTES, PersonaFiles};
pub use places::RealPlaces;
pub use policy_files::{MAX_CHANGE_LOG_BYTES, MAX_POLICY_BYTES, PolicyFiles};
pub use verify::{Difference, Verification, VerifyFault, verify};
