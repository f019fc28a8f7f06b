//! Allowances on a clock that a test moves.

use std::net::Ipv4Addr;
use std::sync::Arc;

use nanobot_core::testing::FakeClock;
use nanobot_core::time::Timestamp;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn rates() -> (Rates, Arc<FakeClock>) {
    let clock = Arc::new(FakeClock::default());
    (Rates::new(&ApiLimits::default(), &SteadyClock::new(clock.clone())), clock)
}

fn peer(number: u32) -> IpAddr {
    Ipv4Addr::from_bits(0x0a00_0000 + number).into()
}

/// How often a peer's wrong token is called wrong, of so many tries.
fn heard(rates: &Rates, peer: IpAddr, tries: usize) -> usize {
    (0..tries).filter(|_| rates.failed(peer).is_ok()).count()
}

#[test]
fn a_peer_has_five_wrong_tokens_and_one_more_each_twelve_seconds() {
    let (rates, clock) = rates();
    assert_eq!(heard(&rates, peer(1), 50), 5);
    assert_eq!(rates.failed(peer(1)), Err(12 * SECOND));
    assert_eq!(heard(&rates, peer(2), 50), 5, "another peer has its own");
    clock.advance(12 * SECOND);
    assert_eq!(heard(&rates, peer(1), 50), 1);
    clock.advance(3_600 * SECOND);
    assert_eq!(heard(&rates, peer(1), 50), 5, "never more than the burst");
}

#[test]
fn many_addresses_have_sixty_wrong_tokens_together() {
    let (rates, clock) = rates();
    let all = |rates: &Rates| (0..500).map(|number| heard(rates, peer(number), 2)).sum::<usize>();
    assert_eq!(all(&rates), 60);
    clock.advance(10 * SECOND);
    assert_eq!(all(&rates), 10);
}

#[test]
fn the_addresses_of_one_ipv6_network_are_one_peer() {
    let (rates, _) = rates();
    let neighbours = (1..=20).map(|host: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, host, host, 0, host]));
    assert_eq!(neighbours.filter(|peer| rates.failed(*peer).is_ok()).count(), 5);
    assert!(rates.failed("2001:db8:0:2::1".parse().unwrap()).is_ok(), "the next network is another");
    assert_eq!(peers::key("::ffff:10.0.0.1".parse().unwrap()), peer(0x01), "IPv4 in other clothes");
}

#[test]
fn peers_beyond_the_seats_share_one_allowance_until_seats_are_free() {
    let clock = Arc::new(FakeClock::default());
    let rate = PeerRate::new(Rate::per_minute(5, 5), &SteadyClock::new(clock.clone()));
    let most = u32::try_from(MAX_PEERS).unwrap();
    for number in 0..most {
        assert!(rate.take(peer(number)).is_ok());
    }
    let beyond = (most..2 * most).filter(|number| rate.take(peer(*number)).is_ok()).count();
    assert_eq!(beyond, 5);
    assert_eq!(rate.limiter.len(), MAX_PEERS);
    assert!(rate.take(peer(0)).is_ok(), "whoever has a seat keeps its own allowance");
    clock.advance(60 * SECOND);
    assert!(rate.take(peer(most)).is_ok());
    assert_eq!(rate.limiter.len(), 1, "old ones have left");
}

#[test]
fn a_clock_that_is_set_back_locks_nobody_out() {
    let (rates, clock) = rates();
    assert_eq!(heard(&rates, peer(1), 50), 5);
    clock.set(clock.instant().checked_sub(3_600 * SECOND).unwrap());
    assert_eq!(rates.failed(peer(1)), Err(12 * SECOND), "the step itself is worth nothing");
    clock.advance(12 * SECOND);
    assert_eq!(heard(&rates, peer(1), 50), 1);
}

#[test]
fn a_clock_that_jumps_to_the_end_of_time_stops_nothing() {
    let (rates, clock) = rates();
    for _ in 0..3 {
        clock.set(Timestamp::MIN);
        assert!(rates.authorised().is_ok());
        clock.set(Timestamp::MAX);
        assert!(rates.health(peer(1)).is_ok());
    }
}

#[test]
fn the_holder_of_the_token_has_thirty_at_once_and_ten_a_second() {
    let (rates, clock) = rates();
    let taken = |rates: &Rates| (0..100).filter(|_| rates.authorised().is_ok()).count();
    assert_eq!(taken(&rates), 30);
    clock.advance(SECOND);
    assert_eq!(taken(&rates), 10);
    let asked = (0..100).filter(|_| rates.health(peer(1)).is_ok()).count();
    assert_eq!(asked, 20);
}
