//! What can be typed about the policy. Types for the parser and nothing else.

use std::path::PathBuf;

use clap::Subcommand;

use super::Json;

#[derive(Subcommand)]
pub(crate) enum Policy {
    /// Print where policy.json is
    Path(Json),
    /// Say what becomes of a message, which rules decide that, and what would turn it
    Explain(Explain),
    /// Check files, or the home's policy.json, without using them
    Check {
        /// The files; the home's policy.json against the home's settings when there is none
        files: Vec<PathBuf>,
        /// Print one JSON document a line
        #[arg(long)]
        jsonl: bool,
        #[command(flatten)]
        world: World,
    },
    /// Give an admin command as an owner, such as "/policy list-groups"
    Cmd {
        /// The command, with its slash
        command: String,
        #[command(flatten)]
        edit: Edit,
        /// Also where it is risky
        #[arg(long)]
        confirm: bool,
    },
    /// Decide about messages: JSON Lines on standard input, one line on standard output for each
    Eval(Batch),
    /// Decide who may use a tool: JSON Lines on standard input, one line on standard output for each
    ToolAccess(Batch),
    /// Write the names of WhatsApp groups beside their rules, as a comment
    AnnotateWhatsappComments {
        /// A JSON object with the name of each group under its id
        #[arg(long, value_name = "FILE")]
        names: Option<PathBuf>,
        /// Also where a comment stands already
        #[arg(long)]
        overwrite: bool,
        #[command(flatten)]
        edit: Edit,
    },
    /// Take channels.*.allowFrom of config.json over as the rule who may talk
    #[command(name = "migrate-allowfrom")]
    MigrateAllowFrom(Edit),
}

/// A message to ask about.
#[derive(clap::Args)]
pub(crate) struct Explain {
    /// The network, such as whatsapp
    #[arg(long, short, value_name = "NAME")]
    pub(crate) channel: String,
    /// The conversation, such as 12036304@g.us
    #[arg(long, value_name = "ID")]
    pub(crate) chat: String,
    /// Who writes
    #[arg(long, short, value_name = "ID")]
    pub(crate) sender: String,
    /// It is said in a group
    #[arg(long)]
    pub(crate) group: bool,
    /// The assistant is mentioned
    #[arg(long)]
    pub(crate) mentioned: bool,
    /// It answers the assistant
    #[arg(long)]
    pub(crate) reply_to_bot: bool,
    /// What a voice note says; words count there alone
    #[arg(long, value_name = "TEXT")]
    pub(crate) text: Option<String>,
    /// Also say whether this tool may be used
    #[arg(long, value_name = "NAME")]
    pub(crate) tool: Option<String>,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// How a change is made.
#[derive(clap::Args, Clone, Copy)]
pub(crate) struct Edit {
    /// Say what would be changed, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// A policy and the world that it is asked in.
#[derive(clap::Args)]
pub(crate) struct Batch {
    /// The policy
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: PathBuf,
    #[command(flatten)]
    pub(crate) world: World,
}

/// What a policy does not say itself.
#[derive(clap::Args)]
pub(crate) struct World {
    /// Personas lie in here; without it none is read, and where they lie is not checked
    #[arg(long, value_name = "DIR")]
    pub(crate) workspace: Option<PathBuf>,
    /// The channels that the policy governs [default: telegram,whatsapp]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) apply_channels: Option<Vec<String>>,
    /// The tools that there are [default: the thirteen of the original]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) known_tools: Option<Vec<String>>,
    /// The folder that ~ means [default: $HOME]
    #[arg(long, value_name = "DIR")]
    pub(crate) user_home: Option<PathBuf>,
}
