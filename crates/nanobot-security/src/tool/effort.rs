//! Counts looks at commands, at their words and at paths, for the test that says that judging a command line is linear.
//! In a program it counts nothing.

/// Adds so many.
#[cfg(not(test))]
pub(super) const fn spend(_looks: usize) {}

#[cfg(test)]
thread_local! {
    static SPENT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Adds so many.
#[cfg(test)]
pub(super) fn spend(looks: usize) {
    SPENT.set(SPENT.get() + looks);
}

/// What this thread has spent while `work` ran.
#[cfg(test)]
pub(super) fn of(work: impl FnOnce()) -> usize {
    let before = SPENT.get();
    work();
    SPENT.get() - before
}
