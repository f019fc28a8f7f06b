//! A change that is interrupted before, in the middle of and after each of its writes, and the same for the recovery.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use super::dying::{ALL_DONE, Done, DyingDisk, Fate, Killed};
use super::room::{Room, Seen, State};
use super::*;

/// Makes the change of a room on a disk that strikes. None when the process died.
fn change_on(disk: &dyn Disk, room: &Room) -> Option<Result<ChainHead, StoreError>> {
    until_killed(|| Act { layout: &room.layout, disk }.change(&room.change()))
}

fn recover_on(disk: &dyn Disk, room: &Room) -> Option<io::Result<()>> {
    until_killed(|| Act { layout: &room.layout, disk }.settle())
}

fn until_killed<T>(work: impl FnOnce() -> T) -> Option<T> {
    match panic::catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => Some(done),
        Err(cause) if cause.is::<Killed>() => None,
        Err(cause) => panic::resume_unwind(cause),
    }
}

/// Runs a test for each write of a change, with each amount of it done, in each kind of room. The test answers
/// whether the write was reached.
fn at_each_write(test: impl Fn(Room, usize, Done) -> bool) {
    for state in State::ALL {
        at_each_write_in(state, &test);
    }
}

fn at_each_write_in(state: State, test: impl Fn(Room, usize, Done) -> bool) {
    silence_the_killed();
    for done in ALL_DONE {
        let mut number = 0;
        while test(Room::new(state), number, done) {
            number += 1;
        }
        assert!(number >= 12, "{state:?}: only {number} writes");
    }
}

/// A process that dies on purpose says nothing.
fn silence_the_killed() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !info.payload().is::<Killed>() {
                usual(info);
            }
        }));
    });
}

#[test]
fn a_change_that_is_killed_anywhere_is_whole_or_was_never_made() {
    at_each_write(|room, number, done| {
        let before = room.seen();
        let disk = DyingDisk::at(number, done, Fate::Killed);
        let changed = change_on(&disk, &room);
        assert_eq!(changed.is_none(), disk.has_struck());
        recover_on(&RealDisk, &room).unwrap().unwrap();
        room.expect_whole_or_never(&before);
        recover_on(&RealDisk, &room).unwrap().unwrap();
        room.expect_whole_or_never(&before);
        disk.has_struck()
    });
}

#[test]
fn a_recovery_that_is_killed_anywhere_is_made_whole_by_the_next_one() {
    let recoveries = Cell::new(0);
    at_each_write_in(State::Torn, |room, number, done| {
        let before = room.seen();
        let disk = DyingDisk::at(number, done, Fate::Killed);
        change_on(&disk, &room);
        at_each_write_of_a_recovery(&room, number, done, |room| {
            room.expect_whole_or_never(&before);
            recoveries.set(recoveries.get() + 1);
        });
        disk.has_struck()
    });
    assert!(recoveries.get() > 200, "{}", recoveries.get());
}

#[test]
fn a_recovery_that_is_killed_while_it_takes_a_row_out_of_the_middle_loses_nothing() {
    at_each_write_in(State::Changed, |room, number, done| {
        let disk = DyingDisk::at(number, done, Fate::Killed);
        change_on(&disk, &room);
        room.append_to_log(&Room::row(0xfeed));
        at_each_write_of_a_recovery(&room, number, done, |room| {
            let took_effect = room.took_effect();
            let ids = room.ids();
            assert!(ids.contains(&format!("{:032x}", 1)) && ids.contains(&format!("{:032x}", 0xfeed)));
            assert_eq!(ids.contains(&room.change().row.id), took_effect);
            room.expect_no_litter();
        });
        disk.has_struck()
    });
}

