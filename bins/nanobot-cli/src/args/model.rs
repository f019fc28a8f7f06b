//! What can be typed about models. Types for the parser and nothing else.

use clap::Subcommand;
use nanobot_core::model::ModelTask;

use super::Json;

#[derive(Subcommand)]
pub(crate) enum Model {
    /// List the profiles: which model each means, who would serve it, and what it costs
    List(Json),
    /// Say which task goes to which profile, and who stands in for it
    Route(Json),
    /// Say which model does a task: JSON Lines on standard input, one line on standard output for each
    Resolve,
    /// Ask a model one short question: it costs money, stands in no book, and no budget is asked
    ///
    /// Ends with 1 when it did not answer, also where another one stood in for it.
    Test(Ask),
    /// Show which providers are left alone at the moment, since they failed
    Health(Json),
}

#[derive(clap::Args)]
pub(crate) struct Ask {
    /// The profile [default: the one that answers chats]
    pub(crate) profile: Option<String>,
    /// The profile of a task, by its short name (reply) or its key (assistant.reply)
    #[arg(long, value_name = "TASK", conflicts_with = "profile")]
    pub(crate) task: Option<String>,
    /// Each model of the chain by itself, and not only the first one that answers
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) json: Json,
}

impl Ask {
    /// The task that is meant where nobody says anything.
    pub(crate) const USUAL: ModelTask = ModelTask::Reply;
}
