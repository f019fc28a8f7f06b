//! The named points at which the process can be killed: right before and right after each port call that changes
//! something, in a store or in the world.

use std::fmt;
use std::str::FromStr;

/// A port call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// A message is stored; its channel acknowledges it afterwards.
    Ingest,
    /// An attempt is counted.
    Begin,
    /// An attempt is taken back.
    HandBack,
    /// A step is announced.
    StepStarted,
    /// A step's answer is recorded.
    StepDone,
    /// The closing transaction.
    Close,
    /// The journal forgets a session.
    Forget,
    /// The journal forgets what is old.
    Tidy,
    /// The journal lets go of its files at an orderly end.
    ShutDown,
    /// Session lines are written into their file.
    Place,
    /// A session file is brought to the disk.
    Sync,
    /// Lines that are on the disk are let go of.
    Settle,
    /// First lines of session files are brought up to date.
    Refresh,
    /// A session file is emptied.
    Reset,
    /// The model is asked.
    Model,
    /// A tool runs.
    Tool,
    /// A network is handed a delivery, and confirms it.
    Send,
    /// A confirmed delivery is recorded. Before it: between a channel's confirmation and its commit.
    Delivered,
    /// A delivery is put off.
    Postpone,
}

/// On which side of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Before,
    After,
}

/// A point: `close.before`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) call: Call,
    pub(crate) moment: Moment,
}

/// No point has this name.
#[derive(Debug, thiserror::Error)]
#[error("no fault point has this name; --list-fault-points prints all")]
pub(crate) struct UnknownPoint;

impl Call {
    const ALL: [Self; 19] = [
        Self::Ingest,
        Self::Begin,
        Self::HandBack,
        Self::StepStarted,
        Self::StepDone,
        Self::Close,
        Self::Forget,
        Self::Tidy,
        Self::ShutDown,
        Self::Place,
        Self::Sync,
        Self::Settle,
        Self::Refresh,
        Self::Reset,
        Self::Model,
        Self::Tool,
        Self::Send,
        Self::Delivered,
        Self::Postpone,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Begin => "begin",
            Self::HandBack => "hand_back",
            Self::StepStarted => "step_started",
            Self::StepDone => "step_done",
            Self::Close => "close",
            Self::Forget => "forget",
            Self::Tidy => "tidy",
            Self::ShutDown => "shut_down",
            Self::Place => "place",
            Self::Sync => "sync",
            Self::Settle => "settle",
            Self::Refresh => "refresh",
            Self::Reset => "reset",
            Self::Model => "model",
            Self::Tool => "tool",
            Self::Send => "send",
            Self::Delivered => "delivered",
            Self::Postpone => "postpone",
        }
    }
}

impl Point {
    /// Every point.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Call::ALL
            .into_iter()
            .flat_map(|call| [Moment::Before, Moment::After].map(|moment| Self { call, moment }))
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = match self.moment {
            Moment::Before => "before",
            Moment::After => "after",
        };
        write!(f, "{}.{moment}", self.call.name())
    }
}

impl FromStr for Point {
    type Err = UnknownPoint;

    fn from_str(name: &str) -> Result<Self, UnknownPoint> {
        Self::all().find(|point| point.to_string() == name).ok_or(UnknownPoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_point_has_a_name_of_its_own_that_leads_back_to_it() {
        let names: BTreeSet<String> = Point::all().map(|point| point.to_string()).collect();
        assert_eq!(names.len(), Call::ALL.len() * 2);
        for point in Point::all() {
            assert_eq!(point.to_string().parse::<Point>().unwrap(), point);
        }
    }
}
