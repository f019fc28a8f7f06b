//! `policy explain`: what becomes of a message, and why. A page for people on a terminal, else the JSON of the
//! original with our additions.

mod document;

use std::fmt::Write as _;
use std::io::IsTerminal as _;

use nanobot_channels::console::clean;
use nanobot_policy::{Asked, Engine, Explanation, ToolAccess, explain};

use super::at_home::{AtHome, is_operators};
use crate::args::Explain;
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::output;

pub(super) fn run(options: &Explain, place: &Place) -> Result<Code, Failure> {
    let (document, engine) = AtHome::of(place)?.engine()?;
    let asked = asked(options);
    let explanation = explain(&document, &engine, &asked);
    let tool = options.tool.as_deref().map(|name| Tool::of(name, &engine, &asked));
    if options.json.json || !std::io::stdout().is_terminal() {
        output::json(&document::of(&explanation, tool.as_ref()))?;
    } else {
        output::raw(page(&explanation, tool.as_ref()).as_bytes())?;
    }
    Ok(Code::Done)
}

fn asked(options: &Explain) -> Asked<'_> {
    Asked {
        channel: &options.channel,
        chat: &options.chat,
        sender: &options.sender,
        text: options.text.as_deref().unwrap_or_default().into(),
        is_group: options.group,
        mentioned_bot: options.mentioned,
        reply_to_bot: options.reply_to_bot,
        // Nothing asks for the words of other messages.
        is_voice: options.text.is_some(),
        owner_by_channel: is_operators(&options.channel),
    }
}

/// A tool that was asked about.
struct Tool<'a> {
    name: &'a str,
    access: ToolAccess,
}

impl<'a> Tool<'a> {
    fn of(name: &'a str, engine: &Engine, asked: &Asked<'_>) -> Self {
        Self { name, access: engine.tool_access(asked, name) }
    }

    fn verdict(&self) -> &'static str {
        match self.access {
            ToolAccess { in_decision: true, .. } => "may be used",
            ToolAccess { rule_allows: false, .. } => "its own rule refuses this sender",
            ToolAccess { in_potential_tools: false, .. } => "the chat does not have it",
            _ => "the chat has it, and this message is not answered",
        }
    }
}

/// For people. Names of chats and senders come from outside, so nothing in it moves the cursor.
fn page(explanation: &Explanation, tool: Option<&Tool<'_>>) -> String {
    let mut page = explanation.to_string();
    let (notes, source) = &explanation.memory_notes;
    let taken = if notes.enabled { notes.mode.name() } else { "none" };
    // Writing into a text does not fail.
    let _ = writeln!(page, "notes: {taken} ({})", source.enabled);
    if let Some(tool) = tool {
        let _ = writeln!(page, "tool {}: {}", tool.name, tool.verdict());
    }
    let _ = writeln!(page, "policy: {}", explanation.policy_source);
    clean(&page)
}

#[cfg(test)]
mod tests;
