//! A journal on its own: a message is stored, its turn dies, the next process answers it, and an operator looks.

use nanobot_core::TurnOutcome;
use nanobot_core::content::ContentBlock;
use nanobot_core::event::{ChatKind, InboundEvent};
use nanobot_core::ids::{AccountId, ChannelName, ChatId, DeliveryKey, MessageId, SenderId, TurnId};
use nanobot_core::label::Label;
use nanobot_core::message::OutboundMessage;
use nanobot_core::pipeline::Readings;
use nanobot_core::ports::{Closing, Delivery, InboundId, Journal as _, Outbox as _, Outgoing};
use nanobot_core::time::{Timestamp, WallTime};
use nanobot_journal::{JournalOptions, JournalReader, SqliteJournal};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let home = tempfile::tempdir()?;
    let path = home.path().join("journal").join("journal.db");
    let now: Timestamp = "2026-02-22T12:00:00Z".parse()?;

    // The first process stores a message, begins to answer, and dies.
    let journal = SqliteJournal::open(JournalOptions::new(&path)).await?;
    let ingested = journal.ingest(&message(now)?, &TurnId::new("turn-1")?, now).await?;
    journal.begin(ingested.id, &WallTime::utc(now)).await?;
    drop(journal);

    // The second one finds it open, answers, and the answer waits for its channel.
    let journal = SqliteJournal::open(JournalOptions::new(&path)).await?;
    for open in journal.open_turns(InboundId(0), 100).await? {
        let attempt = journal.begin(open.inbound, &WallTime::utc(now)).await?;
        println!("attempt {} at {}: {:?}", attempt.number, open.turn, open.event.text());
        journal.close(&closing(open.inbound, open.turn, now)?).await?;
    }
    for due in journal.due(now, 100).await? {
        println!("sending {}", due.delivery.key);
        journal.delivered(&due.delivery.key).await?;
    }

    // Somebody looks, while it runs.
    let reader = JournalReader::open(&path).await?;
    for turn in reader.turns(None, None, 10).await? {
        println!("{}: {:?} after {} attempts", turn.turn, turn.outcome, turn.attempts);
    }
    println!("problems: {:?}", reader.check().await?.problems);
    reader.close().await;
    journal.shut_down().await;
    Ok(())
}

fn message(now: Timestamp) -> Result<InboundEvent, Box<dyn std::error::Error>> {
    Ok(InboundEvent {
        channel: ChannelName::TELEGRAM,
        account: AccountId::sole(),
        chat: ChatId::new("-100")?,
        chat_kind: ChatKind::Direct,
        sender: SenderId::new("7|ada")?,
        participant: None,
        message_id: Some(MessageId::new("m1")?),
        at: now,
        blocks: vec![ContentBlock::text("Good morning!", Label::Owner)],
        mentioned_bot: false,
        reply: None,
    })
}

fn closing(inbound: InboundId, turn: TurnId, now: Timestamp) -> Result<Closing, Box<dyn std::error::Error>> {
    let answer = OutboundMessage {
        channel: ChannelName::TELEGRAM,
        chat: ChatId::new("-100")?,
        text: "Good morning to you.".to_owned(),
        reply_to: None,
        media: Vec::new(),
    };
    let delivery =
        Delivery { key: DeliveryKey::of(&turn, 0), turn: turn.clone(), outgoing: Outgoing::Message(answer) };
    Ok(Closing {
        inbound: Some(inbound),
        turn,
        outcome: TurnOutcome::Answered,
        readings: Readings::default(),
        sessions: Vec::new(),
        deliveries: vec![delivery],
        at: WallTime::utc(now),
    })
}
