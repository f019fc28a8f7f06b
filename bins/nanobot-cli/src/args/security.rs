//! What can be typed about the security gate. Types for the parser and nothing else.

use clap::{Subcommand, ValueEnum};

use super::Json;

#[derive(Subcommand)]
pub(crate) enum Security {
    /// Judge texts and tool calls: JSON Lines on standard input, one line on standard output for each
    Scan,
    /// Judge addresses of the web: JSON Lines on standard input, one line on standard output for each
    UrlGuard,
    /// List the rules
    Rules(Rules),
    /// Say what the gate makes of one text, and which rules decide that
    Explain(ExplainText),
}

#[derive(clap::Args)]
pub(crate) struct Rules {
    /// Those of one stage only
    #[arg(long, value_enum)]
    pub(crate) stage: Option<Stage>,
    /// One rule, with its examples
    #[arg(value_name = "RULE")]
    pub(crate) rule: Option<String>,
    #[command(flatten)]
    pub(crate) json: Json,
}

#[derive(clap::Args)]
pub(crate) struct ExplainText {
    /// The text; for the stage `tool` the name of a tool
    pub(crate) text: String,
    /// Which stage judges it
    #[arg(long, value_enum, default_value = "input")]
    pub(crate) stage: Stage,
    /// The tool's arguments as a JSON object
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub(crate) args: String,
    #[command(flatten)]
    pub(crate) json: Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stage {
    /// What somebody writes
    Input,
    /// Tool calls
    Tool,
    /// What leaves
    Output,
}
