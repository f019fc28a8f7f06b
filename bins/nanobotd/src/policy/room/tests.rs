//! The room over files and chain heads in memory.

use nanobot_config::{Environment, Home, LoadRequest, load};
use nanobot_core::ports::{
    PolicyAdmin as _, PolicyAsk, PolicyEdit, PolicyEngine as _, PolicyStore as _, StoreErrorKind,
};
use nanobot_core::testing::{FakeClock, MemoryChainHeads, MemoryPolicy, MemorySessions, SequenceIds};
use nanobot_policy::admin::{Outcome as Ended, Way};
use tempfile::TempDir;

use super::*;
use crate::policy::work::change_id;

const POLICY: &str = r#"{"owners": {"whatsapp": ["491"]}, "channels": {}}"#;

struct Scene {
    _home: TempDir,
    store: Arc<MemoryPolicy>,
    heads: Arc<MemoryChainHeads>,
    clock: Arc<FakeClock>,
    room: PolicyRoom,
}

async fn opened(
    settings: &str,
    policy: Option<&str>,
    heads: Arc<MemoryChainHeads>,
) -> Result<Scene, RoomError> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.toml"), settings).unwrap();
    let home = Home::at(folder.path(), None);
    let loaded = load(&LoadRequest::new(home.clone(), Environment::default())).unwrap();
    let store = Arc::new(MemoryPolicy::new());
    if let Some(policy) = policy {
        store.edit(Some(policy.as_bytes()));
    }
    let clock = Arc::new(FakeClock::default());
    let room = PolicyRoom::open(RoomParts {
        surroundings: Surroundings::of(&home, &loaded.config),
        store: store.clone(),
        heads: heads.clone(),
        groups: GroupSource {
            sessions: Arc::new(MemorySessions::default()),
            folder: home.sessions(),
            log: home.logs(),
        },
        clock: clock.clone(),
        ids: Arc::new(SequenceIds::new()),
    })
    .await?;
    Ok(Scene { _home: folder, store, heads, clock, room })
}

async fn scene() -> Scene {
    opened("", Some(POLICY), Arc::default()).await.unwrap()
}

impl Scene {
    /// What the owner is told, and how the command ended.
    async fn said(&self, turn: &str, command: &str) -> (Ended, String) {
        let speaker = Speaker {
            way: Way::Chat,
            channel: "whatsapp",
            chat: "491@s.whatsapp.net",
            sender: "491",
            is_group: false,
            is_owner: true,
        };
        let mut act = Act { id: change_id(turn), command, speaker, at: self.room.now() };
        match self.room.hear(&mut act, |_| true).await {
            Heard::Answered(executed) => (executed.outcome, executed.reply),
            other => panic!("{other:?}"),
        }
    }

    async fn rows(&self) -> usize {
        self.store.history(100).await.unwrap().len()
    }
}

#[tokio::test]
async fn a_turn_that_is_tried_again_changes_the_policy_once_and_is_answered_the_same() {
    let scene = scene().await;
    let command = "/policy set-when 1@g.us all";
    let first = scene.said("t1", command).await;
    assert_eq!(first.0, Ended::Applied);
    assert_eq!(scene.said("t1", command).await, first, "the answer of a crashed turn is not lost");
    assert_eq!(scene.rows().await, 1);
    assert_eq!(scene.said("t2", command).await.0, Ended::Noop, "another turn finds nothing to change");
}

#[tokio::test]
async fn a_change_is_in_force_at_once_and_its_head_is_in_the_journal() {
    let scene = scene().await;
    let before = scene.room.status().await;
    scene.said("t1", "/policy block-sender 1@g.us 492").await;
    let after = scene.room.status().await;
    assert_ne!(before.hash, after.hash);
    let head = scene.heads.chain_head(POLICY_CHAIN).await.unwrap();
    assert_eq!((head.as_ref().map(|head| head.rows), &after.chain), (Some(1), &head));
    let answer = scene.said("t2", &format!("/policy rollback {}", change_id("t1"))).await;
    assert_eq!(answer.0, Ended::Applied, "{}", answer.1);
    let parsed = scene.room.status().await;
    assert_eq!(parsed.hash, before.hash, "a rollback restores the very hash");
}

