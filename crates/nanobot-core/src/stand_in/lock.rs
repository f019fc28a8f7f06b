//! Taking a lock whose data is whole even after a panic.
//!
//! For in-memory stores whose critical sections check first and change afterwards; never held across an
//! await.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The data behind the lock, also when an earlier holder panicked.
pub(crate) fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
