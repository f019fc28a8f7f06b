//! Whether each mood looks on the wire as it says, seen by a client that knows nothing but bytes.

mod answers;
mod book;
mod client;
mod moods;
mod program_rules;
