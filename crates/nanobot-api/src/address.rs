//! Where the API listens. Loopback is taken; an address that other machines can reach must be asked for twice.
//!
//! Names other than `localhost` are not resolved: what a name means may change behind our back.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

use crate::error::ApiError;

/// Where the API listens unless told otherwise.
pub const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// An address that was judged fit to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiAddress(SocketAddr);

impl ApiAddress {
    /// Reads `IP:PORT`, `[IPv6]:PORT` or `localhost:PORT` (which means 127.0.0.1). Port 0 lets the system choose.
    /// `allow_remote` takes addresses that are not loopback, the unspecified ones among them.
    ///
    /// # Errors
    /// [`ApiError::Address`] for any other text, [`ApiError::Remote`] for an address that needs `allow_remote`.
    pub fn parse(text: &str, allow_remote: bool) -> Result<Self, ApiError> {
        let address = read(text.trim()).ok_or_else(|| ApiError::Address { text: text.to_owned() })?;
        if allow_remote || address.ip().to_canonical().is_loopback() {
            Ok(Self(address))
        } else {
            Err(ApiError::Remote { address })
        }
    }

    /// The address.
    pub const fn socket(self) -> SocketAddr {
        self.0
    }

    /// Opens the listener.
    ///
    /// # Errors
    /// [`ApiError::Bind`] when the system does not give us the address.
    pub async fn bind(self) -> Result<TcpListener, ApiError> {
        TcpListener::bind(self.0).await.map_err(|source| ApiError::Bind { address: self.0, source })
    }
}

impl Default for ApiAddress {
    fn default() -> Self {
        Self(DEFAULT_ADDRESS)
    }
}

impl fmt::Display for ApiAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn read(text: &str) -> Option<SocketAddr> {
    match text.rsplit_once(':') {
        Some((name, port)) if name.eq_ignore_ascii_case("localhost") => {
            Some(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port.parse().ok()?))
        }
        _ => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_addresses_are_taken() {
        for (text, read) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("127.9.9.9:1", "127.9.9.9:1"),
            ("[::1]:8080", "[::1]:8080"),
            ("[::ffff:127.0.0.1]:80", "[::ffff:127.0.0.1]:80"),
            (" LocalHost:0 ", "127.0.0.1:0"),
        ] {
            assert_eq!(ApiAddress::parse(text, false).unwrap().to_string(), read, "{text}");
        }
        assert_eq!(ApiAddress::default().to_string(), "127.0.0.1:8080");
    }

    #[test]
    fn an_address_that_others_can_reach_needs_a_second_word() {
        for text in ["0.0.0.0:8080", "[::]:8080", "192.168.1.7:8080", "[2001:db8::1]:8080"] {
            let error = ApiAddress::parse(text, false).unwrap_err();
            assert!(matches!(error, ApiError::Remote { .. }), "{text}: {error}");
            assert!(error.to_string().contains("allow_remote = true"), "{error}");
            assert_eq!(ApiAddress::parse(text, true).unwrap().to_string(), text);
        }
    }

    #[test]
    fn names_and_half_addresses_are_refused() {
        for text in
            ["", "8080", ":8080", "127.0.0.1", "localhost", "localhost:99999", "example.org:80", "::1:80:"]
        {
            let error = ApiAddress::parse(text, true).unwrap_err();
            assert!(matches!(error, ApiError::Address { .. }), "{text}: {error}");
        }
    }

    #[tokio::test]
    async fn a_taken_address_is_named_in_the_error() {
        let taken = ApiAddress::parse("127.0.0.1:0", false).unwrap().bind().await.unwrap();
        let address = ApiAddress::parse(&taken.local_addr().unwrap().to_string(), false).unwrap();
        let error = address.bind().await.unwrap_err();
        assert_eq!(error.to_string(), format!("binding the api to {address}"));
    }
}
