//! The series of one metric: each is registered at its first fact and kept, so that later facts neither format nor
//! allocate.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use metrics::{Counter, Gauge, Histogram, Key, Level, Metadata, Recorder, SharedString};
use metrics_exporter_prometheus::PrometheusRecorder;

use crate::catalogue::{Kind, MOST_LABELS, Metric};
use crate::facts::Change;
use crate::labels::{MetricsSetup, Place, Values, WordSet};
use crate::limits::{MOST_SERIES, WORDS_AT_ONCE};

/// The places of a series' values in their sets, in the order of the metric's labels.
type Places = [Place; MOST_LABELS];

/// The series in which every label is `other`.
const OTHERS: Places = [WordSet::OTHER; MOST_LABELS];

#[derive(Debug)]
pub(super) struct Family {
    metric: &'static Metric,
    sets: Vec<WordSet>,
    series: RwLock<HashMap<Places, Series>>,
}

impl Family {
    pub(super) fn new(metric: &'static Metric, setup: &MetricsSetup, recorder: &PrometheusRecorder) -> Self {
        let sets = metric.labels.iter().map(|&label| WordSet::of(label, setup)).collect();
        let family = Self { metric, sets, series: RwLock::default() };
        if metric.kind == Kind::Counter {
            family.show_all(recorder);
        }
        family
    }

    /// Registers every series without `other`, where they are few.
    fn show_all(&self, recorder: &PrometheusRecorder) {
        let words = |set: &WordSet| set.len().saturating_sub(1);
        if self.product(words) > WORDS_AT_ONCE {
            return;
        }
        let mut all = vec![OTHERS];
        for (label, set) in self.sets.iter().enumerate() {
            let with = |places: &Places, place: usize| {
                let mut places = *places;
                if let (Some(slot), Ok(place)) = (places.get_mut(label), Place::try_from(place)) {
                    *slot = place;
                }
                places
            };
            all =
                all.iter().flat_map(|places| (1..set.len()).map(move |place| with(places, place))).collect();
        }
        let mut series = self.series.write().unwrap_or_else(PoisonError::into_inner);
        series.extend(all.into_iter().map(|places| (places, self.register(&places, recorder))));
    }

    pub(super) fn change(&self, values: &[&str], change: Change, recorder: &PrometheusRecorder) {
        let mut places = OTHERS;
        for ((slot, set), value) in places.iter_mut().zip(&self.sets).zip(values) {
            *slot = set.place(value);
        }
        if let Some(series) = self.series.read().unwrap_or_else(PoisonError::into_inner).get(&places) {
            return series.apply(change);
        }
        let mut all = self.series.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST_SERIES && !all.contains_key(&places) {
            places = OTHERS;
        }
        all.entry(places).or_insert_with(|| self.register(&places, recorder)).apply(change);
    }

    fn register(&self, places: &Places, recorder: &PrometheusRecorder) -> Series {
        let labels: Vec<metrics::Label> = self
            .metric
            .labels
            .iter()
            .zip(&self.sets)
            .zip(places)
            .map(|((label, set), &place)| {
                metrics::Label::new(label.name, SharedString::from_shared(set.word(place)))
            })
            .collect();
        let key = Key::from_parts(self.metric.name, labels);
        match self.metric.kind {
            Kind::Counter => Series::Counter(recorder.register_counter(&key, &ORIGIN)),
            Kind::Money => {
                Series::Money { nanos: AtomicU64::new(0), shown: recorder.register_gauge(&key, &ORIGIN) }
            }
            Kind::Gauge => Series::Gauge(recorder.register_gauge(&key, &ORIGIN)),
            Kind::Histogram(_) => Series::Histogram(recorder.register_histogram(&key, &ORIGIN)),
        }
    }

    /// Brings the sums of money into the figures that are shown.
    pub(super) fn show_money(&self) {
        if self.metric.kind == Kind::Money {
            self.series.read().unwrap_or_else(PoisonError::into_inner).values().for_each(Series::show_money);
        }
    }

    pub(super) fn most_lines(&self) -> usize {
        let values = |(label, set): (&crate::labels::Label, &WordSet)| match label.values {
            Values::Words(_) => set.len().saturating_sub(1),
            Values::Known(_) | Values::Configured(_) => set.len(),
        };
        let possible = self.metric.labels.iter().zip(&self.sets).map(values);
        let possible = possible.fold(1, usize::saturating_mul);
        possible.min(MOST_SERIES + 1) * self.metric.kind.lines()
    }

    fn product(&self, size: impl Fn(&WordSet) -> usize) -> usize {
        self.sets.iter().map(size).fold(1, usize::saturating_mul)
    }
}

/// Where metrics come from; the recorder does not look at it.
const ORIGIN: Metadata<'static> = Metadata::new("nanobot", Level::INFO, None);

/// One series.
#[derive(Debug)]
enum Series {
    Counter(Counter),
    /// Whole billionths are summed, so that no fraction of a cent is lost to rounding.
    Money {
        nanos: AtomicU64,
        shown: Gauge,
    },
    Gauge(Gauge),
    Histogram(Histogram),
}

impl Series {
    fn apply(&self, change: Change) {
        match (self, change) {
            (Self::Counter(counter), Change::Count(more)) => counter.increment(more),
            (Self::Money { nanos, .. }, Change::Pay(cost)) => {
                nanos.fetch_add(cost.get(), Ordering::Relaxed);
            }
            (Self::Gauge(gauge), Change::Set(figure)) => gauge.set(figure),
            (Self::Histogram(histogram), Change::Took(took)) => histogram.record(took.as_secs_f64()),
            // The catalogue and the facts disagree; a test moves every metric and would have seen it.
            (series, change) => debug_assert!(false, "{series:?} does not take {change:?}"),
        }
    }

    fn show_money(&self) {
        if let Self::Money { nanos, shown } = self {
            shown.set(nanobot_core::units::NanoDollars::new(nanos.load(Ordering::Relaxed)).as_dollars());
        }
    }
}
