//! Security in a running daemon: real people in a real IRC group, before a model that obeys whatever it reads.
//!
//! What the gate knows and what the box withstands is held against their own cases elsewhere. Here it is shown that
//! a person who is no owner reaches no tool through the model, that the owner does, and that no secret leaves.

mod blocked;
mod boxless;
mod calls;
mod foreign;
mod killed;
mod model;
mod owner;
mod settings;
mod split;
mod stranger;
mod world;
