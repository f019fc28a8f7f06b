//! Prints the reference part of `docs/configuration.md`, or with `--schema` the JSON Schema.
//!
//! When a setting changes, put the output between the page's `reference` marks; a test compares them.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

fn main() {
    if std::env::args().any(|argument| argument == "--schema") {
        println!("{:#}", nanobot_config::schema());
    } else {
        print!("{}", nanobot_config::reference());
    }
}
