//! Holding a document against the table: what is right is brought into form, what is not is reported.
//!
//! The result is a tree in `snake_case` with coerced values, next to the findings. It contains no defaults,
//! and it knows nothing of older versions of the document; `legacy` runs before it.

pub(crate) mod coerce;

use serde_json::{Map, Value};

use crate::error::{ConfigError, Fault, Origin};
use crate::key_path::KeyPath;
use crate::schema::{Entries, Field, Kind, Names, Owner, Section};
use crate::spelling::{canonical, snake_to_camel};

/// A key that no part of the program knows, where a later state of the original may have it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unknown {
    /// The file or variable.
    pub origin: Origin,
    /// The key, as written.
    pub path: KeyPath,
    /// What to do about it, when that is known.
    pub hint: Option<String>,
}

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} is not a setting and is kept as it is", self.origin, self.path)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// Which keys a source may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// Those of the original: `config.json`.
    Original,
    /// Those that the original does not know: `config.toml`. It is ours, so nobody else's key can stand in it.
    Own,
    /// All: variables and flags.
    All,
    /// All, of a section that the original does not know: nobody else's key can stand there either.
    Ours,
}

/// An unknown key with its value, for writing the file again.
pub(crate) struct Kept {
    /// The section, in its inner spelling.
    pub(crate) section: Vec<String>,
    /// The key, as written.
    pub(crate) key: String,
    pub(crate) value: Value,
}

/// A document after reading.
pub(crate) struct Reading {
    /// Known keys in inner spelling with values in form.
    pub(crate) tree: Value,
    pub(crate) errors: Vec<ConfigError>,
    pub(crate) unknown: Vec<Unknown>,
    pub(crate) kept: Vec<Kept>,
}

/// Reads a document that came from `origin`.
pub(crate) fn read(section: &Section, document: &Value, origin: &Origin, allowed: Allowed) -> Reading {
    let tree = Value::Object(Map::new());
    let mut reader = Reader {
        origin,
        reading: Reading { tree, errors: Vec::new(), unknown: Vec::new(), kept: Vec::new() },
    };
    let place = Place { written: KeyPath::root(), inner: Vec::new(), allowed };
    if let Some(tree) = reader.section(section, document, &place) {
        reader.reading.tree = tree;
    }
    reader.reading
}

struct Reader<'a> {
    origin: &'a Origin,
    reading: Reading,
}

/// Where the reader stands.
struct Place {
    written: KeyPath,
    inner: Vec<String>,
    allowed: Allowed,
}

impl Place {
    fn child(&self, written: &str, inner: &str, allowed: Allowed) -> Self {
        let mut path = self.inner.clone();
        path.push(inner.to_owned());
        Self { written: self.written.child(written), inner: path, allowed }
    }
}

const HINT_TOML: &str = "belongs in config.toml";

