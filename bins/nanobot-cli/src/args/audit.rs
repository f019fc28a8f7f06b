//! What can be typed about the log of policy changes. Types for the parser and nothing else.

use clap::Subcommand;

use super::Json;

#[derive(Subcommand)]
pub(crate) enum Audit {
    /// Check that no change of the policy was altered, removed or added in its log
    Verify(Json),
    /// Take the log as it lies there for good, after somebody has looked at what is wrong with it
    Accept {
        /// Ask nothing
        #[arg(long, short)]
        yes: bool,
    },
}
