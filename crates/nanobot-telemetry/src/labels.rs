//! Which values a label can have: closed sets, so that the number of series has a limit whatever happens.
//!
//! A text that is in no set becomes `other`. There is no way around the sets: a series is found by the places of its
//! values in them, never by the values themselves.

pub(crate) mod codes;
#[cfg(feature = "prometheus")]
mod sets;
pub(crate) mod words;

use nanobot_core::ids::ChannelName;
use nanobot_core::time::Timestamp;

#[cfg(feature = "prometheus")]
pub(crate) use sets::{ALL_MODELS, Place, WordSet};

/// What stands for every text outside of a set.
pub const OTHER: &str = "other";

/// At most so many configured names are labels of one kind; the rest are `other`. A person who configures more
/// than a hundred models or tools reads them in a listing and not in a graph.
pub const MOST_NAMES: usize = 100;

/// Longer configured names are `other`: each scrape repeats a name in every one of its series.
pub const LONGEST_NAME: usize = 128;

/// What the metrics are told at the start: everything that may become a label and is no word of ours.
#[derive(Debug, Clone)]
pub struct MetricsSetup {
    /// The version of the program.
    pub version: String,
    /// When the process started.
    pub started: Timestamp,
    /// The models of the settings.
    pub models: Vec<ModelName>,
    /// The names of the credentials of the settings, never the keys.
    pub credentials: Vec<String>,
    /// The tools on offer.
    pub tools: Vec<String>,
    /// The channels of the settings.
    pub channels: Vec<ChannelName>,
}

/// A model of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelName {
    /// The provider that has it.
    pub provider: String,
    /// Its name, as configured.
    pub model: String,
}

/// A label: its name, and where its values come from.
#[derive(Debug, Clone, Copy)]
pub struct Label {
    /// The name.
    pub name: &'static str,
    /// The values.
    pub values: Values,
}

/// Where the values of a label come from.
#[derive(Debug, Clone, Copy)]
pub enum Values {
    /// Every word that a closed type of ours has.
    Words(fn() -> Vec<&'static str>),
    /// The words that are known of an open type, and `other`.
    Known(fn() -> Vec<&'static str>),
    /// Names of the settings, and `other`.
    Configured(Named),
}

/// Names of the settings, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// Providers of models.
    Providers,
    /// Models.
    Models,
    /// Models, and `all`.
    ModelsOrAll,
    /// Credentials.
    Credentials,
    /// Tools.
    Tools,
    /// Channels.
    Channels,
    /// The one version.
    Version,
}
