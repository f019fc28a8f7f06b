//! Counts bytes that are looked at beside the reading itself, for the test that says that no text makes that more than linear.
//! In a program it counts nothing.

/// Adds so many.
#[cfg(not(test))]
pub(crate) const fn spend(_looks: usize) {}

#[cfg(test)]
thread_local! {
    static SPENT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Adds so many.
#[cfg(test)]
pub(crate) fn spend(looks: usize) {
    SPENT.set(SPENT.get() + looks);
}

/// What this thread has spent while `work` ran.
#[cfg(test)]
pub(crate) fn of(work: impl FnOnce()) -> usize {
    let before = SPENT.get();
    work();
    SPENT.get() - before
}
