//! What was measured, and the rows that it becomes: every way to the vendor by itself, and what each layer adds, as the
//! difference of their percentiles.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use nanobot_tests::measured::Measured;

use crate::arm::{Arm, Form};
use crate::load::{Load, Trip};

/// Aims for the router alone, in microseconds: the middle, and 99 of 100.
const AIMS: [(usize, f64); 2] = [(50, 150.0), (99, 1_000.0)];

/// What a row is about.
type Place = (u32, Form, Arm);

/// Everything that was measured.
#[derive(Default)]
pub(crate) struct Records {
    trips: BTreeMap<Place, Vec<Trip>>,
    rates: BTreeMap<Place, Vec<f64>>,
    /// Milliseconds from the last answer of a block until its entries were written.
    behind: BTreeMap<Place, Vec<f64>>,
    /// Microseconds of one durable commit.
    commits: Vec<f64>,
    /// What stands for LiteLLM in the names of rows.
    litellm: String,
}

impl Records {
    pub(crate) fn new(litellm_version: Option<&str>) -> Self {
        let litellm = litellm_version.map_or_else(String::new, |version| format!("LiteLLM {version}"));
        Self { litellm, ..Self::default() }
    }

    pub(crate) fn take(&mut self, rate: u32, form: Form, arm: Arm, load: Load) {
        let place = (rate, form, arm);
        self.trips.entry(place).or_default().extend(load.trips);
        self.rates.entry(place).or_default().extend(load.rate);
    }

    pub(crate) fn take_behind(&mut self, rate: u32, form: Form, arm: Arm, milliseconds: f64) {
        self.behind.entry((rate, form, arm)).or_default().push(milliseconds);
    }

    pub(crate) fn take_commits(&mut self, microseconds: impl Iterator<Item = f64>) {
        self.commits.extend(microseconds);
    }

    /// All rows, each with what it is compared with before it.
    ///
    /// # Errors
    /// When something was not measured.
    pub(crate) fn rows(&self) -> Result<Vec<Measured>> {
        let mut rows = Vec::new();
        let mut commit = Measured::new("durable commit, bare SQLite", "us");
        commit.values.clone_from(&self.commits);
        rows.push(commit);
        for (percent, aim) in AIMS {
            rows.push(single(format!("aim for the router alone, p{percent}"), aim));
            let commit = percentile(&self.commits, percent).context("no commit was measured")?;
            rows.push(single(format!("durable commit, bare SQLite, p{percent}"), commit));
        }
        let mut cells: Vec<(u32, Form)> = self.trips.keys().map(|(rate, form, _)| (*rate, *form)).collect();
        cells.dedup();
        for (rate, form) in cells {
            rows.extend(self.pace(rate, form));
            for moment in Moment::of(form) {
                rows.extend(self.times(rate, *moment)?);
            }
            rows.extend(self.left_behind(rate, form));
        }
        Ok(rows)
    }

    /// How well the requests were sent, and how many answers a second came: where that is less than was asked for, a
    /// time says how long the queue was.
    fn pace(&self, rate: u32, form: Form) -> Vec<Measured> {
        let cell = format!("{}, {rate}/s", form.word());
        let mut late = Measured::new(format!("{cell}: sent later than intended"), "us");
        let mut rows = Vec::new();
        let asked = Measured {
            values: vec![f64::from(rate)],
            ..Measured::new(format!("{cell}: requests per second, intended"), "1/s")
        };
        for arm in self.arms(rate, form) {
            late.values.extend(self.trips(rate, form, arm).iter().map(|trip| trip.late));
            let values = self.rates.get(&(rate, form, arm)).cloned().unwrap_or_default();
            if !values.is_empty() {
                let case = format!("{cell}: answers per second, {}", self.name(arm));
                rows.push(Measured { values, ..Measured::new(case, "1/s").against(&asked) });
            }
        }
        if !rows.is_empty() {
            rows.insert(0, asked);
        }
        rows.insert(0, late);
        rows
    }

