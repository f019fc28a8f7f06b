//! Tests of the look at the log.

use nanobot_core::ports::{ChangeRow, PolicyStore};
use nanobot_core::testing::contract::policy_store_contract;
use proptest::prelude::*;

use super::*;
use crate::rows;

/// How many rows the exhaustive tests look at.
const ROWS: usize = 200;

/// A log of which each row is hashed once: what is exhausted here is what may happen to rows, not the hash.
struct Room {
    lines: Vec<String>,
    rows: Vec<Row>,
    links: Vec<Option<Link>>,
}

impl Room {
    /// A log whose first tenth the original wrote.
    fn new(count: usize) -> Self {
        let lines: Vec<String> = (1..=count).map(row).collect();
        let origin = |index| if index < count / 10 { Origin::Adopted } else { Origin::Ours };
        Self {
            rows: lines.iter().map(|line| Row::of(line.as_bytes())).collect(),
            links: linked(lines.iter().enumerate().map(|(index, row)| (row, origin(index)))),
            lines,
        }
    }

    fn chain(&self) -> Vec<String> {
        self.links.iter().flatten().map(|link| link.line().unwrap().trim_end().to_owned()).collect()
    }

    fn head(&self) -> ChainHead {
        self.links.last().unwrap().as_ref().unwrap().head()
    }

    /// What is found when the log has these rows and the chain was not touched.
    fn found(&self, rows: &[Row]) -> Vec<VerifyFault> {
        let mut faults: Vec<_> = align(rows, &self.links)
            .findings
            .into_iter()
            .map(|finding| super::fault(finding, rows, &self.links))
            .collect();
        faults.sort_by_key(|fault| fault.row);
        faults
    }
}

/// The chain of these rows.
fn linked<'a>(rows: impl Iterator<Item = (&'a String, Origin)>) -> Vec<Option<Link>> {
    rows.fold(Vec::new(), |mut chain, (row, origin)| {
        chain.push(Some(Link::of(row.as_bytes(), chain.last().and_then(Option::as_ref), origin)));
        chain
    })
}

fn row(number: usize) -> String {
    rows::write(&ChangeRow {
        id: id(number),
        at: "2026-02-22T12:00:00.000250Z".parse().unwrap(),
        source: "dm".to_owned(),
        actor: "491510000001".to_owned(),
        channel: Some("whatsapp".to_owned()),
        chat: None,
        command: format!("/policy set-when {number}@g.us all"),
        before_hash: "b".repeat(64),
        after_hash: "a".repeat(64),
        rollback_of: None,
    })
    .unwrap()
}

fn id(number: usize) -> String {
    format!("{number:032x}")
}

fn text(lines: &[String]) -> Vec<u8> {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect::<String>().into_bytes()
}

fn fault(number: usize, what: Difference) -> VerifyFault {
    VerifyFault { row: number as u64, id: Some(id(number)), what }
}

#[test]
fn a_log_that_nobody_touched_has_no_fault() {
    let room = Room::new(ROWS);
    let (log, chain) = (text(&room.lines), text(&room.chain()));
    let expected = Verification {
        rows: 200,
        adopted: 20,
        unlinked: 0,
        unfinished: false,
        head: Some(room.head()),
        faults: Vec::new(),
    };
    assert_eq!(compare(&log, &chain, Some(&room.head())), expected);
    let lagging = room.links[ROWS - 2].as_ref().unwrap().head();
    assert_eq!(compare(&log, &chain, Some(&lagging)), expected, "the journal may lag");
}

#[test]
fn every_row_that_is_changed_is_named() {
    let room = Room::new(ROWS);
    for index in 0..ROWS {
        let mut rows = room.rows.clone();
        for edited in [
            room.lines[index].replace("491510000001", "491510000002"),
            room.lines[index].replace(" all", " off"),
            format!("{} ", room.lines[index]),
            String::new(),
            "not a row".to_owned(),
        ] {
            rows[index] = Row::of(edited.as_bytes());
            assert_eq!(room.found(&rows), [fault(index + 1, Difference::Changed)]);
        }
    }
}

