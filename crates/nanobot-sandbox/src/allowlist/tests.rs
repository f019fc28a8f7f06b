//! The allowlist: the recorded refusals word by word, and what lets a path through.

use proptest::prelude::*;

use super::*;
use crate::links::{DiskLinks, WrittenLinks};

const FILE: &str = "/r/allow.json";

fn links() -> WrittenLinks {
    WrittenLinks(vec![("/r/alias", "/r/home/nano/.nanobot")])
}

fn parse(text: &str) -> Result<Allowlist, AllowlistError> {
    Allowlist::parse(text, FILE, Some(Path::new("/r/home/nano")), &links())
}

/// What is said about a path under this file.
fn said(text: &str, path: &str) -> String {
    let outcome = parse(text).and_then(|list| list.check(Path::new(path)));
    outcome.map_or_else(|error| error.to_string(), |()| "allowed".to_owned())
}

const WORKSPACE: &str = "/r/home/nano/.nanobot/workspace";

#[test]
fn what_is_wrong_with_the_file_is_said_as_in_the_original() {
    let no_roots = "Allowlist at /r/allow.json must define a non-empty allowedRoots array";
    let invalid = "Allowlist at /r/allow.json has no valid allowedRoots entries";
    let no_object = "Invalid allowlist format at /r/allow.json: expected object";
    for (text, expected) in [
        (r#"["x"]"#, no_object),
        ("1", no_object),
        ("null", no_object),
        ("{}", no_roots),
        (r#"{"allowedRoots": []}"#, no_roots),
        (r#"{"allowedRoots": "/r"}"#, no_roots),
        (r#"{"allowedRoots": null}"#, no_roots),
        (r#"{"allowedRoots": [1, "  "]}"#, invalid),
        (r#"{"allowedRoots": ["relative/folder"]}"#, invalid),
        (
            "{nope",
            "Failed to parse allowlist file /r/allow.json: Expecting property name enclosed in double quotes: line 1 \
             column 2 (char 1)",
        ),
    ] {
        assert_eq!(said(text, WORKSPACE), expected, "{text}");
    }
}

#[test]
fn broken_json_is_explained_in_the_words_of_the_original() {
    let name = "Expecting property name enclosed in double quotes";
    for (text, expected) in [
        ("", "Expecting value: line 1 column 1 (char 0)".to_owned()),
        ("  ", "Expecting value: line 1 column 3 (char 2)".to_owned()),
        ("{", format!("{name}: line 1 column 2 (char 1)")),
        ("{'a':1}", format!("{name}: line 1 column 2 (char 1)")),
        ("{\"a\":1,}", format!("{name}: line 1 column 8 (char 7)")),
        ("{\"a\":1, // c\n}", format!("{name}: line 1 column 9 (char 8)")),
        ("[1,]", "Expecting value: line 1 column 4 (char 3)".to_owned()),
        ("{\"a\" 1}", "Expecting ':' delimiter: line 1 column 6 (char 5)".to_owned()),
        ("{\"a\":tru}", "Expecting value: line 1 column 6 (char 5)".to_owned()),
        ("[1 2]", "Expecting ',' delimiter: line 1 column 4 (char 3)".to_owned()),
        ("{\"ä\":1\n", "Expecting ',' delimiter: line 2 column 1 (char 7)".to_owned()),
        ("\"abc", "Unterminated string starting at: line 1 column 1 (char 0)".to_owned()),
        ("\"\\", "Unterminated string starting at: line 1 column 1 (char 0)".to_owned()),
        ("{\"a\":1} x", "Extra data: line 1 column 9 (char 8)".to_owned()),
        ("01", "Extra data: line 1 column 2 (char 1)".to_owned()),
        ("1.", "Extra data: line 1 column 2 (char 1)".to_owned()),
        ("\u{feff}{}", "Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)".to_owned()),
        ("{\"a\":\"\u{1}\"}", "Invalid control character at: line 1 column 7 (char 6)".to_owned()),
        ("\"\\x\"", "Invalid \\escape: line 1 column 2 (char 1)".to_owned()),
        ("\"\\u12\"", "Invalid \\uXXXX escape: line 1 column 3 (char 2)".to_owned()),
    ] {
        let expected = format!("Failed to parse allowlist file /r/allow.json: {expected}");
        assert_eq!(said(text, WORKSPACE), expected, "{text:?}");
    }
}

#[test]
fn only_paths_in_a_root_pass() {
    for (roots, expected) in [
        (r#"["/r/home/nano/.nanobot"]"#, "allowed"),
        (r#"["~/.nanobot"]"#, "allowed"),
        (r#"["~"]"#, "allowed"),
        (r#"["/"]"#, "allowed"),
        (r#"["/r/alias"]"#, "allowed"),
        (r#"[null, "", "/r/home/nano"]"#, "allowed"),
        (r#"["/r/opt"]"#, "Workspace path /r/home/nano/.nanobot/workspace is outside allowedRoots (/r/opt)"),
        (
            r#"["/r/home/nano/.nano", "/r/opt/../srv"]"#,
            "Workspace path /r/home/nano/.nanobot/workspace is outside allowedRoots (/r/home/nano/.nano, /r/srv)",
        ),
    ] {
        assert_eq!(
            said(&format!(r#"{{"allowedRoots": {roots}, "more": 1}}"#), WORKSPACE),
            expected,
            "{roots}"
        );
    }
}

#[test]
fn blocked_patterns_are_parts_of_the_path_in_any_case() {
    let blocked =
        |pattern: &str, path: &str| format!("Workspace path {path} blocked by allowlist pattern '{pattern}'");
    for (patterns, path, expected) in [
        (r#", "blockedHostPatterns": ["NANOBOT"]"#, WORKSPACE, blocked("NANOBOT", WORKSPACE)),
        ("", "/r/home/nano/.environment", blocked(".env", "/r/home/nano/.environment")),
        ("", "/r/secrets.env.d", blocked(".env", "/r/secrets.env.d")),
        (r#", "blockedHostPatterns": []"#, "/r/.ssh", "allowed".to_owned()),
        (r#", "blockedHostPatterns": "x""#, "/r/.ssh", blocked(".ssh", "/r/.ssh")),
        (r#", "blockedHostPatterns": [1, "  ", "", ".ssh"]"#, "/r/.ssh", blocked(".ssh", "/r/.ssh")),
        (r#", "blockedHostPatterns": [1]"#, "/r/.ssh", "allowed".to_owned()),
        (r#", "blockedHostPatterns": ["ÜBUNG"]"#, "/r/übung", blocked("ÜBUNG", "/r/übung")),
        ("", "/elsewhere/.ssh", blocked(".ssh", "/elsewhere/.ssh")),
    ] {
        let text = format!(r#"{{"allowedRoots": ["/r"]{patterns}}}"#);
        assert_eq!(said(&text, path), expected, "{patterns} {path}");
    }
}

#[test]
fn a_file_that_is_missing_too_large_or_no_file_is_told() {
    let folder = tempfile::TempDir::new().unwrap();
    let read = |path: &Path| Allowlist::read(path, None, &DiskLinks).unwrap_err().to_string();
    let path = folder.path().join("allow.json");
    let missing =
        format!("Mount allowlist not found at {}. Create it or disable exec isolation.", path.display());
    assert_eq!(read(&path), missing);
    std::fs::write(&path, vec![b' '; usize::try_from(MAX_BYTES).unwrap() + 1]).unwrap();
    assert!(read(&path).ends_with("it is larger than 1048576 bytes"));
    std::fs::write(&path, [0xff]).unwrap();
    assert!(read(&path).ends_with("it is not UTF-8"));
    assert!(read(folder.path()).ends_with("it is no regular file"));
}

proptest! {
    #[test]
    fn only_what_is_no_json_is_explained(text in "[\\[\\]{}:,\" \\\\a0-9.eEu\nä+-]{0,12}|(\\[|\\{\"a\":|1|,|\\]|\\}|true|null|\"b\"| )*") {
        let explained = json::explain(&text);
        let is_json = serde_json::from_str::<Value>(&text).is_ok();
        prop_assert!(!is_json || explained.is_none(), "{text:?}: {explained:?}");
    }
}
