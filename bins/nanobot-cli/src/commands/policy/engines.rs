//! One policy of a file, compiled for the sets of channels that lines of a batch ask about, and personas read once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use nanobot_admin_store::PersonaFiles;
use nanobot_core::decision::PolicyDecision;
use nanobot_core::pipeline::chain;
use nanobot_core::ports::PersonaSource as _;
use nanobot_policy::{CompileOptions, Document, Engine};
use serde_json::Value;

use super::world::{Unusable, World, document};
use crate::commands::batch::BadLine;
use crate::exit::{Code, Failure};
use crate::output;

/// So many sets of channels are kept compiled. A policy with ten thousand chats takes some megabytes for each.
const MAX_ENGINES: usize = 8;

/// So many persona texts are kept; each has at most a megabyte.
const MAX_PERSONAS: usize = 64;

/// A policy, ready to be asked line by line.
pub(super) struct Engines {
    document: Document,
    source: String,
    world: World,
    /// By the channels that it governs; what the command line says comes first and stays.
    compiled: Vec<(BTreeSet<String>, Engine)>,
}

impl Engines {
    /// Of a file.
    pub(super) fn of(path: &Path, world: World) -> Result<Self, Failure> {
        let document = document(path, &world).map_err(|fault| unusable(path, fault))?;
        let channels = world.channels.clone();
        let mut engines = Self { document, source: path.display().to_string(), world, compiled: Vec::new() };
        engines.compile(channels);
        Ok(engines)
    }

    /// The engine that a line asks, and its index. Its own channels count, if it names any.
    pub(super) fn of_line(&mut self, line: &Value) -> Result<&Engine, BadLine> {
        let wrong = || BadLine::input("apply_channels must be a list of texts");
        let index = match line.get("apply_channels") {
            None | Some(Value::Null) => Some(0),
            Some(Value::Array(names)) => {
                let channels: Option<BTreeSet<&str>> = names.iter().map(Value::as_str).collect();
                let channels = channels.ok_or_else(wrong)?;
                let is_it =
                    |(governed, _): &(BTreeSet<String>, Engine)| governed.iter().eq(channels.iter().copied());
                self.compiled.iter().position(is_it).or_else(|| {
                    self.compile(channels.into_iter().map(str::to_owned).collect());
                    self.compiled.len().checked_sub(1)
                })
            }
            Some(_) => return Err(wrong()),
        };
        let engine = index.and_then(|index| self.compiled.get(index));
        engine.map(|(_, engine)| engine).ok_or_else(wrong)
    }

    /// Where its personas are read.
    pub(super) fn personas(&self) -> Personas {
        let read = |workspace| PersonaFiles::new(workspace, self.world.machine.real());
        Personas { files: self.world.workspace.clone().map(read), known: BTreeMap::new() }
    }

    fn compile(&mut self, apply_channels: BTreeSet<String>) {
        if self.compiled.len() >= MAX_ENGINES {
            self.compiled.truncate(1);
        }
        let options = CompileOptions {
            apply_channels: apply_channels.clone(),
            known_tools: self.world.known_tools.clone(),
            source: self.source.clone(),
        };
        self.compiled.push((apply_channels, Engine::compile(&self.document, &options)));
    }
}

/// Persona texts by the name in the policy, each read once.
pub(super) struct Personas {
    /// None: they are not read.
    files: Option<PersonaFiles>,
    known: BTreeMap<String, Result<Option<String>, String>>,
}

impl Personas {
    /// Puts the text of its persona into a decision.
    pub(super) fn read_into(
        &mut self,
        decision: &mut PolicyDecision,
        runtime: &tokio::runtime::Runtime,
    ) -> Result<(), BadLine> {
        let (Some(files), Some(persona)) = (&self.files, &mut decision.persona) else { return Ok(()) };
        if !self.known.contains_key(&persona.file) {
            if self.known.len() >= MAX_PERSONAS {
                self.known.clear();
            }
            let read = runtime.block_on(files.persona(&persona.file)).map_err(|error| chain(&error));
            self.known.insert(persona.file.clone(), read);
        }
        match self.known.get(&persona.file) {
            Some(Ok(text)) => persona.text.clone_from(text),
            Some(Err(why)) => {
                return Err(BadLine { code: "persona_unreadable", message: why.clone() });
            }
            None => {}
        }
        Ok(())
    }
}

/// Tells every fault of a policy, and fails for it.
pub(super) fn unusable(path: &Path, fault: Unusable) -> Failure {
    let path = path.display();
    match fault {
        Unusable::Unreadable(why) => Failure::new(Code::Config, format!("cannot read {path}: {why}")),
        Unusable::Refused(fault) => {
            fault.lines().iter().for_each(|line| output::say(format!("{path}: {line}")));
            Failure::new(Code::Config, format!("{path} is no policy"))
        }
    }
}
