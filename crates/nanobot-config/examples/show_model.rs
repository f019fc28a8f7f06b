//! Loads the settings of a home and prints which model answers, and where that was decided.
//!
//! `cargo run -p nanobot-config --example show_model -- [HOME]`; without a home, of a temporary one.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

use std::error::Error;
use std::path::PathBuf;

use nanobot_config::{Environment, Home, LoadRequest, load};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    std::fs::write(
        folder.path().join("config.json"),
        r#"{"agents": {"defaults": {"model": "openai/gpt-4o"}}}"#,
    )?;
    let home = std::env::args_os().nth(1).map_or_else(|| folder.path().to_path_buf(), PathBuf::from);

    let environment = Environment::capture();
    let home = Home::locate(Some(&home), &environment)?;
    let loaded = load(&LoadRequest::new(home, environment))?;

    let models = &loaded.config.models;
    let profile = models.routes.get("assistant.reply").map_or("none", String::as_str);
    let model = models.profiles.get(profile).and_then(|profile| profile.model.as_deref()).unwrap_or("none");
    let source = loaded.source_of(&format!("models.profiles.{profile}.model"));
    println!("{profile} uses {model} ({})", source.map_or_else(String::new, ToString::to_string));
    Ok(())
}
