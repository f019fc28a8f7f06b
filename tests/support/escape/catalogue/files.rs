//! Attempts on files: to read those of the host, to write where nothing may be written, to swap what is shown, to look
//! under covers.

use nanobot_sandbox::Part as P;

use crate::escape::attempt::{Attempt, Holds, How, Mark, Sees, Swap, command};

const HIDDEN: Holds = Holds::both(&[P::HostHidden]);
const WRITE: Holds = Holds::both(&[P::ReadOnly, P::Landlock]);
/// Mounts belong to a user namespace around that of the commands, or to root's.
const MOUNT: Holds = Holds::root(&[P::Seccomp, P::NoCapabilities, P::UserNamespace, P::Landlock]);

const fn swap(id: &'static str, does: &'static str, how: How, sees: Sees, holds: Holds) -> Attempt {
    command("races", id, does, "", sees, holds).made(how)
}

const SWAP_FOLDER: &str = "mv sub moved && ln -s /root/vault sub";

pub(super) const ALL: &[Attempt] = &[
    command(
        "host-files",
        "host-files.ssh-key",
        "reads a private key",
        "cat /root/.ssh/id_rsa /host/root/.ssh/id_rsa",
        Sees::Secret("ssh"),
        HIDDEN,
    ),
    command(
        "host-files",
        "host-files.shadow",
        "reads the password hashes",
        "cat /etc/shadow /host/etc/shadow",
        Sees::Secret("shadow"),
        HIDDEN,
    ),
    command(
        "host-files",
        "host-files.config",
        "reads the daemon's settings",
        "cat /root/.nanobot/config.json /host/root/.nanobot/config.json",
        Sees::Secret("config"),
        HIDDEN,
    ),
    command(
        "host-files",
        "host-files.link-out",
        "reads through links in the workspace",
        "ln -s /root/.ssh/id_rsa a; ln -s /host/root/.ssh/id_rsa b; cat a b",
        Sees::Secret("ssh"),
        HIDDEN,
    ),
    command(
        "host-files",
        "host-files.dots",
        "climbs up with dots",
        "cat ../../../root/.ssh/id_rsa /grants/docs/../../host/root/.ssh/id_rsa",
        Sees::Secret("ssh"),
        HIDDEN,
    ),
    command(
        "writes-outside",
        "writes-outside.home",
        "plants a line in a start-up file of the host",
        "echo {n} >>/root/.bashrc; echo {n} >>/host/root/.bashrc",
        Sees::File("/root/.bashrc", Mark::Word),
        Holds::both(&[P::HostHidden, P::ReadOnly, P::Landlock]),
    ),
    command(
        "writes-outside",
        "writes-outside.usr",
        "writes beside the host's programs",
        "echo {n} >/usr/local/src/{n}",
        Sees::File("/usr/local/src/{n}", Mark::Word),
        WRITE,
    ),
    command(
        "writes-outside",
        "writes-outside.grant",
        "writes into what is granted to be read",
        "echo {n} >/grants/docs/{n}",
        Sees::File("{docs}/{n}", Mark::Word),
        WRITE,
    ),
    command(
        "writes-outside",
        "writes-outside.rename",
        "puts a file of its own over one that is granted to be read",
        "echo {n} >/grants/docs/.new; mv /grants/docs/.new /grants/docs/note",
        Sees::File("{docs}/note", Mark::Word),
        WRITE,
    ),
    command(
        "writes-outside",
        "writes-outside.mode",
        "changes the mode of what is granted to be read",
        "chmod 777 /grants/docs/note",
        Sees::File("{docs}/note", Mark::Open),
        Holds::both(&[P::ReadOnly]),
    ),
    swap(
        "races.grant-folder",
        "swaps a folder for a link after it was opened for a grant",
        How::Swapped(Swap::FolderGrant, SWAP_FOLDER, "cat /grants/sub/secret"),
        Sees::Secret("vault"),
        Holds::both(&[P::ByDescriptor]),
    ),
    swap(
        "races.grant-file",
        "swaps a file for a link after it was opened for a grant",
        How::Swapped(Swap::FileGrant, "rm list && ln -s /root/.ssh/id_rsa list", "cat /grants/list"),
        Sees::Secret("ssh"),
        Holds::both(&[P::ByDescriptor]),
    ),
    swap(
        "races.workspace",
        "swaps the workspace itself after it was opened",
        How::Swapped(Swap::Workspace, SWAP_FOLDER, "cat secret"),
        Sees::Secret("vault"),
        Holds::both(&[P::ByDescriptor]),
    ),
    swap(
        "races.cover",
        "leads a cover elsewhere by a link after it was found",
        How::Swapped(
            Swap::Mask,
            "mkdir decoy && touch decoy/key && mv was stash && ln -s decoy was",
            "cat stash/key",
        ),
        Sees::Secret("key-file"),
        Holds::both(&[P::MaskCheck]),
    ),
    command(
        "masks",
        "masks.env",
        "reads a covered file",
        "cat .env",
        Sees::Secret("env"),
        Holds::both(&[P::Masks]),
    ),
    command(
        "masks",
        "masks.env-link",
        "reads a covered file through a link",
        "ln -s .env e; cat e",
        Sees::Secret("env"),
        Holds::both(&[P::Masks]),
    ),
    command(
        "masks",
        "masks.env-rename",
        "moves a covered file away",
        "mv .env e; cat e .env",
        Sees::Secret("env"),
        Holds::both(&[P::Masks]),
    ),
    command(
        "mounts",
        "mounts.umount",
        "takes a cover away",
        "$A umount /workspace/.env",
        Sees::Secret("env"),
        MOUNT,
    ),
    command(
        "mounts",
        "mounts.remount",
        "makes a mount writable",
        "$A remount /grants/docs {n}",
        Sees::File("{docs}/{n}", Mark::Word),
        MOUNT,
    ),
    command(
        "mounts",
        "mounts.mount-setattr",
        "makes a mount writable, by the new calls",
        "$A mount-setattr /grants/docs {n}",
        Sees::File("{docs}/{n}", Mark::Word),
        MOUNT,
    ),
    command(
        "mounts",
        "mounts.bind",
        "mounts the workspace a second time, without its covers",
        "$A bind",
        Sees::Secret("env"),
        MOUNT,
    ),
    command(
        "mounts",
        "mounts.overlay",
        "mounts an overlay of the workspace, without its covers",
        "$A overlay",
        Sees::Secret("env"),
        MOUNT,
    ),
    command(
        "mounts",
        "mounts.own",
        "mounts in namespaces of its own",
        "$A mount-own",
        Sees::Proof,
        Holds::both(&[P::Seccomp, P::NoNested, P::Landlock]),
    ),
];
