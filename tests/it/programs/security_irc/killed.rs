//! The daemon dies while a command runs in its box.

use std::fs;

use rustix::process::Signal;
use serde_json::json;

use super::super::harness::irc::until;
use super::world::World;

/// A process, told from a later one of the same number by when it began.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Process {
    pid: u32,
    began: String,
}

/// Every process of the machine with its parent.
fn processes() -> Vec<(Process, u32)> {
    let numbers =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    numbers
        .filter_map(|pid: u32| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            // The name may hold anything; behind its last parenthesis come state, parent, …, and the 22nd field.
            let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
            // Somebody only has to fetch what is left of a zombie.
            let is_alive = *fields.first()? != "Z";
            let process = Process { pid, began: (*fields.get(19)?).to_owned() };
            is_alive.then_some((process, fields.get(1)?.parse().ok()?))
        })
        .collect()
}

/// All that a process started, directly or not.
fn descendants(of: u32) -> Vec<Process> {
    let all = processes();
    let mut found: Vec<Process> = Vec::new();
    let mut parents = vec![of];
    while let Some(parent) = parents.pop() {
        for (process, _) in all.iter().filter(|(_, above)| *above == parent) {
            parents.push(process.pid);
            found.push(process.clone());
        }
    }
    found
}

/// Processes that were called with this argument.
fn called_with(argument: &str) -> usize {
    let is_called = |(process, _): &(Process, u32)| {
        let line = fs::read(format!("/proc/{}/cmdline", process.pid)).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|word| word == argument.as_bytes())
    };
    processes().iter().filter(|process| is_called(process)).count()
}

#[tokio::test]
async fn nothing_in_the_box_outlives_a_killed_daemon_and_the_turn_goes_on_without_doing_it_again() {
    let mut world = World::awake().await;
    let mut dimi = world.person("dimi").await;
    let daemon = world.daemon.take().unwrap();
    // An argument that no other process of the machine has.
    let long = format!("86400.{}", daemon.pid());
    let command = format!("echo begun >> begun.txt; (setsid sleep {long} &); sleep {long}");
    world.model.obeys("take your time", &[("exec", json!({"command": command}))]);
    dimi.whispers("take your time").await;
    until("both of them sleep", || called_with(&long) == 2);
    let inside = descendants(daemon.pid());
    assert!(inside.len() >= 3, "bubblewrap, a shell and what it runs: {inside:?}");

    daemon.signal(Signal::KILL);
    assert_eq!(daemon.wait(), 128 + 9);
    until("the box is gone with its daemon", || {
        let alive = processes();
        called_with(&long) == 0 && inside.iter().all(|old| alive.iter().all(|(process, _)| process != old))
    });

    world.wake().await;
    let told = dimi.is_told().await;
    assert!(told.starts_with("said: Error: outcome unknown: "), "{told}");
    let told = dimi.is_told().await;
    assert!(told.starts_with("⚠️ Outcome unknown: I was restarted in the middle of exec."), "{told}");
    assert_eq!(world.model.results_of("take your time").len(), 1);
    world.settles();
    assert_eq!(called_with(&long), 0);
    assert_eq!(world.home.read("workspace/begun.txt"), "begun\n", "it is not begun again");
    // The next command finds a box.
    world.model.obeys("once more", &[("exec", json!({"command": "pwd"}))]);
    assert_eq!(dimi.asks_alone("once more").await, "said: /workspace");
}

#[tokio::test]
async fn what_a_command_leaves_running_ends_with_it_and_the_box_with_the_daemon() {
    let mut world = World::awake().await;
    let mut dimi = world.person("dimi").await;
    let daemon = world.daemon.take().unwrap();
    let long = format!("86401.{}", daemon.pid());
    let command = format!("setsid sleep {long} & echo left");
    world.model.obeys("leave something", &[("exec", json!({"command": command}))]);
    assert_eq!(dimi.asks_alone("leave something").await, "said: left");
    assert_eq!(called_with(&long), 0, "nothing outlives its call");
    let inside = descendants(daemon.pid());
    assert!(inside.len() >= 2, "bubblewrap and a shell that waits: {inside:?}");
    daemon.stop();
    until("the box is gone with its daemon", || {
        let alive = processes();
        inside.iter().all(|old| alive.iter().all(|(process, _)| process != old))
    });
}
