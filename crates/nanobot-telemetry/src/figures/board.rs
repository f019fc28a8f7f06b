//! The recorder that this instance owns, and the series of each metric in it.

use std::sync::atomic::{AtomicU32, Ordering};

use metrics::{KeyName, Recorder};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use nanobot_core::telemetry::TelemetryEvent;

use super::family::Family;
use crate::catalogue::{CATALOGUE, Id, Kind, Metric};
use crate::error::TelemetryError;
use crate::facts::{Change, post};
use crate::labels::MetricsSetup;
use crate::limits::MOST_SAMPLES;

/// Everything that is counted.
#[derive(Debug)]
pub(super) struct Board {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    /// In the order of the catalogue.
    families: Vec<Family>,
    /// Durations since they were last sorted into buckets.
    waiting: AtomicU32,
}

impl Board {
    pub(super) fn new(setup: &MetricsSetup) -> Result<Self, TelemetryError> {
        let mut builder = PrometheusBuilder::new();
        for metric in CATALOGUE {
            if let Kind::Histogram(buckets) = metric.kind {
                builder = builder
                    .set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), buckets.bounds)
                    .map_err(|error| TelemetryError::Recorder(Box::new(error)))?;
            }
        }
        let recorder = builder.build_recorder();
        for metric in CATALOGUE {
            describe(&recorder, metric);
        }
        let families = CATALOGUE.iter().map(|metric| Family::new(metric, setup, &recorder)).collect();
        let board = Self { handle: recorder.handle(), recorder, families, waiting: AtomicU32::new(0) };
        board.change(Id::BuildInfo, &[&setup.version], Change::Set(1.0));
        let started = setup.started.as_duration().as_secs_f64();
        board.change(Id::StartTime, &[], Change::Set(started));
        Ok(board)
    }

    pub(super) fn record(&self, event: &TelemetryEvent) {
        post(event, &mut |id, values, change| self.change(id, values, change));
    }

    fn change(&self, id: Id, values: &[&str], change: Change) {
        if let Some(family) = self.families.get(id as usize) {
            family.change(values, change, &self.recorder);
        }
        if matches!(change, Change::Took(_)) {
            self.sort_if_many();
        }
    }

    /// The recorder keeps every duration until somebody renders. A daemon that nobody scrapes would grow for ever.
    fn sort_if_many(&self) {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= MOST_SAMPLES {
            self.waiting.store(0, Ordering::Relaxed);
            self.handle.run_upkeep();
        }
    }

    /// Rendering sorts waiting durations into their buckets, so no task of its own is needed for that.
    pub(super) fn render(&self) -> String {
        for family in &self.families {
            family.show_money();
        }
        self.waiting.store(0, Ordering::Relaxed);
        self.handle.render()
    }

    pub(super) fn most_lines(&self) -> usize {
        self.families.iter().map(Family::most_lines).sum()
    }
}

fn describe(recorder: &PrometheusRecorder, metric: &Metric) {
    let name = KeyName::from_const_str(metric.name);
    match metric.kind {
        Kind::Counter => recorder.describe_counter(name, None, metric.help.into()),
        Kind::Money | Kind::Gauge => recorder.describe_gauge(name, None, metric.help.into()),
        Kind::Histogram(_) => recorder.describe_histogram(name, None, metric.help.into()),
    }
}
