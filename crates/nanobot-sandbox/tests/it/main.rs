//! Real boxes on this machine. A test that needs what the machine lacks fails with `NOT RUN:`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "test code")]

mod rig;

mod limits;
mod shell;
mod walls;