    /// How long each way took until a moment, and what each layer added.
    fn times(&self, rate: u32, moment: Moment) -> Result<Vec<Measured>> {
        let form = moment.form();
        let cell = format!("{}, {rate}/s", moment.words());
        let arms = self.arms(rate, form);
        let mut ways: Vec<(Arm, Measured)> = Vec::new();
        for arm in arms {
            let mut way = Measured::new(format!("{cell}: {}", self.name(arm)), "us");
            let before = before(arm).and_then(|before| ways.iter().find(|(known, _)| *known == before));
            if let Some((_, before)) = before {
                way = way.against(before);
            }
            let trips = self.trips(rate, form, arm);
            way.values = trips.iter().filter_map(|trip| moment.of_trip(trip)).collect();
            ways.push((arm, way));
        }
        let mut added = Vec::new();
        for layer in LAYERS {
            let values = |arm: Arm| ways.iter().find(|(known, _)| *known == arm).map(|(_, way)| &way.values);
            let (Some(with), Some(without)) = (values(layer.with), values(layer.without)) else { continue };
            if layer.is_for_comparison && self.litellm.is_empty() {
                continue;
            }
            for (percent, _) in AIMS {
                let difference =
                    difference(with, without, percent).with_context(|| format!("{cell} was not measured"))?;
                let what = layer.what.replace("LiteLLM", &self.litellm);
                let row = single(format!("{cell}: {what}, p{percent}"), difference);
                let against = layer.against.map(|against| {
                    let case = match against {
                        Against::Known(case) => case.to_owned(),
                        Against::Here(what) => format!("{cell}: {what}"),
                    };
                    format!("{case}, p{percent}")
                });
                added.push(Measured { against, ..row });
            }
        }
        Ok(ways.into_iter().map(|(_, way)| way).chain(added).collect())
    }

    fn left_behind(&self, rate: u32, form: Form) -> Vec<Measured> {
        let arms = self.arms(rate, form).into_iter();
        let rows = arms.filter_map(|arm| {
            let values = self.behind.get(&(rate, form, arm))?.clone();
            let case =
                format!("{}, {rate}/s: until written, behind the answers, {}", form.word(), self.name(arm));
            Some(Measured { values, ..Measured::new(case, "ms") })
        });
        rows.collect()
    }

    fn arms(&self, rate: u32, form: Form) -> Vec<Arm> {
        let here = self.trips.keys().filter(|(known, of, _)| (*known, *of) == (rate, form));
        here.map(|(_, _, arm)| *arm).collect()
    }

    fn trips(&self, rate: u32, form: Form, arm: Arm) -> &[Trip] {
        self.trips.get(&(rate, form, arm)).map_or(&[], Vec::as_slice)
    }

    fn name(&self, arm: Arm) -> &str {
        match arm {
            Arm::Direct => "direct",
            Arm::Front => "bare client",
            Arm::Router => "router",
            Arm::Booked => "router with a book",
            Arm::Budget => "router with a day budget",
            Arm::Litellm => &self.litellm,
        }
    }
}

/// The way that a way is built on.
const fn before(arm: Arm) -> Option<Arm> {
    match arm {
        Arm::Direct => None,
        Arm::Front | Arm::Litellm => Some(Arm::Direct),
        Arm::Router => Some(Arm::Front),
        Arm::Booked | Arm::Budget => Some(Arm::Router),
    }
}

/// What one way has more than another.
struct Layer {
    what: &'static str,
    with: Arm,
    without: Arm,
    against: Option<Against>,
    /// LiteLLM's is compared with it; without that one it says nothing new.
    is_for_comparison: bool,
}

/// What a layer is compared with.
#[derive(Clone, Copy)]
enum Against {
    /// A row that stands before all others.
    Known(&'static str),
    /// A layer of the same cell.
    Here(&'static str),
}

const LAYERS: [Layer; 6] = [
    Layer::plain("added by the front", Arm::Front, Arm::Direct),
    Layer::plain("router alone", Arm::Router, Arm::Front).against(Against::Known("aim for the router alone")),
    Layer::plain("added by the book", Arm::Booked, Arm::Router),
    Layer::plain("added by the day budget", Arm::Budget, Arm::Router)
        .against(Against::Known("durable commit, bare SQLite")),
    Layer { is_for_comparison: true, ..Layer::plain("front and router", Arm::Router, Arm::Direct) },
    Layer::plain("LiteLLM over direct", Arm::Litellm, Arm::Direct).against(Against::Here("front and router")),
];

impl Layer {
    const fn plain(what: &'static str, with: Arm, without: Arm) -> Self {
        Self { what, with, without, against: None, is_for_comparison: false }
    }

    const fn against(self, against: Against) -> Self {
        Self { against: Some(against), ..self }
    }
}

/// Until when time is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Whole,
    FirstToken,
    End,
}

impl Moment {
    const fn of(form: Form) -> &'static [Self] {
        match form {
            Form::Whole => &[Self::Whole],
            Form::Streamed => &[Self::FirstToken, Self::End],
        }
    }

    const fn form(self) -> Form {
        match self {
            Self::Whole => Form::Whole,
            Self::FirstToken | Self::End => Form::Streamed,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::FirstToken => "streamed, first token",
            Self::End => "streamed, to the end",
        }
    }

