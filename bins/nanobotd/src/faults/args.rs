//! The flags that only this program has.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Parser, ValueEnum};
use nanobotd::program;

use crate::points::{Point, UnknownPoint};

/// The nanobot daemon with faults, for crash tests.
#[derive(Parser)]
#[command(name = "nanobotd-faults", version)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) daemon: program::Args,
    #[command(flatten)]
    pub(crate) faults: FaultArgs,
}

/// What is put around the ports.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct FaultArgs {
    /// Kill the process when it passes this point for the COUNT-th time
    #[arg(long, value_name = "NAME:COUNT")]
    pub(crate) fault_point: Option<FaultPoint>,
    /// Print the names of all points and end
    #[arg(long)]
    pub(crate) list_fault_points: bool,
    /// Offer `count_once` and `count_idempotent`, whose effect is a line in this file; model calls are noted, too
    #[arg(long, value_name = "FILE")]
    pub(crate) counter_ledger: Option<PathBuf>,
    /// Answer by script in place of the model: `msg-7 once idem` calls both tools and answers `re: msg-7`
    #[arg(long)]
    pub(crate) scripted_model: bool,
    /// How long the scripted model takes for each call
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub(crate) model_delay_ms: u64,
    /// Run a network beside the others that breaks after this time
    #[arg(long, value_name = "MS")]
    pub(crate) frail_network_ms: Option<u64>,
    /// Break one promise, to see that the campaign finds it
    #[arg(long, value_name = "NAME")]
    pub(crate) sabotage: Option<Sabotage>,
}

/// Where, and the how manieth time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FaultPoint {
    pub(crate) point: Point,
    pub(crate) count: u32,
}

/// Why a flag's value is no fault point.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadFaultPoint {
    #[error("expected NAME:COUNT with a count from 1 on")]
    NoCount,
    #[error(transparent)]
    Unknown(#[from] UnknownPoint),
}

impl FromStr for FaultPoint {
    type Err = BadFaultPoint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, count) = text.rsplit_once(':').ok_or(BadFaultPoint::NoCount)?;
        let count = count.parse().ok().filter(|&count| count > 0).ok_or(BadFaultPoint::NoCount)?;
        Ok(Self { point: name.parse()?, count })
    }
}

/// A promise that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sabotage {
    /// The journal does not wait for the disk.
    SyncOff,
    /// A message is acknowledged before it is stored.
    AckBeforeCommit,
    /// A turn is closed without what it sends.
    CloseWithoutOutbox,
    /// Session lines go to the end of their file, wherever they belong.
    BlindAppend,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::points::{Call, Moment};

    #[test]
    fn a_fault_point_is_a_name_and_a_count() {
        let point = Point { call: Call::StepDone, moment: Moment::After };
        assert_eq!("step_done.after:3".parse::<FaultPoint>().unwrap(), FaultPoint { point, count: 3 });
        for bad in ["step_done.after", "step_done.after:0", "step_done.after:x", "nowhere.after:1", ""] {
            assert!(bad.parse::<FaultPoint>().is_err(), "{bad}");
        }
    }
}
