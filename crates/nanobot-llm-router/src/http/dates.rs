//! The two ways in which headers write a moment: HTTP's own (`Sun, 06 Nov 1994 08:49:37 GMT`) and RFC 3339's.
//!
//! Only the forms that are sent today: of HTTP's three the one that RFC 9110 §5.6.7 wants to be written. Nothing
//! here knows what time it is.

/// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
pub(super) type EpochMs = i64;

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT`. The name of the day is not checked.
pub(super) fn http_date(text: &str) -> Option<EpochMs> {
    let mut parts = text.trim().split_once(", ")?.1.split(' ');
    let day = digits(parts.next()?, 2)?;
    let name = parts.next()?;
    let month = MONTHS.iter().position(|month| *month == name)?;
    let year = digits(parts.next()?, 4)?;
    let seconds = time_of_day(parts.next()?)?;
    (parts.next() == Some("GMT") && parts.next().is_none()).then_some(())?;
    Some(moment(year, i64::try_from(month).ok()? + 1, day)? + seconds * 1000)
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Reads `2026-11-26T21:14:32.5Z` and its like with an offset (`+01:00`).
pub(super) fn rfc3339(text: &str) -> Option<EpochMs> {
    let (date, rest) = text.trim().split_once(['T', 't'])?;
    let mut parts = date.split('-');
    let (year, month, day) =
        (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    parts.next().is_none().then_some(())?;
    let (time, offset_ms) = if let Some(time) = rest.strip_suffix(['Z', 'z']) {
        (time, 0)
    } else {
        let (time, offset) = rest.split_at_checked(rest.rfind(['+', '-'])?)?;
        (time, offset_minutes(offset)? * 60_000)
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    Some(moment(year, month, day)? + time_of_day(time)? * 1000 + milliseconds(fraction)? - offset_ms)
}

/// `+01:30` in minutes.
fn offset_minutes(text: &str) -> Option<i64> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    Some(sign * (within(digits(hours, 2)?, 0, 23)? * 60 + within(digits(minutes, 2)?, 0, 59)?))
}

/// The first three digits behind a decimal point.
fn milliseconds(fraction: &str) -> Option<i64> {
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{fraction:0<3}").get(..3)?.parse().ok()
}

/// `08:49:37` in seconds. A leap second (`:60`) counts as the next one.
fn time_of_day(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let hours = within(digits(parts.next()?, 2)?, 0, 23)?;
    let minutes = within(digits(parts.next()?, 2)?, 0, 59)?;
    let seconds = within(digits(parts.next()?, 2)?, 0, 60)?;
    parts.next().is_none().then_some((hours * 60 + minutes) * 60 + seconds)
}

/// The start of a day. Counts days as Howard Hinnant's `days_from_civil` does (2013): years begin in March, so
/// that the leap day is the last one, and 400 of them are 146,097 days.
fn moment(year: i64, month: i64, day: i64) -> Option<EpochMs> {
    let month = within(month, 1, 12)?;
    let day = within(day, 1, 31)?;
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some((era * 146_097 + day_of_era - 719_468) * 86_400_000)
}

fn digits(text: &str, count: usize) -> Option<i64> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

fn within(value: i64, least: i64, most: i64) -> Option<i64> {
    (least..=most).contains(&value).then_some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_of_http_are_read() {
        assert_eq!(http_date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777_000));
        assert_eq!(http_date(" Thu, 29 Feb 2024 23:59:60 GMT "), Some(1_709_251_200_000));
    }

    #[test]
    fn dates_of_rfc_3339_are_read() {
        assert_eq!(rfc3339("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(rfc3339("2026-11-26T21:14:32.5Z"), Some(1_795_727_672_500));
        assert_eq!(rfc3339("2026-11-26T22:44:32+01:30"), Some(1_795_727_672_000));
        assert_eq!(rfc3339("2026-11-26t20:14:32.123456-01:00"), Some(1_795_727_672_123));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 32 Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(http_date(text), None, "{text}");
        }
        for text in ["", "2026-11-26", "2026-13-01T00:00:00Z", "2026-11-26T00:00:00", "2026-11-26T00:00:00.Z"]
        {
            assert_eq!(rfc3339(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn both_forms_name_the_same_moment(
            year in 1970_i64..2200, month in 1_usize..=12, day in 1_i64..=28, second in 0_i64..86_400,
        ) {
            let time = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
            let name = MONTHS[month - 1];
            let of_http = http_date(&format!("Xxx, {day:02} {name} {year} {time} GMT"));
            prop_assert!(of_http.is_some());
            prop_assert_eq!(of_http, rfc3339(&format!("{year}-{month:02}-{day:02}T{time}Z")));
        }

        #[test]
        fn any_text_is_survived(text in "\\PC{0,40}") {
            let _ = (http_date(&text), rfc3339(&text));
        }
    }
}
