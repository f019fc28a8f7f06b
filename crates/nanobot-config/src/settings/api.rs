//! `api`: the control plane over HTTP, and what can be wrong with its address.
//!
//! The API itself (`nanobot-api`) refuses the same addresses when it is opened, since it can be used without any file.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::Value;

use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::reading::describe;
use crate::schema::macros::section;
use crate::schema::setting::Setting;

section! {
    /// The control plane over HTTP.
    pub struct Api {
        /// Whether it listens.
        enabled: bool = true,
        /// Where it listens: `IP:PORT`, `[IPv6]:PORT` or `localhost:PORT`.
        bind: String = "127.0.0.1:8080",
        /// Whether other machines may reach it.
        allow_remote: bool = false,
        /// File of its token, relative to the home; blank means `api.token`.
        token_file: String = "",
    }
}

/// What is wrong with the API in a tree of all settings, whose types are right.
pub(crate) fn faults(tree: &Value) -> Vec<(KeyPath, Fault)> {
    let Some(api) = tree.get("api").and_then(Api::extract) else { return Vec::new() };
    let expected = match address(api.bind.trim()) {
        None => "an address to listen on, such as 127.0.0.1:8080",
        Some(address) if api.enabled && !api.allow_remote && !address.ip().to_canonical().is_loopback() => {
            "an address on loopback, or allow_remote = true beside it"
        }
        Some(_) => return Vec::new(),
    };
    let found = describe(&Value::String(api.bind));
    let path = ["api", "bind"].into_iter().collect();
    vec![(path, Fault::WrongValue { expected: expected.to_owned(), found })]
}

fn address(text: &str) -> Option<SocketAddr> {
    match text.strip_prefix("localhost:") {
        Some(port) => Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port.parse().ok()?))),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use crate::check::check_text;

    fn said(settings: &str) -> Vec<String> {
        let check = check_text("config.toml", &format!("[api]\n{settings}"));
        assert!(check.unknown.is_empty(), "{check:?}");
        check.errors.iter().map(|error| format!("{}: {}", error.path, error.message)).collect()
    }

    #[test]
    fn an_address_is_checked_before_anything_listens() {
        for bind in ["127.0.0.1:0", "127.8.0.1:80", "[::1]:8080", "[::ffff:127.0.0.1]:80", "localhost:8080"] {
            assert_eq!(said(&format!("bind = \"{bind}\"")), [""; 0], "{bind}");
        }
        for bind in ["", "8080", "127.0.0.1", "localhost", "example.org:80", "127.0.0.1:99999", "::1:8080x"] {
            let said = said(&format!("bind = \"{bind}\""));
            assert_eq!(
                said,
                [format!(
                    "api.bind: expected an address to listen on, such as 127.0.0.1:8080, found a text \"{bind}\""
                )]
            );
        }
        assert_eq!(said("bind = \"http://u:hunter2@h\"")[0].rsplit(' ').next(), Some("text"));
    }

    #[test]
    fn an_address_that_others_reach_has_to_be_asked_for_twice() {
        for bind in ["0.0.0.0:8080", "[::]:8080", "192.168.1.5:8080"] {
            let alone = said(&format!("bind = \"{bind}\""));
            assert!(alone.len() == 1 && alone[0].contains("allow_remote = true"), "{alone:?}");
            assert_eq!(said(&format!("bind = \"{bind}\"\nallow_remote = true")), [""; 0]);
            assert_eq!(said(&format!("bind = \"{bind}\"\nenabled = false")), [""; 0]);
        }
    }
}
