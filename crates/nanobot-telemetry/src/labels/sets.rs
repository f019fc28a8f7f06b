//! The values of one label, each with its place.

use std::collections::HashMap;
use std::sync::Arc;

use nanobot_core::ids::ChannelName;

use super::{LONGEST_NAME, Label, MOST_NAMES, MetricsSetup, Named, OTHER, Values};

/// What stands for all models of a credential, where the credential itself is at fault.
pub(crate) const ALL_MODELS: &str = "all";

/// The place of a value in its set; [`WordSet::OTHER`] for `other`.
pub(crate) type Place = u16;

/// A closed set of values.
#[derive(Debug)]
pub(crate) struct WordSet {
    words: Vec<Arc<str>>,
    places: HashMap<Arc<str>, Place>,
}

impl WordSet {
    /// The place of `other`, which every set has.
    pub(crate) const OTHER: Place = 0;

    /// The values that a label can have with these settings.
    pub(crate) fn of(label: Label, setup: &MetricsSetup) -> Self {
        let words = match label.values {
            Values::Words(words) | Values::Known(words) => words(),
            Values::Configured(named) => named.among(setup),
        };
        let mut set = Self { words: Vec::new(), places: HashMap::new() };
        for word in std::iter::once(OTHER).chain(words) {
            let word: Arc<str> = word.into();
            if let (false, Ok(place)) = (set.places.contains_key(&word), Place::try_from(set.words.len())) {
                set.words.push(word.clone());
                set.places.insert(word, place);
            }
        }
        set
    }

    /// Where a value stands.
    pub(crate) fn place(&self, value: &str) -> Place {
        self.places.get(value).copied().unwrap_or(Self::OTHER)
    }

    /// The value of a place.
    pub(crate) fn word(&self, place: Place) -> Arc<str> {
        self.words.get(usize::from(place)).or(self.words.first()).cloned().unwrap_or_else(|| OTHER.into())
    }

    /// How many values there are, `other` included.
    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }
}

impl Named {
    /// The names among the settings, each once, as many as may be labels.
    fn among(self, setup: &MetricsSetup) -> Vec<&str> {
        let models = || setup.models.iter().map(|model| model.model.as_str());
        let names: Vec<&str> = match self {
            Self::Providers => setup.models.iter().map(|model| model.provider.as_str()).collect(),
            Self::Models => models().collect(),
            Self::ModelsOrAll => std::iter::once(ALL_MODELS).chain(models()).collect(),
            Self::Credentials => setup.credentials.iter().map(String::as_str).collect(),
            Self::Tools => setup.tools.iter().map(String::as_str).collect(),
            Self::Channels => setup.channels.iter().map(ChannelName::as_str).collect(),
            Self::Version => vec![setup.version.as_str()],
        };
        let mut kept = Vec::new();
        for name in names.into_iter().filter(|name| may_be_label(name)) {
            if kept.len() < MOST_NAMES && !kept.contains(&name) {
                kept.push(name);
            }
        }
        kept
    }
}

fn may_be_label(name: &str) -> bool {
    !name.trim().is_empty() && name.len() <= LONGEST_NAME && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup(tools: Vec<String>) -> MetricsSetup {
        MetricsSetup {
            version: "1.0.0".to_owned(),
            started: "2026-11-26T12:00:00Z".parse().unwrap(),
            models: Vec::new(),
            credentials: Vec::new(),
            tools,
            channels: Vec::new(),
        }
    }

    fn tools(names: &[&str]) -> WordSet {
        let label = Label { name: "tool", values: Values::Configured(Named::Tools) };
        WordSet::of(label, &setup(names.iter().map(|&name| name.to_owned()).collect()))
    }

    #[test]
    fn what_was_not_configured_is_other() {
        let set = tools(&["exec", "read_file", "exec"]);
        assert_eq!(set.len(), 3);
        assert_eq!(&*set.word(set.place("read_file")), "read_file");
        for stranger in ["Exec", "", "other", "120363@g.us"] {
            assert_eq!(&*set.word(set.place(stranger)), "other", "{stranger}");
        }
    }

    #[test]
    fn a_configured_name_that_makes_no_label_is_other() {
        let long = "x".repeat(LONGEST_NAME + 1);
        let set = tools(&["", "a\nb", &long, "ok"]);
        assert_eq!(set.len(), 2);
    }

    #[test]
    fn only_so_many_names_are_labels() {
        let names: Vec<String> = (0..2 * MOST_NAMES).map(|number| format!("tool{number}")).collect();
        let label = Label { name: "tool", values: Values::Configured(Named::Tools) };
        assert_eq!(WordSet::of(label, &setup(names)).len(), MOST_NAMES + 1);
    }
}
