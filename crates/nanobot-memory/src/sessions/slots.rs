//! What is left to do for the files that were written: whether the disk has them, and which first lines are behind.
//! And one lock for all keys that share a file name of the original, so that they cannot race for it; other chats
//! never wait.
//!
//! It is memory only, and losing it costs nobody a word: whose a file is stands in the file, and a first line
//! that stays behind is found at the next recovery. It writes nothing itself.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nanobot_core::ids::SessionKey;

/// How many groups of keys are remembered at once. Beyond that an idle one is written out and forgotten.
pub(crate) const MAX_OPEN: usize = 4096;

/// How many idle slots are written out, at most, to make room for one. When none can be written, one is
/// forgotten all the same.
const MAX_TRIES: usize = 4;

/// The files of all keys that share a name of the original, by file name, as far as something is left to do.
pub(crate) type Slot = BTreeMap<String, Used>;

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Used {
    /// The session to which the file belongs.
    pub(crate) owner: SessionKey,
    /// The time of the last line, as stored, while the first line may not know of it.
    pub(crate) behind: Option<String>,
    /// What of it is on the disk.
    pub(crate) disk: OnDisk,
}

/// What of a file is on the disk for certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnDisk {
    /// All of it.
    All,
    /// Its name, not its last lines.
    Name,
    /// Perhaps not even its name.
    Nothing,
}

impl Used {
    /// A file that was written now; `before` is what was known of it.
    pub(crate) fn written(before: Option<&Self>, owner: SessionKey, behind: Option<String>) -> Self {
        let disk = match before.filter(|before| before.owner == owner).map(|before| before.disk) {
            Some(OnDisk::All | OnDisk::Name) => OnDisk::Name,
            // Another process may have made it and died.
            Some(OnDisk::Nothing) | None => OnDisk::Nothing,
        };
        Self { owner, behind, disk }
    }

    /// Whether its lines wait for the disk. Its first line waits for them.
    pub(crate) fn is_pending(&self) -> bool {
        self.disk != OnDisk::All
    }
}

type Shared = Arc<Mutex<Slot>>;

/// All slots.
#[derive(Debug)]
pub(crate) struct Slots {
    slots: Mutex<HashMap<String, Shared>>,
    strays: AtomicBool,
}

impl Default for Slots {
    fn default() -> Self {
        // The process before this one may have ended in a crash.
        Self { slots: Mutex::default(), strays: AtomicBool::new(true) }
    }
}

impl Slots {
    /// The slot of a name. When there are too many, idle ones with nothing in them are forgotten first; else
    /// `write_out` is given one after the other, while no lock but that slot's own is held, and is expected to
    /// empty it. Slots whose files wait for the disk are passed over; when there are no others, one is forgotten.
    /// None when every slot is in use.
    pub(crate) fn get(&self, name: &str, mut write_out: impl FnMut(&mut Slot)) -> Option<Shared> {
        let mut tried = Vec::new();
        loop {
            let (next, slot) = {
                let mut slots = lock(&self.slots);
                if let Some(slot) = slots.get(name) {
                    return Some(Arc::clone(slot));
                }
                if slots.len() < MAX_OPEN || forget_empty(&mut slots) {
                    return Some(Arc::clone(slots.entry(name.to_owned()).or_default()));
                }
                let next = settled(&slots, &tried).filter(|_| tried.len() < MAX_TRIES);
                let Some((next, slot)) = next else {
                    let (given_up, slot) = settled(&slots, &[]).or_else(|| idle(&slots).next().map(owned))?;
                    // What waited for the disk is found by the next process.
                    if !is_pending(&slot) {
                        self.strays.store(true, Ordering::Relaxed);
                    }
                    slots.remove(&given_up);
                    return Some(Arc::clone(slots.entry(name.to_owned()).or_default()));
                };
                (next, slot)
            };
            write_out(&mut lock(&slot));
            tried.push(next);
        }
    }

    /// The names of all slots at this moment. Taking them up one by one leaves the others idle.
    pub(crate) fn names(&self) -> Vec<String> {
        lock(&self.slots).keys().cloned().collect()
    }

    /// The slot of a name, if it is remembered.
    pub(crate) fn known(&self, name: &str) -> Option<Shared> {
        lock(&self.slots).get(name).map(Arc::clone)
    }

    /// Whether first lines may be behind of which no slot knows: before the first asking, and after a slot was
    /// forgotten that could not be written out. Asking ends it.
    pub(crate) fn take_strays(&self) -> bool {
        self.strays.swap(false, Ordering::Relaxed)
    }
}

/// Slots that nobody uses. Nobody can take one up while the map is locked, so a single owner means that it is idle,
/// and that its lock is free.
fn idle(slots: &HashMap<String, Shared>) -> impl Iterator<Item = (&String, &Shared)> {
    slots.iter().filter(|(_, slot)| Arc::strong_count(slot) == 1)
}

