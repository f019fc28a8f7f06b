//! No box can be had: commands are refused with the reason, and never run on the host.

use serde_json::json;

use super::super::harness::Home;
use super::super::harness::irc::Person;
use super::world::World;

/// Asks for a command as the owner; it must be refused with a reason that holds these words.
async fn is_refused(world: &World, dimi: &mut Person, reason: &str) {
    command_is_refused("echo owned > owned.txt", world, dimi, reason).await;
}

async fn command_is_refused(command: &str, world: &World, dimi: &mut Person, reason: &str) {
    let before = world.workspace();
    world.model.obeys("run it", &[("exec", json!({"command": command}))]);
    dimi.asks_alone("run it").await;
    let results = world.model.results_of("run it");
    let refused = |result: &String| {
        result.starts_with("Error: Exec isolation unavailable: ") && result.contains(reason)
    };
    assert!(results.len() == 1 && refused(&results[0]), "{results:?}");
    assert_eq!(world.workspace(), before);
    // The other tools have nothing to do with it.
    world.model.obeys("write it", &[("write_file", json!({"path": "own.txt", "content": "x"}))]);
    assert_eq!(dimi.asks_alone("write it").await, "said: Successfully wrote 1 bytes to own.txt");
}

#[tokio::test]
async fn without_bubblewrap_no_command_runs() {
    let home = Home::empty().with_variable("PATH", "/nowhere");
    let mut world = World::asleep_at(home).await;
    world.wake().await;
    let mut dimi = world.person("dimi").await;
    is_refused(&world, &mut dimi, "bubblewrap executable not found in PATH").await;
}

#[tokio::test]
async fn with_a_broken_list_of_mounts_no_command_runs_until_it_is_mended() {
    let mut world = World::asleep().await;
    world.allow_mounts("{\"allowedRoots\": [");
    world.wake().await;
    let mut dimi = world.person("dimi").await;
    is_refused(&world, &mut dimi, "Failed to parse allowlist file").await;
    world.allow_mounts(&json!({"allowedRoots": ["~"]}).to_string());
    world.model.obeys("once more", &[("exec", json!({"command": "pwd"}))]);
    assert_eq!(dimi.asks_alone("once more").await, "said: /workspace");
}

#[tokio::test]
async fn without_a_list_of_mounts_no_command_runs() {
    let mut world = World::asleep().await;
    std::fs::remove_file(world.home.path("../.config/nanobot/mount-allowlist.json")).unwrap();
    world.wake().await;
    let mut dimi = world.person("dimi").await;
    is_refused(&world, &mut dimi, "Mount allowlist not found at ").await;
}

#[tokio::test]
async fn a_grant_that_the_list_of_mounts_does_not_know_stops_the_commands_that_name_it() {
    let mut world = World::asleep().await;
    world.home.write("../docs/letter.txt", "Dear assistant");
    let docs = world.home.path("../docs").canonicalize().unwrap().display().to_string();
    world.govern(&json!({"fileAccess": {"grants": [{"id": "docs", "path": docs, "mode": "read"}]}}));
    world.allow_mounts(&json!({"allowedRoots": ["~/.nanobot/workspace"]}).to_string());
    world.wake().await;
    let mut dimi = world.person("dimi").await;
    let names_it = "cat /grants/docs/letter.txt > owned.txt";
    command_is_refused(names_it, &world, &mut dimi, "is outside allowedRoots").await;
    world.model.obeys("another", &[("exec", json!({"command": "pwd"}))]);
    assert_eq!(dimi.asks_alone("another").await, "said: /workspace");
}

#[tokio::test]
async fn where_the_settings_switch_the_box_off_exec_is_not_on_offer_and_status_says_so() {
    let mut world = World::asleep().await;
    let isolation = json!({"enabled": false});
    world.configure(&json!({
        "security": {"strictProfile": false},
        "tools": {"exec": {"isolation": isolation, "allowHostExecution": true}},
    }));
    world.wake().await;
    let mut dimi = world.person("dimi").await;
    let before = world.workspace();
    world.model.obeys("run it", &[("exec", json!({"command": "echo owned > owned.txt"}))]);
    dimi.asks_alone("run it").await;
    assert!(!world.model.calls()[0].tools.contains(&"exec".to_owned()), "{:?}", world.model.calls()[0].tools);
    assert!(world.model.results_of("run it")[0].starts_with("Error: "));
    assert_eq!(world.workspace(), before, "the host is no box");
    let status = world.home.cli(&["status"]).exits(0).stdout;
    assert!(
        status.contains("exec: not offered") && status.contains("(tools.exec.isolation.enabled)"),
        "{status}"
    );
}

#[tokio::test]
async fn the_strict_profile_keeps_the_box_whatever_the_settings_say() {
    let mut world = World::asleep().await;
    world.configure(
        &json!({"tools": {"exec": {"isolation": {"enabled": false}, "allowHostExecution": true}}}),
    );
    world.wake().await;
    let mut dimi = world.person("dimi").await;
    world.model.obeys("where", &[("exec", json!({"command": "pwd"}))]);
    assert_eq!(dimi.asks_alone("where").await, "said: /workspace");
}
