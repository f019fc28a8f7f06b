//! Turns of every kind, among stores that fail and processes that die: each follows from its record.

use proptest::prelude::*;

use super::recorder::{Recorder, Tally};
use crate::cancel::StopReason;
use crate::decision::{CooldownPolicy, NotesPolicy, PolicyDecision};
use crate::event::{InboundEvent, QuotedMessage};
use crate::ids::{ChannelName, MessageId, SenderId};
use crate::label::Label;
use crate::ports::StoreErrorKind;
use crate::replay::Replayed;
use crate::responder::tests::world::{ALLOWED, Death};
use crate::testing::event::EventBuilder;
use crate::testing::policy::decision;

const CHATS: [(&str, &str); 5] = [
    ("whatsapp", "1@g.us"),
    ("whatsapp", "2@g.us"),
    ("cli", "default"),
    ("system", "whatsapp:1@g.us"),
    ("irc", "net:#garden"),
];

const WAITING: &str = "wait for a tool";

/// What is said; the recorder's model knows most of it.
const WORDS: [&str; 12] = [
    "tell me about the garden",
    "tell me more about the garden",
    "the garden once more, please",
    "use tools",
    "the same again and again",
    "what is forbidden",
    WAITING,
    "just a reaction",
    "the model fails here",
    "say my pin",
    "say nothing",
    "there is a bomb in it",
];

/// What goes wrong in a turn.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    Nothing,
    Dies(usize, Death),
    HistoryFails,
    SeenChatsFail,
    ModelHangs,
    StoppedInTheModel,
    /// With words that lead to a tool which never ends.
    StoppedInATool,
}

#[derive(Debug, Clone)]
struct Said {
    chat: usize,
    words: usize,
    id: Option<u8>,
    quotes: Option<u8>,
    label: Label,
    policy: Policy,
    trouble: Trouble,
}

#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is one of the decision, and random")]
struct Policy {
    accept: bool,
    respond: bool,
    notes: bool,
    is_owner: bool,
    /// Whether the brake is on, and whether a model words it.
    brake: Option<bool>,
    tools: Vec<&'static str>,
}

fn policy() -> impl Strategy<Value = Policy> {
    (
        prop::bool::weighted(0.9),
        prop::bool::weighted(0.9),
        any::<bool>(),
        any::<bool>(),
        prop::option::of(any::<bool>()),
        prop::sample::subsequence(ALLOWED.to_vec(), 1..=ALLOWED.len()),
    )
        .prop_map(|(accept, respond, notes, is_owner, brake, tools)| Policy {
            accept,
            respond,
            notes,
            is_owner,
            brake,
            tools,
        })
}

fn trouble() -> impl Strategy<Value = Trouble> {
    let death = prop::sample::select(vec![Death::JournalFails, Death::BeforeTheWrite, Death::BehindTheWrite]);
    prop_oneof![
        6 => Just(Trouble::Nothing),
        4 => (0..16_usize, death).prop_map(|(writes, death)| Trouble::Dies(writes, death)),
        1 => Just(Trouble::HistoryFails),
        1 => Just(Trouble::SeenChatsFail),
        1 => Just(Trouble::ModelHangs),
        1 => Just(Trouble::StoppedInTheModel),
        1 => Just(Trouble::StoppedInATool),
    ]
}

fn said() -> impl Strategy<Value = Vec<Said>> {
    let one = (
        0..CHATS.len(),
        0..WORDS.len(),
        prop::option::weighted(0.8, 0..12_u8),
        prop::option::weighted(0.3, 0..12_u8),
        prop::sample::select(&Label::ALL[..]),
        policy(),
        trouble(),
    )
        .prop_map(|(chat, words, id, quotes, label, policy, trouble)| Said {
            chat,
            words,
            id,
            quotes,
            label,
            policy,
            trouble,
        });
    prop::collection::vec(one, 1..8)
}

impl Policy {
    fn decision(&self) -> PolicyDecision {
        let cooldown = CooldownPolicy {
            enabled: self.brake.is_some(),
            streak_threshold: 2,
            cooldown: std::time::Duration::ZERO,
            use_model: self.brake == Some(true),
            ..CooldownPolicy::default()
        };
        PolicyDecision {
            accept: self.accept,
            respond: self.respond,
            notes: NotesPolicy { enabled: self.notes, ..NotesPolicy::default() },
            is_owner: self.is_owner,
            allowed_tools: self.tools.iter().map(ToString::to_string).collect(),
            cooldown,
            ..decision("random")
        }
    }
}

fn event(said: &Said) -> InboundEvent {
    let (name, chat) = CHATS[said.chat];
    let words = match said.trouble {
        Trouble::StoppedInATool => WAITING,
        _ => WORDS[said.words],
    };
    let mut event =
        EventBuilder::new(ChannelName::new(name).unwrap(), chat, "somebody", words).labelled(said.label);
    if chat != "default" {
        event = event.group(chat);
    }
    if let Some(id) = said.id {
        event = event.id(&format!("m{id}"));
    }
    match said.quotes {
        Some(id) if id % 2 == 0 => event = event.replying_to(&format!("m{id}")),
        Some(id) => {
            event = event.quoting(QuotedMessage {
                message_id: Some(MessageId::new(format!("m{id}")).unwrap()),
                text: Some("somebody's words".to_owned()),
                ..QuotedMessage::default()
            });
        }
        None => {}
    }
    event.build()
}

/// Lets everything happen; answers the first turn that does not follow from its record.
fn live_through(said: &[Said], tally: &mut Tally) -> Result<(), TestCaseError> {
    let mut recorder = Recorder::new();
    recorder.world.policy.set_owners(ChannelName::WHATSAPP, vec![SenderId::new("+49 170").unwrap()]);
    for said in said {
        recorder.world.policy.set(said.policy.decision());
        let mut stop = None;
        match said.trouble {
            Trouble::Nothing => {}
            Trouble::Dies(writes, death) => recorder.world.journal.ends_after(writes, death),
            Trouble::HistoryFails => {
                recorder.world.sessions.trouble.fail_next_in("history", StoreErrorKind::Corrupt);
            }
            Trouble::SeenChatsFail => {
                recorder.world.seen_chats.trouble.fail_next_in("contains", StoreErrorKind::Busy);
            }
            Trouble::ModelHangs => recorder.world.model.push_hang_after("Once upon"),
            Trouble::StoppedInTheModel => {
                recorder.world.model.push_hang_after("Once upon");
                stop = Some(StopReason::Person);
            }
            Trouble::StoppedInATool => stop = Some(StopReason::Person),
        }
        let Some(turn) = recorder.record(&event(said), stop) else { continue };
        *tally.entry(turn.closing.as_ref().unwrap().outcome.name()).or_default() += 1;
        let replayed = recorder.replay(&turn);
        prop_assert_eq!(replayed, Replayed::Same, "{:#?}", turn);
    }
    Ok(())
}

#[test]
fn every_turn_follows_from_its_record() {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(300)
    });
    let tally = std::cell::RefCell::new(Tally::new());
    runner.run(&said(), |said| live_through(&said, &mut tally.borrow_mut())).unwrap();
    // The check would mean little if it had met the half of the outcomes only.
    let met = tally.into_inner();
    for outcome in crate::outcome::TurnOutcome::ALL {
        assert!(met.contains_key(outcome.name()), "no turn was {}: {met:?}", outcome.name());
    }
    assert!(met.values().sum::<usize>() >= 300, "{met:?}");
}
