//! What can be typed. Types for the parser and nothing else.

mod audit;
mod cost;
mod journal;
mod memory;
mod model;
mod outbox;
mod policy;
mod sandbox;
mod security;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use audit::Audit;
pub(crate) use cost::{Cost, CostBy};
pub(crate) use journal::Journal;
pub(crate) use memory::{Memory, Notes};
pub(crate) use model::{Ask, Model};
pub(crate) use outbox::Outbox;
pub(crate) use policy::{Batch, Edit, Explain, Policy, World};
pub(crate) use sandbox::{Plan, Run, Sandbox};
pub(crate) use security::{ExplainText, Rules, Security, Stage};

/// nanobot's operator command: chat with it, look after it.
#[derive(Parser)]
#[command(version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Args {
    /// The home folder [default: $NANOBOT_HOME, else ~/.nanobot]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) home: Option<PathBuf>,
    /// Another file in place of the home's config.json
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Set up a home: folders, starter files, and the model that answers
    Onboard(Onboard),
    /// Talk to nanobot: here, or with lines from a pipe
    #[command(alias = "agent")]
    Chat(Chat),
    /// Show how nanobot is
    Status(Status),
    /// Look whether everything is as it should be, and say what to do where it is not
    Doctor(Json),
    /// Look after conversations
    #[command(subcommand)]
    Session(Session),
    /// Look after what waits to be sent
    #[command(subcommand)]
    Outbox(Outbox),
    /// Look into past turns, and derive them again
    #[command(subcommand)]
    Journal(Journal),
    /// Look after the models: who answers what, whether they answer, and who is left alone
    #[command(subcommand)]
    Model(Model),
    /// Show what models cost, and what is left of the budgets
    Cost(Cost),
    /// Look after who may talk and what happens then
    #[command(subcommand)]
    Policy(Policy),
    /// Ask the gate that judges messages, tool calls and answers
    #[command(subcommand)]
    Security(Security),
    /// Look after the box in which commands run
    #[command(subcommand)]
    Sandbox(Sandbox),
    /// Look after what is remembered
    #[command(subcommand)]
    Memory(Memory),
    /// Look into the log of policy changes
    #[command(subcommand)]
    Audit(Audit),
    /// Look after settings
    #[command(subcommand)]
    Config(Config),
    /// Print the version
    Version(Json),
    /// Print a completion script
    Completions {
        /// For which shell
        shell: Shell,
    },
}

#[derive(clap::Args)]
pub(crate) struct Json {
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(clap::Args)]
pub(crate) struct Onboard {
    /// Say what would be written, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Take the first offer (what was chosen before, if anything) and ask nothing
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// The model that answers, such as openai/gpt-4o-mini; `offline` for none
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// The address of an OpenAI-compatible server, such as <http://127.0.0.1:11434/v1>
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
}

#[derive(clap::Args)]
pub(crate) struct Chat {
    /// Ask this, print the answer, and end
    #[arg(long, short, value_name = "TEXT")]
    pub(crate) message: Option<String>,
    /// The conversation
    #[arg(long, short, value_name = "KEY", default_value = "cli:default")]
    pub(crate) session: String,
}

#[derive(clap::Args)]
pub(crate) struct Status {
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    /// Exit with 69 when no daemon runs
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Subcommand)]
pub(crate) enum Session {
    /// List conversations, most recently used first
    List(List),
    /// Show the last messages of a conversation
    Show {
        /// Its key; `garden` is short for cli:garden
        #[arg(default_value = "cli:default")]
        key: String,
        /// So many messages
        #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        lines: u32,
        #[command(flatten)]
        json: Json,
    },
    /// Say what session files hold and what in them cannot be read
    Inspect {
        /// The files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Forget the messages of a conversation
    Reset {
        /// Its key; `garden` is short for cli:garden
        key: String,
        /// Ask nothing
        #[arg(long, short)]
        yes: bool,
        /// Say what would be forgotten, and forget nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        json: Json,
    },
    /// Write a conversation to standard output
    Export {
        /// Its key; `garden` is short for cli:garden
        key: String,
        /// How
        #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
        format: ExportFormat,
    },
}

/// How a list is printed. Named for clap, to whom a command `List` has taken the name of this type.
#[derive(clap::Args)]
#[group(id = "form")]
pub(crate) struct List {
    /// Print one JSON document
    #[arg(long, conflicts_with = "jsonl")]
    pub(crate) json: bool,
    /// Print one JSON document a line
    #[arg(long)]
    pub(crate) jsonl: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// The file as it is
    Jsonl,
    /// For reading
    Markdown,
}

#[derive(Subcommand)]
pub(crate) enum Config {
    /// Show the settings in force, secrets hidden
    Show {
        /// Only this key, such as agents.defaults.model
        key: Option<String>,
        /// Say which layer gave the value of KEY
        #[arg(long, requires = "key")]
        source: bool,
    },
    /// Check files, or the home's, without using them
    Check {
        /// The files
        files: Vec<PathBuf>,
        /// Print one JSON document a line
        #[arg(long)]
        jsonl: bool,
    },
    /// Print where the files are
    Path(Json),
    /// Print the settings' JSON Schema
    Schema,
    /// Bring config.json into today's form
    Migrate {
        /// Write it, with a backup beside it; without, the result is printed
        #[arg(long)]
        write: bool,
    },
    /// Move keys and tokens from config.json into .env
    MigrateToEnv {
        /// Write both files, with a backup; without, the plan is printed
        #[arg(long)]
        write: bool,
        /// Also when .env exists: names in it are replaced, the rest stays
        #[arg(long)]
        force: bool,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn every_command_can_be_parsed() {
        // Clap looks at a command only when it is typed.
        Args::command().debug_assert();
    }
}