/// Kills the recovery of what is in a room in the middle of and after each of its writes, each time in a copy; then
/// recovers for good and looks.
fn at_each_write_of_a_recovery(crashed: &Room, number: usize, done: Done, look: impl Fn(&Room)) {
    for again in [Done::Half, Done::All] {
        for later in 0.. {
            let room = crashed.copy();
            let disk = DyingDisk::at(later, again, Fate::Killed);
            recover_on(&disk, &room);
            recover_on(&RealDisk, &room)
                .unwrap()
                .unwrap_or_else(|error| panic!("write {number}, {done:?}, then {later}, {again:?}: {error}"));
            look(&room);
            if !disk.has_struck() {
                break;
            }
        }
    }
}

#[test]
fn a_full_disk_leaves_everything_as_it_was_and_says_so() {
    at_each_write(|room, number, done| {
        let before = room.seen();
        let disk = DyingDisk::at(number, done, Fate::Full);
        match change_on(&disk, &room).unwrap() {
            Err(error) => {
                assert_eq!(error.kind, StoreErrorKind::Full);
                assert_eq!(room.seen(), before);
            }
            // The document was exchanged already.
            Ok(head) => {
                recover_on(&RealDisk, &room).unwrap().unwrap();
                assert_eq!(Seen { head: Some(head), ..room.seen() }, room.expected(&before));
            }
        }
        disk.has_struck()
    });
}

#[test]
fn a_disk_that_stays_full_is_put_right_when_there_is_space_again() {
    at_each_write(|room, number, done| {
        let before = room.seen();
        let disk = DyingDisk::at(number, done, Fate::FullForGood);
        let refused = change_on(&disk, &room).unwrap().is_err();
        assert!(!refused || room.document() == before.document, "who was refused changed nothing");
        recover_on(&RealDisk, &room).unwrap().unwrap();
        room.expect_whole_or_never(&before);
        disk.has_struck()
    });
}

#[test]
fn rows_that_the_original_adds_between_crash_and_recovery_stay() {
    at_each_write(|room, number, done| {
        let disk = DyingDisk::at(number, done, Fate::Killed);
        change_on(&disk, &room);
        let took_effect = room.took_effect();
        room.append_to_log(&Room::row(0xfeed));
        recover_on(&RealDisk, &room).unwrap().unwrap();
        let took_effect = took_effect || room.took_effect();
        // Behind a row that was torn before the change theirs is as the original left it.
        let log = fs::read_to_string(room.layout.log()).unwrap();
        assert!(log.ends_with(&format!("{}\n", Room::row(0xfeed))), "theirs stays");
        assert_eq!(room.ids().contains(&room.change().row.id), took_effect, "ours is there if it counts");
        room.expect_no_litter();
        disk.has_struck()
    });
}

#[test]
fn a_document_that_somebody_edits_between_crash_and_recovery_stays() {
    at_each_write(|room, number, done| {
        let disk = DyingDisk::at(number, done, Fate::Killed);
        change_on(&disk, &room);
        let took_effect = room.took_effect();
        fs::write(room.layout.document(), "edited").unwrap();
        recover_on(&RealDisk, &room).unwrap().unwrap();
        assert_eq!(room.document().as_deref(), Some(b"edited".as_slice()));
        assert_eq!(room.ids().contains(&room.change().row.id), took_effect);
        room.expect_no_litter();
        disk.has_struck()
    });
}

#[test]
fn the_next_change_puts_right_what_a_crash_left() {
    at_each_write(|room, number, done| {
        let disk = DyingDisk::at(number, done, Fate::Killed);
        change_on(&disk, &room);
        let mut next = room.change();
        next.row.id = format!("{:032x}", 0xbeef);
        let first = Act { layout: &room.layout, disk: &RealDisk }.change(&next);
        if first.is_err() {
            // The change before it took effect after all.
            assert!(room.took_effect());
            next.seen = room.document();
            Act { layout: &room.layout, disk: &RealDisk }.change(&next).unwrap();
        }
        assert_eq!(room.ids().last(), Some(&next.row.id));
        room.expect_no_litter();
        disk.has_struck()
    });
}
