//! How a member of a policy is read, written and laid over another: the meaning of the table in `schema.rs`.
//!
//! A section reads its members in the order of the table, then names what it does not know; faults are noted and
//! never stop the reading, so that one look shows all of them.

use indexmap::IndexMap;

use super::outline::Outline;
use super::reader::Reader;
pub use crate::json::{Integer, Number};
use crate::json::{Node, Object, Value};
use crate::places::Places;

/// A map as it stands in a file: its keys keep their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Map<T>(pub IndexMap<String, T>);

impl<T> Default for Map<T> {
    fn default() -> Self {
        Self(IndexMap::new())
    }
}

impl<T> Map<T> {
    /// A map of these.
    pub fn of<K: Into<String>>(members: impl IntoIterator<Item = (K, T)>) -> Self {
        Self(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// One member.
    pub fn get(&self, key: &str) -> Option<&T> {
        self.0.get(key)
    }
}

/// The range of a number; what has none takes no notice of it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Range {
    pub(crate) at_least: Option<f64>,
    pub(crate) at_most: Option<f64>,
}

/// Something that stands in a document.
pub(crate) trait Field: Sized {
    /// Reads it. None when it is no such thing; that is noted then.
    fn read<'n>(node: &'n Node<'_>, range: Range, reader: &mut Reader<'n>) -> Option<Self>;

    /// As it is written; none when it is left out.
    fn write(&self) -> Option<Value<'_>>;

    /// Where a rule stands that lies below, by its path in canonical spelling.
    fn find<'o>(outline: &'o Outline, path: &[&str]) -> Option<&'o Outline> {
        path.is_empty().then_some(outline)
    }
}

/// Something that an outer layer says and an inner one may say otherwise.
pub trait Overlay {
    /// What the inner layer says.
    type Over;

    /// Takes what the inner layer says.
    fn overlay(&mut self, over: &Self::Over);
}

macro_rules! replaced {
    ($($type:ty),*) => {$(
        impl Overlay for $type {
            type Over = Self;

            fn overlay(&mut self, over: &Self) {
                self.clone_from(over);
            }
        }
    )*};
}
replaced!(bool, String, Integer, Number, Vec<String>);

impl Overlay for Option<String> {
    type Over = String;

    fn overlay(&mut self, over: &String) {
        *self = Some(over.clone());
    }
}

impl<T> Overlay for Map<T>
where
    T: Overlay + Default,
{
    type Over = Map<T::Over>;

    fn overlay(&mut self, over: &Self::Over) {
        for (key, over) in &over.0 {
            self.0.entry(key.clone()).or_default().overlay(over);
        }
    }
}

impl<T: Field> Field for Option<T> {
    fn read<'n>(node: &'n Node<'_>, range: Range, reader: &mut Reader<'n>) -> Option<Self> {
        if matches!(node.value, Value::Null) { Some(None) } else { T::read(node, range, reader).map(Some) }
    }

    fn write(&self) -> Option<Value<'_>> {
        self.as_ref().and_then(Field::write)
    }

    fn find<'o>(outline: &'o Outline, path: &[&str]) -> Option<&'o Outline> {
        if outline.is_null() { None } else { T::find(outline, path) }
    }
}

impl<T: Field> Field for Vec<T> {
    fn read<'n>(node: &'n Node<'_>, range: Range, reader: &mut Reader<'n>) -> Option<Self> {
        let items = reader.list(node)?;
        let mut read = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            read.push(reader.at_index(index, |reader| T::read(item, range, reader)));
        }
        read.into_iter().collect()
    }

    fn write(&self) -> Option<Value<'_>> {
        Some(Value::List(self.iter().filter_map(Field::write).map(Node::made).collect()))
    }

    fn find<'o>(outline: &'o Outline, path: &[&str]) -> Option<&'o Outline> {
        match path.split_first() {
            None => Some(outline),
            Some((index, rest)) => T::find(outline.item(index.parse().ok()?)?, rest),
        }
    }
}

impl<T: Field> Field for Map<T> {
    fn read<'n>(node: &'n Node<'_>, range: Range, reader: &mut Reader<'n>) -> Option<Self> {
        let members = reader.object(node)?;
        let mut read = IndexMap::with_capacity(members.len());
        let mut is_whole = true;
        for (key, member) in members.iter() {
            match reader.at_key(key, |reader| T::read(member, range, reader)) {
                Some(value) => drop(read.insert(key.to_owned(), value)),
                None => is_whole = false,
            }
        }
        is_whole.then_some(Self(read))
    }

    fn write(&self) -> Option<Value<'_>> {
        let mut members = Object::default();
        for (key, value) in &self.0 {
            if let Some(value) = value.write() {
                members.push(key.as_str(), Node::made(value));
            }
        }
        Some(Value::Object(members))
    }

    fn find<'o>(outline: &'o Outline, path: &[&str]) -> Option<&'o Outline> {
        match path.split_first() {
            None => Some(outline),
            Some((key, rest)) => T::find(outline.member(key)?, rest),
        }
    }
}

/// The bound of a range, if the table states one.
macro_rules! bound {
    () => {
        None
    };
    ($bound:literal) => {
        Some(f64::from($bound))
    };
}
pub(crate) use bound;

