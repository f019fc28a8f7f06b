//! The one place where the policy changes: by its file, by a command of an owner, by the operator. One act at a time.

use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use nanobot_core::pipeline::chain;
use nanobot_core::ports::{
    ChainHead, ChainHeads, Clock, IdGenerator, PolicyChange, PolicyFile, PolicyStatus, PolicyStore,
    StoreError, StoreErrorKind,
};
use nanobot_core::time::Timestamp;
use nanobot_policy::Document;
use nanobot_policy::admin::{Admin, Executed, Heard, Speaker, Task};
use nanobot_policy::reload::{Cause, Look, News, Outcome, Reload, Taken};
use tokio::sync::Mutex;

use super::groups::GroupSource;
use super::in_force::{InForce, Surroundings};
use super::live::LivePolicy;
use super::work;

/// The chain over the changes of the policy, by its name in the journal.
pub const POLICY_CHAIN: &str = "policy";

/// So many of the last changes are looked through for one that an earlier attempt at the same turn has made.
const DONE_REACH: usize = 100;

/// What a room is made of.
pub(crate) struct RoomParts {
    pub(crate) surroundings: Surroundings,
    pub(crate) store: Arc<dyn PolicyStore>,
    pub(crate) heads: Arc<dyn ChainHeads>,
    pub(crate) groups: GroupSource,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGenerator>,
}

/// The policy of a home, where it can be changed.
pub struct PolicyRoom {
    pub(crate) surroundings: Arc<Surroundings>,
    store: Arc<dyn PolicyStore>,
    heads: Arc<dyn ChainHeads>,
    groups: GroupSource,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    began: Timestamp,
    live: Arc<LivePolicy>,
    reload: Arc<StdMutex<Reload<InForce>>>,
    /// One act at a time.
    acts: Mutex<Acts>,
}

struct Acts {
    admin: Admin,
    head: Option<ChainHead>,
    /// Why nothing may be changed: the log of changes is not what the journal knows.
    sealed: Option<String>,
    /// What became of the file and nobody was told yet: a handful, since each look empties it.
    untold: Vec<News>,
}

/// One command of somebody.
pub(crate) struct Act<'a> {
    /// Names it for good: the same act comes to the same change, however often it is tried.
    pub(crate) id: String,
    /// As it was written, for the log.
    pub(crate) command: &'a str,
    pub(crate) speaker: Speaker<'a>,
    pub(crate) at: Timestamp,
}

/// Why there is no policy to start with.
#[derive(Debug, thiserror::Error)]
pub enum RoomError {
    /// Its files, or the journal, cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file is no policy: one line for each fault.
    #[error("policy.json is no policy:\n{}", .0.join("\n"))]
    Faults(Vec<String>),
}

/// The file as a command finds it.
struct Found {
    document: Arc<Document>,
    /// Its bytes; none where there is no file.
    bytes: Option<Vec<u8>>,
}

impl PolicyRoom {
    /// Makes whole what a crash left, and reads the policy.
    pub(crate) async fn open(parts: RoomParts) -> Result<Self, RoomError> {
        let RoomParts { surroundings, store, heads, groups, clock, ids } = parts;
        let known = known_head(heads.as_ref()).await?;
        let (head, sealed) = match store.recover(known.as_ref()).await {
            Ok(head) => {
                if let Some(head) = head.as_ref().filter(|head| Some(*head) != known.as_ref()) {
                    heads.set_chain_head(POLICY_CHAIN, head).await?;
                }
                (head, None)
            }
            Err(error) => {
                // Its policy may be as it should; that nobody may change it keeps the evidence.
                let why = sealed_by(&error);
                tracing::error!(error = why, "the policy cannot be changed by commands");
                (known, Some(why))
            }
        };
        let began = clock.now().instant;
        let file = store.load().await?;
        let surroundings = Arc::new(surroundings);
        let reload = work::off_the_loop({
            let surroundings = surroundings.clone();
            move || Reload::start(began, file, &|bytes| surroundings.compile(bytes))
        })
        .await?
        .map_err(RoomError::Faults)?;
        let channels = surroundings.governs().cloned().collect();
        Ok(Self {
            live: Arc::new(LivePolicy::new(reload.policy().clone())),
            surroundings,
            store,
            heads,
            groups,
            clock,
            ids,
            began,
            reload: Arc::new(StdMutex::new(reload)),
            acts: Mutex::new(Acts { admin: Admin::new(channels), head, sealed, untold: Vec::new() }),
        })
    }

