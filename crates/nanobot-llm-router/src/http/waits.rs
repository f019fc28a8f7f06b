//! How long a provider asks to wait, from the headers of its refusal.
//!
//! This crate has no clock: a moment is measured against the response's own `Date`, and without one it says
//! nothing. A wait that stands in the body is read in `refusal.rs`.

use std::time::Duration;

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use super::dates::{EpochMs, http_date, rfc3339};

/// Longest wait that is passed on. A provider that asks for more means "not today".
const WAIT_LIMIT: Duration = Duration::from_hours(24);

/// What Anthropic limits, each with a counter of its own (docs.claude.com, "Rate limits", November 2026).
const ANTHROPIC_KINDS: [&str; 4] = ["requests", "tokens", "input-tokens", "output-tokens"];

/// The wait that a refusal asks for: `retry-after-ms`, else `Retry-After`, else the latest reset among the kinds of
/// limit that are used up. What is not used up does not count: its reset has nothing to do with the refusal.
pub(super) fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    let header = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let now = headers.get(DATE).and_then(|value| http_date(value.to_str().ok()?));
    let wait = header("retry-after-ms")
        .and_then(milliseconds)
        .or_else(|| retry_after(headers.get(RETRY_AFTER)?.to_str().ok()?, now))
        .or_else(|| resets(header, now).max());
    wait.map(capped)
}

/// A wait, at most a day.
pub(super) fn capped(wait: Duration) -> Duration {
    wait.min(WAIT_LIMIT)
}

/// The resets of every kind of limit that is used up.
fn resets<'a>(
    header: impl Fn(&str) -> Option<&'a str>,
    now: Option<EpochMs>,
) -> impl Iterator<Item = Duration> {
    let used_up =
        |name: &str| header(name).and_then(|left| left.parse::<f64>().ok()).is_some_and(|left| left <= 0.0);
    let mut found = Vec::new();
    // OpenAI and Groq: how long it takes, per kind.
    for kind in ["requests", "tokens"] {
        if used_up(&format!("x-ratelimit-remaining-{kind}")) {
            found.push(header(&format!("x-ratelimit-reset-{kind}")).and_then(spelled_duration));
        }
    }
    for kind in ANTHROPIC_KINDS {
        if used_up(&format!("anthropic-ratelimit-{kind}-remaining")) {
            let reset = header(&format!("anthropic-ratelimit-{kind}-reset"));
            found.push(reset.and_then(rfc3339).and_then(|then| until(then, now)));
        }
    }
    // OpenRouter: one limit, its end in milliseconds since 1970.
    if used_up("x-ratelimit-remaining") {
        let reset = header("x-ratelimit-reset").and_then(|text| text.parse::<EpochMs>().ok());
        found.push(reset.and_then(|then| until(then, now)));
    }
    found.into_iter().flatten()
}

/// `Retry-After`: seconds, or a moment.
fn retry_after(value: &str, now: Option<EpochMs>) -> Option<Duration> {
    let value = value.trim();
    if let Some(seconds) = decimal_seconds(value) {
        return Some(seconds);
    }
    let then = http_date(value)?;
    // A moment that has passed means "now"; without a date of its own it means nothing.
    until(then, now).or(now.map(|_| Duration::ZERO))
}

/// What lies between two moments; none when the second one has passed, or is not known.
fn until(then: EpochMs, now: Option<EpochMs>) -> Option<Duration> {
    then.checked_sub(now?).and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis)
}

fn milliseconds(text: &str) -> Option<Duration> {
    let ms: f64 = plain_number(text)?;
    Duration::try_from_secs_f64(ms / 1000.0).ok().or(Some(WAIT_LIMIT))
}

/// `7` and `7.5`.
pub(super) fn decimal_seconds(text: &str) -> Option<Duration> {
    // More than a duration holds is more than a day in any case.
    Duration::try_from_secs_f64(plain_number(text)?).ok().or(Some(WAIT_LIMIT))
}

