//! What a box may use, and what happens when it uses more.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nanobot_core::units::ByteCount;
use nanobot_sandbox::{Limits, Profile, RunError};

use crate::rig::{as_nobody, cell, launcher, run, run_for, said, workspace};

fn limited(change: fn(&mut Limits), mut profile: Profile) -> Profile {
    change(&mut profile.limits);
    profile
}

/// The control groups that a box says it is in, where it has any: their folders and what these are. Another launcher
/// may use a name again.
fn groups_in(told: &str) -> Vec<(PathBuf, u64)> {
    told.lines()
        .filter_map(|line| {
            let mut fields = line.split(':').skip(1);
            let (tree, path) = (fields.next()?, fields.next()?);
            let name = path.rsplit('/').next().filter(|name| name.starts_with("nanobot-box-"))?;
            let folder = Path::new("/sys/fs/cgroup").join(tree).join(name);
            Some((folder.clone(), folder.metadata().ok()?.ino()))
        })
        .collect()
}

fn is_there((folder, number): &(PathBuf, u64)) -> bool {
    folder.metadata().is_ok_and(|now| now.ino() == *number)
}

/// Forks until it cannot, and tells how often it could.
const BOMB: &str = "python3 -c 'import os, time
n = 0
try:
    while n < 2000:
        if os.fork() == 0:
            time.sleep(50); os._exit(0)
        n += 1
except OSError: pass
print(n)'";

async fn a_bomb_is_contained(profile: Profile) {
    let (launcher, folder) = (launcher(), workspace());
    let profile = limited(|limits| limits.processes = 40, profile);
    let mut cell = cell(&launcher, &profile, folder.path()).await;
    let (code, text) = said(&mut cell, BOMB).await;
    let forks: u32 = text.trim().parse().unwrap();
    assert!(code == Some(0) && (30..40).contains(&forks), "{code:?} {forks}");
    // All of them are gone, and the next command has the room again.
    assert_eq!(
        said(&mut cell, "ls -d /proc/[0-9]* | wc -l; echo lives").await.1.lines().last(),
        Some("lives")
    );
    assert_eq!(said(&mut cell, BOMB).await.1.trim(), forks.to_string());
    cell.kill().await;
}

#[tokio::test]
async fn a_fork_bomb_stays_in_its_box() {
    a_bomb_is_contained(Profile::default()).await;
    a_bomb_is_contained(as_nobody()).await;
}

/// An ordinary user who can make no control group, as most are. Root starts this very test again as one.
#[test]
fn a_fork_bomb_of_a_user_without_a_control_group_stays_in_its_box() {
    if rustix::process::geteuid().is_root() {
        again_as_nobody("limits::a_fork_bomb_of_a_user_without_a_control_group_stays_in_its_box");
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(a_bomb_is_contained(Profile::default()));
}

#[expect(clippy::disallowed_methods, reason = "the test starts itself as another user")]
fn again_as_nobody(name: &str) {
    let ended = std::process::Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name])
        .output();
    match ended {
        Ok(ended) => {
            let told = String::from_utf8_lossy(&ended.stdout).into_owned();
            assert!(ended.status.success() && told.contains("1 passed"), "{told}");
        }
        Err(error) => panic!("NOT RUN: setpriv cannot be run ({error}); install the package util-linux"),
    }
}

async fn memory_is_limited(profile: Profile) {
    let (launcher, folder) = (launcher(), workspace());
    let profile = limited(
        |limits| {
            limits.memory = ByteCount::mib(96);
            limits.process_memory = ByteCount::mib(64);
            limits.scratch = ByteCount::mib(16);
        },
        profile,
    );
    let mut cell = cell(&launcher, &profile, folder.path()).await;
    let (code, _) = said(&mut cell, "python3 -c 'x = bytearray(100 << 20)'").await;
    assert_ne!(code, Some(0));
    let (code, _) = said(&mut cell, "head -c 20000000 /dev/zero >/tmp/big").await;
    assert_ne!(code, Some(0));
    said(&mut cell, "rm /tmp/big").await;
    let hog = "for i in 1 2 3 4 5 6; do python3 -c 'import time; x = b\"x\" * (40 << 20); time.sleep(2); print(\"held\")' & done; wait";
    // The kernel kills single processes, the watch the whole box: whoever comes first.
    match run(&mut cell, hog).await {
        Err(RunError::OverLimit { .. }) => {}
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.output).into_owned();
            assert!(text.matches("held").count() < 6, "all of it was to be had");
        }
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn memory_in_processes_and_in_folders_is_limited() {
    memory_is_limited(Profile::default()).await;
    memory_is_limited(as_nobody()).await;
}

