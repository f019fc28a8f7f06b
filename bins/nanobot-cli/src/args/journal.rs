//! What can be typed about the journal. Types for the parser and nothing else.

use clap::Subcommand;
use nanobot_core::ids::{IdError, SessionKey};

use super::{Json, List};

#[derive(Subcommand)]
pub(crate) enum Journal {
    /// List turns, youngest first
    List {
        #[command(flatten)]
        form: List,
        /// Only those of this conversation, such as cli:default
        #[arg(long, value_name = "KEY", value_parser = session)]
        session: Option<SessionKey>,
        /// So many turns
        #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
    /// Show what a turn heard, did and left behind
    Show {
        /// Its name, or the beginning of it
        turn: String,
        /// Also the words
        #[arg(long)]
        text: bool,
        #[command(flatten)]
        json: Json,
    },
    /// Derive turns again from their records, and compare; nothing is sent, and no model called
    Replay {
        /// The turn's name, or the beginning of it
        #[arg(required_unless_present = "all")]
        turn: Option<String>,
        /// All turns, youngest first
        #[arg(long, conflicts_with = "turn")]
        all: bool,
        /// Only the youngest so many
        #[arg(long, short = 'n', requires = "all", conflicts_with = "turn", value_parser = clap::value_parser!(u64).range(1..))]
        limit: Option<u64>,
        /// Also the words that differ
        #[arg(long)]
        text: bool,
        #[command(flatten)]
        json: Json,
    },
    /// Check that everything is as it was written
    Check(Json),
}

fn session(typed: &str) -> Result<SessionKey, IdError> {
    SessionKey::new(typed)
}