    fn of_trip(self, trip: &Trip) -> Option<f64> {
        match self {
            Self::Whole | Self::End => Some(trip.done),
            Self::FirstToken => trip.first,
        }
    }
}

fn single(case: String, value: f64) -> Measured {
    Measured { values: vec![value], ..Measured::new(case, "us") }
}

/// By how much a percentile with something is more than without it; below nothing, it is less.
fn difference(with: &[f64], without: &[f64], percent: usize) -> Option<f64> {
    Some(percentile(with, percent)? - percentile(without, percent)?)
}

/// The value that `percent` of all do not exceed: nearest rank, as in the table that is made of the rows.
fn percentile(values: &[f64], percent: usize) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (percent * sorted.len()).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use nanobot_tests::measured::real;

    use super::*;

    fn load(done: impl IntoIterator<Item = f64>, form: Form) -> Load {
        let first = |done: f64| (form == Form::Streamed).then_some(done / 2.0);
        let trips = done.into_iter().map(|done| Trip { late: 5.0, first: first(done), done });
        Load { trips: trips.collect(), rate: Some(99.0) }
    }

    fn filled() -> Records {
        let mut records = Records::new(Some("1.2.3"));
        let hundred = |more: usize| (1..=100).map(move |value| real(value * 10 + more));
        for form in Form::ALL {
            records.take(100, form, Arm::Direct, load(hundred(0), form));
            records.take(100, form, Arm::Front, load(hundred(100), form));
            records.take(100, form, Arm::Router, load(hundred(180), form));
            records.take(100, form, Arm::Budget, load(hundred(500), form));
            records.take(100, form, Arm::Litellm, load(hundred(3_180), form));
            records.take_behind(100, form, Arm::Budget, 7.0);
        }
        records.take_commits([160.0, 320.0].into_iter());
        records
    }

    fn value(rows: &[Measured], case: &str) -> (f64, Option<String>) {
        let row = rows.iter().find(|row| row.case == case).unwrap_or_else(|| panic!("no row {case:?}"));
        (percentile(&row.values, 50).unwrap(), row.against.clone())
    }

    #[test]
    fn each_layer_is_the_difference_of_percentiles_beside_what_it_is_measured_by() {
        let rows = filled().rows().unwrap();
        let aim = |percent: usize| Some(format!("aim for the router alone, p{percent}"));
        assert_eq!(value(&rows, "whole, 100/s: added by the front, p50"), (100.0, None));
        assert_eq!(value(&rows, "whole, 100/s: router alone, p50"), (80.0, aim(50)));
        assert_eq!(value(&rows, "streamed, first token, 100/s: router alone, p99"), (40.0, aim(99)));
        assert_eq!(value(&rows, "streamed, to the end, 100/s: router alone, p99"), (80.0, aim(99)));
        let commit = Some("durable commit, bare SQLite, p50".to_owned());
        assert_eq!(value(&rows, "whole, 100/s: added by the day budget, p50"), (320.0, commit));
        let ours = Some("whole, 100/s: front and router, p50".to_owned());
        assert_eq!(value(&rows, "whole, 100/s: LiteLLM 1.2.3 over direct, p50"), (3_180.0, ours));
    }

    #[test]
    fn every_row_stands_behind_what_it_is_compared_with_and_no_two_have_one_name() {
        let rows = filled().rows().unwrap();
        for (place, row) in rows.iter().enumerate() {
            let before = &rows[..place];
            assert!(before.iter().all(|other| other.case != row.case), "{} twice", row.case);
            if let Some(against) = &row.against {
                assert!(before.iter().any(|other| other.case == *against), "{}: {against}", row.case);
            }
            assert!(!row.values.is_empty(), "{}", row.case);
        }
    }

    #[test]
    fn a_rate_that_is_not_reached_stands_beside_the_intended_one() {
        let rows = filled().rows().unwrap();
        let intended = Some("whole, 100/s: requests per second, intended".to_owned());
        assert_eq!(value(&rows, "whole, 100/s: answers per second, router"), (99.0, intended));
    }

    #[test]
    fn ways_that_were_not_tried_have_no_rows() {
        let mut records = filled();
        records.trips.retain(|(_, _, arm), _| *arm != Arm::Litellm);
        let rows = records.rows().unwrap();
        assert!(rows.iter().all(|row| !row.case.contains("over direct")));
        assert!(rows.iter().any(|row| row.case.contains("router alone")));
    }

    #[test]
    fn a_difference_of_nothing_is_none() {
        assert_eq!(difference(&[3.0, 1.0, 2.0], &[1.0], 50), Some(1.0));
        assert_eq!(difference(&[1.0], &[2.0], 99), Some(-1.0));
        assert_eq!(difference(&[], &[2.0], 99), None);
    }
}