    /// What the pipeline asks.
    pub(crate) fn live(&self) -> Arc<LivePolicy> {
        self.live.clone()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now().instant
    }

    /// A name that nothing else has.
    pub(crate) fn new_id(&self) -> String {
        self.ids.turn_id().to_string()
    }

    /// Looks at the file if it is time to. Answers what somebody should be told.
    pub(crate) async fn look(&self) -> Vec<News> {
        let now = self.now();
        let mut acts = self.acts.lock().await;
        let is_due = self.machine(|reload| reload.is_due(now));
        let news = if is_due { self.look_now().await } else { None };
        acts.untold.drain(..).chain(news).collect()
    }

    async fn look_now(&self) -> Option<News> {
        let now = self.now();
        match work::in_time(self.store.changed()).await {
            Err(why) => self.read(now, Err(why), Read::Changed).await,
            Ok(changed) => match self.machine(|reload| reload.look(now, changed)) {
                Look::Nothing => None,
                Look::Tell(news) => Some(news),
                Look::Read => {
                    let found = work::in_time(self.store.load()).await;
                    self.read(now, found, Read::Changed).await
                }
            },
        }
    }

    /// How the policy is.
    pub(crate) async fn status(&self) -> PolicyStatus {
        let acts = self.acts.lock().await;
        let policy = self.live.get();
        let hashed = policy.clone();
        let hash = work::off_the_loop(move || hashed.hash().to_owned()).await;
        let (has_file, trouble) = self.machine(|reload| {
            let trouble = reload.trouble().map(|trouble| lines(&trouble.cause)).unwrap_or_default();
            (reload.source().is_some(), trouble)
        });
        PolicyStatus {
            hash: hash.unwrap_or_else(|_| policy.hash().to_owned()),
            source: if has_file { self.surroundings.source.clone() } else { "built in".to_owned() },
            governs: self.surroundings.governs().cloned().collect(),
            closed: policy.closed().to_vec(),
            trouble,
            sealed: acts.sealed.clone(),
            chain: acts.head.clone(),
        }
    }

    /// Hears a message of a chat, and does what it commands. Whether its sender is an owner is asked of the policy in
    /// force once nobody else is at work: the act before this one may have been about that. An act that has been done
    /// was its sender's right then. What is to be done besides (a session to be cleared, a stop) is left to the caller.
    pub(crate) async fn hear(&self, act: &mut Act<'_>, is_owner: impl FnOnce(&LivePolicy) -> bool) -> Heard {
        let mut acts = self.acts.lock().await;
        if self.machine(|reload| reload.pace().on_change) {
            // What an editor changed a moment ago counts: it may be the very owner.
            let news = self.look_now().await;
            acts.untold.extend(news);
        }
        let done = self.done(&act.id).await;
        act.speaker.is_owner = done.is_some() || is_owner(&self.live);
        if !act.speaker.is_owner {
            // Whatever it says; and nobody reads a file for strangers.
            return Heard::Ignored;
        }
        let found = match done.clone() {
            Some(document) => Ok(Found { document, bytes: None }),
            None => self.found().await,
        };
        let hear = |admin: &mut Admin, loaded: Result<&Document, &str>, now| {
            admin.hear(act.command, &act.speaker, loaded, now)
        };
        self.heard(&mut acts, act, found, done.is_some(), hear).await
    }

    /// Does what `hear` makes of the policy as it lies there.
    pub(crate) async fn act(
        &self,
        act: &Act<'_>,
        hear: impl FnOnce(&mut Admin, Result<&Document, &str>, Duration) -> Heard,
    ) -> Heard {
        let mut acts = self.acts.lock().await;
        let found = self.found().await;
        self.heard(&mut acts, act, found, false, hear).await
    }

    async fn heard(
        &self,
        acts: &mut Acts,
        act: &Act<'_>,
        found: Result<Found, String>,
        is_done: bool,
        hear: impl FnOnce(&mut Admin, Result<&Document, &str>, Duration) -> Heard,
    ) -> Heard {
        let loaded = found.as_ref().map(|found| found.document.as_ref()).map_err(String::as_str);
        let now = Duration::try_from(act.at.duration_since(self.began)).unwrap_or_default();
        match (hear(&mut acts.admin, loaded, now), found) {
            (Heard::Task(task), Ok(found)) => {
                Heard::Answered(Box::new(self.perform(acts, act, *task, found, is_done).await))
            }
            (heard, _) => heard,
        }
    }

