//! Whether the words that a promise rests on were on the disk before the promise was made. Decides only.

use super::Trace;
use super::lines::Call;

const RECEIVES: [&str; 4] = ["read", "readv", "recvfrom", "recvmsg"];
const SENDS: [&str; 4] = ["write", "writev", "sendto", "sendmsg"];
const WRITES: [&str; 2] = ["pwrite64", "pwritev"];
const SYNCS: [&str; 2] = ["fsync", "fdatasync"];
/// The file in which SQLite commits.
const LOG: &str = "journal.db-wal>";

/// Looks at each message: received, written down, on the disk, acknowledged; closed, on the disk, delivered.
pub(super) fn judge(calls: &[Call], ids: &[String]) -> Trace {
    let mut trace = Trace::default();
    for id in ids {
        match acknowledged(calls, id) {
            Ok(()) => trace.acknowledged += 1,
            Err(why) => trace.failures.push(format!("{id}: {why}")),
        }
        match delivered(calls, id) {
            Ok(()) => trace.delivered += 1,
            Err(why) => trace.failures.push(format!("{id}: {why}")),
        }
    }
    trace
}

fn acknowledged(calls: &[Call], id: &str) -> Result<(), &'static str> {
    let is_inbound = |call: &&Call| is_one_of(call, &RECEIVES) && frame(call, "inbound", id);
    let received = calls.iter().find(is_inbound).ok_or("it was not seen to be received")?;
    let is_ack = |call: &&Call| is_one_of(call, &SENDS) && frame(call, "ack", id);
    let ack = calls.iter().find(is_ack).ok_or("it was not seen to be acknowledged")?;
    let mut written = calls.iter().filter(|call| is_written(call, id));
    let written = written.find(|call| call.began > received.ended && call.ended < ack.began);
    let written = written.ok_or("it was acknowledged before it was written down")?;
    synced(calls, written, ack).then_some(()).ok_or("it was acknowledged before it was on the disk")
}

fn delivered(calls: &[Call], id: &str) -> Result<(), &'static str> {
    let is_delivery = |call: &&Call| is_one_of(call, &SENDS) && frame(call, "deliver", id);
    let delivery = calls.iter().find(is_delivery).ok_or("its answer was not seen to be delivered")?;
    let answer = format!("re: {id}");
    let mut written = calls.iter().rev().filter(|call| is_written(call, &answer));
    let written = written.find(|call| call.ended < delivery.began);
    let written = written.ok_or("its answer was delivered before it was written down")?;
    synced(calls, written, delivery).then_some(()).ok_or("its answer was delivered before it was on the disk")
}

fn is_one_of(call: &Call, names: &[&str]) -> bool {
    names.contains(&call.name.as_str())
}

/// A frame of the socket's protocol, as a trace quotes it.
fn frame(call: &Call, kind: &str, id: &str) -> bool {
    call.text.contains(&format!(r#"\"t\":\"{kind}\""#)) && has_words(&call.text, id)
}

fn is_written(call: &Call, words: &str) -> bool {
    is_one_of(call, &WRITES) && call.text.contains(LOG) && has_words(&call.text, words)
}

/// `msg-0-1` does not stand in `msg-0-11`.
fn has_words(text: &str, words: &str) -> bool {
    text.match_indices(words).any(|(place, found)| {
        !text.get(place + found.len()..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    })
}

/// Whether the disk was waited for between the two.
fn synced(calls: &[Call], written: &Call, promise: &Call) -> bool {
    calls.iter().any(|call| {
        is_one_of(call, &SYNCS)
            && call.text.contains(LOG)
            && call.began > written.ended
            && call.ended < promise.began
    })
}

#[cfg(test)]
mod tests {
    use super::super::lines::read;
    use super::*;

    const RECEIVED: &str =
        r#"1  t recvfrom(5<UNIX-STREAM:[1]>, "{\"t\":\"inbound\",\"id\":\"msg-0-1\"}\n", 99) = 9"#;
    const STORED: &str =
        r#"2  t pwrite64(9</h/journal.db-wal>, "\0{\"text\":\"msg-0-1 once\"}", 4096, 24) = 4096"#;
    const SYNCED: &str = "2  t fdatasync(9</h/journal.db-wal>) = 0";
    const ACKED: &str = r#"1  t sendto(5<UNIX-STREAM:[1]>, "{\"t\":\"ack\",\"id\":\"msg-0-1\"}\n", 99) = 9"#;
    const CLOSED: &str =
        r#"2  t pwrite64(9</h/journal.db-wal>, "\0{\"text\":\"re: msg-0-1\"}", 4096, 24) = 4096"#;
    const DELIVERED: &str =
        r#"1  t write(5<UNIX-STREAM:[1]>, "{\"t\":\"deliver\",\"text\":\"re: msg-0-1\"}\n", 99) = 9"#;

    fn judged(trace: &[&str]) -> Trace {
        judge(&read(&trace.join("\n")), &["msg-0-1".to_owned()])
    }

    #[test]
    fn promises_behind_the_disk_are_kept_ones() {
        let trace = judged(&[RECEIVED, STORED, SYNCED, ACKED, CLOSED, SYNCED, DELIVERED]);
        assert_eq!(trace, Trace { acknowledged: 1, delivered: 1, failures: Vec::new() });
    }

    #[test]
    fn a_promise_before_the_disk_is_seen() {
        let unsynced = judged(&[RECEIVED, SYNCED, STORED, ACKED, SYNCED, CLOSED, DELIVERED, SYNCED]);
        assert_eq!((unsynced.acknowledged, unsynced.delivered, unsynced.failures.len()), (0, 0, 2));
        let early = judged(&[RECEIVED, ACKED, STORED, SYNCED, CLOSED, SYNCED, DELIVERED]);
        assert_eq!((early.acknowledged, early.delivered), (0, 1));
        assert!(early.failures[0].contains("before it was written down"), "{early:?}");
    }

    #[test]
    fn a_sync_of_another_file_does_not_count() {
        let other = "2  t fdatasync(9</h/sessions/cli_a.jsonl>) = 0";
        assert_eq!(judged(&[RECEIVED, STORED, other, ACKED, CLOSED, other, DELIVERED]).failures.len(), 2);
    }
}