#[test]
fn every_bit_of_a_row_that_is_turned_is_found() {
    let room = Room::new(2);
    let log = text(&room.lines);
    let chain = text(&room.chain());
    let mut number = 1;
    for at in 0..log.len() {
        for bit in 0..8 {
            let mut log = log.clone();
            log[at] ^= 1 << bit;
            let found = compare(&log, &chain, Some(&room.head())).faults;
            assert_eq!(found[0], fault(number, Difference::Changed), "byte {at}, bit {bit}");
        }
        number += usize::from(log[at] == b'\n');
    }
    assert_eq!(number, 3);
}

#[test]
fn every_row_that_is_removed_is_named() {
    let room = Room::new(ROWS);
    for index in 0..ROWS {
        let mut rows = room.rows.clone();
        rows.remove(index);
        assert_eq!(room.found(&rows), [fault(index + 1, Difference::Removed)]);
    }
}

#[test]
fn every_row_that_is_added_among_linked_ones_is_named() {
    let room = Room::new(ROWS);
    for index in 0..ROWS {
        let mut rows = room.rows.clone();
        rows.insert(index, Row::of(row(900).as_bytes()));
        let added = VerifyFault { row: index as u64 + 1, id: Some(id(900)), what: Difference::Added };
        assert_eq!(room.found(&rows), [added]);
        rows[index + 1] = room.rows[index].clone();
        let again = index + 1 < ROWS;
        rows[index] = room.rows[index].clone();
        assert_eq!(room.found(&rows).len(), usize::from(again), "also one that stands there twice");
    }
}

#[test]
fn every_two_rows_that_are_swapped_are_named() {
    let room = Room::new(ROWS);
    let mut rows = room.rows.clone();
    let mut pairs = 0;
    for first in 0..ROWS {
        for second in first + 1..ROWS {
            rows.swap(first, second);
            let expected = [
                fault(first + 1, Difference::Swapped(second as u64 + 1)),
                fault(second + 1, Difference::Swapped(first as u64 + 1)),
            ];
            assert_eq!(room.found(&rows), expected);
            rows.swap(first, second);
            pairs += 1;
        }
    }
    assert_eq!(pairs, 19_900);
}

#[test]
fn a_row_that_moved_is_named_with_its_new_line() {
    let room = Room::new(ROWS);
    for (from, to) in [(0, 199), (199, 0), (7, 9), (150, 20)] {
        let mut rows = room.rows.clone();
        let moved = rows.remove(from);
        rows.insert(to, moved);
        assert_eq!(room.found(&rows), [fault(from + 1, Difference::Moved(to as u64 + 1))]);
    }
}

#[test]
fn every_truncation_of_the_log_names_the_rows_that_are_gone() {
    let room = Room::new(ROWS);
    for kept in 0..ROWS {
        let expected: Vec<_> = (kept + 1..=ROWS).map(|number| fault(number, Difference::Removed)).collect();
        assert_eq!(room.found(&room.rows[..kept]), expected);
    }
    // In the middle of a row the row itself is changed. Only its line end is no loss.
    let room = Room::new(5);
    let (log, chain) = (text(&room.lines), text(&room.chain()));
    for len in 0..log.len() {
        let found = compare(&log[..len], &chain, Some(&room.head())).faults;
        assert_eq!(found.is_empty(), len == log.len() - 1, "cut to {len} bytes");
    }
}

#[test]
fn every_truncation_of_log_and_chain_together_is_found_by_the_head() {
    let room = Room::new(ROWS);
    for kept in 0..ROWS {
        let (log, chain) = (text(&room.lines[..kept]), text(&room.chain()[..kept]));
        let cut = VerifyFault { row: ROWS as u64, id: None, what: Difference::Cut };
        assert_eq!(compare(&log, &chain, Some(&room.head())).faults, [cut]);
        assert_eq!(compare(&log, &chain, None).faults, [], "which nobody can tell without the journal");
    }
}