    /// Saves a policy that is made from the one that lies there; for a dry run, only says what it would be.
    ///
    /// # Errors
    /// Why nothing was saved, in one line.
    pub(crate) async fn edit(
        &self,
        act: &Act<'_>,
        dry_run: bool,
        make: impl FnOnce(&Document) -> Document + Send + 'static,
    ) -> Result<Edited, String> {
        let mut acts = self.acts.lock().await;
        let found = self.found().await?;
        let surroundings = self.surroundings.clone();
        let before = found.document.clone();
        let drafted = work::off_the_loop(move || {
            let after = make(&before);
            let hashes = (before.hash(), after.hash());
            if hashes.0 == hashes.1 {
                return Ok((hashes, None));
            }
            surroundings.check(&after)?;
            let text = |document: &Document| document.text().map_err(|error| error.to_string());
            Ok::<_, String>((hashes, Some((text(&after)?, text(&before)?))))
        });
        let ((before_hash, after_hash), texts) = drafted.await.map_err(|error| chain(&error))??;
        let mut edited = Edited { before_hash, after_hash, change: None };
        let Some((text, backup)) = texts.filter(|_| !dry_run) else { return Ok(edited) };
        let speaker = &act.speaker;
        let row = nanobot_core::ports::ChangeRow {
            id: act.id.clone(),
            at: act.at,
            source: speaker.way.word().to_owned(),
            actor: speaker.sender.to_owned(),
            channel: Some(speaker.channel.to_owned()),
            chat: Some(speaker.chat.to_owned()),
            command: act.command.to_owned(),
            before_hash: edited.before_hash.clone(),
            after_hash: edited.after_hash.clone(),
            rollback_of: None,
        };
        self.save(&mut acts, PolicyChange { row, seen: found.bytes, known: None, backup, text }).await?;
        edited.change = Some(act.id.clone());
        Ok(edited)
    }

    /// An act that an earlier attempt has done is answered as it was then, and not done again.
    async fn perform(
        &self,
        acts: &mut Acts,
        act: &Act<'_>,
        task: Task,
        found: Found,
        is_done: bool,
    ) -> Executed {
        let facts =
            match work::facts(self.store.as_ref(), &self.groups, &self.surroundings, &task.needs()).await {
                Ok(facts) => facts,
                Err(why) => return Executed::failed(&why),
            };
        let base = found.document.clone();
        let surroundings = self.surroundings.clone();
        let executed =
            work::off_the_loop(move || task.execute(&base, &facts, &|document| surroundings.check(document)));
        let executed = match executed.await {
            Ok(executed) => executed,
            Err(error) => return Executed::failed(&chain(&error)),
        };
        let Some(change) = executed.change.as_deref().filter(|_| !is_done) else { return executed };
        let row = change.row(act.id.clone(), act.at, &act.speaker, act.command);
        let (backup, text) = (change.backup.clone(), change.text.clone());
        let saved = PolicyChange { row, seen: found.bytes, known: None, backup, text };
        match self.save(acts, saved).await {
            Ok(()) => executed,
            Err(why) => executed.not_saved(&why),
        }
    }

    /// The policy from before an act that has been done already.
    async fn done(&self, id: &str) -> Option<Arc<Document>> {
        // Asked for every command, so the cheap question comes first: a change that counts has a backup.
        let bytes = self.store.backup(id).await.ok()??;
        let rows = self.store.history(DONE_REACH).await.ok()?;
        rows.iter().find(|row| row.id == id)?;
        let surroundings = self.surroundings.clone();
        let parsed = work::off_the_loop(move || Document::parse(&bytes, &surroundings.places).ok());
        parsed.await.ok()?.map(Arc::new)
    }

    /// The policy as it lies there now.
    async fn found(&self) -> Result<Found, String> {
        let file = work::in_time(self.store.load()).await?;
        let Some(PolicyFile { bytes, .. }) = file else {
            // A file that was deleted is no reason to begin with the built-in policy.
            let policy = self.live.get();
            return Ok(Found { document: Arc::new(policy.document.clone()), bytes: None });
        };
        let surroundings = self.surroundings.clone();
        let parsed = work::off_the_loop(move || {
            let document = Document::parse(&bytes, &surroundings.places);
            (document.map_err(|fault| fault.lines().join("; ")), bytes)
        });
        let (document, bytes) = parsed.await.map_err(|error| chain(&error))?;
        Ok(Found { document: Arc::new(document?), bytes: Some(bytes) })
    }

