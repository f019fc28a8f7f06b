//! Blocking file work off the async threads, with a limit in time and in number.
//!
//! Work that overruns its time cannot be killed; it keeps its place until the kernel lets it go, so that
//! hanging file systems cost at most the stated number of threads.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// One piece of work may take so long, waiting for a place included.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(10);

/// So many pieces of work may run at once.
const MAX_AT_ONCE: usize = 8;

/// Runs blocking work. Cheap to clone; clones share their places.
#[derive(Debug, Clone)]
pub(crate) struct BlockingPool {
    places: Arc<Semaphore>,
    /// One place for those who change something, so that no change is lost between reading and writing.
    pen: Arc<Semaphore>,
}

/// Why work has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoAnswer {
    #[error("the file system did not answer within {} seconds", TIME_LIMIT.as_secs())]
    TimedOut,
    #[error("the work was broken off")]
    BrokenOff,
}

impl BlockingPool {
    pub(crate) fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(MAX_AT_ONCE)), pen: Arc::new(Semaphore::new(1)) }
    }

    /// Runs `work` and waits for it, at most [`TIME_LIMIT`].
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NoAnswer> {
        timeout(TIME_LIMIT, self.placed(work)).await.unwrap_or(Err(NoAnswer::TimedOut))
    }

    /// As [`run`](Self::run), and nobody else's work of this kind runs meanwhile.
    pub(crate) async fn run_alone<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NoAnswer> {
        let answer = async {
            let pen = Arc::clone(&self.pen).acquire_owned().await.map_err(|_| NoAnswer::BrokenOff)?;
            let work = move || {
                let done = work();
                drop(pen);
                done
            };
            self.placed(work).await
        };
        timeout(TIME_LIMIT, answer).await.unwrap_or(Err(NoAnswer::TimedOut))
    }

    async fn placed<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NoAnswer> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| NoAnswer::BrokenOff)?;
        let work = spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        work.await.map_err(|_| NoAnswer::BrokenOff)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn work_that_hangs_is_given_up_and_keeps_its_place() {
        let pool = BlockingPool::new();
        let mut releases = Vec::new();
        let mut calls = Vec::new();
        for _ in 0..MAX_AT_ONCE {
            let (release, held) = mpsc::channel::<()>();
            releases.push(release);
            let pool = pool.clone();
            calls.push(tokio::spawn(async move { pool.run(move || held.recv().is_ok()).await }));
        }
        tokio::task::yield_now().await;
        let waiting = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(|| true).await }
        });
        tokio::task::yield_now().await;
        tokio::time::advance(TIME_LIMIT).await;
        for call in calls {
            assert_eq!(call.await.unwrap(), Err(NoAnswer::TimedOut));
        }
        assert_eq!(waiting.await.unwrap(), Err(NoAnswer::TimedOut), "no place became free");
        drop(releases);
        assert_eq!(pool.run(|| 7).await, Ok(7), "the places come back");
    }

    #[tokio::test]
    async fn work_that_panics_is_broken_off() {
        let pool = BlockingPool::new();
        let broken = pool.run(|| panic!("on purpose")).await;
        assert_eq!(broken, Err::<(), _>(NoAnswer::BrokenOff));
        assert_eq!(pool.run(|| 7).await, Ok(7));
    }
}
