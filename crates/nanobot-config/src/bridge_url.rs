//! Host and port of the bridge's address, with the tolerance of the original's URL parser.
//!
//! An address without `//` has neither, which is no fault. It does not check that the address is usable.

/// What an address names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) scheme: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) port: Option<u16>,
}

/// The port is no number from 0 to 65535, or a bracket is open.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadAddress;

/// Takes an address apart.
pub(crate) fn split(url: &str) -> Result<Address, BadAddress> {
    let url: String =
        url.trim_matches(|c: char| c <= ' ').chars().filter(|c| !matches!(c, '\t' | '\r' | '\n')).collect();
    let (scheme, after) = after_scheme(&url);
    let scheme = scheme.map(str::to_ascii_lowercase);
    let Some(rest) = after.strip_prefix("//") else { return Ok(Address { scheme, ..Address::default() }) };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('[') != authority.contains(']') {
        return Err(BadAddress);
    }
    let host_and_port = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match host_and_port.split_once('[') {
        Some((_, bracketed)) => {
            let (host, after) = bracketed.split_once(']').unwrap_or((bracketed, ""));
            (host, after.split_once(':').map(|(_, port)| port))
        }
        None => match host_and_port.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (host_and_port, None),
        },
    };
    Ok(Address { scheme, host: lower_case(host), port: number(port)? })
}

/// The scheme and what follows its colon, or everything when there is no scheme.
fn after_scheme(url: &str) -> (Option<&str>, &str) {
    match url.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme), rest),
        _ => (None, url),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// Host names have no case; the zone of an IPv6 address keeps its own.
fn lower_case(host: &str) -> Option<String> {
    let host = match host.split_once('%') {
        Some((name, zone)) => format!("{}%{zone}", name.to_lowercase()),
        None => host.to_lowercase(),
    };
    (!host.is_empty()).then_some(host)
}

fn number(port: Option<&str>) -> Result<Option<u16>, BadAddress> {
    match port {
        None | Some("") => Ok(None),
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            port.parse().map(Some).map_err(|_| BadAddress)
        }
        Some(_) => Err(BadAddress),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> Option<(Option<String>, Option<u16>)> {
        split(url).ok().map(|address| (address.host, address.port))
    }

    fn host(name: &str, port: Option<u16>) -> (Option<String>, Option<u16>) {
        (Some(name.to_owned()), port)
    }

    #[test]
    fn host_and_port_are_found_where_they_are() {
        assert_eq!(parts("ws://192.168.1.5:3333"), Some(host("192.168.1.5", Some(3333))));
        assert_eq!(parts("  WS://u:p@MyHost/path?q"), Some(host("myhost", None)));
        assert_eq!(parts("ws://[::1]:7"), Some(host("::1", Some(7))));
        assert_eq!(parts("//h:"), Some(host("h", None)));
        assert_eq!(parts("::::"), Some((None, None)));
        assert_eq!(parts("host:3001"), Some((None, None)));
        assert_eq!(split("WSS://h").map(|address| address.scheme), Ok(Some("wss".to_owned())));
    }

    #[test]
    fn a_port_that_is_none_is_refused() {
        assert_eq!(split("ws://h:99999"), Err(BadAddress));
        assert_eq!(split("ws://h:a"), Err(BadAddress));
        assert_eq!(split("ws://[::1"), Err(BadAddress));
    }
}
