//! The groups that are known besides the policy: those that have a session, and those that a log of the original names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nanobot_core::ports::SessionStore;
use nanobot_policy::admin::GroupFact;

use super::work;

/// So much of the end of the original's log is looked through.
const MAX_LOG_BYTES: u64 = 8 << 20;

/// Where a line of that log names a chat.
const MARK: &str = "chat=";

/// Where groups are looked for.
#[derive(Clone)]
pub(crate) struct GroupSource {
    pub(crate) sessions: Arc<dyn SessionStore>,
    /// The folder of session files.
    pub(crate) folder: PathBuf,
    /// The original's log.
    pub(crate) log: PathBuf,
}

impl GroupSource {
    /// What is known of the groups of a channel. A place that cannot be read knows none.
    pub(super) async fn of(&self, channel: &str) -> Vec<GroupFact> {
        let sessions = self.sessions.list().await.unwrap_or_default();
        let (folder, log, channel) = (self.folder.clone(), self.log.clone(), channel.to_owned());
        let found = work::off_the_loop(move || {
            let mut groups: BTreeMap<String, GroupFact> = BTreeMap::new();
            let mut group = |id: String, change: &dyn Fn(&mut GroupFact)| {
                change(groups.entry(id.clone()).or_insert_with(|| GroupFact { id, ..GroupFact::default() }));
            };
            for session in sessions {
                let Some((of, chat)) = session.session.parts() else { continue };
                if of.as_str() == channel {
                    let changed = changed(&folder.join(&session.file));
                    group(chat.to_string(), &|group| group.session_changed = changed);
                }
            }
            if channel == "whatsapp" {
                for chat in named_in(&log) {
                    group(chat, &|group| group.in_log = true);
                }
            }
            groups.into_values().collect()
        });
        found.await.unwrap_or_default()
    }
}

/// When a file was last changed, in seconds since 1970.
fn changed(file: &Path) -> Option<i64> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(file).ok().map(|metadata| metadata.mtime())
}

/// The chats that the end of a log names.
fn named_in(log: &Path) -> BTreeSet<String> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(MAX_LOG_BYTES)))?;
        let mut bytes = Vec::new();
        file.take(MAX_LOG_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let chats = text.split(MARK).skip(1).filter_map(|rest| rest.split(|c: char| c.is_whitespace()).next());
    chats.filter(|chat| chat.ends_with("@g.us")).map(str::to_owned).collect()
}
