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

use crate::nearest::nearest;
use crate::spelling::{camel_to_snake, canonical, written_name};

/// What a key takes.
pub(crate) enum Kind {
    Bool,
    /// A whole number within the two limits, both included.
    Integer {
        min: i64,
        max: i64,
    },
    /// A finite number within a span.
    Number(Span),
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

/// Smallest budget: a millionth of a dollar, which is the least that a sum shows.
pub(crate) const LEAST_MONEY: f64 = 1e-6;

/// Largest amount of money. What is counted in billionths of a dollar has room for eighteen times as much.
pub(crate) const MOST_MONEY: f64 = 1e9;

/// Which finite numbers are meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Span {
    /// Any.
    Any,
    /// An amount of money, or none.
    FromZero,
    /// An amount of money that one can spend.
    AboveZero,
    /// From zero to one.
    Share,
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
    /// How the names are spelled.
    pub(crate) spelling: Spelling,
    /// What a full dump writes below names that are not built in, and what null means.
    pub(crate) entries: Entries,
}

/// How the names of [`Names`] are spelled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// As keys are: `snake_case` inside, `camelCase` in the file.
    AsKeys,
    /// As they were written, everywhere: ids of chats have cases of their own.
    AsWritten,
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
    /// Who knows the key, and so in which file it lives.
    pub(crate) owner: Owner,
    /// The doc comment, for the reference page and the JSON Schema.
    pub(crate) notes: &'static str,
}

/// Who knows a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The original: the key lives in `config.json`.
    Original,
    /// We alone: the key lives in `config.toml`.
    Ours,
    /// We, and later states of the original. The key lives in `config.toml`; in `config.json` it is taken and kept
    /// where it stands, and never added.
    Both,
}

impl Section {
    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The key that somebody meant who wrote another one, of those that are asked for.
    pub(crate) fn nearest(&self, key: &str, of: impl Fn(&Field) -> bool) -> Option<&'static Field> {
        let known = self.fields.iter().filter(|field| of(field)).map(|field| field.name);
        self.field(nearest(&canonical(key), known)?)
    }

    /// Whether an entry holds something, and nothing but keys that live in `config.toml`.
    pub(crate) fn is_addition(&self, entry: &Value) -> bool {
        let is_own = |key: &String| self.field(key).is_some_and(Field::is_own);
        entry.as_object().is_some_and(|entry| !entry.is_empty() && entry.keys().all(is_own))
    }

    /// The defaults of the original's keys, as a document. Those of ours are left out: a tree holds them only where
    /// somebody set them, and reading the typed value completes them.
    pub(crate) fn defaults(&self) -> Value {
        let fields = self.fields.iter().filter(|field| !field.is_own());
        Value::Object(fields.filter_map(|field| Some((field.name.to_owned(), field.preset()?))).collect())
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

    /// Whether the key lives in `config.toml`.
    pub(crate) fn is_own(&self) -> bool {
        self.owner != Owner::Original
    }

    /// Whether the value is an address or a part of one, by the key's name: a listing shows it with care.
    pub(crate) fn is_address(&self) -> bool {
        ["_url", "_base", "_endpoint", "host"].iter().any(|end| self.name.ends_with(end))
    }

    /// Whether some key at or below this one is ours.
    pub(crate) fn reaches_own(&self) -> bool {
        self.is_own() || self.kind.reaches_own()
    }
}

impl Names {
    /// The inner spelling of a name.
    pub(crate) fn inner(&self, name: &str) -> String {
        match self.spelling {
            Spelling::AsKeys => camel_to_snake(name),
            Spelling::AsWritten => name.to_owned(),
        }
    }

    /// The file's spelling of a name.
    pub(crate) fn written(&self, name: &str) -> String {
        match self.spelling {
            Spelling::AsKeys => written_name(name),
            Spelling::AsWritten => name.to_owned(),
        }
    }

    /// What two spellings of one name have in common.
    pub(crate) fn form(&self, name: &str) -> String {
        match self.spelling {
            Spelling::AsKeys => canonical(name),
            Spelling::AsWritten => name.to_owned(),
        }
    }

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
            Self::Number(span) => span.words().to_owned(),
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

    /// Whether some key at or below the value is ours.
    fn reaches_own(&self) -> bool {
        match self {
            Self::Section(section) => section.fields.iter().any(Field::reaches_own),
            Self::Names(names) => {
                let special = names.special.as_ref().is_some_and(|(_, kind)| kind.reaches_own());
                special || names.each.reaches_own()
            }
            Self::Optional(inner) => inner.reaches_own(),
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

impl Span {
    /// What a message says was expected.
    const fn words(self) -> &'static str {
        match self {
            Self::Any => "a number",
            Self::FromZero => "a number from 0 to 1000000000",
            Self::AboveZero => "a number from 0.000001 to 1000000000",
            Self::Share => "a number from 0 to 1",
        }
    }

    /// Whether a finite number is within.
    pub(crate) fn holds(self, number: f64) -> bool {
        match self {
            Self::Any => true,
            Self::FromZero => (0.0..=MOST_MONEY).contains(&number),
            Self::AboveZero => (LEAST_MONEY..=MOST_MONEY).contains(&number),
            Self::Share => (0.0..=1.0).contains(&number),
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
