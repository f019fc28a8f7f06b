//! Attempts to use more than a box may.

use nanobot_sandbox::Part as P;

use crate::escape::attempt::{Attempt, Holds, Mark, Sees, command, excess};

const BOMB: Holds = Holds { root: &[P::ProcessGroup], user: Some(&[P::ProcessLimit]) };
const MEMORY: Holds = Holds {
    root: &[P::MemoryLimit, P::MemoryGroup, P::MemoryWatch],
    user: Some(&[P::MemoryLimit, P::MemoryWatch]),
};
const SUM: Holds = Holds { root: &[P::MemoryGroup, P::MemoryWatch], user: Some(&[P::MemoryWatch]) };
const SCRATCH: Holds = Holds {
    root: &[P::ScratchSize, P::MemoryGroup, P::MemoryWatch],
    user: Some(&[P::ScratchSize, P::MemoryWatch]),
};
const DISK: Holds = Holds::both(&[P::Quota]);
const FILES: Holds = Holds::both(&[P::OpenFiles]);

pub(super) const ALL: &[Attempt] = &[
    excess("fork-bomb", "fork-bomb.fork", "forks", "$A fork 150", BOMB),
    excess("fork-bomb", "fork-bomb.threads", "starts threads", "$A threads 150", BOMB),
    excess("fork-bomb", "fork-bomb.orphans", "forks away from its parents", "$A orphans 150", BOMB),
    excess("memory", "memory.private", "takes memory", "$A memory 250", MEMORY),
    excess("memory", "memory.shared", "takes memory that it could share", "$A shared 250", SUM),
    excess("memory", "memory.many", "takes memory in many processes", "$A many 6 40", SUM),
    excess("memory", "memory.scratch", "fills the folder in memory", "$A scratch 150", SCRATCH),
    command(
        "memory",
        "memory.names",
        "fills the folder in memory with empty files",
        "mkdir /tmp/n && $A names /tmp/n 130000",
        Sees::Proof,
        Holds::both(&[P::MemoryWatch]),
    ),
    excess("disk", "disk.quota", "fills the workspace", "$A disk 200", DISK),
    excess("disk", "disk.deep", "fills it where no path leads", "$A deep 200", DISK),
    excess("disk", "disk.deleted", "fills it with files that have no name any more", "$A deleted 400", DISK),
    command(
        "disk",
        "disk.sparse",
        "makes a file that is longer than the disk",
        "$A sparse {n}",
        Sees::File("{ws}/{n}", Mark::Long),
        Holds::both(&[P::FileSize]),
    ),
    excess("descriptors", "descriptors.files", "opens files", "$A files 400", FILES),
    excess("descriptors", "descriptors.pipes", "opens pipes", "$A pipes 400", FILES),
    excess(
        "descriptors",
        "descriptors.flying",
        "keeps descriptors on their way to nobody",
        "$A flying 2000",
        FILES,
    ),
];
