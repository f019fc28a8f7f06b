//! `load`: all layers into one `Config`.
//!
//! Lowest to highest: defaults, `NANOBOT_*`, `config.json`, `config.toml`, provider variables (those of `.env`
//! included; a key of another provider only where there is no own one), flags. Loading reads and never writes;
//! an invalid layer is refused, never replaced.

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::baseline::Baseline;
use crate::document::{Document, open_json, open_toml};
use crate::dump::{Purpose, dump};
use crate::environment::{Environment, not_understood};
use crate::error::{ConfigError, ConfigErrors, Fault, Origin};
use crate::files::read_text;
use crate::home::Home;
use crate::key_path::KeyPath;
use crate::legacy::{CURRENT_VERSION, Note};
use crate::merged::{Layer, Merged, View};
use crate::reading::Unknown;
use crate::schema::setting::Setting;
use crate::secrets::holds_any;
use crate::settings::{Config, table};
use crate::variables::{self, Gathered, Overrides};

/// What to load, and with which variables.
#[derive(Clone)]
#[non_exhaustive]
pub struct LoadRequest {
    /// Where the files are.
    pub home: Home,
    /// Another file in place of the home's `config.json`; it must exist.
    pub config_file: Option<PathBuf>,
    /// The variables of the process.
    pub environment: Environment,
    /// Settings for this run.
    pub overrides: Overrides,
}

impl LoadRequest {
    /// The home's own file, no settings for this run.
    pub fn new(home: Home, environment: Environment) -> Self {
        Self { home, config_file: None, environment, overrides: Overrides::new() }
    }

    /// With another file in place of the home's `config.json`.
    #[must_use]
    pub fn with_config_file(mut self, file: Option<PathBuf>) -> Self {
        self.config_file = file;
        self
    }

    /// With settings for this run.
    #[must_use]
    pub fn with_overrides(mut self, overrides: Overrides) -> Self {
        self.overrides = overrides;
        self
    }
}

/// Something that is no fault and worth a line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// The file or variable.
    pub origin: Origin,
    /// The key, or the root.
    pub path: KeyPath,
    /// What is to be said.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_root() {
            write!(f, "{}: {}", self.origin, self.message)
        } else {
            write!(f, "{}: {}: {}", self.origin, self.path, self.message)
        }
    }
}

/// Settings, and how they came about.
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// The layers that took part, lowest first.
    pub sources: Vec<Origin>,
    /// Keys that no part of the program knows.
    pub unknown: Vec<Unknown>,
    /// What is worth a line.
    pub warnings: Vec<Warning>,
    /// The layers that hold a secret, whether it counts or a higher layer has another one. Lowest first.
    pub with_secrets: Vec<Origin>,
    request: LoadRequest,
    merged: Merged,
}

impl Loaded {
    /// What is in force, to be compared with the files later.
    pub fn baseline(&self) -> Baseline {
        Baseline::of(self.request.clone(), self.merged.tree.clone())
    }

    /// Which layer gave the value at a path (`gateway.port`), in either spelling; `None` when nothing is there.
    pub fn source_of(&self, path: &str) -> Option<&Origin> {
        self.merged.origin_of(&KeyPath::parse(path))
    }

    /// Whether a provider's key is another one's: `OPENAI_API_KEY` fills AiHubMix's as well, where it has none of
    /// its own. Such a key must not be sent to the provider that borrowed it. `false` for unknown providers.
    pub fn key_is_borrowed(&self, provider: &str) -> bool {
        let path: KeyPath = ["providers", provider, "api_key"].into_iter().collect();
        match self.merged.origin_of(&path) {
            Some(Origin::Variable(name) | Origin::DotEnv(name)) => {
                variables::is_lent(name, &path.to_string())
            }
            Some(Origin::Default | Origin::File(_) | Origin::Flag) | None => false,
        }
    }

    /// All settings as the file spells them, each secret as `[secret]`.
    pub fn show(&self) -> Value {
        dump(table(), &self.merged.tree, Purpose::Listing)
    }

    /// The settings of the original in inner spelling, and of our own those that somebody set, **secrets included**:
    /// for comparing, never for printing.
    pub fn expose(&self) -> &Value {
        &self.merged.tree
    }
}

