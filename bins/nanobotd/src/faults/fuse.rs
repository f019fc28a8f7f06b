//! Kills the process at its point.

use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::{Signal, getpid, kill_process};

use crate::args::FaultPoint;
use crate::points::{Call, Moment, Point};

/// Burns down with each passing of its point. Without a point it never does.
#[derive(Debug)]
pub(crate) struct Fuse {
    point: Option<Point>,
    left: AtomicU32,
}

impl Fuse {
    pub(crate) fn new(fault: Option<FaultPoint>) -> Self {
        let left = AtomicU32::new(fault.map_or(0, |fault| fault.count));
        Self { point: fault.map(|fault| fault.point), left }
    }

    /// Whether this passing of the point is the one.
    fn burns_down(&self, point: Point) -> bool {
        self.point == Some(point) && self.left.fetch_sub(1, Ordering::Relaxed) == 1
    }

    fn pass(&self, call: Call, moment: Moment) {
        if self.burns_down(Point { call, moment }) {
            // As a power cut would: no destructor, no flush, no farewell.
            let _ = kill_process(getpid(), Signal::KILL);
            loop {
                std::thread::park();
            }
        }
    }

    /// The call, with a point on each side.
    pub(crate) async fn around<T>(&self, call: Call, work: impl Future<Output = T>) -> T {
        self.pass(call, Moment::Before);
        let done = work.await;
        self.pass(call, Moment::After);
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fuse_burns_down_once_at_its_own_point_only() {
        let fuse = Fuse::new(Some("close.after:2".parse().unwrap()));
        let close = Point { call: Call::Close, moment: Moment::After };
        let other = Point { moment: Moment::Before, ..close };
        let passings = [other, close, other, close, close, other].map(|point| fuse.burns_down(point));
        assert_eq!(passings, [false, false, false, true, false, false]);
        assert!(!Fuse::new(None).burns_down(close));
    }
}
