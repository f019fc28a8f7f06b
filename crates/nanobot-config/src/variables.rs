//! Which variables set which keys: `NANOBOT_*` below the file, and the keys of providers above it.
//!
//! The list of provider variables is the original's, plus `OPENAI_BASE_URL`. A variable may lend its value to a
//! second key; it gives way to what that key has of its own. What a provider does with its key is the router's
//! business.

use serde_json::{Map, Value};

use crate::environment::Environment;
use crate::error::{ConfigError, Fault, Origin};
use crate::key_path::KeyPath;
use crate::merged::Layer;
use crate::reading::{Allowed, Unknown, read};
use crate::schema::{Kind, Section};
use crate::settings::table;
use crate::spelling::canonical;
use crate::strict;

const PREFIX: &str = "NANOBOT_";

/// `NANOBOT_*` variables that are no settings: where the home is, where recorded cases are.
const NO_SETTINGS: [&str; 2] = ["HOME", "CASES"];

/// A variable that wins over the file, and the key it sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderVariable {
    /// The variable's name.
    pub variable: &'static str,
    /// The key, in inner spelling.
    pub path: &'static str,
    /// Whether the variable belongs to another key, and sets this one only where it has no value of its own.
    pub lent: bool,
}

const fn sets(variable: &'static str, path: &'static str) -> ProviderVariable {
    ProviderVariable { variable, path, lent: false }
}

const fn lends(variable: &'static str, path: &'static str) -> ProviderVariable {
    ProviderVariable { variable, path, lent: true }
}

/// The variables that win over the file when they are not blank. Of two for one key the later one counts.
pub const PROVIDER_VARIABLES: &[ProviderVariable] = &[
    sets("OPENROUTER_API_KEY", "providers.openrouter.api_key"),
    sets("OPENAI_API_KEY", "providers.openai.api_key"),
    lends("OPENAI_API_KEY", "providers.aihubmix.api_key"),
    sets("OPENAI_BASE_URL", "providers.openai.api_base"),
    sets("ANTHROPIC_API_KEY", "providers.anthropic.api_key"),
    sets("DEEPSEEK_API_KEY", "providers.deepseek.api_key"),
    sets("GEMINI_API_KEY", "providers.gemini.api_key"),
    sets("ZAI_API_KEY", "providers.zhipu.api_key"),
    sets("DASHSCOPE_API_KEY", "providers.dashscope.api_key"),
    sets("MOONSHOT_API_KEY", "providers.moonshot.api_key"),
    sets("HOSTED_VLLM_API_KEY", "providers.vllm.api_key"),
    sets("GROQ_API_KEY", "providers.groq.api_key"),
    sets("ELEVENLABS_API_KEY", "providers.elevenlabs.api_key"),
    sets("TELEGRAM_BOT_TOKEN", "channels.telegram.token"),
    sets("WHATSAPP_BRIDGE_TOKEN", "channels.whatsapp.bridge_token"),
    sets("BRAVE_SEARCH_API_KEY", "tools.web.search.tavily_api_key"),
    sets("TAVILY_API_KEY", "tools.web.search.tavily_api_key"),
];

/// Settings given for one run: a path as `KeyPath` reads it, and a value as a variable would hold it.
#[derive(Clone, Default)]
pub struct Overrides(Vec<(KeyPath, String)>);

impl Overrides {
    /// No settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one; the last of two for one key counts.
    #[must_use]
    pub fn set(mut self, path: &str, value: impl Into<String>) -> Self {
        self.0.push((KeyPath::parse(path), value.into()));
        self
    }
}

/// What a group of variables or flags amounts to.
#[derive(Default)]
pub(crate) struct Gathered {
    pub(crate) layers: Vec<Layer>,
    pub(crate) errors: Vec<ConfigError>,
    pub(crate) unknown: Vec<Unknown>,
}

/// The `NANOBOT_*` settings, whole sections before single keys.
pub(crate) fn prefixed(environment: &Environment) -> Gathered {
    let mut settings: Vec<(KeyPath, &str, &str)> = environment
        .names()
        .filter_map(|name| {
            let rest = name.get(PREFIX.len()..).filter(|_| {
                name.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
            })?;
            let is_setting = !NO_SETTINGS.iter().any(|other| rest.eq_ignore_ascii_case(other));
            let path = rest.to_lowercase().split("__").collect();
            is_setting.then(|| (path, name, environment.get(name).unwrap_or_default()))
        })
        .collect();
    settings.sort_by_key(|(path, ..)| path.segments().len());
    let mut gathered = Gathered::default();
    for (path, name, value) in settings {
        match flattened(&path) {
            Some(meant) => gathered.errors.push(not_a_setting(&path, meant, environment.origin(name))),
            None => gathered.add(&path, value, &environment.origin(name)),
        }
    }
    gathered
}

