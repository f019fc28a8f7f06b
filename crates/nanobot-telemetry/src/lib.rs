//! Metrics and traces of nanobot.
//!
//! Core reports typed facts to the port [`Telemetry`](nanobot_core::ports::Telemetry); here it is decided which figure
//! each of them moves. [`Metrics`] keeps the figures and shows them as Prometheus text. The feature `otlp` sends spans
//! to a collector. Which metrics there are stands in [`CATALOGUE`].
//!
//! Nothing here opens a port, writes a log line about a fact, or knows a chat: labels come from closed sets.

mod catalogue;
mod error;
#[cfg(feature = "prometheus")]
mod facts;
mod figures;
mod labels;
mod limits;
mod original;
mod page;
mod tee;
#[cfg(feature = "otlp")]
mod traces;

pub use catalogue::{Buckets, CATALOGUE, Id, Kind, MOST_LABELS, Metric};
pub use error::TelemetryError;
pub use figures::Metrics;
pub use labels::{LONGEST_NAME, Label, MOST_NAMES, MetricsSetup, ModelName, Named, OTHER, Values};
pub use limits::{MOST_SAMPLES, MOST_SERIES, WORDS_AT_ONCE};
pub use page::metrics_page;
pub use tee::Tee;
#[cfg(feature = "otlp")]
pub use traces::{TraceExport, TraceSetup};