/// The watch alone, as for most users. Root starts this very test again as one.
#[test]
fn memory_of_a_user_without_a_control_group_is_limited() {
    if rustix::process::geteuid().is_root() {
        again_as_nobody("limits::memory_of_a_user_without_a_control_group_is_limited");
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(memory_is_limited(Profile::default()));
}

#[tokio::test]
async fn files_descriptors_and_the_processor_are_limited() {
    let (launcher, folder) = (launcher(), workspace());
    let profile = limited(
        |limits| {
            limits.file_size = ByteCount::mib(1);
            limits.open_files = 64;
            limits.cpu = Duration::from_secs(1);
        },
        Profile::default(),
    );
    let mut cell = cell(&launcher, &profile, folder.path()).await;
    assert_ne!(said(&mut cell, "head -c 2000000 /dev/zero >big").await.0, Some(0));
    assert!(folder.path().join("big").metadata().unwrap().len() <= 1 << 20);
    let told = said(&mut cell, "python3 -c 'import os\nfor i in range(100): os.dup(0)'").await;
    assert!(told.1.contains("Too many open files"), "{}", told.1);
    let told = said(&mut cell, "python3 -c 'while True: pass'").await;
    assert_eq!(told.0, Some(137), "{}", told.1);
    assert_eq!(said(&mut cell, "ulimit -H -c; ulimit -c 10; echo $?").await.1.lines().next(), Some("0"));
}

#[tokio::test]
async fn a_workspace_that_grows_over_its_quota_ends_the_box() {
    let (launcher, folder) = (launcher(), workspace());
    let profile = limited(|limits| limits.workspace = ByteCount::mib(20), Profile::default());
    let mut cell = cell(&launcher, &profile, folder.path()).await;
    let filling = "i=0; while :; do head -c 5000000 /dev/zero >f$i; i=$((i+1)); done";
    let ended = run_for(&mut cell, filling, Duration::from_secs(20)).await;
    assert!(matches!(ended, Err(RunError::OverLimit { .. })), "{ended:?}");
}

#[tokio::test]
async fn a_box_leaves_no_process_and_no_control_group_behind() {
    let (launcher, folder) = (launcher(), workspace());
    let mut one = cell(&launcher, &Profile::default(), folder.path()).await;
    let mut two = cell(&launcher, &Profile::default(), folder.path()).await;
    let mut groups = groups_in(&said(&mut one, "cat /proc/self/cgroup").await.1);
    groups.extend(groups_in(&said(&mut two, "cat /proc/self/cgroup").await.1));
    // A mark that is found among the processes of the host.
    let mark = format!("{}", std::process::id());
    let lives = format!("sleep 7{mark}");
    let _ = run_for(&mut two, &lives, Duration::from_millis(300)).await;
    one.kill().await;
    drop(two);
    assert!(!host_runs(&format!("7{mark}")));
    for _ in 0..100 {
        if !groups.iter().any(is_there) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("groups are left: {groups:?}");
}

fn host_runs(argument: &str) -> bool {
    std::fs::read_dir("/proc").unwrap().filter_map(Result::ok).any(|entry| {
        std::fs::read(Path::new(&entry.path()).join("cmdline"))
            .is_ok_and(|line| line.split(|byte| *byte == 0).any(|word| word == argument.as_bytes()))
    })
}
