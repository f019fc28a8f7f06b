//! A daemon that dies right behind a command: what was commanded is there once, and its answer comes.

use serde_json::{Value, json};

use super::world::{World, policy};

/// Behind the change and before the turn is closed, behind that, before the answer is sent, and behind that.
const POINTS: [&str; 4] = ["close.before:1", "close.after:1", "send.before:1", "delivered.before:1"];

/// By a signal: SIGKILL.
const KILLED: i32 = 128 + 9;

#[tokio::test]
async fn a_command_behind_which_the_daemon_dies_is_done_once_and_answered() {
    let mut world = World::asleep(&policy(&json!({})), "").await;
    let mut dimi = world.person("dimi").await;
    for (done, (point, mode)) in POINTS.into_iter().zip(["off", "all", "off", "mention_only"]).enumerate() {
        world.wake_to_die_at(point).await;
        dimi.whispers(&format!("/policy set-when #garden {mode}")).await;
        assert_eq!(world.end(), KILLED, "{point}");
        // It may have been sent once before: nobody saw whether it arrived.
        let sent_before = dimi.told_so_far().await.len();
        assert!(sent_before == 0 || point.starts_with("delivered"), "{point}");

        world.wake().await;
        let told = dimi.is_told().await;
        assert_eq!(told, format!("Policy updated for irc:#garden: whenToReply={mode}."), "{point}");
        world.settles();
        assert_eq!(dimi.told_so_far().await, Vec::<String>::new(), "{point}");
        let rows = world.changes();
        assert_eq!(rows.len(), done + 1, "{point}: {rows:?}");
        let file: Value = serde_json::from_str(&world.home.read("policy.json")).unwrap();
        assert_eq!(file["channels"]["irc"]["chats"]["#garden"]["whenToReply"]["mode"], mode, "{point}");
        assert_eq!(rows[done]["after_hash"], world.hash(), "{point}");
        world.home.cli(&["audit", "verify"]).exits(0);
        world.daemon.take().unwrap().stop();
    }
    assert!(world.model.calls().is_empty());
}

#[tokio::test]
async fn a_stop_behind_which_the_daemon_dies_is_not_given_again() {
    let mut world = World::asleep(&policy(&json!({})), "").await;
    let mut dimi = world.person("dimi").await;
    world.wake_to_die_at("close.after:1").await;
    dimi.whispers("/panic").await;
    assert_eq!(world.end(), KILLED);
    world.wake().await;
    assert_eq!(dimi.is_told().await, "Panic switch engaged. Stopping the assistant (after ack).");
    assert_eq!(dimi.asks_alone("hello").await, "nobody: hello");
}
