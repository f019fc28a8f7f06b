//! Messages on their way out: lines in turn over all chats, each message closed by a `PING` whose answer proves
//! that the server has taken what came before it.
//!
//! Decides which line is next and what became of a message; the pace, the socket and the seconds are `link.rs`.

use std::collections::VecDeque;

use nanobot_core::ports::SendError;
use tokio::sync::oneshot;

use super::wire::OutLine;

/// Seconds from the closing `PING` within which its answer must come.
const CONFIRM_LIMIT: u32 = 20;

/// Most messages that are under way at a time; the rest waits with those who send.
pub(super) const MAX_UNDER_WAY: usize = 64;

/// Who waits for a message to be confirmed.
pub(super) type Waiter = oneshot::Sender<Result<(), SendError>>;

/// One message.
#[derive(Debug)]
struct Job {
    target: String,
    lines: VecDeque<OutLine>,
    token: String,
    /// The count of lines when it had its turn, or came in.
    turn: u64,
    /// Some of it has gone out.
    is_begun: bool,
    /// Seconds since the closing `PING` went out; none before that.
    asked: Option<u32>,
    waiter: Waiter,
}

/// The messages under way.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    /// In the order in which they came.
    jobs: VecDeque<Job>,
    /// How many lines were begun.
    turns: u64,
}

impl Outgoing {
    /// Takes a message: its lines, and a token that no other message has.
    pub(super) fn push(&mut self, target: String, lines: Vec<OutLine>, token: String, waiter: Waiter) {
        // Once the token is sent, its answer confirms the message; so it goes last.
        let ping = OutLine::new("PING", &[], Some(&token));
        let lines = lines.into_iter().chain(ping).collect();
        self.jobs.push_back(Job {
            target,
            lines,
            token,
            turn: self.turns,
            is_begun: false,
            asked: None,
            waiter,
        });
    }

    /// How many are under way.
    pub(super) fn len(&self) -> usize {
        self.jobs.len()
    }

    /// The next line. Chats take turns; messages to one chat go one after the other.
    pub(super) fn next_line(&mut self, same: impl Fn(&str, &str) -> bool) -> Option<OutLine> {
        self.jobs.retain(|job| !job.waiter.is_closed());
        let is_first = |at: usize, job: &Job| {
            let mut before = self.jobs.iter().take(at);
            !before.any(|other| other.asked.is_none() && same(&other.target, &job.target))
        };
        let candidates = self.jobs.iter().enumerate().filter(|(_, job)| job.asked.is_none());
        let (at, _) = candidates.filter(|(at, job)| is_first(*at, job)).min_by_key(|(_, job)| job.turn)?;
        let job = self.jobs.get_mut(at)?;
        self.turns += 1;
        job.turn = self.turns;
        job.is_begun = true;
        let line = job.lines.pop_front();
        if job.lines.is_empty() {
            job.asked = Some(0);
        }
        line
    }

    /// The server has answered a token.
    pub(super) fn confirmed(&mut self, token: &str) {
        self.settle(|job| job.asked.is_some() && job.token == token, || Ok(()));
    }

    /// The server refuses what went to this target.
    pub(super) fn refused(&mut self, code: &str, is_target: impl Fn(&str) -> bool) {
        // Servers answer in order, so what is refused belongs to the oldest message that was begun.
        let refused = self.jobs.iter().position(|job| job.is_begun && is_target(&job.target));
        if let Some(job) = refused.and_then(|at| self.jobs.remove(at)) {
            let _ = job.waiter.send(Err(SendError::Rejected { code: code.to_owned() }));
        }
    }

    /// Nothing reaches this target any more.
    pub(super) fn cut_off(&mut self, is_target: impl Fn(&str) -> bool) {
        self.settle(|job| is_target(&job.target), || Err(SendError::Unreachable { wait: None }));
    }

    /// The connection is gone.
    pub(super) fn give_up(&mut self) {
        self.cut_off(|_| true);
    }

    /// A second has passed.
    pub(super) fn tick(&mut self) {
        for seconds in self.jobs.iter_mut().filter_map(|job| job.asked.as_mut()) {
            *seconds += 1;
        }
        let is_late = |job: &Job| job.asked.is_some_and(|seconds| seconds > CONFIRM_LIMIT);
        self.settle(is_late, || Err(SendError::Unreachable { wait: None }));
    }

