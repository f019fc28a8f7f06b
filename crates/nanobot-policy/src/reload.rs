//! When a changed policy file is taken up, and what holds until then: a machine without a clock and without a file.
//!
//! Its owner asks [`Reload::is_due`], tells it the change time of the file ([`Reload::look`]) and, when it says so,
//! hands the file over ([`Reload::read`]). Whatever becomes of the file, the last good policy stays in force: a file
//! that is broken or gone is no reason to let anybody in. What went wrong is told once.
//!
//! It reads nothing and waits for nothing. How a policy is compiled it is told, so that its owner may move the work
//! off the event loop together with the machine.

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use nanobot_core::ports::{ChangeTime, PolicyFile};
use nanobot_core::time::Timestamp;

use crate::schema::Runtime;

/// How a policy says that its file is to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// A changed file is taken up without being told to.
    pub on_change: bool,
    /// So often it is looked at.
    pub interval: Duration,
}

impl Pace {
    /// As the document says it. An interval without end is the longest there is.
    pub fn of(runtime: &Runtime) -> Self {
        let seconds = runtime.reload_check_interval_seconds.0;
        let interval = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        Self { on_change: runtime.reload_on_change, interval }
    }
}

/// A policy that could be in force.
#[derive(Debug)]
pub struct Candidate<T> {
    /// Compiled.
    pub policy: Arc<T>,
    /// How it says that its file is to be looked at.
    pub pace: Pace,
}

/// Makes a policy of the bytes of a file, or of nothing when there is none at the start; otherwise one line for each
/// fault.
pub type Compile<'a, T> = dyn Fn(Option<&[u8]>) -> Result<Candidate<T>, Vec<String>> + 'a;

/// The machine.
#[derive(Debug)]
pub struct Reload<T> {
    in_force: Candidate<T>,
    /// The bytes that it came from; none where there was no file.
    source: Option<Vec<u8>>,
    /// The file that was read last, good or broken; none when there was none.
    seen: Option<ChangeTime>,
    looked_at: Timestamp,
    trouble: Option<Trouble>,
}

/// What the owner does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// Nothing.
    Nothing,
    /// Read the file and hand it over.
    Read,
    /// Tell somebody.
    Tell(News),
}

/// What became of a file.
#[derive(Debug)]
pub struct Taken<T> {
    /// What it did to the policy in force.
    pub outcome: Outcome<T>,
    /// What somebody should be told: once for each change, not at each look.
    pub news: Option<News>,
}

/// What a file did to the policy in force.
#[derive(Debug)]
pub enum Outcome<T> {
    /// This one is in force from now on.
    Replaced(Arc<T>),
    /// The file says what is in force already.
    Unchanged,
    /// The last good one stays in force; [`Reload::trouble`] says why.
    Kept,
}

/// Something to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The file and the policy in force have come apart.
    Trouble(Trouble),
    /// They are one again; this was the trouble.
    Mended(Trouble),
}

/// Why the policy in force is not that of the file.
#[derive(Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Since when they have been apart. Another fault on top does not change it.
    pub since: Timestamp,
    /// What is wrong now.
    pub cause: Cause,
    /// The broken file, so that it is told once.
    broken: Option<Vec<u8>>,
}

/// What is wrong with the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// It is no policy: one line for each fault.
    Broken(Vec<String>),
    /// It was deleted.
    Gone,
    /// It cannot be read. It is tried again at each look.
    Unreadable(String),
}

/// Without the file: a policy has names of people in it.
impl fmt::Debug for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { since, cause, broken: _ } = self;
        formatter.debug_struct("Trouble").field("since", since).field("cause", cause).finish_non_exhaustive()
    }
}

impl<T> Reload<T> {
    /// With the file as it lies there, or the built-in policy where there is none.
    ///
    /// # Errors
    /// One line for each fault: at the start there is no last good policy that could stay in force.
    pub fn start(
        now: Timestamp,
        file: Option<PolicyFile>,
        compile: &Compile<'_, T>,
    ) -> Result<Self, Vec<String>> {
        let in_force = compile(file.as_ref().map(|file| file.bytes.as_slice()))?;
        let (source, seen) = file.map(|file| (file.bytes, file.changed)).unzip();
        Ok(Self { in_force, source, seen, looked_at: now, trouble: None })
    }

    /// The policy in force.
    pub fn policy(&self) -> &Arc<T> {
        &self.in_force.policy
    }

    /// How the policy in force says that the file is to be looked at.
    pub fn pace(&self) -> Pace {
        self.in_force.pace
    }