/// Digits with a decimal point, and nothing else of what a float may be.
fn plain_number(text: &str) -> Option<f64> {
    let plain = text.starts_with(|first: char| first.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    plain.then(|| text.parse().ok())?
}

/// OpenAI's way to write a duration: `1s`, `6m0s`, `1h2m3.5s`, `120ms`, `1d`.
fn spelled_duration(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let (number, behind) = rest.split_at_checked(rest.find(|c: char| c.is_ascii_alphabetic())?)?;
        let end = behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len());
        let (unit, tail) = behind.split_at_checked(end)?;
        let seconds = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        let part = Duration::try_from_secs_f64(plain_number(number)? * seconds).unwrap_or(WAIT_LIMIT);
        total = total.saturating_add(part);
        rest = tail;
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    const NOW: (&str, &str) = ("date", "Thu, 26 Nov 2026 21:14:32 GMT");

    fn wait(headers: &[(&str, &str)]) -> Option<Duration> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap());
        }
        asked_wait(&map)
    }

    const fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn seconds_are_passed_on_up_to_a_day() {
        assert_eq!(wait(&[("retry-after", " 7 ")]), Some(seconds(7)));
        assert_eq!(wait(&[("retry-after", "1.5")]), Some(Duration::from_millis(1500)));
        assert_eq!(wait(&[("retry-after", "99999999999")]), Some(WAIT_LIMIT));
        assert_eq!(wait(&[("retry-after", "99999999999999999999999")]), Some(WAIT_LIMIT));
        assert_eq!(
            wait(&[("retry-after-ms", "1500"), ("retry-after", "7")]),
            Some(Duration::from_millis(1500))
        );
        for nothing in ["-1", "soon", "inf", "1e9", ""] {
            assert_eq!(wait(&[("retry-after", nothing)]), None, "{nothing}");
        }
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn a_moment_counts_from_the_date_of_the_response() {
        let later = ("retry-after", "Thu, 26 Nov 2026 21:16:32 GMT");
        assert_eq!(wait(&[NOW, later]), Some(seconds(120)));
        assert_eq!(wait(&[later]), None);
        assert_eq!(wait(&[NOW, ("retry-after", "Thu, 26 Nov 2026 21:00:00 GMT")]), Some(seconds(0)));
    }

    #[test]
    fn only_the_kind_that_is_used_up_says_how_long() {
        let openai = [
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "6m0s"),
            ("x-ratelimit-remaining-tokens", "149984"),
            ("x-ratelimit-reset-tokens", "9h"),
        ];
        assert_eq!(wait(&openai), Some(seconds(360)));
        let unused = [("x-ratelimit-remaining-tokens", "12"), ("x-ratelimit-reset-tokens", "6m0s")];
        assert_eq!(wait(&unused), None);
        let both = [
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "120ms"),
            ("x-ratelimit-remaining-tokens", "0"),
            ("x-ratelimit-reset-tokens", "7.66s"),
        ];
        assert_eq!(wait(&both), Some(Duration::from_millis(7660)));
        assert_eq!(wait(&[both[0], both[1], ("retry-after", "2")]), Some(seconds(2)));
    }

    #[test]
    fn resets_of_anthropic_and_openrouter_are_moments() {
        let anthropic = [
            NOW,
            ("anthropic-ratelimit-input-tokens-remaining", "0"),
            ("anthropic-ratelimit-input-tokens-reset", "2026-11-26T21:14:50Z"),
            ("anthropic-ratelimit-requests-remaining", "3"),
            ("anthropic-ratelimit-requests-reset", "2026-11-26T22:14:50Z"),
        ];
        assert_eq!(wait(&anthropic), Some(seconds(18)));
        assert_eq!(wait(&anthropic[1..]), None);
        let openrouter = [NOW, ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795727700000")];
        assert_eq!(wait(&openrouter), Some(seconds(28)));
        // Seconds since 1970, as others write it, have long passed when read as milliseconds.
        assert_eq!(wait(&[NOW, openrouter[1], ("x-ratelimit-reset", "1795727700")]), None);
    }

    proptest! {
        #[test]
        fn any_header_gives_at_most_a_day(value in "[ -~]{0,30}") {
            let names = ["retry-after", "retry-after-ms", "x-ratelimit-reset-tokens", "x-ratelimit-reset"];
            for name in names {
                let asked = wait(&[NOW, ("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-remaining", "0"),
                    (name, value.as_str())]);
                prop_assert!(asked.is_none_or(|wait| wait <= WAIT_LIMIT));
            }
        }
    }
}
