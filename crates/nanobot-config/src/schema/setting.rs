//! `Setting`: the link between a Rust type and its row in the table.
//!
//! Extraction trusts its input: values were checked and brought into form by `reading`. A `None` is
//! therefore a defect of this crate and never the answer to a wrong value.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use nanobot_core::Secret;
use serde_json::Value;

use super::{Entries, Kind, Names, Span, Spelling};

/// A type that settings are made of.
pub(crate) trait Setting: Sized {
    /// What the table says about it.
    const KIND: Kind;

    /// The typed value of a checked one.
    fn extract(value: &Value) -> Option<Self>;
}

/// The field of an object, or its default; null stands in for a section that is not there.
pub(crate) fn extract_field<T: Setting>(
    object: &Value,
    name: &str,
    default: Option<fn() -> Value>,
) -> Option<T> {
    match (object.get(name), default) {
        (Some(value), _) => T::extract(value),
        (None, Some(default)) => T::extract(&default()),
        (None, None) => T::extract(&Value::Null),
    }
}

impl Setting for bool {
    const KIND: Kind = Kind::Bool;

    fn extract(value: &Value) -> Option<Self> {
        value.as_bool()
    }
}

impl Setting for u16 {
    const KIND: Kind = Kind::Integer { min: 0, max: 65_535 };

    fn extract(value: &Value) -> Option<Self> {
        value.as_u64()?.try_into().ok()
    }
}

impl Setting for u32 {
    const KIND: Kind = Kind::Integer { min: 0, max: 4_294_967_295 };

    fn extract(value: &Value) -> Option<Self> {
        value.as_u64()?.try_into().ok()
    }
}

impl Setting for NonZeroU32 {
    const KIND: Kind = Kind::Integer { min: 1, max: 4_294_967_295 };

    fn extract(value: &Value) -> Option<Self> {
        Self::new(value.as_u64()?.try_into().ok()?)
    }
}

impl Setting for u64 {
    const KIND: Kind = Kind::Integer { min: 0, max: i64::MAX };

    fn extract(value: &Value) -> Option<Self> {
        value.as_u64()
    }
}

impl Setting for f64 {
    const KIND: Kind = Kind::Number(Span::Any);

    fn extract(value: &Value) -> Option<Self> {
        value.as_f64()
    }
}

impl Setting for String {
    const KIND: Kind = Kind::Text;

    fn extract(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }
}

impl Setting for Secret<String> {
    const KIND: Kind = Kind::Secret;

    fn extract(value: &Value) -> Option<Self> {
        String::extract(value).map(Self::new)
    }
}

impl Setting for Vec<String> {
    const KIND: Kind = Kind::Texts;

    fn extract(value: &Value) -> Option<Self> {
        value.as_array()?.iter().map(String::extract).collect()
    }
}

impl<T: Setting> Setting for Option<T> {
    const KIND: Kind = Kind::Optional(&T::KIND);

    fn extract(value: &Value) -> Option<Self> {
        if value.is_null() { Some(None) } else { T::extract(value).map(Some) }
    }
}

impl<T: Setting> Setting for BTreeMap<String, T> {
    const KIND: Kind = Kind::Names(&Names {
        each: T::KIND,
        special: None,
        spelling: Spelling::AsKeys,
        entries: Entries::Completed,
    });

    fn extract(value: &Value) -> Option<Self> {
        let entries = value.as_object()?.iter();
        entries.map(|(name, value)| Some((name.clone(), T::extract(value)?))).collect()
    }
}