    /// The bytes that the policy in force came from; none when it is the built-in one.
    pub fn source(&self) -> Option<&[u8]> {
        self.source.as_deref()
    }

    /// Why the policy in force is not that of the file, if it is not.
    pub fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    /// Whether to look at the file now. A clock that was set back makes it due, rather than never again.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let Pace { on_change, interval } = self.in_force.pace;
        on_change && now.duration_since(self.looked_at).unsigned_abs() >= interval
    }

    /// Takes the change time of the file; none when there is no file. Earlier counts as changed, too; a file that
    /// was changed without another change time is not noticed.
    pub fn look(&mut self, now: Timestamp, changed: Option<ChangeTime>) -> Look {
        self.looked_at = now;
        let Some(changed) = changed else {
            return self.gone(now).map_or(Look::Nothing, Look::Tell);
        };
        // Somebody may have been in the middle of writing a broken file, within one tick of the file system's clock.
        let is_troubled =
            matches!(self.trouble, Some(Trouble { cause: Cause::Unreadable(_) | Cause::Broken(_), .. }));
        if self.seen == Some(changed) && !is_troubled { Look::Nothing } else { Look::Read }
    }

    /// Takes the file, or that there is none any more, or why it (or its change time) cannot be read.
    pub fn read(
        &mut self,
        now: Timestamp,
        found: Result<Option<PolicyFile>, String>,
        compile: &Compile<'_, T>,
    ) -> Taken<T> {
        self.take(now, found, compile, Wish::Changed)
    }

    /// The same by command: whatever the pace and the change time, and compiled anew even if it says what is in
    /// force, since a policy also depends on tools and folders.
    pub fn force(
        &mut self,
        now: Timestamp,
        found: Result<Option<PolicyFile>, String>,
        compile: &Compile<'_, T>,
    ) -> Taken<T> {
        self.take(now, found, compile, Wish::Anew)
    }

    fn take(
        &mut self,
        now: Timestamp,
        found: Result<Option<PolicyFile>, String>,
        compile: &Compile<'_, T>,
        wish: Wish,
    ) -> Taken<T> {
        self.looked_at = now;
        let PolicyFile { bytes, changed } = match found {
            Ok(Some(file)) => file,
            Ok(None) => {
                let news = self.gone(now);
                let outcome = if self.trouble.is_some() { Outcome::Kept } else { Outcome::Unchanged };
                return Taken { outcome, news };
            }
            Err(what) => return self.kept(now, Cause::Unreadable(what), None),
        };
        self.seen = Some(changed);
        if wish == Wish::Changed && self.source.as_deref() == Some(bytes.as_slice()) {
            return Taken { outcome: Outcome::Unchanged, news: self.mended() };
        }
        let broken = self.trouble.as_ref().and_then(|trouble| trouble.broken.as_deref());
        if wish == Wish::Changed && broken == Some(bytes.as_slice()) {
            return Taken { outcome: Outcome::Kept, news: None };
        }
        match compile(Some(&bytes)) {
            Ok(candidate) => {
                self.in_force = candidate;
                self.source = Some(bytes);
                let outcome = Outcome::Replaced(Arc::clone(&self.in_force.policy));
                Taken { outcome, news: self.mended() }
            }
            Err(faults) => self.kept(now, Cause::Broken(faults), Some(bytes)),
        }
    }

    /// There is no file. Where there never was one, that is how it should be.
    fn gone(&mut self, now: Timestamp) -> Option<News> {
        self.seen = None;
        if self.source.is_none() { self.mended() } else { self.troubled(now, Cause::Gone, None) }
    }

    fn kept(&mut self, now: Timestamp, cause: Cause, broken: Option<Vec<u8>>) -> Taken<T> {
        Taken { outcome: Outcome::Kept, news: self.troubled(now, cause, broken) }
    }

    /// Notes the trouble; news unless it is the same as before.
    fn troubled(&mut self, now: Timestamp, cause: Cause, broken: Option<Vec<u8>>) -> Option<News> {
        let since = self.trouble.as_ref().map_or(now, |trouble| trouble.since);
        let trouble = Trouble { since, cause, broken };
        if self.trouble.as_ref() == Some(&trouble) {
            return None;
        }
        self.trouble = Some(trouble.clone());
        Some(News::Trouble(trouble))
    }

    fn mended(&mut self) -> Option<News> {
        self.trouble.take().map(News::Mended)
    }
}

/// Why a file is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    /// It may have changed.
    Changed,
    /// Somebody said so.
    Anew,
}
