//! Whatever a turn holds comes back from its stored form as it was.

use std::time::Duration;

use jiff::tz::Offset;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;
use crate::content::{AudioKind, Body, ContentBlock, Media};
use crate::decision::{
    CooldownPolicy, NotesMode, NotesPolicy, Persona, PolicyDecision, VoiceMode, VoicePolicy,
};
use crate::event::{ChatKind, InboundEvent, QuotedMessage};
use crate::ids::{AccountId, ChannelName, ChatId, MessageId, SenderId, SessionKey};
use crate::intent::{SessionAppend, SessionLine, SessionRole};
use crate::label::{Label, Labels};
use crate::message::{OutboundMessage, Reaction};
use crate::outcome::TurnOutcome;
use crate::pipeline::{GivenUp, Readings};
use crate::ports::Outgoing;
use crate::reply_context::{QuoteSource, ReplyContext};
use crate::time::{Timestamp, WallTime, civil};
use crate::units::ByteCount;

/// Through the stored text and back.
fn again<R: Serialize + DeserializeOwned>(record: &R) -> R {
    serde_json::from_str(&serde_json::to_string(record).unwrap()).unwrap()
}

/// Anything that is an identifier.
fn id() -> impl Strategy<Value = String> {
    "[^\\p{C}\\s][^\\p{C}]{0,20}"
}

/// Anything that somebody can write, line ends and zero bytes included.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![".{0,20}", "[\u{0}-\u{1f}\"\\\\\u{7f}\u{2028}]{0,8}"]
}

fn channel() -> impl Strategy<Value = ChannelName> {
    "[a-z0-9_-]{1,12}".prop_map(|name| ChannelName::new(name).unwrap())
}

fn chat() -> impl Strategy<Value = ChatId> {
    id().prop_map(|id| ChatId::new(id).unwrap())
}

fn sender() -> impl Strategy<Value = SenderId> {
    id().prop_map(|id| SenderId::new(id).unwrap())
}

fn message_id() -> impl Strategy<Value = MessageId> {
    id().prop_map(|id| MessageId::new(id).unwrap())
}

fn labels() -> impl Strategy<Value = Labels> {
    let some = prop::sample::subsequence(Label::ALL.to_vec(), 0..=Label::ALL.len());
    some.prop_map(|labels| labels.into_iter().map(Labels::from).collect())
}

fn instant() -> impl Strategy<Value = Timestamp> {
    let seconds = Timestamp::MIN.as_second()..Timestamp::MAX.as_second();
    (seconds, 0..1_000_000_000_i32).prop_map(|(second, nano)| Timestamp::new(second, nano).unwrap())
}

fn local() -> impl Strategy<Value = civil::DateTime> {
    instant().prop_map(|instant| Offset::UTC.to_datetime(instant))
}

fn media() -> impl Strategy<Value = Media> {
    let words = || prop::option::of(text());
    (id(), words(), any::<u64>(), words(), words(), words()).prop_map(
        |(path, mime, size, caption, transcript, description)| Media {
            path: path.into(),
            mime,
            size: ByteCount::new(size),
            caption,
            transcript,
            description,
        },
    )
}

fn block() -> impl Strategy<Value = ContentBlock> {
    let body = prop_oneof![
        text().prop_map(Body::Text),
        media().prop_map(Body::Image),
        media().prop_map(|media| Body::Audio(media, AudioKind::VoiceNote)),
        media().prop_map(|media| Body::Audio(media, AudioKind::Recording)),
        media().prop_map(Body::Video),
        media().prop_map(Body::Sticker),
        media().prop_map(Body::File),
    ];
    (body, labels()).prop_map(|(body, labels)| ContentBlock { body, labels })
}

fn quote() -> impl Strategy<Value = QuotedMessage> {
    let ids = (prop::option::of(message_id()), prop::option::of(sender()));
    (ids, prop::option::of(text()), any::<bool>()).prop_map(|((message_id, participant), text, from_bot)| {
        QuotedMessage { message_id, participant, text, from_bot }
    })
}