    async fn save(&self, acts: &mut Acts, change: PolicyChange) -> Result<(), String> {
        if let Some(why) = &acts.sealed {
            return Err(why.clone());
        }
        let after = change.row.after_hash.clone();
        let change = PolicyChange { known: acts.head.clone(), ..change };
        let head = match self.store.change(&change).await {
            Ok(head) => head,
            Err(error) if error.kind == StoreErrorKind::Corrupt => {
                let why = sealed_by(&error);
                tracing::error!(error = why, "the policy cannot be changed by commands");
                acts.sealed = Some(why.clone());
                return Err(why);
            }
            Err(error) => return Err(chain(&error)),
        };
        if let Err(error) = self.heads.set_chain_head(POLICY_CHAIN, &head).await {
            // The next start finds the journal one act behind, and catches up.
            tracing::error!(error = chain(&error), "the journal could not take the head of the policy's log");
        }
        acts.head = Some(head);
        let now = self.clock.now().instant;
        let found = work::in_time(self.store.load()).await;
        let news = self.read(now, found, Read::Anew).await;
        acts.untold.extend(news);
        let in_force = self.live.get();
        let hash =
            work::off_the_loop(move || in_force.hash().to_owned()).await.map_err(|error| chain(&error))?;
        if hash == after {
            Ok(())
        } else {
            Err("it is saved, but the file is another one by now; nanobot-cli status says what is in force"
                .to_owned())
        }
    }

    /// Takes the file up, off the event loop.
    async fn read(
        &self,
        now: Timestamp,
        found: Result<Option<PolicyFile>, String>,
        how: Read,
    ) -> Option<News> {
        let (reload, surroundings) = (self.reload.clone(), self.surroundings.clone());
        let taken = work::off_the_loop(move || {
            let mut reload = reload.lock().unwrap_or_else(PoisonError::into_inner);
            let compile = |bytes: Option<&[u8]>| surroundings.compile(bytes);
            match how {
                Read::Changed => reload.read(now, found, &compile),
                Read::Anew => reload.force(now, found, &compile),
            }
        });
        let Taken { outcome, news } = match taken.await {
            Ok(taken) => taken,
            Err(error) => {
                // It is looked at again each time, and shown as trouble until it can be taken.
                let why = chain(&error);
                tracing::error!(error = why, "a policy file broke its reader");
                self.machine(|reload| reload.read(now, Err(why), &|_| Err(Vec::new())))
            }
        };
        if let Outcome::Replaced(policy) = outcome {
            for channel in policy.closed() {
                tracing::warn!(channel, "nobody owns this network, so nobody may talk there");
            }
            let former = self.live.replace(policy.clone());
            let told = work::off_the_loop(move || {
                drop(former);
                tracing::info!(hash = policy.hash(), "a policy is in force");
            });
            // Whether it was told or not, it is in force.
            let _ = told.await;
        }
        news
    }

    /// Asks the machine. Only whoever holds `acts` may: nobody else has it then, so nobody waits on the event loop
    /// while a policy is compiled.
    fn machine<T>(&self, ask: impl FnOnce(&mut Reload<InForce>) -> T) -> T {
        ask(&mut self.reload.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The head that the journal knows. One of no rows says that somebody took the log for good as it was when it began
/// anew.
async fn known_head(heads: &dyn ChainHeads) -> Result<Option<ChainHead>, StoreError> {
    Ok(heads.chain_head(POLICY_CHAIN).await?.filter(|head| head.rows > 0))
}

/// Why nothing may be changed, and what to do about it.
fn sealed_by(error: &StoreError) -> String {
    let what = chain(error);
    match error.kind {
        StoreErrorKind::Corrupt => format!(
            "the log of policy changes is not as it was left ({what}); look at it with nanobot-cli audit verify, then say \
             nanobot-cli audit accept"
        ),
        _ => format!("the log of policy changes could not be looked at ({what}); start nanobotd again"),
    }
}

/// Why a file is read.
#[derive(Clone, Copy)]
enum Read {
    Changed,
    Anew,
}

/// What an edit came to.
pub(crate) struct Edited {
    pub(crate) before_hash: String,
    pub(crate) after_hash: String,
    /// The change, if one was saved.
    pub(crate) change: Option<String>,
}

fn lines(cause: &Cause) -> Vec<String> {
    match cause {
        Cause::Broken(faults) => faults.clone(),
        Cause::Gone => vec!["the file is gone".to_owned()],
        Cause::Unreadable(why) => vec![why.clone()],
    }
}

#[cfg(test)]
mod tests;
