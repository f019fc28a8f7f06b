//! `section!` and `choice!`: settings and their table rows from one text.
//!
//! A field reads `name: Type = default,`. A section has no default of its own; a field without one is
//! required. `as KIND` behind the default narrows what the key takes beyond its type. `@own` marks a key that the
//! original does not know, `@both` one that only its later states know.

/// Declares a struct of settings; see the module.
macro_rules! section {
    (
        $(#[doc = $about:literal])*
        pub struct $name:ident {
            $(
                $(#[doc = $note:literal])*
                $(@$owner:ident)? $field:ident: $type:ty $(= $default:tt)? $(as $kind:expr)?,
            )*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $( $(#[doc = $note])* pub $field: $type, )*
        }

        impl $crate::schema::setting::Setting for $name {
            const KIND: $crate::schema::Kind = $crate::schema::Kind::Section(&$crate::schema::Section {
                fields: &[ $( $crate::schema::Field {
                    name: stringify!($field),
                    kind: $crate::schema::macros::section!(@kind $type $(, $kind)?),
                    default: $crate::schema::macros::section!(@default $($default)?),
                    owner: $crate::schema::macros::section!(@owner $($owner)?),
                    notes: concat!($($note, "\n"),*),
                } ),* ],
            });

            fn extract(value: &serde_json::Value) -> Option<Self> {
                Some(Self {
                    $( $field: $crate::schema::setting::extract_field(
                        value,
                        stringify!($field),
                        $crate::schema::macros::section!(@default $($default)?),
                    )?, )*
                })
            }
        }
    };
    (@default) => { None };
    (@default $default:tt) => { Some(|| serde_json::json!($default)) };
    (@kind $type:ty) => { <$type as $crate::schema::setting::Setting>::KIND };
    (@kind $type:ty, $kind:expr) => { $kind };
    (@owner) => { $crate::schema::Owner::Original };
    (@owner own) => { $crate::schema::Owner::Ours };
    (@owner both) => { $crate::schema::Owner::Both };
}

/// Declares an enum of settings whose values are texts.
macro_rules! choice {
    (
        $(#[doc = $about:literal])*
        pub enum $name:ident {
            $( $(#[doc = $note:literal])* $variant:ident = $text:literal, )*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[doc = $note])* $variant, )*
        }

        impl $name {
            /// The value as a configuration spells it.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $text, )* }
            }
        }

        impl $crate::schema::setting::Setting for $name {
            const KIND: $crate::schema::Kind = $crate::schema::Kind::Choice(&[$($text),*]);

            fn extract(value: &serde_json::Value) -> Option<Self> {
                match value.as_str()? {
                    $( $text => Some(Self::$variant), )*
                    _ => None,
                }
            }
        }
    };
}

pub(crate) use {choice, section};
