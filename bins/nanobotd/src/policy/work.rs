//! Work for the policy that takes a while: off the event loop, or on the disk.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use nanobot_core::pipeline::chain;
use nanobot_core::ports::{PolicyStore, StoreError};
use nanobot_policy::Document;
use nanobot_policy::admin::{Backup, Facts, Needs};

use sha2::{Digest as _, Sha256};

use super::groups::GroupSource;
use super::in_force::Surroundings;

/// Runs it where it may take its time: a policy of ten thousand chats takes tens of milliseconds.
pub(super) async fn off_the_loop<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| StoreError::backend("working on the policy", error))
}

/// How long a file of the policy may take. Local disks answer in milliseconds; a network that went away does not, and
/// everybody waits behind it.
const FILE_LIMIT: Duration = Duration::from_secs(10);

/// What a store answers, if it answers in time.
pub(super) async fn in_time<T>(asked: impl Future<Output = Result<T, StoreError>>) -> Result<T, String> {
    match tokio::time::timeout(FILE_LIMIT, asked).await {
        Ok(answer) => answer.map_err(|error| chain(&error)),
        Err(_) => Err(format!("the files of the policy did not answer within {} s", FILE_LIMIT.as_secs())),
    }
}

/// The id of the change that a turn makes: the same turn, tried again, makes the same change. 32 lower-case hex
/// digits, as the original's.
pub(super) fn change_id(turn: &str) -> String {
    let digest = Sha256::digest(turn.as_bytes());
    digest.iter().take(16).fold(String::with_capacity(32), |mut id, byte| {
        let _ = write!(id, "{byte:02x}");
        id
    })
}

/// What a command must know.
///
/// # Errors
/// In one line.
pub(super) async fn facts(
    store: &dyn PolicyStore,
    groups: &GroupSource,
    surroundings: &Arc<Surroundings>,
    needs: &Needs,
) -> Result<Facts, String> {
    let mut facts = Facts::default();
    if let Some(channel) = &needs.groups {
        facts.groups = groups.of(channel).await;
    }
    if let Some(limit) = needs.history {
        facts.history = store.history(limit).await.map_err(|error| chain(&error))?;
    }
    if let Some(change) = &needs.backup {
        let backup = store.backup(change).await.map_err(|error| chain(&error))?;
        let surroundings = surroundings.clone();
        let read =
            off_the_loop(move || match backup.map(|bytes| Document::parse(&bytes, &surroundings.places)) {
                None => Backup::Missing,
                Some(Err(_)) => Backup::Unreadable,
                Some(Ok(document)) => Backup::Found(Box::new(document)),
            });
        facts.backup = read.await.map_err(|error| chain(&error))?;
    }
    Ok(facts)
}
