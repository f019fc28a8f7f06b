//! Passwords inside URLs and connection strings: `scheme://user:password@host`, and tokens in the user's place.
//! Scheme and host stay, so that people can still tell what is meant. It does not look at the query: key words do.

use std::ops::Range;

use super::{look, pack};

/// Finds the credentials of every URL in a word.
pub(super) fn find(text: &str, ids: &pack::Detectors, found: &mut Vec<(Range<usize>, usize)>) {
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find("://")) {
        let start = from + at + "://".len();
        from = start;
        if let Some(len) = text.get(start..).and_then(credentials) {
            found.push((start..start + len, ids.url));
            from = start + len;
        }
    }
}

/// How long the credentials at the beginning of an authority are.
fn credentials(text: &str) -> Option<usize> {
    // The next URL of a list is one of its own.
    let own = text.find("://").map_or(text, |next| text.get(..next).unwrap_or(text));
    let end = own.find(['"', '\'', '<', '>', '`', '\\', '(', '{']).unwrap_or(own.len());
    let own = own.get(..end)?;
    let authority = own.find(['/', '?', '#']).unwrap_or(own.len());
    let at = match own.get(..authority)?.rfind('@') {
        Some(at) => at,
        None => unescaped(own, authority)?,
    };
    let (user, password) = match own.get(..at)?.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (own.get(..at)?, None),
    };
    let is_secret = match password {
        Some("" | "x-oauth-basic") | None => look::is_strong(user) && user.len() >= 16,
        Some(password) => !look::is_placeholder(password),
    };
    is_secret.then_some(at)
}

/// The end of credentials whose password holds a slash that nobody escaped: what is behind the colon is no port.
fn unescaped(own: &str, authority: usize) -> Option<usize> {
    let (_, port) = own.get(..authority)?.split_once(':')?;
    if port.is_empty() || port.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    own.rfind('@')
}
