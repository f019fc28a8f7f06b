//! What holds in the box, looked at from inside: by what the kernel says, and by trying what must fail.

use std::fs;
use std::io;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixDatagram;

use rustix::process::getpid;

use super::limits;
use crate::wire::{Hello, Setup};

/// Files that must not come into being, and files of the kernel that must not open for writing.
const CLOSED_PLACES: [&str; 8] = [
    "/.probe",
    "/usr/.probe",
    "/etc/.probe",
    "/dev/.probe",
    "/run/.probe",
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/hostname",
    "/proc/sysrq-trigger",
];

/// What can be seen before Landlock hides whether the mounts alone would have held.
///
/// # Errors
/// If `/proc` cannot be read.
pub(super) fn before(setup: &Setup) -> io::Result<Hello> {
    let mounts = mount_points(&fs::read("/proc/self/mountinfo")?);
    Ok(Hello {
        pid: getpid().as_raw_nonzero().get().unsigned_abs(),
        extra_descriptors: extra_descriptors()?,
        network_socket: TcpListener::bind(("127.0.0.1", 0)).is_ok()
            || UdpSocket::bind(("127.0.0.1", 0)).is_ok(),
        unix_socket: UnixDatagram::unbound().is_ok(),
        interfaces: interfaces(&fs::read_to_string("/proc/net/dev")?),
        writable_places: writable_places(),
        root: names_in("/")?,
        uncovered: setup.covered.iter().filter(|place| !mounts.contains(place)).count(),
        ..Hello::default()
    })
}

/// What holds once all is in force.
///
/// # Errors
/// If `/proc` cannot be read.
pub(super) fn after(setup: &Setup, hello: &mut Hello) -> io::Result<()> {
    let status = fs::read_to_string("/proc/self/status")?;
    let field = |name: &str| field(&status, name);
    hello.no_new_privs = field("NoNewPrivs") == Some("1");
    hello.seccomp = field("Seccomp").and_then(|mode| mode.parse().ok()).unwrap_or(0);
    hello.capabilities_empty = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]
        .into_iter()
        .all(|set| field(set).is_some_and(|bits| bits.bytes().all(|bit| bit == b'0')));
    hello.loose_limits = limits::loose(setup);
    Ok(())
}

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.trim())
}

/// Closes what came along by accident: whoever started the daemon may have left descriptors open that no exec closes.
///
/// # Errors
/// If `/proc` cannot be read.
pub(super) fn close_the_rest() -> io::Result<()> {
    for number in extra_descriptors()? {
        // One that does not close is found by the look that follows.
        let _ = nix::unistd::close(number);
    }
    Ok(())
}

/// Those beyond input, output and errors; the one with which the folder is read is gone by the time it is looked at.
fn extra_descriptors() -> io::Result<Vec<i32>> {
    let numbers: Vec<i32> = names_in("/proc/self/fd")?.iter().filter_map(|name| name.parse().ok()).collect();
    Ok(numbers
        .into_iter()
        .filter(|number| *number > 2 && fs::read_link(format!("/proc/self/fd/{number}")).is_ok())
        .collect())
}

fn names_in(folder: &str) -> io::Result<Vec<String>> {
    let mut names = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

fn interfaces(table: &str) -> Vec<String> {
    table
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, _)| name.trim().to_owned())
        .filter(|name| name != "lo")
        .collect()
}

fn writable_places() -> Vec<String> {
    CLOSED_PLACES
        .into_iter()
        .filter(|place| {
            let is_new = !place.starts_with("/proc/");
            let opened = fs::OpenOptions::new().write(true).create_new(is_new).open(place).is_ok();
            if opened && is_new {
                // It is reported, and the box is not used; what was left behind is a courtesy.
                let _ = fs::remove_file(place);
            }
            opened
        })
        .map(str::to_owned)
        .collect()
}

/// The fifth field of each line, with its escapes undone.
fn mount_points(mountinfo: &[u8]) -> Vec<Vec<u8>> {
    mountinfo
        .split(|byte| *byte == b'\n')
        .filter_map(|line| line.split(|byte| *byte == b' ').nth(4))
        .map(unescape)
        .collect()
}

/// White space and the backslash are written as three octal digits.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((byte, after)) = rest.split_first() {
        let code = after
            .first_chunk::<3>()
            .filter(|_| *byte == b'\\')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        plain.push(code.unwrap_or(*byte));
        rest = if code.is_some() { after.get(3..).unwrap_or_default() } else { after };
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_points_with_spaces_are_found_as_they_are_named() {
        let info = b"1 2 0:3 / /workspace/a\\040b rw - tmpfs tmpfs rw\n4 5 0:6 / /p\\134q ro - x y z\n";
        assert_eq!(mount_points(info), [b"/workspace/a b".to_vec(), b"/p\\q".to_vec()]);
    }

    #[test]
    fn the_loopback_is_no_network() {
        let table = "Inter-| x\n face |b\n    lo: 0 0\n  eth0: 1 2\n";
        assert_eq!(interfaces(table), ["eth0"]);
    }

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let status = "NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n";
        assert_eq!(field(status, "Seccomp"), Some("2"));
        assert_eq!(field(status, "Sec"), None);
    }
}
