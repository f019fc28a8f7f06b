//! Attempts by sockets.

use nanobot_sandbox::Part as P;

use crate::escape::attempt::{Attempt, Holds, Sees, command};

const TCP: Holds = Holds::both(&[P::NetNamespace, P::Seccomp, P::Landlock]);
const UDP: Holds = Holds::both(&[P::NetNamespace, P::Seccomp]);
const SNIFF: Holds = Holds::root(&[P::NetNamespace, P::Seccomp, P::NoCapabilities, P::UserNamespace]);
const PATH: Holds = Holds::both(&[P::Seccomp]);
const OWN: Holds = Holds::both(&[P::HostHidden, P::Seccomp]);

pub(super) const ALL: &[Attempt] = &[
    command(
        "raw-sockets",
        "raw-sockets.packet",
        "listens to all packets of the host",
        "$A packet",
        Sees::Secret("packet"),
        SNIFF,
    ),
    command(
        "raw-sockets",
        "raw-sockets.udp",
        "listens to all UDP of the host",
        "$A raw",
        Sees::Secret("packet"),
        SNIFF,
    ),
    command(
        "raw-sockets",
        "raw-sockets.netlink",
        "asks for the addresses of the host",
        "$A route",
        Sees::Proof,
        UDP,
    ),
    command(
        "abstract-sockets",
        "abstract-sockets.stream",
        "connects to an abstract socket",
        "$A unix stream @nanobot-stream {n}",
        Sees::Heard,
        TCP,
    ),
    command(
        "abstract-sockets",
        "abstract-sockets.datagram",
        "sends to an abstract socket",
        "$A unix dgram @nanobot-dgram {n}",
        Sees::Heard,
        TCP,
    ),
    command(
        "abstract-sockets",
        "abstract-sockets.pair",
        "sends to an abstract socket from one of a pair",
        "$A pair @nanobot-dgram {n}",
        Sees::Heard,
        TCP,
    ),
    command(
        "unix-sockets",
        "unix-sockets.workspace",
        "connects to a socket that lies in the workspace",
        "$A unix stream /workspace/host.sock {n}",
        Sees::Heard,
        PATH,
    ),
    command(
        "unix-sockets",
        "unix-sockets.grant",
        "connects to a container daemon's socket in a grant",
        "$A unix stream /grants/docs/docker.sock {n}",
        Sees::Heard,
        PATH,
    ),
    command(
        "unix-sockets",
        "unix-sockets.pair",
        "sends to a socket in the workspace from one of a pair",
        "$A pair /workspace/dgram.sock {n}",
        Sees::Heard,
        PATH,
    ),
    command(
        "loopback",
        "loopback.service",
        "connects to a service on the host's loopback",
        "$A inet tcp 127.0.0.1 7777 {n}",
        Sees::Heard,
        TCP,
    ),
    command(
        "loopback",
        "loopback.metadata",
        "asks the metadata service",
        "$A inet tcp 169.254.169.254 80 {n}",
        Sees::Heard,
        TCP,
    ),
    command(
        "loopback",
        "loopback.dns",
        "sends a word out in a DNS question",
        "$A inet udp 127.0.0.1 53 {n}",
        Sees::Heard,
        UDP,
    ),
    command(
        "loopback",
        "loopback.interface",
        "connects to an address of the host",
        "$A inet tcp 10.99.7.7 7777 {n}",
        Sees::Heard,
        TCP,
    ),
    command(
        "loopback",
        "loopback.six",
        "connects to the host's loopback by IPv6",
        "$A inet tcp ::1 7777 {n}",
        Sees::Heard,
        TCP,
    ),
    command(
        "own-socket",
        "own-socket.path",
        "commands the daemon over its own socket",
        "$A unix stream /root/.nanobot/run/nanobot.sock {n} || $A unix stream /host/root/.nanobot/run/nanobot.sock {n}",
        Sees::Heard,
        OWN,
    ),
    command(
        "own-socket",
        "own-socket.link",
        "the same through a link in the workspace",
        "ln -s /host/root/.nanobot/run/nanobot.sock s; $A unix stream /workspace/s {n}",
        Sees::Heard,
        OWN,
    ),
    command(
        "own-socket",
        "own-socket.folder",
        "the same through a folder that the daemon holds",
        "$A unix stream /proc/self/fd/212/nanobot.sock {n}",
        Sees::Heard,
        Holds::both(&[P::NoDescriptors, P::Seccomp]),
    ),
];