/// An idle slot that is not among `tried` and whose files do not wait for the disk.
fn settled(slots: &HashMap<String, Shared>, tried: &[String]) -> Option<(String, Shared)> {
    idle(slots).find(|(name, slot)| !tried.contains(*name) && !is_pending(slot)).map(owned)
}

fn owned((name, slot): (&String, &Shared)) -> (String, Shared) {
    (name.clone(), Arc::clone(slot))
}

/// Whether a file of an idle slot waits for the disk.
fn is_pending(slot: &Shared) -> bool {
    lock(slot).values().any(Used::is_pending)
}

/// Forgets an idle slot that has nothing in it, if there is one.
fn forget_empty(slots: &mut HashMap<String, Shared>) -> bool {
    let empty = idle(slots).find(|(_, slot)| lock(slot).is_empty());
    let Some(name) = empty.map(|(name, _)| name.clone()) else { return false };
    slots.remove(&name).is_some()
}

/// Locks; a slot stays consistent even when a thread panicked, since each change of it is one assignment.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many slots as there may be, each with a first line that is behind.
    fn full() -> Slots {
        full_of(|_| OnDisk::All)
    }

    fn full_of(disk: impl Fn(usize) -> OnDisk) -> Slots {
        let slots = Slots::default();
        for n in 0..MAX_OPEN {
            let owner = SessionKey::new("a").unwrap();
            let used = Used { owner, behind: Some(n.to_string()), disk: disk(n) };
            let slot = slots.get(&n.to_string(), |_| panic!("there is room")).unwrap();
            lock(&slot).insert("a.jsonl".to_owned(), used);
        }
        assert!(slots.take_strays(), "a crash may have left some");
        slots
    }

    #[test]
    fn files_that_wait_for_the_disk_are_passed_over_and_never_written_out() {
        let slots = full_of(|n| if n == 7 { OnDisk::All } else { OnDisk::Name });
        assert!(slots.get("one more", Slot::clear).is_some());
        assert!(slots.known("7").is_none(), "the only one whose lines the disk has");
        drop(slots.get("takes no place", |_| panic!("an empty slot is at hand")));
        let slots = full_of(|_| OnDisk::Nothing);
        assert!(slots.get("one more", |_| panic!("none may be written out")).is_some());
        assert_eq!(slots.names().len(), MAX_OPEN);
        assert!(!slots.take_strays(), "the next process looks for it, not this one");
    }

    #[test]
    fn the_name_of_a_file_is_waited_for_once() {
        let owner = || SessionKey::new("a").unwrap();
        let mut used = Used::written(None, owner(), None);
        assert_eq!(used.disk, OnDisk::Nothing);
        used = Used::written(Some(&used), owner(), None);
        assert_eq!(used.disk, OnDisk::Nothing, "nothing was waited for yet");
        used.disk = OnDisk::All;
        used = Used::written(Some(&used), owner(), None);
        assert_eq!(used.disk, OnDisk::Name);
        let other = Used::written(Some(&used), SessionKey::new("b").unwrap(), None);
        assert_eq!(other.disk, OnDisk::Nothing, "another file has its name");
    }

    #[test]
    fn beyond_the_limit_an_idle_slot_is_written_out_and_forgotten() {
        let slots = full();
        let mut written = 0;
        let write_out = |slot: &mut Slot| {
            written += 1;
            slot.clear();
        };
        assert!(slots.get("one more", write_out).is_some());
        assert_eq!((written, slots.names().len()), (1, MAX_OPEN));
        assert!(!slots.take_strays());
        let never = |_: &mut Slot| panic!("an empty slot is at hand");
        assert!(slots.get("another", never).is_some());
    }

    #[test]
    fn slots_that_cannot_be_written_out_keep_no_new_chat_out() {
        let slots = full();
        let mut tries = 0;
        assert!(
            slots
                .get("the first fails", |slot| {
                    tries += 1;
                    if tries > 1 {
                        slot.clear();
                    }
                })
                .is_some()
        );
        assert_eq!(tries, 2, "the next one is tried");
        assert!(!slots.take_strays());
        drop(slots.get("takes the empty one", |_| panic!("an empty slot is at hand")));
        let kept = slots.known("takes the empty one").unwrap();
        let mut tries = 0;
        assert!(slots.get("all fail", |_| tries += 1).is_some());
        assert_eq!((tries, slots.names().len()), (MAX_TRIES, MAX_OPEN));
        assert!(slots.take_strays(), "what was given up is looked for later");
        drop(kept);
    }

    #[test]
    fn writing_out_holds_up_no_other_chat() {
        let slots = full();
        let found = slots.get("one more", |slot| {
            assert!(slots.known("7").is_some(), "the map is not locked");
            slot.clear();
        });
        assert!(found.is_some());
    }

    #[test]
    fn when_every_slot_is_in_use_there_is_none() {
        let slots = full();
        let busy: Vec<_> = slots.names().iter().map(|name| slots.known(name)).collect();
        assert!(slots.get("one more", |_| panic!("it is in use")).is_none());
        drop(busy);
    }
}
