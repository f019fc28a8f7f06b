//! A policy is a number here; a file is good when it holds one.

use std::cell::Cell;

use proptest::prelude::*;

use super::*;

const EVERY_SECOND: Pace = Pace { on_change: true, interval: Duration::from_secs(1) };

/// A number, `still` behind it to switch looking off. Without a file: 0.
fn compile(bytes: Option<&[u8]>) -> Result<Candidate<u32>, Vec<String>> {
    let text = bytes.map_or("0", |bytes| std::str::from_utf8(bytes).unwrap());
    let (number, on_change) = match text.strip_suffix(" still") {
        Some(number) => (number, false),
        None => (text, true),
    };
    let number = number.parse().map_err(|_| vec![format!("{text} is no number")])?;
    Ok(Candidate { policy: Arc::new(number), pace: Pace { on_change, ..EVERY_SECOND } })
}

fn file(text: &str, changed: i128) -> PolicyFile {
    PolicyFile { bytes: text.as_bytes().to_vec(), changed: ChangeTime(changed) }
}

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(1_000_000 + milliseconds).unwrap()
}

fn started(file: Option<PolicyFile>) -> Reload<u32> {
    Reload::start(at(0), file, &compile).unwrap()
}

fn broken(news: Option<&News>) -> Option<&[String]> {
    match news {
        Some(News::Trouble(Trouble { cause: Cause::Broken(faults), .. })) => Some(faults),
        _ => None,
    }
}

#[test]
fn a_file_is_looked_at_when_the_interval_is_over_and_not_before() {
    let mut reload = started(Some(file("1", 10)));
    assert!(!reload.is_due(at(999)));
    assert!(reload.is_due(at(1_000)));
    assert_eq!(reload.look(at(1_000), Some(ChangeTime(10))), Look::Nothing);
    assert!(!reload.is_due(at(1_999)));
    assert!(reload.is_due(at(2_000)));
}

#[test]
fn an_earlier_change_time_counts_and_the_same_one_does_not() {
    let mut reload = started(Some(file("1", 10)));
    assert_eq!(reload.look(at(1_000), Some(ChangeTime(10))), Look::Nothing);
    assert_eq!(reload.look(at(2_000), Some(ChangeTime(9))), Look::Read);
    let taken = reload.read(at(2_000), Ok(Some(file("2", 9))), &compile);
    assert!(matches!(taken, Taken { outcome: Outcome::Replaced(policy), news: None } if *policy == 2));
    assert_eq!(**reload.policy(), 2);
    assert_eq!(reload.source(), Some(b"2".as_slice()));
}

#[test]
fn a_broken_file_keeps_the_last_policy_and_is_told_once() {
    let mut reload = started(Some(file("1", 10)));
    let first = reload.read(at(1_000), Ok(Some(file("one", 11))), &compile);
    assert!(matches!(first.outcome, Outcome::Kept));
    assert_eq!(broken(first.news.as_ref()), Some(["one is no number".to_owned()].as_slice()));
    assert_eq!(reload.look(at(2_000), Some(ChangeTime(11))), Look::Read, "somebody may still be writing it");
    let never = |_: Option<&[u8]>| panic!("this file was looked at already");
    let again = reload.read(at(2_000), Ok(Some(file("one", 11))), &never);
    assert!(matches!(again, Taken { outcome: Outcome::Kept, news: None }));
    let touched = reload.read(at(3_000), Ok(Some(file("one", 12))), &compile);
    assert!(matches!(touched, Taken { outcome: Outcome::Kept, news: None }), "the same file again");
    let other = reload.read(at(4_000), Ok(Some(file("two", 13))), &compile);
    assert!(broken(other.news.as_ref()).is_some(), "another broken file");
    assert_eq!(**reload.policy(), 1);
    assert_eq!(reload.trouble().unwrap().since, at(1_000));
    let mended = reload.read(at(5_000), Ok(Some(file("3", 14))), &compile);
    assert!(matches!(mended.news, Some(News::Mended(trouble)) if trouble.since == at(1_000)));
    assert_eq!((**reload.policy(), reload.trouble()), (3, None));
}

#[test]
fn putting_the_old_file_back_mends_without_compiling() {
    let mut reload = started(Some(file("1", 10)));
    reload.read(at(1_000), Ok(Some(file("one", 11))), &compile);
    let never = |_: Option<&[u8]>| panic!("this is in force already");
    let taken = reload.read(at(2_000), Ok(Some(file("1", 12))), &never);
    assert!(matches!(taken, Taken { outcome: Outcome::Unchanged, news: Some(News::Mended(_)) }));
}

