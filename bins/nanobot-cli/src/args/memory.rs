//! What can be typed about what nanobot remembers. Types for the parser and nothing else.

use clap::{Subcommand, ValueEnum};

use super::Json;
use super::policy::Edit;

#[derive(Subcommand)]
pub(crate) enum Memory {
    /// Look after quiet notes of chats
    #[command(subcommand)]
    Notes(Notes),
}

#[derive(Subcommand)]
pub(crate) enum Notes {
    /// Say whether notes are taken in a chat, and which settings say so
    Status {
        #[command(flatten)]
        chat: Chat,
        /// It is a group; so it is taken to be
        #[arg(long, conflicts_with = "is_dm")]
        is_group: bool,
        /// It is a conversation of two
        #[arg(long)]
        is_dm: bool,
        #[command(flatten)]
        json: Json,
    },
    /// Say for one chat whether notes are taken, and how
    Set {
        #[command(flatten)]
        chat: Chat,
        /// Whether
        #[arg(long, value_enum, default_value_t = Switch::Inherit)]
        enabled: Switch,
        /// How
        #[arg(long, value_enum, default_value_t = Mode::Inherit)]
        mode: Mode,
        /// Also from senders who may not talk
        #[arg(long, value_enum, default_value_t = Switch::Inherit)]
        allow_blocked: Switch,
        #[command(flatten)]
        edit: Edit,
    },
}

#[derive(clap::Args)]
pub(crate) struct Chat {
    /// The network, such as whatsapp
    #[arg(long, short, value_name = "NAME")]
    pub(crate) channel: String,
    /// The conversation, such as 12036304@g.us
    #[arg(long, value_name = "ID")]
    pub(crate) chat_id: String,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// Yes
    On,
    /// No
    Off,
    /// As the channel says
    Inherit,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// A model for large or mixed batches, else word rules
    Adaptive,
    /// Word rules alone
    Heuristic,
    /// A model first, word rules when it finds nothing
    Hybrid,
    /// As the channel says
    Inherit,
}

impl Switch {
    /// What is set; none for what is inherited.
    pub(crate) const fn set(self) -> Option<bool> {
        match self {
            Self::On => Some(true),
            Self::Off => Some(false),
            Self::Inherit => None,
        }
    }
}

impl Mode {
    /// What is set, in the policy's word; none for what is inherited.
    pub(crate) const fn set(self) -> Option<&'static str> {
        match self {
            Self::Adaptive => Some("adaptive"),
            Self::Heuristic => Some("heuristic"),
            Self::Hybrid => Some("hybrid"),
            Self::Inherit => None,
        }
    }
}