/// The default of a member. One that is required has none that counts.
macro_rules! default_of {
    ($type:ty) => {
        <$type>::default()
    };
    ($type:ty, $default:expr) => {
        $default
    };
}
pub(crate) use default_of;

/// What is done with most members once they are read.
#[expect(clippy::unnecessary_wraps, reason = "stands beside checks that refuse")]
pub(crate) fn nothing_more<T>(_given: &mut T, _places: &dyn Places) -> Result<(), String> {
    Ok(())
}

/// What else is done with a member that was read.
macro_rules! then_of {
    () => {
        super::field::nothing_more
    };
    ($then:path) => {
        $then
    };
}
pub(crate) use then_of;

/// Whether a member must be there.
macro_rules! is_required {
    () => {
        true
    };
    ($default:expr) => {
        false
    };
}
pub(crate) use is_required;

/// A closed set of words.
macro_rules! choices {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $( $(#[$doc:meta])* $choice:ident = $word:literal, )* }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $( $(#[$doc])* $choice, )* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$( Self::$choice, )*];

            /// The word in the file.
            pub const fn word(self) -> &'static str {
                match self { $( Self::$choice => $word, )* }
            }
        }

        impl super::field::Field for $name {
            fn read<'n>(
                node: &'n crate::json::Node<'_>,
                _range: super::field::Range,
                reader: &mut super::reader::Reader<'n>,
            ) -> Option<Self> {
                reader.choice(node, Self::ALL, Self::word)
            }

            fn write(&self) -> Option<crate::json::Value<'_>> {
                Some(crate::json::Value::Text(self.word().into()))
            }
        }

        impl super::field::Overlay for $name {
            type Over = Self;

            fn overlay(&mut self, over: &Self) {
                *self = *over;
            }
        }
    };
}
pub(crate) use choices;

/// A part of the document with members of its own, and what an inner layer may say of it.
macro_rules! section {
    (
        $(#[$meta:meta])*
        pub struct $name:ident / $over:ident {
            $( $(#[$doc:meta])* $field:ident $key:literal : $type:ty = $default:expr
               $(, at_least $min:literal)? $(, at_most $max:literal)? ; )*
        }
        $( override only { $( $(#[$only_doc:meta])* $only:ident $only_key:literal : $only_type:ty ; )* } )?
    ) => {
        super::field::section! {
            $(#[$meta])*
            pub struct $name {
                $( $(#[$doc])* $field $key : $type = $default $(, at_least $min)? $(, at_most $max)? ; )*
            }
        }

        super::field::section! {
            $(#[$meta])*
            ///
            /// As an inner layer says it: what is not given comes from the outer one.
            pub struct $over {
                $( $(#[$doc])* $field $key : Option<<$type as super::field::Overlay>::Over> = None
                   $(, at_least $min)? $(, at_most $max)? ; )*
                $( $( $(#[$only_doc])* $only $only_key : Option<$only_type> = None; )* )?
            }
        }

        impl super::field::Overlay for $name {
            type Over = $over;

            fn overlay(&mut self, over: &$over) {
                $( if let Some(over) = &over.$field {
                    super::field::Overlay::overlay(&mut self.$field, over);
                } )*
            }
        }
    };
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( $(#[$doc:meta])* $field:ident $key:literal : $type:ty $(= $default:expr)? $(, required)?
               $(, at_least $min:literal)? $(, at_most $max:literal)? $(, then $then:path)? ; )*
        }
        $( then $finally:path; )?
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name { $( $(#[$doc])* pub $field: $type, )* }

        impl Default for $name {
            fn default() -> Self {
                Self { $( $field: super::field::default_of!($type $(, $default)?), )* }
            }
        }

        impl super::field::Field for $name {
            fn read<'n>(
                node: &'n crate::json::Node<'_>,
                _range: super::field::Range,
                reader: &mut super::reader::Reader<'n>,
            ) -> Option<Self> {
                let object = reader.object(node)?;
                $(
                    let range = super::field::Range {
                        at_least: super::field::bound!($($min)?),
                        at_most: super::field::bound!($($max)?),
                    };
                    let member = super::reader::Member {
                        spellings: ($key, stringify!($field)),
                        is_required: super::field::is_required!($($default)?),
                        range,
                    };
                    let then = super::field::then_of!($($then)?);
                    let $field = reader.member::<$type>(node, object, &member, then);
                )*
                reader.no_more(node, object, &[$( ($key, stringify!($field)), )*]);
                let read = Self { $(
                    $field: $field.or_else(|| super::field::default_of!($type $(, $default)?))?,
                )* };
                let then = super::field::then_of!($($finally)?);
                reader.then(node, read, then)
            }

            fn write(&self) -> Option<crate::json::Value<'_>> {
                let mut members = crate::json::Object::default();
                $( if let Some(value) = super::field::Field::write(&self.$field) {
                    members.push($key, crate::json::Node::made(value));
                } )*
                Some(crate::json::Value::Object(members))
            }

            fn find<'o>(
                outline: &'o super::outline::Outline,
                path: &[&str],
            ) -> Option<&'o super::outline::Outline> {
                let Some((key, rest)) = path.split_first() else { return Some(outline) };
                match *key {
                    $( $key => {
                        let member = outline.member($key).or_else(|| outline.member(stringify!($field)))?;
                        <$type as super::field::Field>::find(member, rest)
                    } )*
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use section;
