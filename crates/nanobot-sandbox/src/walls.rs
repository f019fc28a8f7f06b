//! Which walls stand, judged from what the program in the box reports and what was put up outside. Pure.

use crate::profile::{Network, Profile, Wall};
use crate::wire::Hello;

/// What holds outside of the box.
#[expect(clippy::struct_excessive_bools, reason = "each is one fact about the machine")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outside {
    /// The box runs as the host's root, whom the limit of a user does not bind.
    pub is_root: bool,
    /// A control group counts its processes.
    pub counts_processes: bool,
    /// A control group limits its memory.
    pub limits_memory: bool,
    /// The kernel counts processes for each user namespace (5.14). Measured on 6.18 as an ordinary user: a limit of
    /// 128 set in the box left 125 forks to a command in each of two boxes at once, whatever the user ran besides.
    pub counts_by_namespace: bool,
}

/// How one wall stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub wall: Wall,
    pub is_live: bool,
    /// What it is, or why it does not stand and what to do.
    pub detail: String,
}

/// What the root of a box may hold.
const ROOT: [&str; 16] = [
    "bin",
    "dev",
    "etc",
    "grants",
    "lib",
    "lib32",
    "lib64",
    "libexec",
    "libx32",
    "proc",
    "run",
    "sbin",
    "tmp",
    "usr",
    "var",
    "workspace",
];

/// How all walls stand, in the order of [`Wall::ALL`].
pub(crate) fn judge(profile: &Profile, hello: &Hello, outside: Outside) -> Vec<Standing> {
    Wall::ALL
        .into_iter()
        .map(|wall| {
            let (is_live, detail) = stands(wall, profile, hello, outside);
            Standing { wall, is_live, detail }
        })
        .collect()
}

/// What makes a box useless whatever its profile demands.
pub(crate) fn flaw(hello: &Hello) -> Option<&'static str> {
    if hello.uncovered > 0 {
        return Some("something that should be covered is not");
    }
    if !hello.extra_descriptors.is_empty() {
        return Some("it holds descriptors that are not its own");
    }
    None
}

fn stands(wall: Wall, profile: &Profile, hello: &Hello, outside: Outside) -> (bool, String) {
    let limits = &profile.limits;
    match wall {
        Wall::Bubblewrap => (true, "mounts from descriptors".to_owned()),
        Wall::Namespaces => told(
            hello.pid == 1,
            "users, processes, mounts, names and messages of its own",
            "the box shares the processes of the host",
        ),
        // Bubblewrap tries, and does not start the box if it succeeds.
        Wall::NoNestedNamespaces => (true, "tried when the box starts".to_owned()),
        Wall::NoCapabilities => {
            told(hello.capabilities_empty, "all five sets are empty", "the box has capabilities")
        }
        Wall::NoNewPrivileges => told(hello.no_new_privs, "set", "not set"),
        Wall::Seccomp => told(
            hello.seccomp == 2 && !hello.unix_socket,
            "a list of what is allowed",
            "the filter is not in force; the kernel needs CONFIG_SECCOMP_FILTER",
        ),
        Wall::Landlock => match hello.landlock {
            0 => (
                false,
                "the kernel has none or has it switched off; add landlock to its lsm= list".to_owned(),
            ),
            version => (true, format!("version {version}")),
        },
        Wall::ResourceLimits => match hello.loose_limits.as_slice() {
            [] => (true, "soft and hard".to_owned()),
            loose => (false, format!("not in force: {}", loose.join(", "))),
        },
        Wall::ProcessLimit => process_limit(limits.processes, outside),
        Wall::MemoryLimit => {
            let holder = if outside.limits_memory {
                "held by a control group"
            } else {
                "watched every 100 ms, since there is no control group"
            };
            (true, format!("{}, {holder}", limits.memory))
        }
        Wall::MinimalRoot => minimal_root(hello),
        Wall::NetworkClosed => match profile.network {
            Network::Host => (false, "the profile grants the network".to_owned()),
            Network::Closed => told(
                hello.interfaces.is_empty() && !hello.network_socket,
                "only a loopback of its own, and no sockets",
                "the box reaches a network",
            ),
        },
    }
}

