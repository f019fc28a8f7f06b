//! The tiers of the workspace and what each may depend on: the table to edit for a new crate.
//!
//! The same table is in `ARCHITECTURE.md`; a change here is a change of the architecture.

use std::fmt;

use crate::metadata::Dependency;

/// Which part of the house a crate stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tier {
    /// Domain and ports: depends on nothing of ours.
    Core,
    /// A parser that needs nothing of ours and may be used by all but core.
    Leaf,
    /// Engines without I/O.
    Pure,
    /// Everything that touches the world; adapters never see each other.
    Adapter,
    /// Programs, where adapters meet.
    Bin,
    /// The workspace's own tests.
    Tests,
    /// Chores: depends on nothing of ours, and nothing of ours on it.
    Chore,
}

const TIERS: &[(&str, Tier)] = &[
    ("nanobot-core", Tier::Core),
    ("nanobot-shell", Tier::Leaf),
    ("nanobot-policy", Tier::Pure),
    ("nanobot-security", Tier::Pure),
    ("nanobot-config", Tier::Adapter),
    ("nanobot-memory", Tier::Adapter),
    ("nanobot-journal", Tier::Adapter),
    ("nanobot-llm-router", Tier::Adapter),
    ("nanobot-media", Tier::Adapter),
    ("nanobot-channels", Tier::Adapter),
    ("nanobot-sandbox", Tier::Adapter),
    ("nanobot-tools", Tier::Adapter),
    ("nanobot-admin-store", Tier::Adapter),
    ("nanobot-api", Tier::Adapter),
    ("nanobot-telemetry", Tier::Adapter),
    ("nanobotd", Tier::Bin),
    ("nanobot-cli", Tier::Bin),
    ("nanobot-tests", Tier::Tests),
    ("xtask", Tier::Chore),
];

/// What core may use from outside: data types and parsing, nothing that reaches the world.
const CORE_MAY_USE: &[&str] = &["async-trait", "jiff", "regex", "serde", "serde_json", "thiserror", "tokio"];

/// With exactly which features core uses a crate that could do more.
struct Use {
    name: &'static str,
    features: &'static [&'static str],
    /// Whether those that are on by default would do harm.
    defaults_harm: bool,
}

const CORE_FEATURES: &[Use] = &[
    // Channels and locks; no runtime, timer, file or socket. There are no defaults.
    Use { name: "tokio", features: &["sync"], defaults_harm: false },
    // Instants and civil time; its defaults read zones from the disk and from the environment.
    Use { name: "jiff", features: &["std"], defaults_harm: true },
];

/// The tier of one of our crates.
pub(super) fn tier_of(name: &str) -> Option<Tier> {
    TIERS.iter().find(|(known, _)| *known == name).map(|&(_, tier)| tier)
}

impl Tier {
    /// For dependencies of every kind, those of tests too.
    pub(super) const fn may_depend_on(self, other: Self) -> bool {
        match self {
            Self::Core | Self::Leaf | Self::Chore => false,
            Self::Pure | Self::Adapter => matches!(other, Self::Core | Self::Leaf),
            Self::Bin => !matches!(other, Self::Tests | Self::Chore),
            Self::Tests => !matches!(other, Self::Tests | Self::Chore),
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Core => "core",
            Self::Leaf => "leaf",
            Self::Pure => "pure",
            Self::Adapter => "adapter",
            Self::Bin => "bin",
            Self::Tests => "tests",
            Self::Chore => "chore",
        })
    }
}

/// What is wrong with a crate from outside in core.
pub(super) fn core_objection(dependency: &Dependency) -> Option<String> {
    let name = &dependency.name;
    if !CORE_MAY_USE.contains(&name.as_str()) {
        return Some(format!("nanobot-core must not use {name}; it may use {}", CORE_MAY_USE.join(", ")));
    }
    let rule = CORE_FEATURES.iter().find(|rule| rule.name == name)?;
    if rule.defaults_harm && dependency.default_features {
        return Some(format!("nanobot-core must use {name} with default-features = false"));
    }
    let mut features: Vec<&str> = dependency.features.iter().map(String::as_str).collect();
    features.sort_unstable();
    let allowed = rule.features;
    (features != allowed)
        .then(|| format!("nanobot-core must use {name} with the features {allowed:?}, not {features:?}"))
}
