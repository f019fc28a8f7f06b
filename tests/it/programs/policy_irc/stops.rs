//! The commands that stop: one turn, or everything.

use serde_json::json;

use super::world::{World, policy, until};

/// What it says in reply.
const ENGAGED: &str = "Panic switch engaged. Stopping the assistant";

#[tokio::test]
async fn an_owner_stops_the_daemon_and_is_told_so() {
    for (command, told) in
        [("/panic", format!("{ENGAGED} (after ack).")), ("/panic now", format!("{ENGAGED}."))]
    {
        let mut world = World::with(&policy(&json!({}))).await;
        let mut dimi = world.person("dimi").await;
        assert_eq!(dimi.asks_alone(command).await, told);
        assert_eq!(world.end(), 0, "{command}");
        let acts = world.home.audit();
        assert_eq!((acts.len(), &acts[0]["action"]), (1, &json!("panic")), "{acts:?}");
    }
}

#[tokio::test]
async fn the_stop_waits_for_nobody_and_the_next_start_goes_on_without_it() {
    let mut world = World::with(&policy(&json!({}))).await;
    let (mut dimi, mut alice) = (world.person("dimi").await, world.person("alice").await);
    alice.whispers("wait for it").await;
    world.model.asked("wait for it");
    alice.whispers("wait for more").await;
    until("the second message waits", || world.status()["queues"]["waiting"] == 1);
    // It passes what its own chat waits for.
    dimi.whispers("wait for me").await;
    world.model.asked("wait for me");
    assert_eq!(dimi.asks_alone("/panic now").await, format!("{ENGAGED}."));
    // A drain would wait for two minutes.
    assert_eq!(world.end(), 0);
    world.model.let_go();
    assert_eq!(alice.told_so_far().await, Vec::<String>::new());

    world.wake().await;
    assert_eq!(alice.is_told().await, "nobody: wait for more", "what had not begun is not lost");
    assert_eq!(alice.asks_alone("hello").await, "nobody: hello");
    assert_eq!(dimi.asks_alone("hi").await, "nobody: hi", "the command is not given again");
    let stopped = ["wait for it", "wait for me"].map(|text| world.model.calls_about(text).len());
    assert_eq!(stopped, [1, 1], "and what was stopped stays stopped");
}

#[tokio::test]
async fn cancel_stops_the_turn_of_its_chat_and_no_other() {
    let world = World::with(&policy(&json!({}))).await;
    let (mut dimi, mut alice) = (world.person("dimi").await, world.person("alice").await);
    alice.says("wait in the garden").await;
    alice.whispers("wait alone").await;
    world.model.asked("wait in the garden");
    world.model.asked("wait alone");
    alice.says("next").await;
    assert_eq!(dimi.asks("/cancel").await, "Stopped.");
    assert_eq!(dimi.hears().await, "nobody: next", "the lane goes on");
    assert_eq!(dimi.asks_alone("/cancel").await, "Nothing is running here.");
    world.model.let_go();
    assert_eq!(alice.is_told().await, "nobody: wait alone");
    world.settles();
    let in_the_garden = alice.all_so_far().await;
    assert!(in_the_garden.iter().all(|line| !line.contains("wait in the garden")), "{in_the_garden:?}");
}

#[tokio::test]
async fn a_stranger_stops_nothing() {
    let mut world = World::with(&policy(&json!({}))).await;
    let (mut alice, mut bob) = (world.person("alice").await, world.person("bob").await);
    bob.whispers("wait for it").await;
    world.model.asked("wait for it");
    for command in ["/panic now", "/panic", "/cancel"] {
        assert_eq!(alice.asks_alone(command).await, format!("nobody: {command}"));
    }
    // His own turn neither: to the others he is one of them.
    bob.whispers("/cancel").await;
    bob.all_so_far().await;
    assert_eq!(alice.asks_alone("hello").await, "nobody: hello");
    world.model.let_go();
    assert_eq!(bob.is_told().await, "nobody: wait for it");
    assert_eq!(bob.is_told().await, "nobody: /cancel");
    assert!(world.daemon.as_mut().unwrap().is_alive());
}