fn process_limit(processes: u32, outside: Outside) -> (bool, String) {
    if outside.counts_processes {
        return (true, format!("{processes}, held by a control group"));
    }
    if outside.is_root {
        let reason = "a limit on processes does not bind root, and no pids control group can be made; run the \
                      daemon as an ordinary user, or let it have a control group (Delegate=yes)";
        return (false, reason.to_owned());
    }
    told(
        outside.counts_by_namespace,
        &format!("{processes}, by the limit of the user in the box"),
        "the kernel (before 5.14) counts all processes of the user; let the daemon have a control group",
    )
}

fn minimal_root(hello: &Hello) -> (bool, String) {
    if let Some(place) = hello.writable_places.first() {
        return (false, format!("{place} can be written"));
    }
    match hello.root.iter().find(|name| !ROOT.contains(&name.as_str())) {
        Some(name) => (false, format!("the root shows {name}")),
        None => (true, "/usr and a made-up /etc, not to be written".to_owned()),
    }
}

fn told(is_live: bool, yes: &str, no: &str) -> (bool, String) {
    (is_live, if is_live { yes } else { no }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT_WITHOUT_GROUP: Outside =
        Outside { is_root: true, counts_processes: false, limits_memory: false, counts_by_namespace: true };
    const USER: Outside = Outside { is_root: false, ..ROOT_WITHOUT_GROUP };

    fn good() -> Hello {
        Hello {
            landlock: 6,
            no_new_privs: true,
            seccomp: 2,
            capabilities_empty: true,
            pid: 1,
            root: vec!["usr".to_owned(), "workspace".to_owned()],
            ..Hello::default()
        }
    }

    fn missing(hello: &Hello, outside: Outside) -> Vec<Wall> {
        judge(&Profile::default(), hello, outside)
            .into_iter()
            .filter(|standing| !standing.is_live)
            .map(|standing| standing.wall)
            .collect()
    }

    #[test]
    fn a_whole_box_has_all_walls() {
        assert_eq!(missing(&good(), USER), []);
        assert_eq!(flaw(&good()), None);
    }

    #[test]
    fn root_needs_a_control_group() {
        assert_eq!(missing(&good(), ROOT_WITHOUT_GROUP), [Wall::ProcessLimit]);
        let with_group = Outside { counts_processes: true, ..ROOT_WITHOUT_GROUP };
        assert_eq!(missing(&good(), with_group), []);
    }

    #[test]
    fn each_thing_that_is_reported_takes_its_wall_down() {
        type Break = fn(&mut Hello);
        let breaks: [(Wall, Break); 10] = [
            (Wall::Namespaces, |hello| hello.pid = 7),
            (Wall::NoCapabilities, |hello| hello.capabilities_empty = false),
            (Wall::NoNewPrivileges, |hello| hello.no_new_privs = false),
            (Wall::Seccomp, |hello| hello.seccomp = 0),
            (Wall::Seccomp, |hello| hello.unix_socket = true),
            (Wall::Landlock, |hello| hello.landlock = 0),
            (Wall::ResourceLimits, |hello| hello.loose_limits.push("core".to_owned())),
            (Wall::MinimalRoot, |hello| hello.root.push("home".to_owned())),
            (Wall::MinimalRoot, |hello| hello.writable_places.push("/usr".to_owned())),
            (Wall::NetworkClosed, |hello| hello.interfaces.push("eth0".to_owned())),
        ];
        for (wall, break_it) in breaks {
            let mut hello = good();
            break_it(&mut hello);
            assert_eq!(missing(&hello, USER), [wall]);
        }
    }

    #[test]
    fn a_descriptor_too_many_or_a_cover_too_few_spoils_any_box() {
        assert!(flaw(&Hello { extra_descriptors: vec![5], ..good() }).is_some());
        assert!(flaw(&Hello { uncovered: 1, ..good() }).is_some());
    }
}
