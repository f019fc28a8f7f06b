//! Spans for an OpenTelemetry collector, over OTLP/HTTP with protobuf.
//!
//! Only the spans of the house leave, with attributes of a closed list: no events, no log lines, no text that could be a
//! message. There is no setting that changes this. The exporter below reads two variables of its standard from the
//! environment, further headers and compression; everything else is set here.

mod attributes;
mod client;
mod collector;

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider, SpanLimits,
};
use tokio::runtime::Handle;
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterFn, filter_fn};
use tracing_subscriber::registry::LookupSpan;
use url::Url;

use crate::error::TelemetryError;
use client::Client;
use collector::Collector;

/// Spans that wait for the collector; further ones are dropped. About a minute of a busy assistant.
const MOST_WAITING_SPANS: usize = 2_048;

/// Spans in one request.
const MOST_SPANS_AT_ONCE: usize = 256;

/// How long spans wait for company.
const BATCH_INTERVAL: Duration = Duration::from_secs(5);

/// How long one batch may take, its retries included.
const EXPORT_LIMIT: Duration = Duration::from_secs(10);

/// How often a batch is sent again. A collector that is away for longer loses spans; nobody waits for them.
const RETRIES: usize = 2;

/// How much of a span is kept: our spans have a dozen attributes, and no events leave.
const SPAN_LIMITS: SpanLimits = SpanLimits {
    max_events_per_span: 0,
    max_attributes_per_span: 32,
    max_links_per_span: 0,
    max_attributes_per_event: 0,
    max_attributes_per_link: 0,
};

/// Where spans go, and in whose name.
#[derive(Debug, Clone)]
pub struct TraceSetup {
    /// The collector: `http://127.0.0.1:4318` or the whole address of its traces.
    pub endpoint: String,
    /// The name of the service.
    pub service_name: String,
    /// Its version.
    pub service_version: String,
}

impl TraceSetup {
    /// Whether the endpoint is an address. Asks nobody, and starts nothing.
    ///
    /// # Errors
    /// [`TelemetryError::Endpoint`].
    pub fn check(&self) -> Result<(), TelemetryError> {
        traces_address(&self.endpoint).map(drop)
    }
}

/// The way of spans to the collector. Whoever holds it ends it with [`shutdown`](Self::shutdown).
#[derive(Debug)]
pub struct TraceExport {
    provider: SdkTracerProvider,
}

impl TraceExport {
    /// Starts a thread that sends spans in batches, and answers the layer that hands it the spans. Requests are driven
    /// by `runtime`. For `https` the certificate authorities of the host are read from disk, which blocks for some ten
    /// milliseconds. The collector is not asked whether it is there.
    ///
    /// # Errors
    /// [`TelemetryError::Endpoint`] for an address that is none; [`TelemetryError::Exporter`] when the exporter cannot
    /// be set up.
    pub fn start<S>(
        setup: &TraceSetup,
        runtime: Handle,
    ) -> Result<(impl Layer<S> + Send + Sync + use<S>, Self), TelemetryError>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        let endpoint = traces_address(&setup.endpoint)?;
        let client = Client::new(endpoint.scheme() == "https", runtime)?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_http_client(client)
            .with_endpoint(endpoint.as_str())
            .with_timeout(EXPORT_LIMIT)
            .with_retry_policy(RetryPolicy::recommended().with_max_retries(RETRIES))
            .build()
            .map_err(|error| TelemetryError::Exporter(Box::new(error)))?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(MOST_WAITING_SPANS)
            .with_max_export_batch_size(MOST_SPANS_AT_ONCE)
            .with_scheduled_delay(BATCH_INTERVAL)
            .build();
        let processor =
            BatchSpanProcessor::builder(Collector::new(exporter)).with_batch_config(batches).build();
        // Nothing is detected: host names and command lines are nobody's business.
        let resource = Resource::builder_empty()
            .with_attribute(KeyValue::new("service.name", setup.service_name.clone()))
            .with_attribute(KeyValue::new("service.version", setup.service_version.clone()))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(processor)
            .with_sampler(Sampler::AlwaysOn)
            .with_span_limits(SPAN_LIMITS)
            .with_resource(resource)
            .build();
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("nanobot"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(house_spans());
        Ok((layer, Self { provider }))
    }

    /// Sends what waits and ends the thread. Spans that end later are dropped.
    ///
    /// # Errors
    /// [`TelemetryError::Unflushed`] when that took longer than `limit`, or the collector did not take them.
    pub async fn shutdown(self, limit: Duration) -> Result<(), TelemetryError> {
        let provider = self.provider;
        // It blocks, and the requests it waits for are driven by the runtime.
        let flushed = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(limit));
        match tokio::time::timeout(limit, flushed).await {
            Ok(Ok(Ok(()))) => Ok(()),
            _ => Err(TelemetryError::Unflushed { limit }),
        }
    }
}

/// Lets the spans of the house through. The hint keeps everything below their level as cheap as without traces.
fn house_spans() -> FilterFn {
    let is_ours: fn(&tracing::Metadata<'_>) -> bool = |metadata| {
        metadata.is_span() && *metadata.level() <= Level::INFO && attributes::is_ours(metadata.name())
    };
    filter_fn(is_ours).with_max_level_hint(Level::INFO)
}

/// The address that spans are sent to.
fn traces_address(endpoint: &str) -> Result<Url, TelemetryError> {
    let mut address = Url::parse(endpoint.trim()).map_err(|_| TelemetryError::Endpoint)?;
    if !matches!(address.scheme(), "http" | "https") || !address.has_host() {
        return Err(TelemetryError::Endpoint);
    }
    if address.path() == "/" {
        address.set_path("/v1/traces");
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_named_by_its_root_or_by_the_address_of_its_traces() {
        for (given, address) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("http://127.0.0.1:4318/ ", "http://127.0.0.1:4318/v1/traces"),
            ("https://collector.example/otlp/v1/traces", "https://collector.example/otlp/v1/traces"),
        ] {
            assert_eq!(traces_address(given).unwrap().as_str(), address);
        }
        for bad in ["", "127.0.0.1:4318", "file:///tmp/x", "grpc://127.0.0.1:4317"] {
            assert!(matches!(traces_address(bad), Err(TelemetryError::Endpoint)), "{bad}");
        }
    }
}
