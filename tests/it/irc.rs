//! The IRC channel against a real server: `ngircd` on loopback, with clients that say raw lines.
//!
//! What the channel decides is tested in its own crate; here stands what only a server can show.

mod exchange;
mod faults;
mod harness;
mod settings;