fn event() -> impl Strategy<Value = InboundEvent> {
    let place = (channel(), id(), chat(), any::<bool>());
    let author = (sender(), prop::option::of(sender()), prop::option::of(message_id()));
    let content = (prop::collection::vec(block(), 0..4), any::<bool>(), prop::option::of(quote()));
    (place, author, content, instant()).prop_map(|(place, author, content, at)| InboundEvent {
        channel: place.0,
        account: AccountId::new(place.1).unwrap(),
        chat: place.2,
        chat_kind: if place.3 { ChatKind::Group } else { ChatKind::Direct },
        sender: author.0,
        participant: author.1,
        message_id: author.2,
        at,
        blocks: content.0,
        mentioned_bot: content.1,
        reply: content.2,
    })
}

fn append() -> impl Strategy<Value = SessionAppend> {
    let role = prop::sample::select(vec![SessionRole::User, SessionRole::Assistant]);
    let line = (role, text(), local(), labels()).prop_map(|(role, content, at, labels)| SessionLine {
        role,
        content,
        at,
        labels,
    });
    (channel(), chat(), prop::collection::vec(line, 0..4))
        .prop_map(|(channel, chat, lines)| SessionAppend { session: SessionKey::of(&channel, &chat), lines })
}

fn outgoing() -> impl Strategy<Value = Outgoing> {
    let media = prop::collection::vec(id().prop_map(Into::into), 0..3);
    let message = (channel(), chat(), text(), prop::option::of(message_id()), media).prop_map(
        |(channel, chat, text, reply_to, media)| {
            Outgoing::Message(OutboundMessage { channel, chat, text, reply_to, media })
        },
    );
    let reaction = (channel(), chat(), message_id(), text(), prop::option::of(sender())).prop_map(
        |(channel, chat, message_id, emoji, participant)| {
            Outgoing::Reaction(Reaction { channel, chat, message_id, emoji, participant })
        },
    );
    prop_oneof![message, reaction]
}

/// A time span as policies count them; what is finer than a millisecond is not stored.
fn span() -> impl Strategy<Value = Duration> {
    any::<u64>().prop_map(Duration::from_millis)
}

fn notes() -> impl Strategy<Value = NotesPolicy> {
    let mode = prop::sample::select(vec![NotesMode::Adaptive, NotesMode::Heuristic, NotesMode::Hybrid]);
    (any::<bool>(), any::<bool>(), mode, span(), any::<u32>()).prop_map(
        |(enabled, allow_blocked_senders, mode, batch_interval, batch_max_messages)| NotesPolicy {
            enabled,
            allow_blocked_senders,
            mode,
            batch_interval,
            batch_max_messages,
        },
    )
}

fn voice() -> impl Strategy<Value = VoicePolicy> {
    let modes = vec![VoiceMode::Text, VoiceMode::InKind, VoiceMode::Always, VoiceMode::Off];
    (prop::sample::select(modes), text(), text(), text(), any::<u32>(), any::<u32>()).prop_map(
        |(mode, route, voice, format, max_sentences, max_chars)| VoicePolicy {
            mode,
            route,
            voice,
            format,
            max_sentences,
            max_chars,
        },
    )
}

fn cooldown() -> impl Strategy<Value = CooldownPolicy> {
    let overlap = prop::num::f64::NORMAL | prop::num::f64::ZERO;
    (any::<bool>(), any::<u32>(), overlap, span(), span(), any::<bool>()).prop_map(
        |(enabled, streak_threshold, topic_overlap, cooldown, delay, use_model)| CooldownPolicy {
            enabled,
            streak_threshold,
            topic_overlap,
            cooldown,
            delay,
            use_model,
        },
    )
}

/// The text of a persona is not stored, so there is none.
fn decision() -> impl Strategy<Value = PolicyDecision> {
    let yes_or_no = (any::<bool>(), any::<bool>(), any::<bool>());
    let words = (prop::collection::btree_set(text(), 0..4), text(), text());
    let persona = prop::option::of(id().prop_map(|file| Persona { file, text: None }));
    (yes_or_no, words, persona, notes(), voice(), cooldown()).prop_map(
        |((accept, respond, is_owner), (allowed_tools, reason, source), persona, notes, voice, cooldown)| {
            PolicyDecision {
                accept,
                respond,
                allowed_tools: allowed_tools.into(),
                reason,
                is_owner,
                persona,
                notes,
                voice,
                cooldown,
                source,
            }
        },
    )
}

