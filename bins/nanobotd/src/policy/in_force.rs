//! From the bytes of a file to a policy that can be in force: parsed, checked against what there is here, compiled.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use nanobot_config::settings::Governs;
use nanobot_config::{Config, Home};
use nanobot_core::ids::ChannelName;
use nanobot_policy::reload::{Candidate, Pace};
use nanobot_policy::{CheckOptions, CompileOptions, Document, Engine, KNOWN_TOOLS, check};

use super::places::ThisMachine;

/// Channels that the original's policy governs, and whose owners the start-up check asks for.
const ORIGINAL: [&str; 2] = ["telegram", "whatsapp"];

/// Every network that there is an adapter for, or will be: none of them is ever left out by accident.
const NETWORKS: [&str; 6] = ["discord", "feishu", "irc", "matrix", "telegram", "whatsapp"];

/// A policy that is, or could be, in force.
pub(crate) struct InForce {
    pub(crate) document: Document,
    pub(crate) engine: Engine,
    /// Of the document.
    pub(crate) hash: String,
    /// Governed channels where owners alone may talk and nobody is one.
    pub(crate) closed: Vec<String>,
}

/// What a policy is checked and compiled against.
pub struct Surroundings {
    /// The policy file, as decisions name their source.
    pub source: String,
    /// Personas lie below it.
    pub workspace: PathBuf,
    /// The file system.
    pub places: ThisMachine,
    /// Channels that the policy governs.
    pub governed: BTreeSet<String>,
    /// Channels that the settings switch on.
    enabled: BTreeSet<String>,
    /// Those of them whose owners the start-up check asks for.
    pub checked: BTreeSet<String>,
    /// Channels that know their owners themselves.
    own_owners: BTreeSet<String>,
    /// The tools that a policy may name.
    pub known_tools: BTreeSet<String>,
}

impl Surroundings {
    /// Those of a home. `tools` are the names on offer; the original's are known besides, whether built or not.
    pub fn of(home: &Home, config: &Config, tools: impl IntoIterator<Item = String>) -> Self {
        let channels = &config.channels;
        let switches = [
            ("discord", channels.discord.enabled),
            ("feishu", channels.feishu.enabled),
            ("irc", channels.irc.enabled),
            ("telegram", channels.telegram.enabled),
            ("whatsapp", channels.whatsapp.enabled),
        ];
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
        let enabled: Vec<&str> = switches.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect();
        let checked: Vec<&str> = enabled.iter().copied().filter(|name| ORIGINAL.contains(name)).collect();
        let has_own_owners = !channels.irc.owners.is_empty();
        Self {
            source: home.policy_json().display().to_string(),
            workspace: home.workspace(config),
            places: ThisMachine::new(home.user_home().map(Path::to_owned)),
            governed: match config.policy.governs {
                Governs::Original => names(&checked),
                // Also what a later version may add: more is governed, not less.
                _ => names(&NETWORKS),
            },
            enabled: names(&enabled),
            checked: names(&checked),
            own_owners: if has_own_owners { names(&["irc"]) } else { BTreeSet::new() },
            known_tools: KNOWN_TOOLS.map(str::to_owned).into_iter().chain(tools).collect(),
        }
    }

    /// A policy of the bytes of a file; the built-in one where there is none.
    ///
    /// # Errors
    /// One line for each fault.
    pub(crate) fn compile(&self, bytes: Option<&[u8]>) -> Result<Candidate<InForce>, Vec<String>> {
        let document = match bytes {
            Some(bytes) => Document::parse(bytes, &self.places).map_err(|fault| fault.lines())?,
            None => Document::builtin(),
        };
        self.check(&document).map_err(|fault| vec![fault])?;
        let options = CompileOptions {
            apply_channels: self.governed.clone(),
            known_tools: self.known_tools.clone(),
            source: self.source.clone(),
        };
        let policy = InForce {
            engine: Engine::compile(&document, &options),
            hash: document.hash(),
            closed: self.closed(&document),
            document,
        };
        let pace = Pace::of(&policy.document.policy().runtime);
        Ok(Candidate { policy: policy.into(), pace })
    }

    /// The original's start-up check.
    ///
    /// # Errors
    /// The first fault, in the original's words.
    pub(crate) fn check(&self, document: &Document) -> Result<(), String> {
        check(document, &self.check_options(self.checked.clone())).map_err(|fault| fault.to_string())
    }

    /// The channels that are switched on and governed.
    pub(crate) fn governs(&self) -> impl Iterator<Item = &String> {
        self.governed.intersection(&self.enabled)
    }

    /// Whether a channel is governed.
    pub(crate) fn is_governed(&self, channel: &ChannelName) -> bool {
        self.governed.contains(channel.as_str())
    }

    /// Governed channels that the start-up check does not know, and that it would refuse: the policy lets owners
    /// only, and there are none.
    fn closed(&self, document: &Document) -> Vec<String> {
        let is_unchecked = |name: &&String| !self.checked.contains(*name) && !self.own_owners.contains(*name);
        let is_closed = |name: &&String| {
            let options = self.check_options(BTreeSet::from([(*name).clone()]));
            check(document, &options).is_err()
        };
        self.governs().filter(is_unchecked).filter(is_closed).cloned().collect()
    }

    fn check_options(&self, channels: BTreeSet<String>) -> CheckOptions<'_> {
        CheckOptions {
            channels,
            known_tools: self.known_tools.clone(),
            workspace: self.workspace.clone(),
            places: &self.places,
        }
    }
}
