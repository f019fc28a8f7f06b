//! Judges an address before something is fetched from it: only the public web may be reached. It resolves no names
//! itself; who resolved one hands the addresses in, and has to connect to exactly those.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Longest address that is read, in bytes.
const LONGEST: usize = 8 * 1024;

/// What becomes of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UrlVerdict {
    /// Whether it may be fetched.
    pub allowed: bool,
    /// Why, by a name that stays: `public`, or `too_long`, `malformed`, `scheme`, `no_host`, `credentials`,
    /// `local_name`, `metadata`, `unspecified`, `loopback`, `private`, `link_local`, `shared`, `multicast`,
    /// `documentation`, `benchmark`, `reserved`.
    pub reason: &'static str,
}

impl UrlVerdict {
    const fn refused(reason: &'static str) -> Self {
        Self { allowed: false, reason }
    }
}

/// Judges an address, and what its name resolves to when that is known already. One address that is not public is
/// enough to refuse it.
pub fn judge(url: &str, resolves_to: &[IpAddr]) -> UrlVerdict {
    if url.len() > LONGEST {
        return UrlVerdict::refused("too_long");
    }
    let url = url.trim_matches(' ');
    // Readers disagree about these; whoever writes them wants that.
    if url.chars().any(|sign| sign.is_control() || sign.is_whitespace() || sign == '\\') {
        return UrlVerdict::refused("malformed");
    }
    let parsed = match Url::parse(url) {
        Ok(parsed) => parsed,
        Err(url::ParseError::EmptyHost) => return UrlVerdict::refused("no_host"),
        Err(_) => return UrlVerdict::refused("malformed"),
    };
    if !matches!(parsed.scheme(), "http" | "https") {
        return UrlVerdict::refused("scheme");
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return UrlVerdict::refused("credentials");
    }
    let by_host = match parsed.host() {
        None => Some("no_host"),
        Some(Host::Domain(name)) => name_fault(name),
        Some(Host::Ipv4(address)) => v4_fault(address),
        Some(Host::Ipv6(address)) => v6_fault(address),
    };
    match by_host.or_else(|| resolves_to.iter().find_map(|address| address_fault(*address))) {
        Some(reason) => UrlVerdict::refused(reason),
        None => UrlVerdict { allowed: true, reason: "public" },
    }
}

/// Why an address is not of the public internet; `None` when it is.
pub fn address_fault(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => v4_fault(address),
        IpAddr::V6(address) => v6_fault(address),
    }
}

/// Names that mean this machine or its surroundings, whole or behind a dot. RFC 6761, 6762, 8375; ICANN's `internal`.
const LOCAL: [&str; 16] = [
    // Names inside of a cluster.
    "svc",
    "cluster",
    "consul",
    // RFC 6761 and 7686: these never lead to the public web.
    "test",
    "invalid",
    "onion",
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "private",
    "localdomain",
    "home.arpa",
];
/// Names of the services that tell a virtual machine its credentials.
const METADATA: [&str; 6] = [
    "metadata",
    "instance-data",
    "metadata.goog",
    "metadata.google.internal",
    "metadata.tencentyun.com",
    "rancher-metadata",
];
/// Public names whose owners answer with whatever address stands in the name, or with this machine's.
const ANSWERS_ANY: [&str; 10] = [
    "nip.io",
    "sslip.io",
    "xip.io",
    "localtest.me",
    "lvh.me",
    "vcap.me",
    "lacolhost.com",
    "traefik.me",
    "rbndr.us",
    "1u.ms",
];

fn name_fault(name: &str) -> Option<&'static str> {
    let name = name.trim_end_matches('.').to_lowercase();
    let is_or_under = |known: &&str| {
        name == **known || name.strip_suffix(*known).is_some_and(|before| before.ends_with('.'))
    };
    if name.is_empty() {
        return Some("no_host");
    }
    if METADATA.iter().any(is_or_under) {
        return Some("metadata");
    }
    // Without a dot it is a name of the house: the search list of the resolver makes it whole.
    if !name.contains('.') || LOCAL.iter().chain(&ANSWERS_ANY).any(is_or_under) {
        return Some("local_name");
    }
    None
}

/// The special-purpose blocks of the IANA registry (read 2026-02), and two addresses of clouds.
fn v4_fault(address: Ipv4Addr) -> Option<&'static str> {
    match address.octets() {
        // The service for credentials of most clouds; Azure's is a public address; Alibaba's is a shared one.
        [169, 254, 169, 254] | [168, 63, 129, 16] | [100, 100, 100, 200] => Some("metadata"),
        [0, ..] => Some("unspecified"),
        [127, ..] => Some("loopback"),
        [10, ..] | [192, 168, ..] => Some("private"),
        [172, second, ..] if second & 0xf0 == 16 => Some("private"),
        [169, 254, ..] => Some("link_local"),
        [100, second, ..] if second & 0xc0 == 64 => Some("shared"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Some("documentation"),
        [198, 18 | 19, ..] => Some("benchmark"),
        [192, 0, 0, _] | [192, 88, 99, _] | [192, 31, 196, _] | [192, 52, 193, _] | [192, 175, 48, _] => {
            Some("reserved")
        }
        [224..=239, ..] => Some("multicast"),
        [240..=255, ..] => Some("reserved"),
        _ => None,
    }
}

fn v6_fault(address: Ipv6Addr) -> Option<&'static str> {
    let [first, second, third, fourth, fifth, sixth, seventh, eighth] = address.segments();
    let v4 = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    match [first, second, third, fourth, fifth, sixth] {
        _ if address.is_unspecified() => return Some("unspecified"),
        _ if address.is_loopback() => return Some("loopback"),
        // Written for an address of the old kind, or NAT64: that one counts.
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => return v4_fault(v4(seventh, eighth)),
        [0x64, 0xff9b, 1, ..] => return Some("private"),
        // The compatible kind is given up; nothing public has it.
        [0, 0, 0, 0, 0 | 0xffff, 0] => {
            return Some(v4_fault(v4(seventh, eighth)).unwrap_or("reserved"));
        }
        // 6to4: the address of the gateway.
        [0x2002, high, low, ..] => return v4_fault(v4(high, low)),
        // Teredo: the server, and the client written upside down.
        [0x2001, 0, high, low, ..] => {
            return v4_fault(v4(high, low)).or_else(|| v4_fault(v4(!seventh, !eighth)));
        }
        _ => {}
    }
    // ISATAP: the old address behind 5efe.
    if fifth & 0xfdff == 0
        && sixth == 0x5efe
        && let Some(reason) = v4_fault(v4(seventh, eighth))
    {
        return Some(reason);
    }
    // The services for credentials of two clouds.
    if matches!((first, second, eighth), (0xfd00, 0xec2, 0x254) | (0xfd20, 0xce, 0x254)) {
        return Some("metadata");
    }
    match first {
        0xfc00..=0xfdff | 0xfec0..=0xfeff => Some("private"),
        0xfe80..=0xfebf => Some("link_local"),
        0xff00.. => Some("multicast"),
        0x2001 if second == 0xdb8 => Some("documentation"),
        0x3fff if second < 0x1000 => Some("documentation"),
        0x2001 if second == 2 && third == 0 => Some("benchmark"),
        // ORCHID and the rest of the block for protocols.
        0x2001 if second < 0x200 => Some("reserved"),
        0x2000..=0x3fff => None,
        _ => Some("reserved"),
    }
}

#[cfg(test)]
mod tests;