#[test]
fn a_log_and_chain_that_were_both_rewritten_disagree_with_the_journal() {
    let room = Room::new(20);
    for index in 0..20 {
        let mut lines = room.lines.clone();
        lines[index] = row(900);
        let origins = room.links.iter().flatten().map(|link| link.origin);
        let chain = linked(lines.iter().zip(origins));
        let forged = Room { lines, rows: Vec::new(), links: chain };
        let found = compare(&text(&forged.lines), &text(&forged.chain()), Some(&room.head())).faults;
        assert_eq!(found, [VerifyFault { row: 20, id: None, what: Difference::Disagrees }]);
    }
}

#[test]
fn every_line_of_the_chain_that_is_touched_is_named() {
    let room = Room::new(20);
    let log = text(&room.lines);
    let honest = room.chain();
    for index in 0..20 {
        let found = |chain: &[String]| compare(&log, &text(chain), Some(&room.head())).faults;
        let number = index as u64 + 1;
        let mut chain = honest.clone();
        chain[index] = "{".to_owned();
        let faults = found(&chain);
        assert_eq!(faults[0], VerifyFault { row: number, id: None, what: Difference::LinkUnreadable });
        chain[index] = match room.links[index].as_ref().unwrap().origin {
            Origin::Adopted => honest[index].replace(",\"adopted\":true", ""),
            Origin::Ours => honest[index].replace('}', ",\"adopted\":true}"),
        };
        let broken = fault(index + 1, Difference::LinkBroken);
        assert_eq!(found(&chain), [broken], "who wrote a row is part of the hash");
        let mut chain = honest.clone();
        chain.remove(index);
        assert!(!found(&chain).is_empty(), "without line {number}");
    }
}

#[test]
fn rows_behind_the_last_link_are_no_fault_but_counted() {
    let room = Room::new(10);
    let mut lines = room.lines.clone();
    lines.extend([row(900), row(901)]);
    let found = compare(&text(&lines), &text(&room.chain()), Some(&room.head()));
    assert_eq!((found.rows, found.unlinked, found.faults), (12, 2, Vec::new()));
}

#[test]
fn a_log_without_a_chain_has_nothing_to_compare_unless_the_journal_knows_one() {
    let room = Room::new(10);
    let found = compare(&text(&room.lines), b"", None);
    assert_eq!((found.rows, found.unlinked, found.head, found.faults), (10, 10, None, Vec::new()));
    assert_eq!(compare(&text(&room.lines), b"", Some(&room.head())).faults[0].what, Difference::Cut);
}

#[tokio::test]
async fn files_are_compared_while_nobody_writes_them() {
    let home = tempfile::tempdir().unwrap();
    let store = crate::PolicyFiles::new(home.path().join("policy.json"));
    let folder = store.audit_folder();
    let empty = verify(&folder, None).await.unwrap();
    assert_eq!((empty.rows, empty.head), (0, None), "nothing is there yet");
    assert!(!folder.exists(), "and nothing is created");
    policy_store_contract(async || crate::PolicyFiles::new(home.path().join("policy.json"))).await;
    let found = verify(&folder, store.recover(None).await.unwrap().as_ref()).await.unwrap();
    assert_eq!((found.rows, found.faults, found.unfinished), (2, Vec::new(), false));
    std::fs::write(folder.join("pending.json"), "{}").unwrap();
    assert!(verify(&folder, None).await.unwrap().unfinished);
}

proptest! {
    #[test]
    fn no_two_files_make_it_stumble_and_no_difference_goes_unseen(
        kept in proptest::collection::vec(0usize..12, 0..12),
        linked in proptest::collection::vec(0usize..12, 0..12),
    ) {
        let room = Room::new(12);
        let lines: Vec<String> = kept.iter().map(|index| room.lines[*index].clone()).collect();
        let chain: Vec<String> = linked.iter().map(|index| room.chain()[*index].clone()).collect();
        let found = compare(&text(&lines), &text(&chain), Some(&room.head()));
        let is_whole = kept.starts_with(&linked) && linked == (0..12).collect::<Vec<_>>();
        prop_assert_eq!(found.faults.is_empty(), is_whole);
    }
}