fn context() -> impl Strategy<Value = ReplyContext> {
    let source = prop::option::of(prop::sample::select(vec![QuoteSource::Payload, QuoteSource::Archive]));
    let quote =
        (source, prop::option::of(message_id()), prop::option::of(sender()), prop::option::of(text()));
    let lines = || prop::collection::vec(text(), 0..3);
    (quote, lines(), lines(), labels()).prop_map(
        |((source, message_id, participant, quoted_text), window, ambient, labels)| ReplyContext {
            source,
            message_id,
            participant,
            quoted_text,
            window,
            ambient,
            labels,
        },
    )
}

fn readings() -> impl Strategy<Value = Readings> {
    let given_up = (prop::sample::select(TurnOutcome::ALL.to_vec()), text())
        .prop_map(|(outcome, notice)| GivenUp { outcome, notice });
    let chat = (prop::option::of(any::<bool>()), prop::collection::vec(sender(), 0..3));
    let ended = (prop::option::of(text()), prop::option::of(given_up));
    let read = (context(), prop::option::of(text()));
    (prop::option::of(decision()), read, chat, any::<bool>(), ended).prop_map(
        |(decision, (context, gate), (chat_known, owners), unreadable, (admin, given_up))| Readings {
            decision,
            context,
            gate,
            chat_known,
            owners,
            unreadable,
            admin,
            given_up,
        },
    )
}

fn reading_of_the_clock() -> impl Strategy<Value = WallTime> {
    let offset = -86_399..86_400_i32;
    (instant(), offset, text()).prop_map(|(instant, offset, zone)| WallTime {
        instant,
        offset: Offset::from_seconds(offset).unwrap(),
        zone,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_message_comes_back_as_it_was(event in event()) {
        prop_assert_eq!(InboundEvent::try_from(again(&EventRecord::from(&event))).unwrap(), event);
    }

    #[test]
    fn any_session_lines_come_back_as_they_were(append in append()) {
        prop_assert_eq!(SessionAppend::try_from(again(&LinesRecord::from(&append))).unwrap(), append);
    }

    #[test]
    fn whatever_goes_out_comes_back_as_it_was(outgoing in outgoing()) {
        prop_assert_eq!(Outgoing::try_from(again(&OutgoingRecord::from(&outgoing))).unwrap(), outgoing);
    }

    #[test]
    fn whatever_was_read_comes_back_as_it_was(readings in readings()) {
        prop_assert_eq!(Readings::try_from(again(&ReadingsRecord::from(&readings))).unwrap(), readings);
    }

    #[test]
    fn any_reading_of_the_clock_comes_back_as_it_was(time in reading_of_the_clock()) {
        prop_assert_eq!(WallTime::try_from(again(&TimeRecord::from(&time))).unwrap(), time);
    }
}

/// A record of a later version is refused, whatever it is.
#[test]
fn records_from_the_future_are_refused() {
    let later = |record: String| record.replacen("\"v\":1", "\"v\":2", 1);
    let lines = LinesRecord::from(&crate::testing::journal::append("cli:default", "hi"));
    let lines: LinesRecord = serde_json::from_str(&later(serde_json::to_string(&lines).unwrap())).unwrap();
    assert!(matches!(SessionAppend::try_from(lines), Err(RecordError::FromTheFuture { found: 2 })));
    let readings = ReadingsRecord::from(&Readings::default());
    let readings: ReadingsRecord =
        serde_json::from_str(&later(serde_json::to_string(&readings).unwrap())).unwrap();
    assert!(matches!(Readings::try_from(readings), Err(RecordError::FromTheFuture { found: 2 })));
    let outgoing = OutgoingRecord::from(&crate::testing::journal::delivery("t", 0, "a", "hi").outgoing);
    let outgoing: OutgoingRecord =
        serde_json::from_str(&later(serde_json::to_string(&outgoing).unwrap())).unwrap();
    assert!(matches!(Outgoing::try_from(outgoing), Err(RecordError::FromTheFuture { found: 2 })));
}