    fn settle(&mut self, is_over: impl Fn(&Job) -> bool, how: impl Fn() -> Result<(), SendError>) {
        let (over, rest): (VecDeque<Job>, VecDeque<Job>) =
            std::mem::take(&mut self.jobs).into_iter().partition(is_over);
        self.jobs = rest;
        for job in over {
            // Whoever waited may have given up meanwhile.
            let _ = job.waiter.send(how());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Outcome = oneshot::Receiver<Result<(), SendError>>;

    fn push(outgoing: &mut Outgoing, target: &str, texts: &[&str], token: &str) -> Outcome {
        let (waiter, outcome) = oneshot::channel();
        let lines = texts.iter().filter_map(|text| OutLine::new("PRIVMSG", &[target], Some(text))).collect();
        outgoing.push(target.to_owned(), lines, token.to_owned(), waiter);
        outcome
    }

    fn drain(outgoing: &mut Outgoing) -> Vec<String> {
        let next = || outgoing.next_line(|a, b| a == b).map(|line| line.as_str().to_owned());
        std::iter::from_fn(next).collect()
    }

    fn is_unreachable(outcome: &mut Outcome) -> bool {
        matches!(outcome.try_recv(), Ok(Err(SendError::Unreachable { wait: None })))
    }

    #[test]
    fn chats_take_turns_and_messages_to_one_chat_do_not() {
        let mut outgoing = Outgoing::default();
        let _a = push(&mut outgoing, "#a", &["1", "2"], "t1");
        let _b = push(&mut outgoing, "#a", &["3"], "t2");
        let _c = push(&mut outgoing, "#b", &["x", "y"], "t3");
        let lines = drain(&mut outgoing);
        let to = |target: &str| {
            let prefix = format!("PRIVMSG {target} :");
            lines.iter().filter_map(|line| line.strip_prefix(&prefix).map(str::to_owned)).collect::<Vec<_>>()
        };
        assert_eq!(
            (to("#a"), to("#b")),
            (["1", "2", "3"].map(str::to_owned).into(), ["x", "y"].map(str::to_owned).into())
        );
        let at = |line: &str| lines.iter().position(|seen| seen == line).unwrap();
        assert!(at("PRIVMSG #b :x") < at("PRIVMSG #a :2"), "{lines:?}");
        assert!(at("PRIVMSG #a :2") < at("PING :t1") && at("PING :t1") < at("PRIVMSG #a :3"), "{lines:?}");
    }

    #[test]
    fn a_message_is_confirmed_by_the_answer_to_its_own_ping_and_not_before_it_was_sent() {
        let mut outgoing = Outgoing::default();
        let mut outcome = push(&mut outgoing, "#a", &["1"], "t1");
        outgoing.confirmed("t1");
        drain(&mut outgoing);
        outgoing.confirmed("t2");
        assert!(outcome.try_recv().is_err());
        outgoing.confirmed("t1");
        assert!(matches!(outcome.try_recv(), Ok(Ok(()))));
        assert_eq!(outgoing.len(), 0);
    }

    #[test]
    fn a_ping_without_an_answer_means_unreachable() {
        let mut outgoing = Outgoing::default();
        let mut outcome = push(&mut outgoing, "#a", &["1"], "t1");
        for _ in 0..100 {
            outgoing.tick();
        }
        assert!(outcome.try_recv().is_err(), "time counts from the closing PING on");
        drain(&mut outgoing);
        for _ in 0..=CONFIRM_LIMIT {
            assert!(outcome.try_recv().is_err());
            outgoing.tick();
        }
        assert!(is_unreachable(&mut outcome));
    }

    #[test]
    fn a_refusal_takes_the_rest_of_the_message_along_and_no_other_message() {
        let mut outgoing = Outgoing::default();
        let mut first = push(&mut outgoing, "#a", &["1", "2"], "t1");
        let mut second = push(&mut outgoing, "#a", &["3"], "t2");
        outgoing.next_line(|a, b| a == b);
        outgoing.refused("cannot_send", |target| target == "#a");
        assert!(matches!(first.try_recv(), Ok(Err(SendError::Rejected { code })) if code == "cannot_send"));
        assert_eq!(drain(&mut outgoing), ["PRIVMSG #a :3", "PING :t2"]);
        outgoing.confirmed("t2");
        assert!(matches!(second.try_recv(), Ok(Ok(()))));
    }

    #[test]
    fn a_late_refusal_does_not_hit_a_message_that_was_not_begun() {
        let mut outgoing = Outgoing::default();
        let mut outcome = push(&mut outgoing, "eve", &["1"], "t1");
        outgoing.refused("no_such_nick", |target| target == "eve");
        assert!(outcome.try_recv().is_err());
        assert_eq!(drain(&mut outgoing).len(), 2);
    }

    #[test]
    fn a_channel_that_we_left_cuts_off_its_messages_only() {
        let mut outgoing = Outgoing::default();
        let (mut a, mut b) =
            (push(&mut outgoing, "#a", &["1"], "t1"), push(&mut outgoing, "#b", &["2"], "t2"));
        outgoing.cut_off(|target| target == "#a");
        assert!(is_unreachable(&mut a) && b.try_recv().is_err());
        outgoing.give_up();
        assert!(is_unreachable(&mut b));
    }

    #[test]
    fn what_nobody_waits_for_is_not_sent() {
        let mut outgoing = Outgoing::default();
        drop(push(&mut outgoing, "#a", &["1"], "t1"));
        assert_eq!(drain(&mut outgoing), [""; 0]);
        assert_eq!(outgoing.len(), 0);
    }
}
