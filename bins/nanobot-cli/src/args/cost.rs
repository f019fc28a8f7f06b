//! What can be typed about money. Types for the parser and nothing else.

use clap::ValueEnum;
use nanobot_core::time::civil::Date;

use super::Json;

#[derive(clap::Args)]
pub(crate) struct Cost {
    /// By what calls are summed up
    #[arg(long, value_enum, default_value_t = CostBy::Day)]
    pub(crate) by: CostBy,
    /// The first day, such as 2026-11-01 [default: the first of the last day's month]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(crate) since: Option<Date>,
    /// The last day [default: today]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(crate) until: Option<Date>,
    #[command(flatten)]
    pub(crate) json: Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CostBy {
    /// By day
    Day,
    /// By provider and model
    Model,
    /// By task
    Task,
    /// By chat
    Chat,
}

fn date(typed: &str) -> Result<Date, &'static str> {
    typed.parse().map_err(|_| "a day looks like 2026-11-01")
}
