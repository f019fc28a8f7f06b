//! The policy file is exchanged again and again while people talk: each decision is that of one file, whole, and of
//! one that was in force between the message and the decision.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use nanobot_policy::{Document, LexicalPlaces};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::model::Call;
use super::world::{Person, World, policy, source, until};

/// So many files come one after the other. At a look every tenth of a second the daemon meets every third or fourth.
const FILES: usize = 60;
/// The distance between two. It is load and no waiting: nothing hangs on its length.
const EVERY: Duration = Duration::from_millis(35);

/// The file of this number: its own name in the persona, one of two sets of tools, and carol blocked in each third.
fn file(world: &World, number: usize) -> Value {
    let tools = if number.is_multiple_of(2) { ["list_dir"] } else { ["read_file"] };
    let blocked = if blocks_carol(number) { vec![source("carol")] } else { Vec::new() };
    policy(&json!({"defaults": {
        "personaFile": world.persona(&number.to_string()),
        "allowedTools": {"mode": "allowlist", "tools": tools},
        "blockedSenders": {"senders": blocked},
    }}))
}

fn blocks_carol(number: usize) -> bool {
    number.is_multiple_of(3)
}

/// A message, and when it was said.
#[derive(Debug, Clone)]
struct Said {
    at: SystemTime,
    text: String,
}

/// Says things one after the other, each when the one before is answered. The answer must be that of the decision.
async fn talks(mut person: Person, over: watch::Receiver<bool>, nick: &str) -> Vec<(Said, String)> {
    let mut said = Vec::new();
    while !*over.borrow() {
        let text = format!("{nick} {}", said.len());
        let at = SystemTime::now();
        let answer = person.asks_alone(&text).await;
        said.push((Said { at, text }, answer));
    }
    said
}

/// What carol said in the garden, each followed by what alice said there. One lane: the second decision comes behind
/// the first.
async fn takes_turns(mut carol: Person, mut alice: Person, over: watch::Receiver<bool>) -> Vec<[Said; 2]> {
    let mut said = Vec::new();
    while !*over.borrow() {
        let number = said.len();
        let (at, text) = (SystemTime::now(), format!("carol {number}"));
        carol.says(&text).await;
        alice.overhears(&text).await;
        let first = Said { at, text };
        let (at, text) = (SystemTime::now(), format!("alice {number}"));
        alice.says(&text).await;
        while !alice.hears().await.ends_with(&text) {}
        said.push([first, Said { at, text }]);
    }
    said
}

/// When which file came into force, as the daemon's log says: the line stands right before the exchange.
struct InForce(Vec<(SystemTime, usize)>);

impl InForce {
    fn of(log: &[String], hashes: &BTreeMap<String, usize>) -> Self {
        let lines = log.iter().filter(|line| line.contains("a policy is in force"));
        let came = lines.map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let at: jiff::Timestamp = line["timestamp"].as_str().unwrap().parse().unwrap();
            (SystemTime::from(at), hashes[line["hash"].as_str().unwrap()])
        });
        // The first was there before anybody spoke.
        Self(std::iter::once((SystemTime::UNIX_EPOCH, 0)).chain(came).collect())
    }

    /// The files that were in force at some moment between two. That a file was replaced is certain only once the
    /// next but one came.
    fn between(&self, from: SystemTime, to: SystemTime) -> Vec<usize> {
        let ends = |place: usize| self.0.get(place + 2).map_or(SystemTime::now(), |(at, _)| *at);
        let places = 0..self.0.len();
        places
            .filter(|&place| self.0[place].0 <= to && ends(place) >= from)
            .map(|place| self.0[place].1)
            .collect()
    }
}

/// The file that a call comes from. It must be one file with all that it says.
fn origin(call: &Call) -> usize {
    let number: usize = call.persona.parse().unwrap();
    let tool = if number.is_multiple_of(2) { "list_dir" } else { "read_file" };
    assert_eq!(call.tools, [tool], "the persona of one file and the tools of another: {call:?}");
    number
}

#[tokio::test(flavor = "multi_thread")]
async fn each_decision_is_that_of_a_file_in_force_while_the_file_changes() {
    let mut world = World::asleep(&policy(&json!({})), "").await;
    let files: Vec<String> = (0..FILES).map(|number| file(&world, number).to_string()).collect();
    let hash = |text: &String| Document::parse(text.as_bytes(), &LexicalPlaces::default()).unwrap().hash();
    let hashes: BTreeMap<String, usize> = files.iter().map(hash).zip(0..).collect();
    world.exchange(&files[0]);
    world.wake().await;

    let (over, watched) = watch::channel(false);
    let bob = tokio::spawn(talks(world.person("bob").await, watched.clone(), "bob"));
    let dave = tokio::spawn(talks(world.person("dave").await, watched.clone(), "dave"));
    let (carol, alice) = (world.person("carol").await, world.person("alice").await);
    let group = tokio::spawn(takes_turns(carol, alice, watched));
    let mut pace = tokio::time::interval(EVERY);
    let mut written = vec![SystemTime::UNIX_EPOCH];
    for text in &files[1..] {
        pace.tick().await;
        written.push(SystemTime::now());
        world.exchange(text);
    }
    until("the last file is in force", || hashes[&world.hash()] == FILES - 1);
    over.send_replace(true);
    let (alone, group) = ([bob.await.unwrap(), dave.await.unwrap()].concat(), group.await.unwrap());

    let calls: BTreeMap<String, Call> =
        world.model.calls().into_iter().map(|call| (call.text.clone(), call)).collect();
    let in_force = InForce::of(&world.daemon.take().unwrap().stop(), &hashes);
    let numbers: Vec<usize> = in_force.0.iter().map(|(_, number)| *number).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "no file comes back: {numbers:?}");
    assert!(in_force.0.iter().all(|(at, number)| written[*number] <= *at), "none comes before it is written");

    for (said, answer) in &alone {
        let call = &calls[&said.text];
        assert_eq!(*answer, format!("{}: {}", call.persona, said.text));
        let possible = in_force.between(said.at, call.at);
        assert!(possible.contains(&origin(call)), "{call:?} of {possible:?}");
    }
    let mut answered = 0;
    for [carol, alice] in &group {
        let behind = &calls[&alice.text];
        let possible = in_force.between(alice.at, behind.at);
        assert!(possible.contains(&origin(behind)), "{behind:?} of {possible:?}");
        let possible = in_force.between(carol.at, behind.at);
        match calls.get(&carol.text).map(origin) {
            Some(number) => {
                answered += 1;
                assert!(possible.contains(&number) && !blocks_carol(number), "{}: {number}", carol.text);
            }
            None => assert!(possible.iter().copied().any(blocks_carol), "{} of {possible:?}", carol.text),
        }
    }
    let met = format!(
        "{} files in force, {} decisions alone, {} in the group, carol answered {answered} times",
        numbers.len(),
        alone.len(),
        2 * group.len()
    );
    println!("{met}");
    assert!(numbers.len() >= 8 && alone.len() >= 16 && answered > 0 && answered < group.len(), "{met}");
}
