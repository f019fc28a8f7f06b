//! Logs on stderr: for people on a terminal, one JSON object a line elsewhere.

use std::io::IsTerminal as _;

use nanobot_config::settings::{Log, LogFormat};
use tracing_subscriber::EnvFilter;

/// Why logging could not start.
#[derive(Debug, thiserror::Error)]
#[error("log.filter {filter:?} is no filter: {reason}; expected something like info,nanobot_core=debug")]
pub struct LogError {
    filter: String,
    reason: String,
}

/// Installs the process-wide subscriber. Called once, by main, before anything is opened.
///
/// # Errors
/// When the filter cannot be read.
pub fn install(settings: &Log) -> Result<(), LogError> {
    let filter = EnvFilter::try_new(&settings.filter)
        .map_err(|error| LogError { filter: settings.filter.clone(), reason: error.to_string() })?;
    let pretty = match settings.format {
        LogFormat::Json => false,
        LogFormat::Auto => std::io::stderr().is_terminal(),
        // The only other one is `pretty`; the settings crate may add more.
        _ => true,
    };
    let to_stderr = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second installation in one process (tests) keeps the first subscriber.
    let _ = if pretty { to_stderr.try_init() } else { to_stderr.json().flatten_event(true).try_init() };
    Ok(())
}
