//! Names of programs, words and keys, by what they do. Every set that a name is in is found with one look, since each
//! command is asked about dozens of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;

/// A set of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Set {
    /// Programs that fetch something.
    Downloaders,
    /// Those of them that write it into files.
    Saves,
    /// Programs that run a language that is no shell's.
    Interpreters,
    /// Programs that make an unreadable text readable.
    Decoders,
    /// Programs that may send something away.
    Senders,
    /// Programs that are a bare connection.
    Sockets,
    /// Programs that print every variable.
    Environment,
    /// Programs that take their words for text.
    Prints,
    /// Programs whose first operand is a pattern.
    Patterns,
    /// Programs that everybody uses all the time.
    Plain,
    /// Programs that delete.
    Deleters,
    /// Programs that look at devices only.
    Inspects,
    /// Programs that start another one on what they find.
    Finders,
    /// Variables that change what other programs start with.
    StartupVariables,
    /// Folders of the system.
    SystemFolders,
    /// Places in them that are for everybody.
    OpenPlaces,
    /// Options behind which code stands.
    CodeOptions,
    /// Editors whose words may be scripts.
    Editors,
    /// The awks.
    Awks,
    /// Arguments of a call that are for people.
    ProseKeys,
    /// Arguments of a call that name a place.
    PathKeys,
    /// Arguments of a call that are content.
    ContentKeys,
    /// Tools that work on one file.
    FileTools,
    /// Arguments of a call that are addresses.
    UrlKeys,
    /// Programs that start containers.
    Containers,
    /// Programs that may edit files where they stand.
    Edits,
    /// Programs that write to their last operand.
    WritesLast,
    /// Programs that write to any operand.
    WritesAny,
    /// Programs that search through texts.
    Searches,
    /// Programs that read files.
    Reads,
    /// Services that watch over the machine.
    Guards,
    /// Names of what builds and editors leave behind.
    Byproducts,
}

/// The sets that one name is in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Kinds(u64);

impl Kinds {
    /// Whether this set has the name.
    pub(super) const fn has(self, set: Set) -> bool {
        self.0 & bit(set) != 0
    }
}

const fn bit(set: Set) -> u64 {
    1 << set as u64
}

/// All sets, by their names.
#[derive(Debug)]
pub(super) struct Sets(HashMap<String, Kinds>);

impl Sets {
    pub(super) fn new(sets: BTreeMap<Set, BTreeSet<String>>) -> Self {
        let mut names: HashMap<String, Kinds> = HashMap::new();
        for (set, name) in
            sets.into_iter().flat_map(|(set, names)| names.into_iter().map(move |name| (set, name)))
        {
            names.entry(name).or_default().0 |= bit(set);
        }
        Self(names)
    }

    /// The sets that have the name.
    pub(super) fn of(&self, name: &str) -> Kinds {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// Whether this set has the name.
    pub(super) fn has(&self, set: Set, name: &str) -> bool {
        self.of(name).has(set)
    }
}
