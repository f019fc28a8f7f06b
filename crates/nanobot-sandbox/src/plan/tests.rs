//! What a command line says, and what it must never say.

use std::fs::File;
use std::os::fd::OwnedFd;

use super::*;
use crate::mounts::{GrantMount, Mask, MountSource, Pin};

fn source(path: &str) -> MountSource {
    let folder = OwnedFd::from(File::open("/usr").unwrap());
    MountSource::of(folder, Path::new(path)).unwrap()
}

fn mounts() -> Mounts {
    Mounts {
        workspace: source("/home/me/work"),
        grants: vec![
            GrantMount { source: source("/home/me/docs"), target: "/grants/docs".into(), is_read_only: true },
            GrantMount { source: source("/home/me/out"), target: "/grants/out".into(), is_read_only: false },
        ],
        pins: Vec::new(),
        masks: vec![
            Mask { target: "/workspace/.env".into(), kind: MountKind::File },
            Mask { target: "/grants/docs/.ssh".into(), kind: MountKind::Folder },
        ],
    }
}

fn planned(profile: &Profile, mounts: &Mounts, locale: &[(String, String)]) -> Plan {
    plan(profile, mounts, &Machine::default(), locale).unwrap()
}

fn text(plan: &Plan) -> String {
    let words: Vec<_> = plan.argv.iter().map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

#[test]
fn no_path_of_the_users_is_on_the_command_line() {
    let plan = planned(&Profile::default(), &mounts(), &[]);
    assert!(!text(&plan).contains("/home/me"));
    assert!(
        plan.mounts
            .iter()
            .any(|mount| { mount.shows == Shown::Host("/home/me/docs".into()) && mount.is_read_only })
    );
}

#[test]
fn descriptors_are_numbered_in_the_order_in_which_they_are_handed_over() {
    let plan = planned(&Profile::default(), &mounts(), &[]);
    let argv: Vec<_> = plan.argv.iter().map(|word| word.to_str().unwrap()).collect();
    let taking = ["--bind-fd", "--ro-bind-fd", "--ro-bind-data", "--seccomp", "--block-fd", "--info-fd"];
    let numbers: Vec<i32> = argv
        .windows(2)
        .filter(|pair| taking.contains(&pair[0]))
        .map(|pair| pair[1].parse().unwrap())
        .collect();
    let expected: Vec<i32> = (3..).take(plan.descriptors.len()).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn the_network_is_closed_unless_it_is_granted() {
    let closed = planned(&Profile::default(), &mounts(), &[]);
    assert!(text(&closed).contains("--unshare-net"));
    let open = Profile { network: Network::Host, ..Profile::default() };
    assert!(!text(&planned(&open, &mounts(), &[])).contains("--unshare-net"));
}

#[test]
fn everything_that_closes_a_box_is_asked_for() {
    let text = text(&planned(&Profile::default(), &mounts(), &[]));
    for flag in [
        "--unshare-user --uid 1000 --gid 1000",
        "--disable-userns --assert-userns-disabled",
        "--unshare-pid --unshare-ipc --unshare-uts",
        "--unshare-net",
        "--die-with-parent --new-session --as-pid-1",
        "--cap-drop ALL",
        "--clearenv",
        "--seccomp",
    ] {
        assert!(text.contains(flag), "{flag} in {text}");
    }
}

#[test]
fn of_the_surroundings_only_what_is_listed_and_says_something_goes_in() {
    let locale = [("LANG", "C.UTF-8"), ("TERM", ""), ("SECRET", "x")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let text = text(&planned(&Profile::default(), &mounts(), &locale));
    assert!(text.contains("--clearenv"));
    assert!(text.contains("--setenv LANG C.UTF-8"));
    assert!(!text.contains("TERM") && !text.contains("SECRET"));
}

#[test]
fn masks_come_after_what_they_cover_and_the_root_is_closed_last() {
    let text = text(&planned(&Profile::default(), &mounts(), &[]));
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} in {text}"));
    assert!(at("/dev/null /workspace/.env") > at("/grants/out"));
    assert!(at("--remount-ro / ") > at("/grants/docs/.ssh"));
    assert!(text.contains("--remount-ro /proc "));
}

#[test]
fn only_what_is_granted_for_writing_may_be_written() {
    let plan = planned(&Profile::default(), &mounts(), &[]);
    assert_eq!(plan.setup.writable, [b"/workspace".to_vec(), b"/grants/out".to_vec()]);
    assert_eq!(plan.setup.covered.len(), 2);
    let argv: Vec<_> = plan.argv.iter().map(|word| word.to_str().unwrap()).collect();
    let flag_of = |target| {
        let at = argv.iter().position(|word| *word == target).unwrap();
        argv[at - 2]
    };
    assert_eq!(flag_of("/grants/docs"), "--ro-bind-fd");
    assert_eq!(flag_of("/grants/out"), "--bind-fd");
}

#[test]
fn places_that_would_cover_the_system_or_each_other_are_refused() {
    for target in ["/etc", "/grants", "/grants/../etc", "grants/x", "/workspace/x"] {
        let mut mounts = mounts();
        mounts.grants[0].target = target.into();
        let plan = plan(&Profile::default(), &mounts, &Machine::default(), &[]);
        assert!(matches!(plan, Err(StartError::Target { .. })), "{target}");
    }
    let mut same = mounts();
    same.grants[0].target = "/grants/out".into();
    assert!(plan(&Profile::default(), &same, &Machine::default(), &[]).is_err());
    let mut outside = mounts();
    outside.masks[0].target = "/usr/bin".into();
    assert!(plan(&Profile::default(), &outside, &Machine::default(), &[]).is_err());
}

#[test]
fn pins_come_after_what_they_hold_and_before_the_covers() {
    let mut mounts = mounts();
    let pin = |target: &str| Pin { source: source("/home/me/work/x"), target: target.into() };
    mounts.pins = vec![pin("/workspace/a"), pin("/workspace/a/b"), pin("/grants/out/c")];
    let plan = planned(&Profile::default(), &mounts, &[]);
    let text = text(&plan);
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} in {text}"));
    assert!(at("/grants/out --bind-fd") < at(" /workspace/a "));
    assert!(at(" /workspace/a ") < at(" /workspace/a/b "));
    assert!(at(" /grants/out/c ") < at("/dev/null /workspace/.env"));
    assert_eq!(plan.setup.covered.len(), 5, "the program in the box looks whether they are mounted");
    for target in ["/workspace", "/grants/docs/x", "/workspace/../x", "/etc"] {
        mounts.pins = vec![pin(target)];
        let plan = super::plan(&Profile::default(), &mounts, &Machine::default(), &[]);
        assert!(matches!(plan, Err(StartError::Target { .. })), "{target}");
    }
}
