//! From the bytes of a file to a policy that can be in force: parsed, checked against what there is here, compiled.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use nanobot_config::settings::Governs;
use nanobot_config::{Config, Home};
use nanobot_core::ids::ChannelName;
use nanobot_policy::file_access::FileRules;
use nanobot_policy::reload::{Candidate, Pace};
use nanobot_policy::{CheckOptions, CompileOptions, Document, Engine, KNOWN_TOOLS, check};

use super::places::ThisMachine;
use crate::networks;

/// Channels that the original's policy governs, and whose owners the start-up check asks for.
const ORIGINAL: [&str; 2] = ["telegram", "whatsapp"];

/// The one network that knows owners by itself.
const IRC: &str = "irc";

/// How far the policy reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Over every network.
    Networks,
    /// As far as the original's.
    Original,
}

/// A policy that is, or could be, in force.
pub(crate) struct InForce {
    pub(crate) document: Document,
    pub(crate) engine: Engine,
    /// Which files the tools may touch.
    pub(crate) files: FileRules,
    hash: OnceLock<String>,
    /// Networks where nobody may talk, since the policy is the first that they have and nobody owns them.
    shut: Shut,
}

/// Networks that are kept shut.
enum Shut {
    /// None: the policy reaches as far as the original's, and no further.
    None,
    /// These, and those that nobody has heard of.
    Networks { open: BTreeSet<String>, named: Vec<String> },
}

impl InForce {
    /// Of the document. It is not needed to be in force, so it is made when somebody first asks: with ten thousand
    /// chats that takes as long as all the rest, and belongs off the event loop.
    pub(crate) fn hash(&self) -> &str {
        self.hash.get_or_init(|| self.document.hash())
    }

    /// Whether anybody at all may talk on a channel.
    pub(crate) fn is_open(&self, channel: &ChannelName) -> bool {
        match &self.shut {
            Shut::Networks { open, .. } => !channel.is_network() || open.contains(channel.as_str()),
            Shut::None => true,
        }
    }

    /// The networks that are switched on and kept shut.
    pub(crate) fn closed(&self) -> &[String] {
        match &self.shut {
            Shut::Networks { named, .. } => named,
            Shut::None => &[],
        }
    }
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
    reach: Reach,
    /// Channels that know their owners themselves.
    own_owners: BTreeSet<String>,
    /// The tools that a policy may name.
    pub known_tools: BTreeSet<String>,
}

impl Surroundings {
    /// Those of a home.
    pub fn of(home: &Home, config: &Config) -> Self {
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
        let reach = match config.policy.governs {
            Governs::Original => Reach::Original,
            // Also what a later version may add: more is governed, not less.
            _ => Reach::Networks,
        };
        Self {
            source: home.policy_json().display().to_string(),
            workspace: home.workspace(config),
            places: ThisMachine::new(home.user_home().map(Path::to_owned)),
            governed: match reach {
                Reach::Original => names(&checked),
                // Those without an adapter, too: none is ever left out by accident.
                Reach::Networks => names(&networks::NAMES),
            },
            reach,
            enabled: names(&enabled),
            checked: names(&checked),
            own_owners: if has_own_owners { names(&[IRC]) } else { BTreeSet::new() },
            // The original's, whether built or not: all of ours are among them.
            known_tools: KNOWN_TOOLS.map(str::to_owned).into(),
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
            apply_channels: self.applied(&document),
            known_tools: self.known_tools.clone(),
            source: self.source.clone(),
        };
        let policy = InForce {
            engine: Engine::compile(&document, &options),
            files: self.file_rules(&document),
            hash: OnceLock::new(),
            shut: self.shut(&document),
            document,
        };
        let pace = Pace::of(&policy.document.policy().runtime);
        Ok(Candidate { policy: policy.into(), pace })
    }

    fn file_rules(&self, document: &Document) -> FileRules {
        FileRules::compile(document.policy().file_access.as_ref(), &self.workspace, &self.places)
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
        match self.reach {
            Reach::Networks => channel.is_network(),
            Reach::Original => self.governed.contains(channel.as_str()),
        }
    }

    /// The channels that a policy is compiled for: also networks of somebody who embeds us, once they have owners.
    pub fn applied(&self, document: &Document) -> BTreeSet<String> {
        let owned = document.policy().owners.0.keys().filter(|_| self.reach == Reach::Networks);
        let is_network = |name: &&String| ChannelName::new(name.as_str()).is_ok_and(|name| name.is_network());
        self.governed.iter().chain(owned.filter(is_network)).cloned().collect()
    }

    /// Networks that are switched on, governed, and kept shut. The original leaves them to everybody, so no policy
    /// of its time was written with them in mind: until somebody owns one, nobody may talk there.
    pub fn closed(&self, document: &Document) -> Vec<String> {
        let is_open = |name: &&String| self.is_open(name, document);
        self.governs().filter(|name| !is_open(name)).cloned().collect()
    }

    fn is_open(&self, network: &str, document: &Document) -> bool {
        let listed = document.policy().owners.get(network).into_iter().flatten();
        // On IRC a nick by itself means nobody.
        let mut usable =
            listed.filter(|owner| !owner.trim().is_empty() && (network != IRC || owner.contains('!')));
        ORIGINAL.contains(&network) || self.own_owners.contains(network) || usable.next().is_some()
    }

    fn shut(&self, document: &Document) -> Shut {
        if self.reach == Reach::Original {
            return Shut::None;
        }
        let open = self.applied(document).into_iter().filter(|name| self.is_open(name, document)).collect();
        Shut::Networks { open, named: self.closed(document) }
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
