//! Programs that start other programs: how their own options are told from the command that they start.

use super::Value;

/// How a program starts another one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wrapper {
    names: &'static [&'static str],
    /// Options that take the next word with them.
    with_value: &'static [&'static str],
    /// Words of its own in front of the command (`timeout 5`, `ssh host`).
    operands: usize,
    /// Whether `NAME=value` may stand in front of the command.
    pub(super) takes_assignments: bool,
    /// Whether it hands the words to a shell as one text.
    pub(super) joins: bool,
}

const PLAIN: Wrapper =
    Wrapper { names: &[], with_value: &[], operands: 0, takes_assignments: false, joins: false };

const WRAPPERS: &[Wrapper] = &[
    Wrapper {
        names: &["sudo", "doas", "pkexec", "run0", "gosu", "su-exec"],
        with_value: &[
            "-u", "-g", "-h", "-p", "-C", "-r", "-t", "-T", "-U", "-D", "-R", "--user", "--group", "--host",
            "--prompt", "--chdir", "--chroot", "--role", "--type",
        ],
        takes_assignments: true,
        ..PLAIN
    },
    Wrapper {
        names: &["env"],
        with_value: &["-u", "-C", "--unset", "--chdir", "-a", "--argv0"],
        takes_assignments: true,
        ..PLAIN
    },
    Wrapper {
        names: &[
            "nohup",
            "setsid",
            "command",
            "builtin",
            "busybox",
            "toybox",
            "unbuffer",
            "fakeroot",
            "catchsegv",
            "torsocks",
            "torify",
            "proxychains",
            "proxychains4",
            "dbus-run-session",
            "xvfb-run",
            "rlwrap",
            "winpty",
            "then",
            "do",
            "coproc",
            "nocorrect",
            "noglob",
            "caffeinate",
            "eatmydata",
            "systemd-inhibit",
            "bwrap",
            "firejail",
            "proot",
            "unshare",
            "cgexec",
            "chronic",
            "ifne",
            "sem",
            "ld.so",
            "entr",
            "daemonize",
            "dumb-init",
            "tini",
            "chpst",
            "softlimit",
            "cpulimit",
            "trickle",
            "tsocks",
            "choom",
            "schedtool",
            "heaptrack",
            "rr",
            "retry",
            "dotenv",
            "aa-exec",
            "gamemoderun",
            "prime-run",
            "distrobox-enter",
            "lxc-attach",
        ],
        with_value: &["-g", "--bind", "--ro-bind", "-e", "--library-path", "--preload", "--argv0"],
        ..PLAIN
    },
    Wrapper { names: &["exec"], with_value: &["-a"], ..PLAIN },
    Wrapper { names: &["nice"], with_value: &["-n", "--adjustment"], ..PLAIN },
    Wrapper { names: &["ionice"], with_value: &["-c", "-n", "-p", "--class", "--classdata"], ..PLAIN },
    Wrapper { names: &["time", "gtime"], with_value: &["-f", "-o", "--format", "--output"], ..PLAIN },
    Wrapper {
        names: &["timeout", "gtimeout"],
        with_value: &["-s", "-k", "--signal", "--kill-after"],
        operands: 1,
        ..PLAIN
    },
    Wrapper {
        names: &["stdbuf"],
        with_value: &["-i", "-o", "-e", "--input", "--output", "--error"],
        ..PLAIN
    },
    Wrapper { names: &["chrt", "taskset", "setarch", "faketime", "chroot"], operands: 1, ..PLAIN },
    Wrapper {
        names: &["strace", "ltrace", "perf", "valgrind"],
        with_value: &["-e", "-o", "-p", "-s", "-P", "-u", "-E"],
        ..PLAIN
    },
    Wrapper {
        names: &["nsenter", "setpriv", "runcon", "runuser", "capsh", "numactl", "prlimit"],
        with_value: &[
            "-t",
            "-u",
            "-p",
            "-g",
            "-S",
            "-G",
            "--target",
            "--unit",
            "--property",
            "--user",
            "--slice",
        ],
        ..PLAIN
    },
    Wrapper {
        names: &["xargs", "gxargs"],
        with_value: &[
            "-I",
            "-n",
            "-P",
            "-d",
            "-L",
            "-s",
            "-a",
            "-E",
            "--replace",
            "--max-args",
            "--max-procs",
            "--delimiter",
            "--max-lines",
            "--arg-file",
        ],
        ..PLAIN
    },
    Wrapper {
        names: &["parallel"],
        with_value: &[
            "-j",
            "--jobs",
            "-a",
            "--arg-file",
            "--colsep",
            "-N",
            "-n",
            "-I",
            "--delay",
            "--timeout",
        ],
        joins: true,
        ..PLAIN
    },
    Wrapper { names: &["watch"], with_value: &["-n", "--interval", "-q", "--equexit"], joins: true, ..PLAIN },
    Wrapper {
        names: &["ssh", "autossh", "mosh"],
        with_value: &[
            "-b", "-c", "-D", "-E", "-e", "-F", "-I", "-i", "-J", "-L", "-l", "-m", "-O", "-o", "-p", "-Q",
            "-R", "-S", "-W", "-w", "-M",
        ],
        operands: 1,
        joins: true,
        ..PLAIN
    },
    Wrapper {
        names: &["systemd-run"],
        with_value: &[
            "-u",
            "-p",
            "-t",
            "-E",
            "--unit",
            "--property",
            "--slice",
            "--uid",
            "--gid",
            "--on-calendar",
        ],
        ..PLAIN
    },
    Wrapper { names: &["envdir"], operands: 1, ..PLAIN },
    Wrapper { names: &["flock"], with_value: &["-w", "-E", "--timeout"], operands: 1, ..PLAIN },
];

/// The wrapper of this name.
pub(super) fn named(program: &str) -> Option<&'static Wrapper> {
    // The loader of programs, by whatever machine it is for.
    let is_loader =
        ["ld-linux", "ld-musl", "ld64.so", "ld-2."].iter().any(|start| program.starts_with(start));
    let program = if is_loader { "ld.so" } else { program };
    WRAPPERS.iter().find(|wrapper| wrapper.names.contains(&program))
}

impl Wrapper {
    /// The words of the command that it starts, of all its words.
    pub(super) fn command<'a>(&self, words: &'a [Value]) -> &'a [Value] {
        let mut at = 1;
        let mut operands = self.operands;
        while let Some(word) = words.get(at) {
            let text = word.text.as_str();
            if text == "--" {
                at += 1;
                continue;
            }
            if text.starts_with('-') && text.len() > 1 {
                at += if self.with_value.contains(&text) { 2 } else { 1 };
                continue;
            }
            if self.takes_assignments
                && text.split_once('=').is_some_and(|(name, _)| crate::cursor::is_name(name))
            {
                at += 1;
                continue;
            }
            if operands > 0 {
                operands -= 1;
                at += 1;
                continue;
            }
            break;
        }
        words.get(at..).unwrap_or_default()
    }
}
