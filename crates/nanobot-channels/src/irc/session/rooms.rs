//! The channels: which we are in, which we want, and when to try again.

use crate::irc::names::CaseMapping;
use crate::irc::settings::{IrcRoom, MAX_CHANNELS};
use crate::irc::wire::OutLine;

/// Seconds before a channel is asked for again; doubled with each try up to the longest, and the first again for a
/// channel in which we were left in peace.
const FIRST_PAUSE: u32 = 2;
const LONGEST_PAUSE: u32 = 300;
const IN_PEACE: u32 = 600;

/// Channels that are asked for in one second. A server that sees more takes it for a flood.
const JOINS_PER_SECOND: usize = 3;

/// Where we are and where we want to be.
#[derive(Debug)]
pub(super) struct Rooms(Vec<Room>);

#[derive(Debug)]
struct Room {
    asked: IrcRoom,
    /// It stands in the settings; the server may put us into others.
    is_wanted: bool,
    place: Place,
    pause: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// For so many seconds.
    In(u32),
    /// Not before so many seconds.
    Out(u32),
}

impl Rooms {
    /// In none yet.
    pub(super) fn new(wanted: &[IrcRoom]) -> Self {
        let room = |room: &IrcRoom| Room {
            asked: room.clone(),
            is_wanted: true,
            place: Place::Out(0),
            pause: FIRST_PAUSE,
        };
        Self(wanted.iter().map(room).collect())
    }

    /// Those that should be joined now. Whether it worked, the server tells; if not, they come again later.
    pub(super) fn due(&mut self) -> Vec<OutLine> {
        let due = self.0.iter_mut().filter(|room| room.is_wanted && room.place == Place::Out(0));
        let lines = due.take(JOINS_PER_SECOND).filter_map(|room| {
            room.place = Place::Out(room.pause);
            room.pause = room.pause.saturating_mul(2).min(LONGEST_PAUSE);
            let key = room.asked.key.as_ref().map(|key| key.expose().as_str());
            let params: Vec<&str> = std::iter::once(room.asked.name.as_str()).chain(key).collect();
            OutLine::new("JOIN", &params, None)
        });
        lines.collect()
    }

    /// A second has passed.
    pub(super) fn tick(&mut self) {
        for room in &mut self.0 {
            room.place = match room.place {
                Place::In(seconds) => Place::In(seconds.saturating_add(1)),
                Place::Out(seconds) => Place::Out(seconds.saturating_sub(1)),
            };
        }
    }

    /// We have come in.
    pub(super) fn joined(&mut self, name: &str, case: CaseMapping) {
        if let Some(room) = self.find(name, case) {
            room.place = Place::In(0);
        } else if self.0.len() < 2 * MAX_CHANNELS {
            let asked = IrcRoom { name: name.to_owned(), key: None };
            self.0.push(Room { asked, is_wanted: false, place: Place::In(0), pause: FIRST_PAUSE });
        }
    }

    /// We are out, by whosever will.
    pub(super) fn left(&mut self, name: &str, case: CaseMapping) {
        if let Some(room) = self.find(name, case) {
            if matches!(room.place, Place::In(IN_PEACE..)) {
                room.pause = FIRST_PAUSE;
            }
            room.place = Place::Out(room.pause);
        }
        self.0.retain(|room| room.is_wanted || matches!(room.place, Place::In(_)));
    }

    /// Whether we are in.
    pub(super) fn is_in(&self, name: &str, case: CaseMapping) -> bool {
        self.get(name, case).is_some_and(|room| matches!(room.place, Place::In(_)))
    }

    /// Whether we want to be in.
    pub(super) fn is_wanted(&self, name: &str, case: CaseMapping) -> bool {
        self.get(name, case).is_some_and(|room| room.is_wanted)
    }

    /// The names of those that we are in.
    pub(super) fn names(&self) -> Vec<String> {
        let there = self.0.iter().filter(|room| matches!(room.place, Place::In(_)));
        there.map(|room| room.asked.name.clone()).collect()
    }

    fn get(&self, name: &str, case: CaseMapping) -> Option<&Room> {
        self.0.iter().find(|room| case.same(&room.asked.name, name))
    }

    fn find(&mut self, name: &str, case: CaseMapping) -> Option<&mut Room> {
        self.0.iter_mut().find(|room| case.same(&room.asked.name, name))
    }
}
