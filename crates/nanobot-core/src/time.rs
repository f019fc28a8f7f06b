//! Readings of the clock as values. The clock itself is a port.

use jiff::tz::Offset;
pub use jiff::{Timestamp, civil};

/// One reading of the clock: the instant, and how the machine's zone shows it.
///
/// A turn takes one reading when it starts and uses it throughout; that is what makes a turn repeatable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WallTime {
    /// The instant, in UTC.
    pub instant: Timestamp,
    /// The zone's distance from UTC at that instant.
    pub offset: Offset,
    /// The zone's name as a person knows it (`Europe/Berlin`, `CET`, `UTC`).
    pub zone: String,
}

impl WallTime {
    /// A reading in UTC.
    pub fn utc(instant: Timestamp) -> Self {
        Self { instant, offset: Offset::UTC, zone: "UTC".to_owned() }
    }

    /// The date and time that a wall clock shows.
    pub fn local(&self) -> civil::DateTime {
        self.offset.to_datetime(self.instant)
    }
}

/// A naive local time as the original writes it: ISO 8601, microseconds omitted when they are zero.
pub fn iso_local(at: civil::DateTime) -> String {
    let micros = at.subsec_nanosecond() / 1_000;
    let seconds = at.strftime("%Y-%m-%dT%H:%M:%S");
    if micros == 0 { seconds.to_string() } else { format!("{seconds}.{micros:06}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_are_omitted_when_zero() {
        let at = civil::date(2026, 2, 22).at(12, 0, 0, 0);
        assert_eq!(iso_local(at), "2026-02-22T12:00:00");
        let at = civil::date(2026, 2, 22).at(12, 0, 0, 120_001_999);
        assert_eq!(iso_local(at), "2026-02-22T12:00:00.120001");
    }

    #[test]
    fn a_reading_shows_local_time() {
        let reading = WallTime {
            instant: "2026-02-22T12:00:00Z".parse().unwrap(),
            offset: Offset::from_hours(1).unwrap(),
            zone: "CET".to_owned(),
        };
        assert_eq!(iso_local(reading.local()), "2026-02-22T13:00:00");
    }
}
