//! The home's own policy, in the surroundings in which the daemon takes it.

use std::path::PathBuf;

use nanobot_core::ids::ChannelName;
use nanobot_policy::{CompileOptions, Document, Engine, Fault, check};
use nanobotd::Surroundings;

use super::world::{World, bytes_of};
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::output;

/// The policy of a home.
pub(in crate::commands) struct AtHome {
    /// Its file, whether it is there or not.
    pub(in crate::commands) path: PathBuf,
    /// What the daemon takes it in.
    surroundings: Surroundings,
    /// What it is checked against: there the channels whose owners the start asks for.
    pub(super) world: World,
}

impl AtHome {
    /// What the settings say of it. Reads no policy yet.
    pub(in crate::commands) fn of(place: &Place) -> Result<Self, Failure> {
        let loaded = place.load()?;
        let surroundings = Surroundings::of(&place.home, &loaded.config);
        let world = World {
            channels: surroundings.checked.clone(),
            known_tools: surroundings.known_tools.clone(),
            workspace: Some(surroundings.workspace.clone()),
            machine: surroundings.places.clone(),
        };
        Ok(Self { path: place.home.policy_json(), surroundings, world })
    }

    /// The document: the file, or the built-in policy where there is no file.
    pub(super) fn document(&self) -> Result<Result<Document, Fault>, Failure> {
        let unread = |why: &dyn std::fmt::Display| {
            Failure::new(Code::Config, format!("cannot read {}: {why}", self.path.display()))
        };
        if !self.path.try_exists().map_err(|error| unread(&error))? {
            return Ok(Ok(Document::builtin()));
        }
        let bytes = bytes_of(&self.path).map_err(|why| unread(&why))?;
        Ok(Document::parse(&bytes, &self.world.machine))
    }

    /// Ready to be asked. Faults of a file that is no policy go to stderr, a line for each; so does what a start
    /// would refuse beyond that.
    pub(in crate::commands) fn engine(&self) -> Result<(Document, Engine), Failure> {
        let document = self.document()?.map_err(|fault| {
            fault.lines().iter().for_each(output::say);
            Failure::new(Code::Config, format!("{} is no policy", self.path.display()))
        })?;
        if let Err(fault) = check(&document, &self.world.check_options()) {
            output::say(format!("nanobotd does not start with this policy: {fault}"));
        }
        for network in self.surroundings.closed(&document) {
            output::say(format!(
                "nanobotd lets nobody talk on {network}, whatever the policy says, until it has an owner"
            ));
        }
        let options = CompileOptions {
            apply_channels: self.surroundings.applied(&document),
            known_tools: self.world.known_tools.clone(),
            source: self.path.display().to_string(),
        };
        let engine = Engine::compile(&document, &options);
        Ok((document, engine))
    }
}

/// Whether everybody on a channel is an owner: whoever can use it has the whole home anyway.
pub(in crate::commands) fn is_operators(channel: &str) -> bool {
    ChannelName::new(channel).is_ok_and(|channel| channel.is_operator())
}
