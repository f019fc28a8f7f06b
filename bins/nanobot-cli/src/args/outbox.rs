//! What can be typed about the outbox. Types for the parser and nothing else.

use clap::Subcommand;
use nanobot_core::ids::{DeliveryKey, IdError};

use super::{Json, List};

#[derive(Subcommand)]
pub(crate) enum Outbox {
    /// List what waits to be sent or was put aside, oldest first
    List {
        #[command(flatten)]
        form: List,
        /// So many deliveries
        #[arg(long, short = 'n', default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// Also their words
        #[arg(long)]
        text: bool,
    },
    /// Take deliveries back into the queue, due at once
    Retry {
        /// Their keys, as `outbox list` shows them
        #[arg(value_name = "KEY", num_args = 1..=1000, value_parser = key, required_unless_present = "all_parked")]
        keys: Vec<DeliveryKey>,
        /// All that were put aside
        #[arg(long, conflicts_with = "keys")]
        all_parked: bool,
        /// Say what would be taken back, and change nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        json: Json,
    },
    /// Give deliveries up: they will not be sent
    Drop {
        /// Their keys, as `outbox list` shows them
        #[arg(value_name = "KEY", num_args = 1..=1000, value_parser = key, required = true)]
        keys: Vec<DeliveryKey>,
        /// Ask nothing
        #[arg(long, short)]
        yes: bool,
        /// Say what would be given up, and change nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        json: Json,
    },
}

fn key(typed: &str) -> Result<DeliveryKey, IdError> {
    DeliveryKey::new(typed)
}
