//! Checks for which the words of one command are enough: no rule, no place and no other command is asked.

use nanobot_shell::{Effective, is_shell};

use super::seen::interpreter;
use super::words;

/// Operands, without the program and the options.
pub(super) fn operands(command: &Effective) -> impl Iterator<Item = &str> {
    command.words.iter().skip(1).map(|word| word.text.as_str()).filter(|text| !text.starts_with('-'))
}

/// Whether one of these stands among its words.
pub(super) fn has_word(command: &Effective, wanted: &[&str]) -> bool {
    command.words.iter().skip(1).any(|word| wanted.contains(&word.text.as_str()))
}

/// A shell with the rights of another account: `sudo -i`, `su -`, `doas sh`, `sh -p`.
pub(super) fn root_shell(command: &Effective, program: &str) -> bool {
    let rest = command.words.get(1..).unwrap_or_default();
    let asks_only = has_word(command, &["--help", "--version", "-V", "-h", "-l", "-k", "-K", "-v", "-n"]);
    if is_shell(program) {
        return rest.iter().take(2).any(|word| matches!(word.text.as_str(), "-p" | "-ip" | "-pi"));
    }
    match program {
        "su" => {
            let has_command = rest.iter().any(|word| {
                word.text.starts_with("--command")
                    || words::has_flag(&word.text, "c")
                    || word.text.starts_with("--session")
            });
            !has_command && !asks_only
        }
        "sudo" | "doas" | "pkexec" | "run0" | "gosu" | "su-exec" | "gsudo" => {
            let first = rest.iter().position(|word| !word.text.starts_with('-') && !word.text.contains('='));
            let given = rest.get(..first.unwrap_or(rest.len())).unwrap_or_default();
            let is_login = given.iter().any(|word| {
                matches!(word.text.as_str(), "--login" | "--shell") || words::has_flag(&word.text, "is")
            });
            let started = first.and_then(|at| rest.get(at..)).unwrap_or_default();
            let is_bare_shell =
                started.iter().rposition(|word| is_shell(&word.program())).is_some_and(|at| {
                    started
                        .get(at + 1..)
                        .unwrap_or_default()
                        .iter()
                        .all(|word| matches!(word.text.as_str(), "-" | "-i" | "-l" | "--login" | "-p"))
                });
            (is_login && program != "pkexec" && started.is_empty()) || is_bare_shell
        }
        "capsh" => {
            has_word(command, &["--"])
                && rest
                    .iter()
                    .any(|word| word.text.starts_with("--uid=0") || word.text.starts_with("--gid=0"))
        }
        "setpriv" => {
            rest.iter().any(|word| matches!(word.text.as_str(), "--reuid=0" | "--reuid=root" | "--euid=0"))
        }
        _ => false,
    }
}

/// Puts something on a timetable of the machine.
pub(super) fn timetable(command: &Effective, program: &str) -> bool {
    match program {
        "crontab" => {
            let rest = command.words.get(1..).unwrap_or_default();
            let mut words = rest.iter().map(|word| word.text.as_str());
            let mut writes = false;
            while let Some(word) = words.next() {
                match word {
                    "-l" | "--help" | "-V" | "-h" | "--version" => return false,
                    "-u" => {
                        words.next();
                    }
                    "-i" => {}
                    _ => writes = true,
                }
            }
            let is_fed = !command.places.is_empty() && command.places.iter().any(|place| place.stage > 0);
            writes || is_fed || command.input.is_some() || !command.redirections.is_empty() && rest.is_empty()
        }
        "at" => !has_word(command, &["-l", "-V", "-c", "--help", "--version"]) && command.words.len() > 1,
        "batch" => !has_word(command, &["--help", "-V"]),
        "systemd-run" => command.words.iter().any(|word| {
            ["--on-", "--user", "--timer-property", "--path-property"]
                .iter()
                .any(|start| word.text.starts_with(start))
        }),
        "systemctl" => {
            has_word(command, &["enable", "link", "preset", "reenable", "add-wants"])
                && operands(command).any(|text| text.contains('/'))
        }
        "update-rc.d" => has_word(command, &["defaults", "enable"]),
        "chkconfig" => has_word(command, &["on", "--add"]),
        "rc-update" => has_word(command, &["add"]),
        "launchctl" => has_word(command, &["load", "bootstrap", "submit", "enable"]),
        "loginctl" => has_word(
            command,
            &["enable-linger", "terminate-user", "kill-user", "terminate-session", "kill-session"],
        ),
        _ => false,
    }
}