/// Debug shows what `show` shows.
impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded")
            .field("sources", &self.sources)
            .field("settings", &self.show())
            .finish_non_exhaustive()
    }
}

/// Loads the settings. Blocks on reading up to three small files.
///
/// # Errors
/// Every fault of every layer; nothing is loaded then.
pub fn load(request: &LoadRequest) -> Result<Loaded, ConfigErrors> {
    let mut loading = Loading::default();
    let environment = loading.environment(request);
    loading.layers.push(Layer { origin: Origin::Default, tree: table().defaults() });
    loading.gathered(variables::prefixed(&environment));
    match &request.config_file {
        Some(file) => loading.file(file, open_json, Presence::Required),
        None => loading.file(&request.home.config_json(), open_json, Presence::Optional),
    }
    loading.file(&request.home.config_toml(), open_toml, Presence::Optional);
    let provider_layers = variables::provider_layers(&environment, &loading.layers);
    loading.layers.extend(provider_layers);
    loading.gathered(variables::flags(&request.overrides));
    loading.finish(request.clone())
}

/// Whether a file may be missing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Required,
    Optional,
}

#[derive(Default)]
struct Loading {
    layers: Vec<Layer>,
    errors: Vec<ConfigError>,
    unknown: Vec<Unknown>,
    warnings: Vec<Warning>,
}

impl Loading {
    fn environment(&mut self, request: &LoadRequest) -> Environment {
        let file = request.home.dotenv();
        match read_text(&file) {
            Ok(Some(text)) => {
                for (line, why) in not_understood(&text) {
                    self.warn(
                        &Origin::File(file.clone()),
                        KeyPath::root(),
                        format!("line {line} is ignored: {why}"),
                    );
                }
                request.environment.with_dotenv(&text)
            }
            Ok(None) => request.environment.clone(),
            Err(error) => {
                self.warn(&error.origin, KeyPath::root(), format!("ignored: {}", error.fault));
                request.environment.clone()
            }
        }
    }

    fn file(&mut self, file: &Path, open: fn(&str, &Origin) -> Document, presence: Presence) {
        match read_text(file) {
            Ok(Some(text)) => {
                let origin = Origin::File(file.to_path_buf());
                let document = open(&text, &origin);
                self.document(document, origin);
            }
            Ok(None) if presence == Presence::Required => {
                self.errors.push(ConfigError::whole(file, Fault::NotFound));
            }
            Ok(None) => {}
            Err(error) => self.errors.push(error),
        }
    }

    fn document(&mut self, mut document: Document, origin: Origin) {
        if document.version > CURRENT_VERSION {
            let message = format!("version {} is newer than this program", document.version);
            self.warn(&origin, ["configVersion"].into_iter().collect(), message);
        }
        for Note { path, what } in document.replaced {
            self.warn(&origin, path, what);
        }
        self.errors.append(&mut document.errors);
        self.unknown.append(&mut document.unknown);
        self.layers.push(Layer { origin, tree: document.tree });
    }

    fn gathered(&mut self, mut gathered: Gathered) {
        self.layers.append(&mut gathered.layers);
        self.errors.append(&mut gathered.errors);
        self.unknown.append(&mut gathered.unknown);
    }

    fn warn(&mut self, origin: &Origin, path: KeyPath, message: String) {
        self.warnings.push(Warning { origin: origin.clone(), path, message });
    }

    fn finish(self, request: LoadRequest) -> Result<Loaded, ConfigErrors> {
        ConfigErrors::check(self.errors)?;
        let mut sources: Vec<Origin> = self.layers.iter().map(|layer| layer.origin.clone()).collect();
        sources.dedup();
        let with_secrets = self.layers.iter().filter(|layer| holds_any(table(), &layer.tree));
        let mut with_secrets: Vec<Origin> = with_secrets.map(|layer| layer.origin.clone()).collect();
        with_secrets.dedup();
        let mut merged = Merged::new(self.layers)?;
        ConfigErrors::check(merged.settle(View::Whole))?;
        let unfit = || ConfigError::new(Origin::Default, KeyPath::root(), Fault::Unfit);
        let config = Config::extract(&merged.tree).ok_or_else(unfit)?;
        let Self { unknown, warnings, .. } = self;
        Ok(Loaded { config, sources, unknown, warnings, with_secrets, request, merged })
    }
}

#[cfg(test)]
mod tests;
