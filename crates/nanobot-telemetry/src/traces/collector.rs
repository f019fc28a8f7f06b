//! The last gate before the wire: what is not on the closed list does not pass, whatever the layers above let through.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::trace::Status;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanExporter, SpanLinks};

use super::attributes;

/// An exporter behind the gate. Tells the log once when the collector goes away, and once when it is back.
#[derive(Debug)]
pub(super) struct Collector<E> {
    exporter: E,
    is_away: AtomicBool,
}

impl<E> Collector<E> {
    pub(super) const fn new(exporter: E) -> Self {
        Self { exporter, is_away: AtomicBool::new(false) }
    }

    fn tell(&self, result: &OTelSdkResult) {
        match result {
            Ok(()) => {
                if self.is_away.swap(false, Ordering::Relaxed) {
                    tracing::info!("the collector takes traces again");
                }
            }
            Err(error) => {
                if !self.is_away.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "traces are lost: the collector does not take them");
                }
            }
        }
    }
}

impl<E: SpanExporter> SpanExporter for Collector<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let result = self.exporter.export(batch.into_iter().map(cleared).collect()).await;
        self.tell(&result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

/// A span with what may leave, and nothing else.
fn cleared(span: SpanData) -> SpanData {
    let name = attributes::name(&span.name);
    let attributes = attributes::outside(name, span.attributes);
    let status = match span.status {
        // Its description may quote what a person wrote.
        Status::Error { .. } => Status::error(""),
        // Whoever names an error has failed.
        Status::Unset if attributes::has_error(&attributes) => Status::error(""),
        status @ (Status::Ok | Status::Unset) => status,
    };
    SpanData {
        name: name.into(),
        span_kind: attributes::kind(attributes::is_model_call(name)),
        attributes,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status,
        ..span
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{Event, SpanContext, SpanId, SpanKind};
    use opentelemetry::{InstrumentationScope, KeyValue};

    use super::*;

    fn span(attributes: Vec<KeyValue>, status: Status) -> SpanData {
        let start = std::time::SystemTime::UNIX_EPOCH;
        let mut events = SpanEvents::default();
        events.events.push(Event::new("log", start, vec![KeyValue::new("text", "meet me")], 0));
        SpanData {
            span_context: SpanContext::NONE,
            parent_span_id: SpanId::INVALID,
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: "llm.request".into(),
            start_time: start,
            end_time: start,
            attributes,
            dropped_attributes_count: 0,
            events,
            links: SpanLinks::default(),
            status,
            instrumentation_scope: InstrumentationScope::default(),
        }
    }

    #[test]
    fn events_and_the_words_of_an_error_do_not_pass() {
        let cleared = cleared(span(vec![KeyValue::new("text", "meet me")], Status::error("meet me")));
        assert!(!format!("{cleared:?}").contains("meet me"), "{cleared:?}");
        assert_eq!(cleared.span_kind, SpanKind::Client);
        assert!(matches!(cleared.status, Status::Error { .. }), "that it failed may be known");
    }

    #[test]
    fn a_span_that_names_an_error_has_failed() {
        let failed = cleared(span(vec![KeyValue::new("error", "rate_limited")], Status::Unset));
        assert_eq!(failed.status, Status::error(""));
        let answered = cleared(span(vec![KeyValue::new("outcome", "ok")], Status::Unset));
        assert_eq!(answered.status, Status::Unset);
    }
}