/// A library of one's own in front of all others, or a file that every shell reads. Those of the system speed things up.
pub(super) fn preload(command: &Effective) -> bool {
    let exported = command.words.iter().skip(1).filter_map(|word| word.text.split_once('='));
    let assigned = command.assignments.iter().map(|(name, value)| (name.as_str(), value.text.as_str()));
    assigned.chain(exported).any(|(name, value)| match name {
        "LD_PRELOAD" | "LD_AUDIT" | "DYLD_INSERT_LIBRARIES" => {
            !value.is_empty() && !value.starts_with("/usr/lib") && !value.starts_with("/lib")
                // `LD_PRELOAD=libjemalloc.so.2`: found among those of the system.
                && (value.contains('/') || !value.starts_with("lib"))
        }
        "BASH_ENV" => {
            !value.is_empty()
                || command.assignments.iter().any(|(name, value)| name == "BASH_ENV" && !value.is_certain)
        }
        _ => false,
    })
}

/// Writes without end, or more than any disk has.
pub(super) fn fill(command: &Effective, program: &str) -> bool {
    let is_endless = |text: &str| matches!(text, "/dev/zero" | "/dev/urandom" | "/dev/random" | "/dev/full");
    let to_file = command.redirections.iter().any(|one| {
        one.operator.writes()
            && !one.target.text.starts_with("/dev/")
            && one.descriptor.is_none_or(|number| number == 1)
    });
    let is_huge = |text: &str| {
        let size = text.rsplit(['=', '+']).next().unwrap_or(text);
        let size = size.strip_suffix(['B', 'b']).unwrap_or(size);
        let size = size.strip_suffix('i').unwrap_or(size);
        size.strip_suffix(['T', 'P', 'E', 'Z', 't', 'p', 'e'])
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|sign| sign.is_ascii_digit()))
    };
    match program {
        "yes" => to_file,
        "cat" | "tee" | "cp" | "pv" => {
            let reads = operands(command).any(is_endless)
                || command
                    .redirections
                    .iter()
                    .any(|one| !one.operator.writes() && is_endless(&one.target.text));
            reads && (to_file || matches!(program, "tee" | "cp") && operands(command).count() > 0)
        }
        "dd" => {
            let value = |key: &str| command.words.iter().find_map(|word| word.text.strip_prefix(key));
            let target = value("of=").filter(|file| !file.starts_with("/dev/"));
            value("if=").is_some_and(is_endless) && (target.is_some() || to_file) && value("count=").is_none()
        }
        "fallocate" | "truncate" | "head" | "mkfile" => {
            command.words.iter().skip(1).any(|word| is_huge(&word.text))
        }
        _ => false,
    }
}

/// Packages from an address that anybody on the way can answer for.
pub(super) fn plain_packages(command: &Effective, program: &str) -> bool {
    let installs = has_word(command, &["install", "add", "i", "ci", "set"]);
    matches!(
        interpreter(program),
        "pip"
            | "pipx"
            | "uv"
            | "npm"
            | "pnpm"
            | "yarn"
            | "gem"
            | "cargo"
            | "bun"
            | "python"
            | "conda"
            | "easy_install"
    ) && installs
        && command.words.iter().any(|word| {
            let text = word.text.as_str();
            let address = text.split_once('=').map_or(text, |(_, value)| value);
            address
                .strip_prefix("http://")
                .is_some_and(|rest| !rest.starts_with("localhost") && !rest.starts_with("127."))
        })
}
