//! The chat policy of nanobot: who may talk, when the assistant answers, with which tools, persona and voice.
//!
//! Everything here is pure: text in ([`Document`]), compiled policy out ([`Engine`]), event in, decision out. Files,
//! clocks and watching are the business of an adapter; what they need to know of the file system comes through
//! [`Places`].
//!
//! Read in this order: `document/schema.rs` (what a policy can say), `document.rs`, `compile.rs`, `engine.rs`.

mod document;
mod json;
mod places;

pub use document::schema;
pub use document::{Document, Fault, Integer, Map, Number, Overlay, SchemaFault, Step};
pub use places::{LexicalPlaces, NoSuchUser, Places};