#[test]
fn a_deleted_file_keeps_the_last_policy_and_is_told_once() {
    let mut reload = started(Some(file("1", 10)));
    let told = reload.look(at(1_000), None);
    let Look::Tell(News::Trouble(trouble)) = told else { panic!("{told:?}") };
    assert_eq!((trouble.since, &trouble.cause), (at(1_000), &Cause::Gone));
    assert_eq!(reload.look(at(2_000), None), Look::Nothing);
    assert_eq!(**reload.policy(), 1);
    assert_eq!(reload.look(at(3_000), Some(ChangeTime(10))), Look::Read, "it is back, with its old time");
    let taken = reload.read(at(3_000), Ok(Some(file("2", 10))), &compile);
    assert!(matches!(taken, Taken { outcome: Outcome::Replaced(_), news: Some(News::Mended(_)) }));
}

#[test]
fn a_file_that_goes_between_look_and_read_is_gone() {
    let mut reload = started(Some(file("1", 10)));
    assert_eq!(reload.look(at(1_000), Some(ChangeTime(11))), Look::Read);
    let taken = reload.read(at(1_000), Ok(None), &compile);
    assert!(matches!(taken.outcome, Outcome::Kept));
    assert_eq!(reload.trouble().unwrap().cause, Cause::Gone);
}

#[test]
fn a_home_without_a_file_is_no_trouble_and_a_file_that_comes_is_taken_up() {
    let mut reload = started(None);
    assert_eq!(reload.look(at(1_000), None), Look::Nothing);
    assert_eq!(reload.trouble(), None);
    assert_eq!(reload.look(at(2_000), Some(ChangeTime(5))), Look::Read);
    reload.read(at(2_000), Ok(Some(file("one", 5))), &compile);
    assert!(matches!(reload.look(at(3_000), None), Look::Tell(News::Mended(_))), "as it was");
    reload.read(at(4_000), Ok(Some(file("1", 6))), &compile);
    assert_eq!(**reload.policy(), 1);
    assert!(matches!(reload.look(at(5_000), None), Look::Tell(News::Trouble(_))), "now it counts");
    assert_eq!(**reload.policy(), 1);
}

#[test]
fn an_unreadable_file_is_tried_again_and_told_once() {
    let mut reload = started(Some(file("1", 10)));
    assert_eq!(reload.look(at(1_000), Some(ChangeTime(11))), Look::Read);
    let denied = || Err("may not read it".to_owned());
    assert!(reload.read(at(1_000), denied(), &compile).news.is_some());
    assert_eq!(reload.look(at(2_000), Some(ChangeTime(11))), Look::Read);
    assert!(reload.read(at(2_000), denied(), &compile).news.is_none());
    assert_eq!(reload.look(at(3_000), Some(ChangeTime(10))), Look::Read, "also with the time that was read");
    let taken = reload.read(at(3_000), Ok(Some(file("1", 10))), &compile);
    assert!(matches!(taken, Taken { outcome: Outcome::Unchanged, news: Some(News::Mended(_)) }));
}

#[test]
fn the_switch_and_the_interval_follow_the_policy_in_force() {
    let mut reload = started(Some(file("1", 10)));
    reload.read(at(1_000), Ok(Some(file("2 still", 11))), &compile);
    assert!(!reload.is_due(at(1_000_000)), "that policy wants no looking");
    let taken = reload.force(at(1_000_000), Ok(Some(file("3", 12))), &compile);
    assert!(matches!(taken.outcome, Outcome::Replaced(policy) if *policy == 3));
    assert!(reload.is_due(at(1_001_000)));
    let hourly = |_: Option<&[u8]>| {
        let pace = Pace { on_change: true, interval: Duration::from_hours(1) };
        Ok(Candidate { policy: Arc::new(4), pace })
    };
    reload.force(at(1_001_000), Ok(Some(file("4", 13))), &hourly);
    assert!(!reload.is_due(at(1_002_000)));
    assert!(reload.is_due(at(4_601_000)));
}

#[test]
fn a_broken_switch_changes_nothing() {
    let mut reload = started(Some(file("1", 10)));
    reload.read(at(1_000), Ok(Some(file("one still", 11))), &compile);
    assert!(reload.is_due(at(2_000)));
}

