//! What a request says of itself: whom it wants to reach, which token it brings, whether a body follows.
//!
//! Only reads heads; what follows from it is decided in `gate.rs`.

use std::net::{IpAddr, SocketAddr};

use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri};

/// The port of `http` when none is named.
const HTTP_PORT: u16 = 80;

/// Whether the request means this server, which a connection has reached at `local`.
///
/// A page of a stranger whose name was made to point at us (DNS rebinding) still sends that name. Ours are
/// `localhost`, loopback addresses and the address that was connected to, each with our port.
pub(crate) fn is_for_us(headers: &HeaderMap, uri: &Uri, local: SocketAddr) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let host = Authority::try_from(host.as_bytes());
    // `GET http://elsewhere/ HTTP/1.1` counts above the header.
    let named = uri.authority();
    host.is_ok_and(|host| is_ours(&host, local)) && named.is_none_or(|named| is_ours(named, local))
}

fn is_ours(host: &Authority, local: SocketAddr) -> bool {
    if host.as_str().contains('@') || host.port_u16().unwrap_or(HTTP_PORT) != local.port() {
        return false;
    }
    let name = host.host();
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    match address.parse::<IpAddr>() {
        Ok(address) => {
            let address = address.to_canonical();
            address.is_loopback() || address == local.ip().to_canonical()
        }
        Err(_) => name.eq_ignore_ascii_case("localhost"),
    }
}

/// The bearer token of a request; none when there are two answers, or one of another kind.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.as_bytes().split_at_checked(b"Bearer ".len())?;
    let token = token.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"Bearer ") && !token.is_empty()).then_some(token)
}

/// Whether a body follows the head.
pub(crate) fn has_body(headers: &HeaderMap) -> bool {
    headers.contains_key(TRANSFER_ENCODING)
        || headers.get_all(CONTENT_LENGTH).iter().any(|length| length.as_bytes() != b"0")
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn head(lines: &[(HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn reaches(host: &str, uri: &str, local: &str) -> bool {
        is_for_us(&head(&[(HOST, host)]), &uri.parse().unwrap(), local.parse().unwrap())
    }

    #[test]
    fn our_names_with_our_port_are_ours() {
        for host in ["localhost:8080", "LOCALHOST:8080", "127.0.0.1:8080", "127.1.2.3:8080", "[::1]:8080"] {
            assert!(reaches(host, "/health", "127.0.0.1:8080"), "{host}");
        }
        assert!(reaches("localhost", "/health", "127.0.0.1:80"), "the usual port need not be named");
        assert!(reaches("192.168.1.7:8080", "/", "192.168.1.7:8080"), "what was connected to");
        assert!(reaches("192.168.1.7:8080", "/", "[::ffff:192.168.1.7]:8080"), "in other clothes");
        assert!(reaches("localhost:8080", "http://localhost:8080/health", "127.0.0.1:8080"));
    }

    #[test]
    fn names_and_ports_of_others_are_not() {
        for host in [
            "evil.example:8080",
            "localhost.evil.example:8080",
            "localhost",
            "localhost:8081",
            "localhost:80800",
            "127.0.0.1:80",
            "0.0.0.0:8080",
            "10.0.0.1:8080",
            "[::2]:8080",
            "localhost@evil.example:8080",
            "evil.example@localhost:8080",
            "2130706433:8080",
            "",
            ":8080",
            "local host:8080",
        ] {
            assert!(!reaches(host, "/health", "127.0.0.1:8080"), "{host}");
        }
        assert!(!reaches("localhost:8080", "http://evil.example:8080/health", "127.0.0.1:8080"));
        let two = head(&[(HOST, "localhost:8080"), (HOST, "localhost:8080")]);
        for headers in [two, head(&[])] {
            assert!(!is_for_us(&headers, &"/".parse().unwrap(), "127.0.0.1:8080".parse().unwrap()));
        }
    }

    #[test]
    fn a_token_comes_once_and_as_bearer() {
        let one = |value: &str| bearer(&head(&[(AUTHORIZATION, value)])).map(<[u8]>::to_vec);
        for value in ["Bearer abc", "bearer abc", "BEARER   abc "] {
            assert_eq!(one(value).as_deref(), Some(b"abc".as_slice()), "{value}");
        }
        for value in ["", "Bearer", "Bearer ", "Bearer   ", "Basic abc", "abc", "Bearerabc", "Bearer\tabc"] {
            assert_eq!(one(value), None, "{value}");
        }
        assert_eq!(bearer(&head(&[])), None);
        assert_eq!(bearer(&head(&[(AUTHORIZATION, "Bearer abc"), (AUTHORIZATION, "Bearer abc")])), None);
    }

    #[test]
    fn a_body_is_seen_before_it_comes() {
        assert!(!has_body(&head(&[])));
        assert!(!has_body(&head(&[(CONTENT_LENGTH, "0")])));
        assert!(has_body(&head(&[(CONTENT_LENGTH, "1")])));
        assert!(has_body(&head(&[(CONTENT_LENGTH, "00")])), "what is spelt oddly is not trusted");
        assert!(has_body(&head(&[(TRANSFER_ENCODING, "chunked")])));
    }
}
