//! The tool stage, and rounds of several calls.

use serde_json::json;

use super::world::World;

#[tokio::test]
async fn a_dangerous_command_of_the_owners_own_model_is_blocked() {
    let world = World::awake().await;
    let mut dimi = world.person("dimi").await;
    let before = world.workspace();
    for (place, command) in ["rm -rf /", "cd / && sudo rm -fr --no-preserve-root /*"].iter().enumerate() {
        let wish = format!("clean up {place}");
        world.model.obeys(&wish, &[("exec", json!({"command": command}))]);
        let blocked = "Error: Tool call blocked by security middleware (High-risk exec command blocked).";
        assert_eq!(dimi.asks_alone(&wish).await, format!("said: {blocked}"), "{command}");
        assert_eq!(world.model.results_of(&wish), [blocked], "{command}");
        world.settles();
        assert_eq!(world.recorded_calls("irc:dimi"), [("exec".to_owned(), "refused".to_owned())]);
    }
    assert_eq!(world.workspace(), before);
}

#[tokio::test]
async fn several_reads_of_one_round_are_answered_in_their_order() {
    let world = World::awake().await;
    let mut dimi = world.person("dimi").await;
    // The first is the slowest.
    let long = "one ".repeat(100_000);
    let texts = [("a.txt", long.as_str()), ("b.txt", "two"), ("c.txt", "three")];
    for (name, text) in texts {
        world.home.write(&format!("workspace/{name}"), text);
    }
    world.model.obeys("read them", &texts.map(|(name, _)| ("read_file", json!({"path": name}))));
    assert_eq!(dimi.asks_alone("read them").await, "said: three");
    let results = world.model.results_of("read them");
    assert_eq!(results.len(), 3);
    assert!(results[0].starts_with("one one "), "{:.40}", results[0]);
    assert_eq!(results[1..], ["two", "three"]);
    world.settles();
    let read = ("read_file".to_owned(), "pure".to_owned());
    assert_eq!(world.recorded_calls("irc:dimi"), [read.clone(), read.clone(), read]);
}