impl Reader<'_> {
    fn value(&mut self, kind: &Kind, value: &Value, place: &Place) -> Option<Value> {
        match kind {
            Kind::Section(section) => self.section(section, value, place),
            Kind::Names(names) => self.names(names, value, place),
            Kind::Headers => self.headers(value, place),
            Kind::Optional(_) if value.is_null() => Some(Value::Null),
            Kind::Optional(inner) if inner.is_compound() => self.value(inner, value, place),
            scalar => {
                let coerced = coerce::scalar(scalar, value);
                if coerced.is_none() {
                    self.wrong(scalar, value, place);
                }
                coerced
            }
        }
    }

    fn section(&mut self, section: &Section, value: &Value, place: &Place) -> Option<Value> {
        let Some(object) = value.as_object() else {
            self.wrong_object(value, place);
            return None;
        };
        let mut tree = Map::new();
        let mut spellings = Map::new();
        for (key, value) in object {
            let name = canonical(key);
            match section.field(&name) {
                Some(field) => {
                    if self.given_twice(&mut spellings, &name, key, place) {
                        continue;
                    }
                    if let Some(value) = self.field(field, key, value, place) {
                        tree.insert(name, value);
                    }
                }
                None => self.unknown(section, key, value, place),
            }
        }
        Some(Value::Object(tree))
    }

    fn field(&mut self, field: &Field, key: &str, value: &Value, place: &Place) -> Option<Value> {
        let allowed = match place.allowed {
            Allowed::Original if field.owner == Owner::Ours => {
                self.keep(key, value, place, Some(HINT_TOML.to_owned()));
                return None;
            }
            Allowed::Own | Allowed::All if field.is_own() => Allowed::Ours,
            Allowed::Own if !field.reaches_own() => {
                let path = place.written.child(key);
                self.fault(path, Fault::BelongsInConfigJson);
                return None;
            }
            same => same,
        };
        self.value(&field.kind, value, &place.child(key, field.name, allowed))
    }

    fn names(&mut self, names: &Names, value: &Value, place: &Place) -> Option<Value> {
        let Some(object) = value.as_object() else {
            self.wrong_object(value, place);
            return None;
        };
        let mut tree = Map::new();
        let mut spellings = Map::new();
        for (key, value) in object {
            let name = names.inner(key);
            if self.given_twice(&mut spellings, &names.form(key), key, place) {
                continue;
            }
            let empty = Value::Object(Map::new());
            let null_is_empty = names.entries == Entries::AsGiven && value.is_null();
            let value = if null_is_empty { &empty } else { value };
            let place = place.child(key, &name, place.allowed);
            if let Some(value) = self.value(names.kind_of(&name), value, &place) {
                tree.insert(name, value);
            }
        }
        Some(Value::Object(tree))
    }

    fn headers(&mut self, value: &Value, place: &Place) -> Option<Value> {
        let Some(object) = value.as_object() else {
            self.wrong(&Kind::Headers, value, place);
            return None;
        };
        let before = self.reading.errors.len();
        for (key, value) in object.iter().filter(|(_, value)| !value.is_string()) {
            self.wrong(&Kind::Secret, value, &place.child(key, key, place.allowed));
        }
        (self.reading.errors.len() == before).then(|| value.clone())
    }

    /// Whether the key was there before in another spelling; the author has to choose.
    fn given_twice(&mut self, seen: &mut Map<String, Value>, name: &str, key: &str, at: &Place) -> bool {
        let before = seen.insert(name.to_owned(), Value::String(key.to_owned()));
        let Some(Value::String(other)) = before else { return false };
        self.fault(at.written.child(key), Fault::GivenTwice { other });
        true
    }

    /// A key that the section does not have. Where only ours may stand it is a typing error: a budget under a wrong name
    /// would be none. Elsewhere a later state of the original may have it.
    fn unknown(&mut self, section: &Section, key: &str, value: &Value, place: &Place) {
        let may_stand: fn(&Field) -> bool = match place.allowed {
            Allowed::Own => Field::reaches_own,
            Allowed::Original | Allowed::All | Allowed::Ours => |_| true,
        };
        let meant = section.nearest(key, may_stand);
        let is_refused = match place.allowed {
            Allowed::Original => false,
            Allowed::Own | Allowed::Ours => true,
            // Other programs have variables that begin like ours; those without a way down are none of our sections.
            Allowed::All => {
                meant.is_some_and(Field::is_own) && (value.is_object() || !place.written.is_root())
            }
        };
        if is_refused {
            let known: Vec<&str> =
                section.fields.iter().filter(|field| may_stand(field)).map(|field| field.name).collect();
            let fault = Fault::NotASetting {
                meant: meant.map(|field| field.name.to_owned()),
                known: known.join(", "),
            };
            return self.fault(place.written.child(key), fault);
        }
        let hint = meant.map(|field| match (place.allowed, field.owner) {
            (Allowed::Original, Owner::Ours) => format!("perhaps `{}` of config.toml was meant", field.name),
            (Allowed::Original, _) => format!("perhaps `{}` was meant", snake_to_camel(field.name)),
            _ => format!("perhaps `{}` was meant", field.name),
        });
        self.keep(key, value, place, hint);
    }

    fn keep(&mut self, key: &str, value: &Value, place: &Place, hint: Option<String>) {
        let path = place.written.child(key);
        self.reading.unknown.push(Unknown { origin: self.origin.clone(), path, hint });
        let section = place.inner.clone();
        self.reading.kept.push(Kept { section, key: key.to_owned(), value: value.clone() });
    }

    fn wrong(&mut self, kind: &Kind, value: &Value, place: &Place) {
        let found = if kind.is_secret() { type_name(value).to_owned() } else { describe(value) };
        let fault = Fault::WrongValue { expected: kind.expected(), found };
        self.fault(place.written.clone(), fault);
    }

    /// Says only the type of what was found: a key may stand where its section should.
    fn wrong_object(&mut self, value: &Value, place: &Place) {
        let fault =
            Fault::WrongValue { expected: "an object".to_owned(), found: type_name(value).to_owned() };
        self.fault(place.written.clone(), fault);
    }

    fn fault(&mut self, path: KeyPath, fault: Fault) {
        self.reading.errors.push(ConfigError::new(self.origin.clone(), path, fault));
    }
}

/// The type of a value, in words.
pub(crate) const fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Longest value that a message repeats, in characters.
const MAX_SHOWN: usize = 60;

/// The type of a value and, when it is short, simple and no address, the value.
pub(crate) fn describe(value: &Value) -> String {
    let shown = match value {
        Value::String(text) if may_be_address(text) => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
    };
    match shown.chars().count() {
        1..=MAX_SHOWN => format!("{} {shown}", type_name(value)),
        _ => type_name(value).to_owned(),
    }
}

/// Whether a text may be an address, which may hold a password or a token, whatever key it stands under.
pub(crate) fn may_be_address(text: &str) -> bool {
    text.contains("//") || text.contains('@')
}
