//! The chat policy of nanobot: who may talk, when the assistant answers, with which tools, persona and voice.
//!
//! Everything here is pure: text in ([`Document`]), compiled policy out ([`Engine`]), event in, decision out. Files,
//! clocks and watching are the business of an adapter; what they need to know of the file system comes through
//! [`Places`].
//!
//! Read in this order: `document/schema.rs` (what a policy can say), `document.rs`, `compile.rs`, `engine.rs`.

pub mod admin;
mod chat;
mod check;
mod compile;
mod document;
mod effective;
mod engine;
mod explain;
pub mod file_access;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod identity;
mod json;
mod known_tools;
mod notes;
mod persona;
mod places;
pub mod reload;
mod senders;
mod shared;
mod speech;
mod tools;
mod unicode;
mod verdict;
mod wake;

pub use check::{CheckFault, CheckOptions, check};
pub use compile::CompileOptions;
pub use document::schema;
pub use document::{
    Document, Fault, Integer, MAX_BYTES, MAX_FAULTS, Map, Number, Overlay, SchemaFault, Step, Unwritable,
};
pub use effective::Effective;
pub use engine::{Asked, Engine, ToolAccess};
pub use explain::{Change, Edit, Explanation, Layer, RuleSource, RuleValue, explain};
pub use identity::{Actor, expand};
pub use known_tools::KNOWN_TOOLS;
pub use notes::NotesSource;
pub use persona::{NoPersona, persona_paths, persona_text};
pub use places::{LexicalPlaces, NoSuchUser, Places};
