//! Attempts on what the kernel offers: namespaces, set-id files, keys, bpf, io_uring.

use nanobot_sandbox::Part as P;

use crate::escape::attempt::{Attempt, Holds, Mark, Sees, command};

const SECCOMP: Holds = Holds::both(&[P::Seccomp]);
const NESTED: Holds = Holds::both(&[P::Seccomp, P::NoNested]);
/// Rights that count on the host are root's alone.
const RIGHTS: Holds = Holds::root(&[P::Seccomp, P::NoCapabilities, P::UserNamespace]);

pub(super) const ALL: &[Attempt] = &[
    command(
        "namespaces",
        "namespaces.unshare-user",
        "makes a user namespace, to be root in it",
        "$A unshare-user",
        Sees::Proof,
        NESTED,
    ),
    command(
        "namespaces",
        "namespaces.clone-user",
        "the same with a new process",
        "$A clone-user",
        Sees::Proof,
        NESTED,
    ),
    command(
        "namespaces",
        "namespaces.clone3-user",
        "the same with flags in memory, where no filter sees them",
        "$A clone3-user",
        Sees::Proof,
        NESTED,
    ),
    command(
        "namespaces",
        "namespaces.unshare-net",
        "makes a network of its own",
        "$A unshare-net",
        Sees::Proof,
        Holds::both(&[P::Seccomp, P::NoCapabilities]),
    ),
    command(
        "namespaces",
        "namespaces.setns",
        "enters the network of the host by a descriptor",
        "$A setns-net {n}",
        Sees::Heard,
        Holds::root(&[P::Seccomp, P::NoCapabilities, P::UserNamespace, P::NoDescriptors]),
    ),
    command(
        "setuid",
        "setuid.chmod",
        "marks a copy of a shell set-user-id",
        "cp /bin/sh {n}; chmod 4755 {n}",
        Sees::File("{ws}/{n}", Mark::SetId),
        SECCOMP,
    ),
    command(
        "setuid",
        "setuid.open",
        "creates a set-user-id file",
        "$A open-setuid {n}",
        Sees::File("{ws}/{n}", Mark::SetId),
        SECCOMP,
    ),
    command(
        "setuid",
        "setuid.fchmodat2",
        "marks a file by the newest call",
        "$A fchmodat2-setuid {n}",
        Sees::File("{ws}/{n}", Mark::SetId),
        SECCOMP,
    ),
    command(
        "setuid",
        "setuid.file-capabilities",
        "gives a file capabilities",
        "$A file-caps {n}",
        Sees::File("{ws}/{n}", Mark::Capabilities),
        Holds::root(&[P::NoCapabilities, P::UserNamespace]),
    ),
    command(
        "setuid",
        "setuid.become",
        "becomes another user, to read his file",
        "$A become 4242 /workspace/his",
        Sees::Secret("his"),
        RIGHTS,
    ),
    command(
        "keyctl",
        "keyctl.read",
        "reads a key of the launching process",
        "$A key-read nanobot:session",
        Sees::Secret("key"),
        SECCOMP,
    ),
    command(
        "keyctl",
        "keyctl.plant",
        "puts a key into its keyring",
        "$A key-add {n}",
        Sees::KeyPlanted,
        SECCOMP,
    ),
    command(
        "keyctl",
        "keyctl.remove",
        "removes a key from its keyring",
        "$A key-unlink nanobot:other",
        Sees::KeyGone,
        SECCOMP,
    ),
    command("bpf", "bpf.map", "makes a bpf map", "$A bpf-map", Sees::Proof, RIGHTS),
    command("bpf", "bpf.program", "loads a bpf program", "$A bpf-prog", Sees::Proof, RIGHTS),
    command("bpf", "bpf.walk", "walks the bpf programs of the host", "$A bpf-walk", Sees::Proof, RIGHTS),
    command("bpf", "bpf.perf", "counts by perf events", "$A perf", Sees::Proof, SECCOMP),
    command(
        "io_uring",
        "io_uring.file",
        "creates a set-user-id file by a ring, past every filter",
        "$A ring-file {n}",
        Sees::File("{ws}/{n}", Mark::SetId),
        SECCOMP,
    ),
    command(
        "io_uring",
        "io_uring.socket",
        "reaches a socket by a ring, past every filter",
        "$A ring-connect /workspace/host.sock {n}",
        Sees::Heard,
        SECCOMP,
    ),
    command(
        "io_uring",
        "io_uring.userfaultfd",
        "handles page faults itself",
        "$A userfaultfd",
        Sees::Proof,
        SECCOMP,
    ),
];
