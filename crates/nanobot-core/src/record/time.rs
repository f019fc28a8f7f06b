//! A reading of the clock as a record.

use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use super::RecordError;
use crate::time::{Timestamp, WallTime};

/// A reading of the clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeRecord {
    /// The instant, RFC 3339 in UTC.
    pub at: String,
    /// The zone's distance from UTC, in seconds.
    pub offset: i32,
    /// The zone's name.
    pub zone: String,
}

impl From<&WallTime> for TimeRecord {
    fn from(time: &WallTime) -> Self {
        Self { at: time.instant.to_string(), offset: time.offset.seconds(), zone: time.zone.clone() }
    }
}

impl TryFrom<TimeRecord> for WallTime {
    type Error = RecordError;

    fn try_from(record: TimeRecord) -> Result<Self, RecordError> {
        let offset = Offset::from_seconds(record.offset)
            .map_err(|_| RecordError::BadTime { found: record.offset.to_string() })?;
        Ok(Self { instant: instant(&record.at)?, offset, zone: record.zone })
    }
}

/// Reads an instant.
pub(super) fn instant(text: &str) -> Result<Timestamp, RecordError> {
    text.parse().map_err(|_| RecordError::BadTime { found: text.to_owned() })
}
