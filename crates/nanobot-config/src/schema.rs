//! The one description of every key: name, kind, default, note.
//!
//! The `section!` macro turns a struct into both the typed settings and a row of this table, so the types,
//! the defaults, the checks, the JSON Schema, the reference page and the search for unknown keys cannot
//! disagree. Nothing in here looks at a document; `reading` does that.

pub(crate) mod json_schema;
pub(crate) mod macros;
pub(crate) mod reference;
pub(crate) mod setting;

use serde_json::{Map, Value};

/// What a key takes.
pub(crate) enum Kind {
    Bool,
    /// A whole number within the two limits, both included.
    Integer {
        min: i64,
        max: i64,
    },
    /// A finite number.
    Number,
    Text,
    /// A text that no message and no listing shows.
    Secret,
    Texts,
    Choice(&'static [&'static str]),
    /// Null, or the kind inside.
    Optional(&'static Self),
    /// Names as written, each with a secret text: HTTP headers, keys of channels.
    Headers,
    Section(&'static Section),
    Names(&'static Names),
}

/// An object with a fixed set of keys.
pub(crate) struct Section {
    pub(crate) fields: &'static [Field],
}

/// An object whose keys are names that people choose.
pub(crate) struct Names {
    /// What stands below each name.
    pub(crate) each: Kind,
    /// One name with a kind of its own; a full dump puts it first.
    pub(crate) special: Option<(&'static str, Kind)>,
    /// What a full dump writes below names that are not built in, and what null means.
    pub(crate) entries: Entries,
}

/// How a full dump treats the entries of [`Names`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entries {
    /// Every entry gets all of its keys.
    Completed,
    /// Only built-in entries get all of their keys; a null entry is an empty one.
    AsGiven,
}

/// One key of a section.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// `None` for sections, whose fields have their own, and for required keys.
    pub(crate) default: Option<fn() -> Value>,
    /// Whether the key is ours alone: it lives in `config.toml` and the original does not know it.
    pub(crate) own: bool,
    /// The doc comment, for the reference page and the JSON Schema.
    pub(crate) notes: &'static str,
}

impl Section {
    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Every default, as a document.
    pub(crate) fn defaults(&self) -> Value {
        let values = self.fields.iter().filter_map(|field| Some((field.name.to_owned(), field.preset()?)));
        Value::Object(values.collect())
    }
}

impl Field {
    /// The value when nobody gives one; `None` when the key is required.
    pub(crate) fn preset(&self) -> Option<Value> {
        match (&self.default, &self.kind) {
            (Some(default), _) => Some(default()),
            (None, Kind::Section(section)) => Some(section.defaults()),
            (None, _) => None,
        }
    }

    /// Whether the value is an address or a part of one, by the key's name: a listing shows it with care.
    pub(crate) fn is_address(&self) -> bool {
        ["_url", "_base", "host"].iter().any(|end| self.name.ends_with(end))
    }

    /// Whether some key at or below this one is ours.
    pub(crate) fn reaches_own(&self) -> bool {
        self.own
            || matches!(&self.kind, Kind::Section(section) if section.fields.iter().any(Self::reaches_own))
    }
}

impl Names {
    pub(crate) fn kind_of(&self, name: &str) -> &Kind {
        match &self.special {
            Some((special, kind)) if *special == name => kind,
            _ => &self.each,
        }
    }
}

impl Kind {
    /// What a message says was expected.
    pub(crate) fn expected(&self) -> String {
        match self {
            Self::Bool => "true or false".to_owned(),
            Self::Integer { min, max: i64::MAX } => {
                format!("an integer of {min} or more")
            }
            Self::Integer { min, max } => format!("an integer from {min} to {max}"),
            Self::Number => "a number".to_owned(),
            Self::Text | Self::Secret => "a text".to_owned(),
            Self::Texts => "a list of texts".to_owned(),
            Self::Choice(choices) => format!("one of {}", choices.join(", ")),
            Self::Optional(inner) => format!("{} or null", inner.expected()),
            Self::Headers => "an object of names and texts".to_owned(),
            Self::Section(_) | Self::Names(_) => "an object".to_owned(),
        }
    }

    /// Whether values of this kind are kept out of messages and listings.
    pub(crate) fn is_secret(&self) -> bool {
        match self {
            Self::Secret | Self::Headers => true,
            Self::Optional(inner) => inner.is_secret(),
            _ => false,
        }
    }

    /// Whether a variable holds such a value as JSON.
    pub(crate) fn is_compound(&self) -> bool {
        match self {
            Self::Texts | Self::Headers | Self::Section(_) | Self::Names(_) => true,
            Self::Optional(inner) => inner.is_compound(),
            _ => false,
        }
    }
}

/// The object inside, or an empty one.
pub(crate) fn object_or_empty(value: Option<Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    }
}
