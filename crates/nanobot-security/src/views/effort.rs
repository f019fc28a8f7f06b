//! Counts how many characters readings look at ahead of the place where they are, for the test that says that they
//! are linear. In a program it counts nothing.

/// Adds so many characters.
#[cfg(not(test))]
pub(super) const fn spend(_characters: usize) {}

#[cfg(test)]
thread_local! {
    static SPENT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Adds so many characters.
#[cfg(test)]
pub(super) fn spend(characters: usize) {
    SPENT.set(SPENT.get() + characters);
}

/// What this thread has spent while `work` ran.
#[cfg(test)]
pub(super) fn of(work: impl FnOnce()) -> usize {
    let before = SPENT.get();
    work();
    SPENT.get() - before
}