#[tokio::test]
async fn a_log_that_the_journal_does_not_know_seals_the_policy() {
    let heads = Arc::new(MemoryChainHeads::default());
    heads.trouble.fail_next_in("chain_head", StoreErrorKind::Busy);
    let refused = opened("", Some(POLICY), heads).await;
    assert!(matches!(refused, Err(RoomError::Store(_))), "a journal that cannot be read is no start");

    let scene = scene().await;
    scene.said("t1", "/policy set-when 1@g.us all").await;
    // Somebody cuts log and chain alike while the daemon runs; only the journal knows better.
    scene.room.acts.lock().await.head.as_mut().unwrap().rows = 9;
    for turn in ["t2", "t3"] {
        let (ended, told) = scene.said(turn, "/policy set-when 1@g.us off").await;
        assert_eq!(ended, Ended::Error);
        assert!(told.contains("audit verify") && told.contains("audit accept"), "{told}");
    }
    assert_eq!(scene.rows().await, 1);
    assert!(scene.room.status().await.sealed.is_some());
    assert_eq!(scene.heads.chain_head(POLICY_CHAIN).await.unwrap().unwrap().rows, 1, "nothing covers it up");

    // And at a start.
    let heads = Arc::new(MemoryChainHeads::default());
    let foreign = ChainHead { rows: 2, hash: "f".repeat(64) };
    heads.set_chain_head(POLICY_CHAIN, &foreign).await.unwrap();
    let scene = opened("", Some(POLICY), heads).await.unwrap();
    assert!(scene.room.status().await.sealed.is_some(), "it starts, and keeps the evidence");
    assert_eq!(scene.said("t1", "/policy set-when 1@g.us off").await.0, Ended::Error);
}

#[tokio::test]
async fn a_policy_that_somebody_else_changes_meanwhile_is_not_overwritten() {
    let scene = scene().await;
    scene.store.trouble.fail_next_in("change", StoreErrorKind::Busy);
    let (ended, told) = scene.said("t1", "/policy set-when 1@g.us all").await;
    assert_eq!(ended, Ended::Error);
    assert!(told.starts_with("Failed to write policy: "), "{told}");
    assert_eq!(scene.said("t2", "/policy set-when 1@g.us all").await.0, Ended::Applied);
}

#[tokio::test]
async fn a_broken_or_deleted_file_keeps_the_policy_and_is_told_once() {
    let scene = scene().await;
    let before = scene.room.status().await.hash;
    for (file, expected) in [(Some(b"{,".as_slice()), "line 1"), (None, "the file is gone")] {
        scene.store.edit(file);
        scene.clock.advance(Duration::from_secs(2));
        assert_eq!(scene.room.look().await.len(), 1, "{expected}");
        scene.clock.advance(Duration::from_secs(2));
        assert_eq!(scene.room.look().await.len(), 0, "once");
        let status = scene.room.status().await;
        assert_eq!(status.hash, before);
        assert!(status.trouble.join("\n").contains(expected), "{:?}", status.trouble);
    }
    scene.store.edit(Some(POLICY.as_bytes()));
    // An owner's command looks at once; what it found is told at the next look.
    scene.said("t1", "/policy help").await;
    assert_eq!(scene.room.status().await.trouble, [""; 0]);
    assert!(matches!(scene.room.look().await.as_slice(), [News::Mended(_)]));
}

