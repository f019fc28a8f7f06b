//! Which peers are remembered: a bounded number of them. Those beyond share one allowance.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;

/// Most peers that a limit remembers: 1,024, some 50 kB. When all seats are taken by peers that asked lately, all
/// others share one allowance, as if they were a single peer.
pub const MAX_PEERS: usize = 1_024;

/// The state of each peer, for governor.
#[derive(Debug, Default)]
pub(super) struct Seats {
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    by_peer: HashMap<IpAddr, Nanos>,
    all_others: Option<Nanos>,
}

/// As whom a peer counts: an IPv6 host has all addresses of its /64 network for itself.
pub(super) fn key(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() & (u128::MAX << 64);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        canonical @ IpAddr::V4(_) => canonical,
    }
}

impl Seats {
    fn hold(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StateStore for Seats {
    type Key = IpAddr;

    fn measure_and_replace<T, F, E>(&self, key: &IpAddr, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut taken = self.hold();
        let known = taken.by_peer.get(key).copied();
        let has_seat = known.is_some() || taken.by_peer.len() < MAX_PEERS;
        let (answer, next) = f(if has_seat { known } else { taken.all_others })?;
        if has_seat {
            taken.by_peer.insert(*key, next);
        } else {
            taken.all_others = Some(next);
        }
        Ok(answer)
    }
}

impl ShrinkableKeyedStateStore<IpAddr> for Seats {
    fn retain_recent(&self, drop_below: Nanos) {
        self.hold().by_peer.retain(|_, next| *next > drop_below);
    }

    fn shrink_to_fit(&self) {
        self.hold().by_peer.shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.hold().by_peer.len()
    }

    fn is_empty(&self) -> bool {
        self.hold().by_peer.is_empty()
    }
}