/// The variable that somebody meant who wrote one underscore where two go down, when it is a setting of ours: of
/// `NANOBOT_BUDGET_DAY_DOLLARS` nobody would notice that it is none. None for every other path.
fn flattened(path: &KeyPath) -> Option<String> {
    if kind_at(table(), path.segments()).is_some() {
        return None;
    }
    let written = path.segments().join("_");
    let mut known = Vec::new();
    own_keys(table(), false, &[], &mut known);
    // One slip is allowed for: a variable of another program may begin like one of ours.
    let meant = known.iter().find(|segments| {
        let key = segments.join("_");
        key.len().abs_diff(written.len()) <= 1 && strsim::osa_distance(&key, &written) <= 1
    });
    let meant = meant.filter(|segments| segments.len() != path.segments().len())?;
    Some(format!("{PREFIX}{}", meant.join("__").to_uppercase()))
}

/// The ways to all keys of ours that are values, without those below names that people choose.
fn own_keys(section: &Section, is_own: bool, at: &[&'static str], found: &mut Vec<Vec<&'static str>>) {
    for field in section.fields {
        let way = [at, &[field.name]].concat();
        let is_own = is_own || field.is_own();
        match &field.kind {
            Kind::Section(inner) => own_keys(inner, is_own, &way, found),
            Kind::Names(_) => {}
            _ if is_own => found.push(way),
            _ => {}
        }
    }
}

fn not_a_setting(path: &KeyPath, meant: String, origin: Origin) -> ConfigError {
    ConfigError::new(origin, path.clone(), Fault::NotASetting { meant: Some(meant), known: String::new() })
}

/// The variables that win over the file. `below` are the layers under them, lowest first.
pub(crate) fn provider_layers(environment: &Environment, below: &[Layer]) -> Vec<Layer> {
    let layers = PROVIDER_VARIABLES.iter().filter_map(|known| {
        let value = environment.get_non_blank(known.variable)?;
        let path = KeyPath::parse(known.path);
        if known.lent && has_own_text(below, &path) {
            return None;
        }
        let tree = nested(&path, Value::String(value.to_owned()));
        Some(Layer { origin: environment.origin(known.variable), tree })
    });
    layers.collect()
}

/// Whether a variable only lends its value to a key (inner spelling).
pub(crate) fn is_lent(variable: &str, path: &str) -> bool {
    PROVIDER_VARIABLES.iter().any(|known| known.lent && known.variable == variable && known.path == path)
}

/// Whether the highest layer that says something about a key gives it a text that is not blank.
fn has_own_text(layers: &[Layer], path: &KeyPath) -> bool {
    let at = |layer: &'_ Layer| {
        let value = path.segments().iter().try_fold(&layer.tree, |at, segment| at.get(segment))?;
        Some(value.as_str().is_some_and(|text| !text.trim().is_empty()))
    };
    layers.iter().rev().find_map(at).unwrap_or(false)
}

/// The settings of this run.
pub(crate) fn flags(overrides: &Overrides) -> Gathered {
    let mut gathered = Gathered::default();
    for (path, value) in &overrides.0 {
        gathered.add(path, value, &Origin::Flag);
    }
    gathered
}

impl Gathered {
    fn add(&mut self, path: &KeyPath, text: &str, origin: &Origin) {
        let compound = kind_at(table(), path.segments()).is_some_and(Kind::is_compound);
        let value = if compound { strict::json(text) } else { Ok(Value::String(text.to_owned())) };
        let value = match value {
            Ok(value) => value,
            Err(fault) => return self.errors.push(ConfigError::new(origin.clone(), path.clone(), fault)),
        };
        let mut reading = read(table(), &nested(path, value), origin, Allowed::All);
        self.errors.append(&mut reading.errors);
        self.unknown.append(&mut reading.unknown);
        self.layers.push(Layer { origin: origin.clone(), tree: reading.tree });
    }
}

