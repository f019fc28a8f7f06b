//! That a part which is left out is gone, and no other.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use super::*;
use crate::machine::Machine;
use crate::mounts::{GrantMount, Mask, MountKind, MountSource};
use crate::plan::plan;

fn source(path: &str) -> MountSource {
    MountSource::of(OwnedFd::from(File::open("/usr").unwrap()), Path::new(path)).unwrap()
}

fn planned(parts: &[Part]) -> Plan {
    let mounts = Mounts {
        workspace: source("/home/me/work"),
        grants: vec![GrantMount {
            source: source("/home/me/docs"),
            target: "/grants/docs".into(),
            is_read_only: true,
        }],
        pins: Vec::new(),
        masks: vec![
            Mask { target: "/workspace/.env".into(), kind: MountKind::File },
            Mask { target: "/workspace/keys".into(), kind: MountKind::Folder },
        ],
    };
    let machine = Machine {
        proc_files: vec![PathBuf::from("/proc/cmdline")],
        proc_folders: vec![PathBuf::from("/proc/fs")],
        ..Machine::default()
    };
    plan(&Profile::default().without(parts), &mounts, &machine, &[]).unwrap()
}

fn line(plan: &Plan) -> String {
    plan.argv.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[test]
fn without_a_part_its_words_are_gone_and_nothing_else_is() {
    let whole = line(&planned(&[]));
    for (part, words, instead) in [
        (
            Part::UserNamespace,
            "--unshare-user --uid 1000 --gid 1000 --disable-userns --assert-userns-disabled ",
            "",
        ),
        (Part::NoNested, "--disable-userns --assert-userns-disabled ", ""),
        (Part::NetNamespace, "--unshare-net ", ""),
        (Part::Session, "--new-session ", ""),
        (Part::NoCapabilities, "--cap-drop ALL", "--cap-add ALL"),
        (Part::ProcReadOnly, "--remount-ro /proc ", ""),
        (
            Part::ProcCovered,
            "--ro-bind /dev/null /proc/cmdline --perms 0555 --size 4096 --tmpfs /proc/fs --remount-ro /proc/fs ",
            "",
        ),
        (
            Part::Masks,
            "--ro-bind /dev/null /workspace/.env --perms 0555 --size 4096 --tmpfs /workspace/keys --remount-ro /workspace/keys ",
            "",
        ),
        (Part::HostHidden, "--remount-ro / ", "--ro-bind / /host --remount-ro / "),
    ] {
        assert!(whole.contains(words), "{part:?}: {whole}");
        assert_eq!(line(&planned(&[part])), whole.replacen(words, instead, 1), "{part:?}");
    }
}

#[test]
fn a_box_that_is_mounted_by_path_names_the_paths() {
    let plan = line(&planned(&[Part::ByDescriptor]));
    assert!(plan.contains("--bind /home/me/work /workspace --ro-bind /home/me/docs /grants/docs"), "{plan}");
    let plan = line(&planned(&[Part::ReadOnly]));
    assert!(plan.contains("--bind /usr /usr") && !plan.contains("--ro-bind-fd 5 /grants/docs"), "{plan}");
}

#[test]
fn limits_outside_go_only_with_their_own_part() {
    let whole = Limits::default();
    for (part, processes, memory, workspace) in [
        (Part::ProcessGroup, false, true, true),
        (Part::MemoryGroup, true, false, true),
        (Part::Quota, true, true, false),
        (Part::MemoryWatch, true, true, true),
    ] {
        let limits = limits_outside(&Profile::default().without(&[part]));
        let kept = (
            limits.processes == whole.processes,
            limits.memory == whole.memory,
            limits.workspace == whole.workspace,
        );
        assert_eq!(kept, (processes, memory, workspace), "{part:?}");
    }
}

#[test]
fn only_what_is_to_be_overlooked_is() {
    let told = || Hello { uncovered: 1, extra_descriptors: vec![9], ..Hello::default() };
    let mut hello = told();
    overlook(&Profile::default().without(&[Part::Seccomp]), &mut hello);
    assert_eq!(hello, told());
    overlook(&Profile::default().without(&[Part::MaskCheck]), &mut hello);
    assert_eq!(hello, Hello { uncovered: 0, ..told() });
}

#[test]
fn nothing_is_demanded_of_a_weakened_box() {
    let demands = |profile: &Profile| crate::Wall::ALL.into_iter().any(|wall| profile.demands(wall));
    assert!(demands(&Profile::default()));
    assert!(!demands(&Profile::default().without(&[Part::Sweep])));
}
