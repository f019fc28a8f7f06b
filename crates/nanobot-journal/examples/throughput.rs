//! How fast this machine keeps a journal: one caller alone, so one commit for each thing said, and many
//! callers whose work is committed together. Run it with `--release` on the disk that counts, with a folder as its argument.

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nanobot_core::content::ContentBlock;
use nanobot_core::event::{ChatKind, InboundEvent};
use nanobot_core::ids::{AccountId, ChannelName, ChatId, MessageId, SenderId, TurnId};
use nanobot_core::label::Label;
use nanobot_core::ports::{InboundId, Journal};
use nanobot_core::time::{Timestamp, WallTime};
use nanobot_journal::{JournalOptions, SqliteJournal};

#[tokio::main]
#[expect(clippy::print_stdout, reason = "a measurement is printed")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).map(PathBuf::from);
    let home = tempfile::tempdir_in(folder.unwrap_or_else(|| PathBuf::from(".")))?;
    let journal = SqliteJournal::open(JournalOptions::new(home.path().join("journal.db"))).await?;

    for (callers, each) in [(1, 1_000), (16, 250), (256, 50), (1_024, 25)] {
        let before = journal.commits();
        let taken = timed(async || ingest(&journal, callers, each).await).await?;
        let (messages, commits) = (callers * each, journal.commits() - before);
        println!(
            "{callers:5} callers: {:8.0} messages a second, {:.1} in a commit",
            f64::from(messages) / taken.as_secs_f64(),
            f64::from(messages) / f64::from(u32::try_from(commits)?),
        );
        let before = journal.commits();
        let taken = timed(async || begin(&journal, callers, each).await).await?;
        let (attempts, commits) = (callers * each, journal.commits() - before);
        println!(
            "{callers:5} callers: {:8.0} attempts a second, {:.1} in a commit",
            f64::from(attempts) / taken.as_secs_f64(),
            f64::from(attempts) / f64::from(u32::try_from(commits)?),
        );
    }
    journal.shut_down().await;
    Ok(())
}

async fn ingest(journal: &SqliteJournal, callers: u32, each: u32) -> Result<(), Box<dyn Error>> {
    let mut tasks = Vec::new();
    for caller in 0..callers {
        let journal = journal.clone();
        tasks.push(tokio::spawn(async move {
            for message in 0..each {
                let turn =
                    TurnId::new(format!("{callers}-{caller}-{message}")).unwrap_or_else(|_| unreachable!());
                let event = message_of(turn.as_str()).unwrap_or_else(|_| unreachable!());
                if journal.ingest(&event, &turn, Timestamp::UNIX_EPOCH).await.is_err() {
                    return false;
                }
            }
            true
        }));
    }
    all_done(tasks).await
}

async fn begin(journal: &SqliteJournal, callers: u32, each: u32) -> Result<(), Box<dyn Error>> {
    let mut tasks = Vec::new();
    for caller in 0..callers {
        let journal = journal.clone();
        tasks.push(tokio::spawn(async move {
            let at = WallTime::utc(Timestamp::UNIX_EPOCH);
            for message in 0..each {
                let id = InboundId(u64::from(1 + caller * each + message));
                if journal.begin(id, &at).await.is_err() {
                    return false;
                }
            }
            true
        }));
    }
    all_done(tasks).await
}

async fn all_done(tasks: Vec<tokio::task::JoinHandle<bool>>) -> Result<(), Box<dyn Error>> {
    for task in tasks {
        if !task.await? {
            return Err("the journal refused something".into());
        }
    }
    Ok(())
}

fn message_of(id: &str) -> Result<InboundEvent, Box<dyn Error>> {
    Ok(InboundEvent {
        channel: ChannelName::WHATSAPP,
        account: AccountId::sole(),
        chat: ChatId::new("49170@s.whatsapp.net")?,
        chat_kind: ChatKind::Direct,
        sender: SenderId::new("49170@s.whatsapp.net")?,
        participant: None,
        message_id: Some(MessageId::new(id)?),
        at: Timestamp::UNIX_EPOCH,
        blocks: vec![ContentBlock::text(
            "a message of ordinary length, as people write them".repeat(4),
            Label::Stranger,
        )],
        mentioned_bot: false,
        reply: None,
    })
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
async fn timed(work: impl AsyncFnOnce() -> Result<(), Box<dyn Error>>) -> Result<Duration, Box<dyn Error>> {
    let start = Instant::now();
    work().await?;
    Ok(start.elapsed())
}
