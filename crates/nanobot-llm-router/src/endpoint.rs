//! The base address of a provider: parsed once, shown without what is secret in it.
//!
//! It decides nothing about providers and opens no connection.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

use crate::error::SetupError;

/// A base address such as `https://api.openai.com/v1`.
///
/// `Display` and `Debug` leave out user info, query and fragment, because people put keys there.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Endpoint {
    /// Reads an `http` or `https` address. White space around it and slashes at its end do not count.
    ///
    /// # Errors
    /// [`SetupError::BadBase`] when it is no such address.
    pub fn parse(text: &str) -> Result<Self, SetupError> {
        let mut url = Url::parse(text.trim()).map_err(|_| SetupError::BadBase)?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(SetupError::BadBase);
        }
        url.set_fragment(None);
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    /// Whether the server is on this machine by its very address: `localhost`, `127.0.0.0/8`, `::1`.
    /// Names are not looked up.
    pub fn is_loopback(&self) -> bool {
        let Some(host) = self.0.host_str() else { return false };
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => bare == "localhost" || bare.ends_with(".localhost"),
        }
    }

    /// Whether both are at one host, whatever port and path.
    pub(crate) fn has_host_of(&self, other: &Self) -> bool {
        self.0.host_str() == other.0.host_str()
    }

    /// Whether the connection is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The address of a resource below the base. A query of the base (`?api-version=…`) is kept.
    pub(crate) fn below(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        let joined = format!("{}/{path}", url.path().trim_end_matches('/'));
        url.set_path(&joined);
        url
    }

    /// The same address without user info, for calls that carry a key of their own.
    pub(crate) fn without_user(&self) -> Self {
        let mut url = self.0.clone();
        // Both fail only for addresses without a host, which `parse` refuses.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Self(url)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.without_user().0;
        shown.set_query(None);
        f.write_str(shown.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(text: &str) -> Endpoint {
        Endpoint::parse(text).unwrap()
    }

    #[test]
    fn secrets_in_the_address_are_not_shown() {
        let base = endpoint("https://me:hunter2@host.example/v1/?api-version=3&key=abc#x");
        assert_eq!(base.to_string(), "https://host.example/v1");
        assert_eq!(format!("{base:?}"), "Endpoint(https://host.example/v1)");
    }

    #[test]
    fn a_resource_keeps_the_query_of_the_base() {
        let at = |base: &str| endpoint(base).below("chat/completions").to_string();
        assert_eq!(at("http://h/v1/"), "http://h/v1/chat/completions");
        assert_eq!(at("http://h"), "http://h/chat/completions");
        assert_eq!(at("https://h/d?api-version=3"), "https://h/d/chat/completions?api-version=3");
    }

    #[test]
    fn loopback_is_judged_by_the_address_alone() {
        for base in ["http://127.0.0.1:8080", "http://127.9.9.9", "http://[::1]:1", "http://LOCALHOST/v1"] {
            assert!(endpoint(base).is_loopback(), "{base}");
        }
        for base in ["http://10.0.0.1", "http://localhost.evil.example", "https://127.0.0.1.nip.io"] {
            assert!(!endpoint(base).is_loopback(), "{base}");
        }
    }

    #[test]
    fn other_schemes_are_refused() {
        for text in ["", "host/v1", "ftp://host", "unix:///run/x", "file:///etc/passwd"] {
            assert!(Endpoint::parse(text).is_err(), "{text}");
        }
    }
}
