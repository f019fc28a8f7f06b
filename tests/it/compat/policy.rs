//! The recorded chat policy of the original: one file for each kind of case.

mod admin;
mod cli;
mod decisions;
mod document;
mod effective;
mod file_access;
mod hot_reload;
mod world;

const FOLDER: &str = "policy";
