//! Reads what `strace -f -tt` wrote. A call that others overtake stands on two lines; here it is one again.

use std::collections::HashMap;

/// A system call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    /// `pwrite64`
    pub(super) name: String,
    /// Its arguments and what it answered, as written.
    pub(super) text: String,
    /// The line on which it began, and the one on which it was over.
    pub(super) began: usize,
    pub(super) ended: usize,
}

const UNFINISHED: &str = " <unfinished ...>";

/// The calls in the order in which they were over.
pub(super) fn read(trace: &str) -> Vec<Call> {
    let mut under_way: HashMap<&str, Call> = HashMap::new();
    let mut calls = Vec::new();
    for (number, line) in trace.lines().enumerate() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let Some((_time, rest)) = rest.trim_start().split_once(' ') else { continue };
        if let Some(resumed) = rest.strip_prefix("<... ") {
            let (Some(mut call), Some((_, text))) =
                (under_way.remove(thread), resumed.split_once(" resumed>"))
            else {
                continue;
            };
            call.text.push_str(text);
            call.ended = number;
            calls.push(call);
            continue;
        }
        let Some((name, text)) = rest.split_once('(') else { continue };
        let call =
            |text: &str| Call { name: name.to_owned(), text: text.to_owned(), began: number, ended: number };
        match text.strip_suffix(UNFINISHED) {
            Some(begun) => drop(under_way.insert(thread, call(begun))),
            None => calls.push(call(text)),
        }
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_on_two_lines_is_one_call_from_the_first_to_the_second() {
        let trace = "7  10:00:00.1 fdatasync(9</h/journal.db-wal> <unfinished ...>\n\
                     8  10:00:00.2 read(5<socket:[1]>, \"x\", 10) = 1\n\
                     7  10:00:00.3 <... fdatasync resumed>) = 0\n\
                     8  10:00:00.4 --- SIGTERM {si_signo=SIGTERM} ---\n\
                     8  10:00:00.5 +++ exited with 0 +++\n";
        let calls = read(trace);
        let shape: Vec<_> = calls.iter().map(|c| (c.name.as_str(), c.began, c.ended)).collect();
        assert_eq!(shape, [("read", 1, 1), ("fdatasync", 0, 2)]);
        assert_eq!(calls[1].text, "9</h/journal.db-wal>) = 0");
    }
}
