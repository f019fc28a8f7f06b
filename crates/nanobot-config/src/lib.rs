//! Settings of nanobot: the original's `config.json`, our `config.toml`, the environment, and their order.
//!
//! Start with [`load`]. [`Home`] says where files are, [`Environment`] is the only reader of variables,
//! [`migrate`] brings an old file into today's form, [`check_text`] says what is wrong with one.
//!
//! This crate does not know what a setting does, and loading never writes.

mod baseline;
mod bridge_url;
mod check;
mod document;
mod dump;
mod environment;
mod error;
mod files;
mod home;
mod key_path;
mod legacy;
mod load;
mod merged;
mod migration;
mod nearest;
mod reading;
mod render;
mod schema;
mod secrets;
pub mod settings;
pub mod spelling;
mod strict;
mod variables;

pub use baseline::Baseline;
pub use check::{Check, CheckError, check_text};
pub use environment::Environment;
pub use error::{ConfigError, ConfigErrors, Fault, Origin};
pub use home::Home;
pub use key_path::KeyPath;
pub use legacy::Note;
pub use load::{LoadRequest, Loaded, Warning, load};
pub use migration::to_env::{EnvMigration, Existing, migrate_to_env, write_env_migration};
pub use migration::{Migration, migrate, write_migration};
pub use nearest::nearest;
pub use reading::Unknown;
pub use schema::json_schema::schema;
pub use schema::reference::reference;
pub use settings::Config;
pub use variables::{Overrides, PROVIDER_VARIABLES, ProviderVariable};
