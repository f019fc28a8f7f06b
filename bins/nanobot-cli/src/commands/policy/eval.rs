//! `policy eval` and `policy tool-access`: one policy, many messages, no daemon and no home.

use nanobot_policy::Actor;
use serde_json::{Value, json};

use super::engines::Engines;
use super::world::World;
use super::{decision, event};
use crate::args;
use crate::commands::batch::{self, Answer, BadLine};
use crate::exit::{Code, Failure};

/// What happens with each message.
pub(super) fn decisions(options: &args::Batch) -> Result<Code, Failure> {
    let mut engines = Engines::of(&options.policy, World::of(&options.world))?;
    let mut personas = engines.personas();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| Failure::new(Code::No, format!("the runtime did not start: {error}")))?;
    batch::run(|line| {
        let asked = event::asked(line)?;
        let engine = engines.of_line(line)?;
        let mut decided = engine.decide(&asked);
        personas.read_into(&mut decided, &runtime)?;
        Ok(Answer::from_iter([
            ("decision".to_owned(), decision::decision(&decided)),
            ("actor".to_owned(), decision::actor(&Actor::of(asked.channel, asked.sender))),
            ("notes_source".to_owned(), decision::notes_source(&engine.notes_source(&asked))),
        ]))
    })
}

/// Whether each message may use its tool.
pub(super) fn tool_access(options: &args::Batch) -> Result<Code, Failure> {
    let mut engines = Engines::of(&options.policy, World::of(&options.world))?;
    batch::run(|line| {
        let asked = event::asked(line)?;
        let tool = line.get("tool").and_then(Value::as_str);
        let tool = tool.ok_or_else(|| BadLine::input("tool must be a text"))?;
        let access = engines.of_line(line)?.tool_access(&asked, tool);
        Ok(Answer::from_iter([
            ("rule_allows".to_owned(), json!(access.rule_allows)),
            ("in_potential_tools".to_owned(), json!(access.in_potential_tools)),
            ("in_decision".to_owned(), json!(access.in_decision)),
        ]))
    })
}