#[test]
fn a_command_compiles_anew_what_has_not_changed() {
    let times = Cell::new(0);
    let counting = |bytes: Option<&[u8]>| {
        times.set(times.get() + 1);
        compile(bytes)
    };
    let mut reload = Reload::start(at(0), Some(file("1", 10)), &counting).unwrap();
    assert!(matches!(reload.read(at(1), Ok(Some(file("1", 11))), &counting).outcome, Outcome::Unchanged));
    assert_eq!(times.get(), 1);
    assert!(matches!(reload.force(at(2), Ok(Some(file("1", 11))), &counting).outcome, Outcome::Replaced(_)));
    assert_eq!(times.get(), 2);
}

#[test]
fn a_clock_that_was_set_back_does_not_stop_the_looking() {
    let mut reload = started(Some(file("1", 10)));
    reload.look(at(900_000), Some(ChangeTime(10)));
    assert!(reload.is_due(at(0)));
}

#[test]
fn a_broken_file_at_the_start_is_no_policy() {
    let faults = Reload::start(at(0), Some(file("one", 1)), &compile).unwrap_err();
    assert_eq!(faults, ["one is no number"]);
}

#[test]
fn an_interval_without_end_is_never_over() {
    let runtime =
        Runtime { reload_check_interval_seconds: crate::Number(f64::INFINITY), ..Runtime::default() };
    assert_eq!(Pace::of(&runtime).interval, Duration::MAX);
    assert_eq!(Pace::of(&Runtime::default()), EVERY_SECOND);
}

#[test]
fn what_is_wrong_shows_no_file() {
    let mut reload = started(Some(file("1", 10)));
    let taken = reload.read(at(1), Ok(Some(file("ann", 11))), &|bytes| match bytes {
        Some(b"ann") => Err(vec!["line 1: no number".to_owned()]),
        other => compile(other),
    });
    let shown = format!("{:?}", taken.news);
    assert!(shown.contains("line 1") && !shown.contains("ann") && !shown.contains("[97"), "{shown}");
}

/// What happens to a file.
#[derive(Debug, Clone)]
enum Act {
    Good(u32),
    Broken(u32),
    Touch,
    Delete,
    /// Milliseconds; may be negative.
    Clock(i64),
    Look,
    Unreadable,
    Force,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        1 => (1_u32..6).prop_map(Act::Good),
        1 => (1_u32..3).prop_map(Act::Broken),
        1 => Just(Act::Touch),
        1 => Just(Act::Delete),
        1 => (-3_000_i64..5_000).prop_map(Act::Clock),
        4 => Just(Act::Look),
        1 => Just(Act::Unreadable),
        1 => Just(Act::Force),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// The last good file that was looked at is in force, whatever else happened, and trouble is known exactly
    /// while the file is something else.
    #[test]
    fn the_last_good_file_that_was_looked_at_is_in_force(
        acts in prop::collection::vec(act(), 0..40),
        starts_with_a_file: bool,
    ) {
        let (mut now, mut time) = (0, 1);
        let mut disk = starts_with_a_file.then(|| "1".to_owned());
        let (mut good, mut has_source) = (u32::from(starts_with_a_file), starts_with_a_file);
        let mut reload = started(disk.as_deref().map(|text| file(text, time)));
        for act in acts {
            let mut take = None;
            match act {
                Act::Good(number) => (disk, time) = (Some(number.to_string()), time + 1),
                Act::Broken(number) => (disk, time) = (Some(format!("broken {number}")), time + 1),
                Act::Touch => time += 1,
                Act::Delete => disk = None,
                Act::Clock(step) => now += step,
                Act::Unreadable => {
                    reload.read(at(now), Err("no".to_owned()), &compile);
                    prop_assert!(reload.trouble().is_some());
                }
                Act::Force => {
                    let lies_there = disk.as_deref().map(|text| file(text, time));
                    take = Some(reload.force(at(now), Ok(lies_there), &compile));
                }
                Act::Look => {
                    let changed = disk.as_ref().map(|_| ChangeTime(time));
                    if reload.look(at(now), changed) == Look::Read {
                        let lies_there = disk.as_deref().map(|text| file(text, time));
                        take = Some(reload.read(at(now), Ok(lies_there), &compile));
                    }
                    let number = disk.as_ref().and_then(|text| text.parse().ok());
                    if let Some(number) = number {
                        (good, has_source) = (number, true);
                    }
                    let is_as_it_should = number.is_some() || (disk.is_none() && !has_source);
                    prop_assert_eq!(reload.trouble().is_none(), is_as_it_should);
                    prop_assert!(!reload.is_due(at(now)));
                }
            }
            if let Some(Taken { outcome: Outcome::Replaced(policy), .. }) = take {
                prop_assert_eq!(Some(policy.to_string()), disk.clone());
                (good, has_source) = (*policy, true);
            }
            prop_assert_eq!(**reload.policy(), good);
        }
    }
}
