//! Instants as the journal stores them.

use nanobot_core::time::Timestamp;

/// Nanoseconds since 1970. What lies outside of the years 1678 to 2262 is stored as their edge: no message and no
/// postponing is meant to last that long.
pub(crate) fn nanos(at: Timestamp) -> i64 {
    let nanos = at.as_nanosecond();
    i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })
}

/// The instant of so many nanoseconds.
pub(crate) fn instant(nanos: i64) -> Timestamp {
    // Every number of nanoseconds that fits is an instant; the edge is there for the compiler.
    Timestamp::from_nanosecond(i128::from(nanos)).unwrap_or(Timestamp::MAX)
}