/// What the table says about a path; `None` when it knows no such key.
fn kind_at(section: &'static Section, path: &[String]) -> Option<&'static Kind> {
    let (first, rest) = path.split_first()?;
    let mut kind = &section.field(&canonical(first))?.kind;
    for segment in rest {
        kind = match kind {
            Kind::Section(section) | Kind::Optional(Kind::Section(section)) => {
                &section.field(&canonical(segment))?.kind
            }
            Kind::Names(names) => names.kind_of(&names.inner(segment)),
            _ => return None,
        };
    }
    Some(kind)
}

/// A tree with one value in it.
fn nested(path: &KeyPath, value: Value) -> Value {
    let around = |value, segment: &String| Value::Object(Map::from_iter([(segment.clone(), value)]));
    path.segments().iter().rev().fold(value, around)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_last_segments_of_a_variable_win_over_its_section() {
        let environment: Environment = [
            ("NANOBOT_GATEWAY__PORT", "7"),
            ("nanobot_gateway", "{\"port\": 1, \"host\": \"h\"}"),
            ("NANOBOT_HOME", "/x"),
            ("NANOBOT_CASES", "/y"),
            ("OTHER", "z"),
        ]
        .into_iter()
        .collect();
        let gathered = prefixed(&environment);
        let trees: Vec<&Value> = gathered.layers.iter().map(|layer| &layer.tree).collect();
        assert_eq!(
            trees,
            [&json!({ "gateway": { "port": 1, "host": "h" } }), &json!({ "gateway": { "port": 7 } })]
        );
        assert!(gathered.unknown.is_empty() && gathered.errors.is_empty());
    }

    #[test]
    fn a_fault_in_a_variable_names_it() {
        let environment: Environment =
            [("NANOBOT_GATEWAY__PORT", "many"), ("NANOBOT_MEMORY", "[")].into_iter().collect();
        let errors: Vec<String> = prefixed(&environment).errors.iter().map(ToString::to_string).collect();
        assert_eq!(
            errors,
            [
                "variable NANOBOT_MEMORY: memory: EOF while parsing a list at line 1, column 1",
                "variable NANOBOT_GATEWAY__PORT: gateway.port: expected an integer from 0 to 65535, \
                 found a text \"many\"",
            ]
        );
    }

    fn said(variables: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let gathered = prefixed(&variables.iter().copied().collect());
        (
            gathered.errors.iter().map(ToString::to_string).collect(),
            gathered.unknown.iter().map(ToString::to_string).collect(),
        )
    }

    #[test]
    fn a_misspelt_setting_of_ours_is_a_fault_of_its_variable() {
        for (variable, fault) in [
            ("NANOBOT_BUDGET__DAY_DOLARS", "budget.day_dolars: not a setting; did you mean `day_dollars`?"),
            ("NANOBOT_BUDGETS__DAY_DOLLARS", "budgets: not a setting; did you mean `budget`?"),
            (
                "NANOBOT_BUDGET_DAY_DOLLARS",
                "budget_day_dollars: not a setting; did you mean `NANOBOT_BUDGET__DAY_DOLLARS`?",
            ),
            (
                "NANOBOT_CHANNELS__IRC_HOST",
                "channels.irc_host: not a setting; did you mean `NANOBOT_CHANNELS__IRC__HOST`?",
            ),
            (
                "NANOBOT_MODELS__PROFILES__BIG__FALLBACKS",
                "models.profiles.big.fallbacks: not a setting; did you mean `fallback`?",
            ),
            (
                "NANOBOT_TELEMETRY__ENDPOINT",
                "telemetry.endpoint: not a setting; take one of enabled, otlp_endpoint, service_name",
            ),
        ] {
            let (errors, unknown) = said(&[(variable, "1")]);
            assert_eq!(errors, [format!("variable {variable}: {fault}")]);
            assert_eq!(unknown, [""; 0]);
        }
    }

    #[test]
    fn what_may_be_somebody_elses_variable_is_kept_as_before() {
        for (variable, path) in [
            ("NANOBOT_LOGS", "logs"),
            ("NANOBOT_LOG_FILE", "log_file"),
            ("NANOBOT_API_TOKEN", "api_token"),
            ("NANOBOT_IMAGE", "image"),
            ("NANOBOT_PLUGINS__WEATHER", "plugins"),
            ("NANOBOT_GATEWAY__TIMEOUT", "gateway.timeout"),
        ] {
            let (errors, unknown) = said(&[(variable, "1")]);
            assert_eq!(errors, [""; 0]);
            assert!(
                unknown.len() == 1 && unknown[0].contains(&format!("{path} is not a setting")),
                "{unknown:?}"
            );
        }
    }
}
