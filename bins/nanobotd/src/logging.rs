//! Logs on stderr: for people on a terminal, one JSON object a line elsewhere; in a chat one plain line for each
//! warning, because the screen belongs to the conversation.

mod plain;

use std::io::IsTerminal as _;

use nanobot_config::settings::{Log, LogFormat};
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry, fmt};

use plain::Plain;

/// Something on the registry: the lines of the log, or the spans on their way to a collector. Each has a filter of its
/// own, so that `log.filter` takes no span from the collector.
pub type RegistryLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Why logging could not start.
#[derive(Debug, thiserror::Error)]
#[error("log.filter {filter:?} is no filter: {reason}; expected something like info,nanobot_core=debug")]
pub struct LogError {
    filter: String,
    reason: String,
}

/// Whether the settings can be used.
///
/// # Errors
/// When the filter cannot be read.
pub fn check(settings: &Log) -> Result<(), LogError> {
    filter(settings).map(drop)
}

/// Installs the process-wide subscriber: the log, and beside it `spans`, if they go anywhere. Called once, by main,
/// before anything is opened.
///
/// # Errors
/// When the filter cannot be read.
pub fn install(settings: &Log, spans: Option<RegistryLayer>) -> Result<(), LogError> {
    let pretty = match settings.format {
        LogFormat::Json => false,
        LogFormat::Auto => std::io::stderr().is_terminal(),
        // The only other one is `pretty`; the settings crate may add more.
        _ => true,
    };
    let (lines, filter) = (fmt::layer().with_writer(std::io::stderr), filter(settings)?);
    let lines = if pretty {
        lines.with_filter(filter).boxed()
    } else {
        lines.json().flatten_event(true).with_filter(filter).boxed()
    };
    let layers: Vec<RegistryLayer> = std::iter::once(lines).chain(spans).collect();
    // A second installation in one process (tests) keeps the first subscriber.
    let _ = tracing_subscriber::registry().with(layers).try_init();
    Ok(())
}

/// Installs the process-wide subscriber of a chat without a daemon: one line for each warning or error, begun
/// with the program's name. `model` is what a failed call adds: the model and its address.
pub fn install_for_chat(program: &'static str, model: String) {
    let subscriber = fmt()
        .with_max_level(tracing::Level::WARN)
        .with_writer(std::io::stderr)
        .event_format(Plain { program, model });
    // A second installation in one process (tests) keeps the first subscriber.
    let _ = subscriber.try_init();
}

fn filter(settings: &Log) -> Result<EnvFilter, LogError> {
    EnvFilter::try_new(&settings.filter)
        .map_err(|error| LogError { filter: settings.filter.clone(), reason: error.to_string() })
}
