//! Which session uses which file, and which first lines are behind. One lock for all keys that share a file
//! name of the original, so that they cannot race for it; other chats never wait.
//!
//! It is memory only. What has to outlast the process is written by `store.rs`.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nanobot_core::ids::SessionKey;

/// How many groups of keys are remembered at once. Beyond that an idle one is written out and forgotten.
pub(crate) const MAX_OPEN: usize = 4096;

/// The files of all keys that share a name of the original, by file name.
pub(crate) type Slot = BTreeMap<String, Use>;

/// How a session uses a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Use {
    /// The session.
    pub(crate) owner: SessionKey,
    /// Whether the file's first line says so.
    pub(crate) recorded: bool,
    /// The time of the last line that the first line does not know of yet, as stored.
    pub(crate) behind: Option<String>,
}

/// All slots.
#[derive(Debug, Default)]
pub(crate) struct Slots(Mutex<HashMap<String, Arc<Mutex<Slot>>>>);

impl Slots {
    /// The slot of a name. When there are too many, `write_out` is given an idle one; once that succeeds, it is
    /// forgotten.
    ///
    /// # Errors
    /// What `write_out` answers; none, when every slot is in use.
    pub(crate) fn get<E>(
        &self,
        name: &str,
        write_out: impl FnOnce(&mut Slot) -> Result<(), E>,
    ) -> Result<Arc<Mutex<Slot>>, Option<E>> {
        let mut slots = lock(&self.0);
        if let Some(slot) = slots.get(name) {
            return Ok(Arc::clone(slot));
        }
        if slots.len() >= MAX_OPEN {
            // Nobody can take up a slot while we hold the map, so a single owner means that it is idle.
            let idle = slots.iter().find(|(_, slot)| Arc::strong_count(slot) == 1);
            let (idle, slot) = idle.map(|(name, slot)| (name.clone(), Arc::clone(slot))).ok_or(None)?;
            write_out(&mut lock(&slot)).map_err(Some)?;
            slots.remove(&idle);
        }
        Ok(Arc::clone(slots.entry(name.to_owned()).or_default()))
    }

    /// All slots of this moment.
    pub(crate) fn all(&self) -> Vec<Arc<Mutex<Slot>>> {
        lock(&self.0).values().map(Arc::clone).collect()
    }
}

/// Locks; a slot stays consistent even when a thread panicked, since each change of it is one assignment.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_limit_an_idle_slot_is_written_out() {
        let slots = Slots::default();
        let keep = |_: &mut Slot| -> Result<(), &str> { Err("must not be written out") };
        let busy: Vec<_> = (0..MAX_OPEN).map(|n| slots.get(&n.to_string(), keep).unwrap()).collect();
        assert_eq!(slots.get("one more", keep).err(), Some(None));
        drop(busy);
        assert_eq!(slots.get("one more", keep).err(), Some(Some("must not be written out")));
        assert!(slots.get::<()>("one more", |_| Ok(())).is_ok());
        assert_eq!(slots.all().len(), MAX_OPEN);
    }
}