#[tokio::test]
async fn a_file_that_is_no_policy_is_no_start() {
    let refused =
        opened("", Some(r#"{"defaults": {"whoCanTalk": {"mode": "nobody"}}}"#), Arc::default()).await;
    let Err(RoomError::Faults(faults)) = refused else { panic!("it starts") };
    assert_eq!(faults.len(), 1);
    assert!(faults[0].contains("defaults.whoCanTalk.mode"), "{faults:?}");
}

fn on(channel: &str) -> nanobot_core::event::InboundEvent {
    let channel = nanobot_core::ids::ChannelName::new(channel).unwrap();
    nanobot_core::testing::event::EventBuilder::new(channel, "somewhere", "eve!~e@host", "hello").build()
}

#[tokio::test]
async fn a_network_that_nobody_owns_is_closed_and_named() {
    let irc = "[channels.irc]\nenabled = true\n";
    let scene = opened(irc, Some(POLICY), Arc::default()).await.unwrap();
    assert_eq!(scene.room.status().await.closed, ["irc"]);
    let live = scene.room.live();
    let decision = live.evaluate(&on("irc"));
    assert_eq!((decision.accept, decision.reason.as_str()), (false, "channel_closed"));
    assert!(!live.allows_tool(&on("irc"), "read_file") && !live.accepts(&on("irc")));
    assert!(
        !live.evaluate(&on("a_network_of_tomorrow")).accept,
        "what nobody has heard of is closed as well"
    );
    assert!(live.evaluate(&on("whatsapp")).accept && live.evaluate(&on("cli")).accept);

    let by_settings = format!("{irc}owners = [\"account:dimi\"]\n");
    let by_policy = r#"{"owners": {"irc": ["dimi!~d@host"]}, "channels": {}}"#;
    for (settings, policy) in [(by_settings.as_str(), POLICY), (irc, by_policy)] {
        let scene = opened(settings, Some(policy), Arc::default()).await.unwrap();
        assert_eq!(scene.room.status().await.closed, [""; 0]);
        assert!(scene.room.live().evaluate(&on("irc")).accept);
    }
    let nick_alone = r#"{"owners": {"irc": ["dimi"]}, "channels": {}}"#;
    let scene = opened(irc, Some(nick_alone), Arc::default()).await.unwrap();
    assert_eq!(scene.room.status().await.closed, ["irc"], "a nick by itself is nobody");
}

#[tokio::test]
async fn an_owner_who_took_the_right_from_himself_is_answered_after_a_crash_all_the_same() {
    let scene = scene().await;
    let speaker = Speaker {
        way: Way::Chat,
        channel: "whatsapp",
        chat: "491@s.whatsapp.net",
        sender: "491",
        is_group: false,
        is_owner: false,
    };
    let command = "/policy set-when 1@g.us all";
    let first = scene.said("t1", command).await;
    let mut again = Act { id: change_id("t1"), command, speaker, at: scene.room.now() };
    let heard = scene.room.hear(&mut again, |_| false).await;
    assert!(matches!(heard, Heard::Answered(executed) if executed.reply == first.1));
    let mut other = Act { id: change_id("t2"), command, speaker, at: scene.room.now() };
    assert_eq!(scene.room.hear(&mut other, |_| false).await, Heard::Ignored);
    assert_eq!(scene.rows().await, 1);
}

#[tokio::test]
async fn the_operator_is_answered_with_the_change_and_its_hashes() {
    let scene = scene().await;
    let ask = |dry_run| PolicyAsk {
        edit: PolicyEdit::Command("/policy allow-group 1@g.us".to_owned()),
        dry_run,
        confirm: false,
    };
    let dry = scene.room.edit_policy(&ask(true), "local:uid=0").await.unwrap();
    assert_eq!((dry.outcome.as_str(), dry.change.clone(), scene.rows().await), ("applied", None, 0));
    let real = scene.room.edit_policy(&ask(false), "local:uid=0").await.unwrap();
    assert_eq!((real.before_hash, real.after_hash.clone()), (dry.before_hash, dry.after_hash));
    let rows = scene.store.history(10).await.unwrap();
    assert_eq!(real.change.as_deref(), Some(rows[0].id.as_str()));
    assert_eq!((rows[0].source.as_str(), rows[0].actor.as_str()), ("cli", "local:uid=0"));
    assert_eq!(real.after_hash, Some(scene.room.status().await.hash));
}
