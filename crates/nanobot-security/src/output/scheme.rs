//! Credentials behind the name of a scheme: `Bearer …`, `Basic …`, `Token …`, `ApiKey …`. The scheme's name goes with
//! them. Talk about bearers of news passes: the credential has to look like one.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::{fold, look, unit};

/// So much white space between scheme and credential, in bytes, that they do not belong together.
const GAP_LIMIT: usize = 128;

/// Which scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Bearer,
    Basic,
    /// A word of everyday language: `token`, `apikey`.
    Common,
}

/// The name of a scheme at the end of a word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scheme {
    name: Name,
    /// Where it begins.
    pub(super) start: usize,
}

/// What stands behind a scheme.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Credential {
    /// Not clear yet.
    More,
    /// No credential.
    None,
    /// A credential.
    Ends {
        /// Where it ends, in bytes behind the word.
        at: usize,
        /// The word is longer than what was looked at.
        is_cut: bool,
    },
}

/// The scheme that a word ends with.
pub(super) fn at_end(word: &str) -> Option<Scheme> {
    let text = word.trim_end_matches(['"', '\'', ':', '=', '`', '*']);
    let names = [
        ("bearer", Name::Bearer),
        ("basic", Name::Basic),
        ("token", Name::Common),
        ("apikey", Name::Common),
        ("api-key", Name::Common),
        ("sso-key", Name::Common),
        ("genie-key", Name::Common),
    ];
    names.iter().find_map(|(name, kind)| {
        let start = text.len().checked_sub(name.len())?;
        let is_there = text.get(start..)?.eq_ignore_ascii_case(name);
        let before = text.get(..start)?.chars().next_back();
        let is_own_word = !before.is_some_and(|each| each.is_alphanumeric() || each == '_');
        (is_there && is_own_word).then_some(Scheme { name: *kind, start })
    })
}

/// Looks for the credential in what follows a scheme.
pub(super) fn credential(scheme: Scheme, after: &str, is_end: bool, is_header: bool) -> Credential {
    let text = after.trim_start();
    let gap = after.len() - text.len();
    if gap > GAP_LIMIT || (gap == 0 && !after.is_empty()) {
        return Credential::None;
    }
    let Some(unit) = unit::first(text, is_end) else {
        return if is_end { Credential::None } else { Credential::More };
    };
    let word = text.get(..unit.len).unwrap_or_default();
    let folded = fold::of(word);
    let opening = folded.text.len() - folded.text.trim_start_matches(['"', '\'', '`']).len();
    let body = folded.text.get(opening..).unwrap_or_default();
    let value = body.get(..value_len(body)).unwrap_or_default();
    let is_credential = match scheme.name {
        Name::Bearer => look::is_bearer(value, is_header),
        Name::Basic => is_user_and_password(value) || (is_header && look::is_bearer(value, true)),
        Name::Common => is_header && look::is_bearer(value, true),
    };
    if !is_credential {
        return Credential::None;
    }
    let end = folded.origin(&Range { start: 0, end: opening + value.len() }).end;
    Credential::Ends { at: gap + end, is_cut: unit.kind == unit::Kind::Piece && end == word.len() }
}

/// How much of a word is the credential: the characters that RFC 6750 allows, and `=`s behind them.
fn value_len(text: &str) -> usize {
    let is_token = |each: char| each.is_ascii_alphanumeric() || "-._~+/".contains(each);
    let bare = text.find(|each| !is_token(each)).unwrap_or(text.len());
    let rest = text.get(bare..).unwrap_or_default();
    bare + (rest.len() - rest.trim_start_matches('=').len())
}

/// `user:password` in Base64.
fn is_user_and_password(value: &str) -> bool {
    let text = value.trim_end_matches(['=', '.']);
    let Ok(bytes) = STANDARD_NO_PAD.decode(text) else { return false };
    text.len() >= 6 && bytes.contains(&b':') && bytes.iter().all(|byte| !byte.is_ascii_control())
}
