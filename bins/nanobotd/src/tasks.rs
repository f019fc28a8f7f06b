//! The tasks in the background, by name. One that breaks is a fault of ours, and a daemon that goes on without it looks
//! well and is not: whoever owns the tasks learns of it and ends. It starts nothing anew; that is for a service manager.

use std::collections::HashMap;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};

/// The tasks. Dropped, they are stopped.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    running: JoinSet<()>,
    names: HashMap<Id, String>,
}

impl Tasks {
    /// Starts one.
    pub(crate) fn spawn(&mut self, name: impl Into<String>, task: impl Future<Output = ()> + Send + 'static) {
        let id = self.running.spawn(task).id();
        self.names.insert(id, name.into());
    }

    /// Resolves when one breaks, with its name; the log has it, too. Those that end are let go of.
    ///
    /// Dropped before, it has lost nothing.
    pub(crate) async fn broken(&mut self) -> String {
        while let Some(ended) = self.running.join_next_with_id().await {
            if let Some(name) = self.ended(ended) {
                return name;
            }
        }
        std::future::pending().await
    }

    /// Waits until all of them have ended, for at most so long; stops the others. They must have been told to end.
    pub(crate) async fn end(mut self, limit: Duration) {
        let all = async {
            while let Some(ended) = self.running.join_next_with_id().await {
                self.ended(ended);
            }
        };
        if tokio::time::timeout(limit, all).await.is_err() {
            let mut names: Vec<&String> = self.names.values().collect();
            names.sort_unstable();
            tracing::warn!(tasks = ?names, "tasks did not end in time and are stopped");
        }
    }

    /// Takes note of an end; the name of a task that broke. What it broke with may hold words of people, and has gone
    /// to stderr.
    fn ended(&mut self, ended: Result<(Id, ()), JoinError>) -> Option<String> {
        let (id, has_broken) = match ended {
            Ok((id, ())) => (id, false),
            Err(error) => (error.id(), error.is_panic()),
        };
        let name = self.names.remove(&id).filter(|_| has_broken)?;
        tracing::error!(task = name, "a task in the background broke");
        Some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_one_that_breaks_is_named_and_one_that_ends_is_not() {
        let mut tasks = Tasks::default();
        tasks.spawn("short", async {});
        tasks.spawn("endless", std::future::pending());
        tasks.spawn("frail", async { std::panic::resume_unwind(Box::new("broken on request")) });
        assert_eq!(tasks.broken().await, "frail");
        let nobody = tokio::time::timeout(Duration::from_hours(1), tasks.broken()).await;
        assert!(nobody.is_err(), "nobody else broke");
        assert_eq!(tasks.names.into_values().collect::<Vec<_>>(), ["endless"]);
    }
}
