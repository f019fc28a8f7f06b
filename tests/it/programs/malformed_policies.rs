//! Policy files that people have broken, as `policy check` answers them: one line, which says where, what, and what to
//! do. A whole table, so that one sees the words side by side.

use super::harness::Home;

/// What went wrong, and the file.
const FILES: [(&str, &[u8]); 35] = [
    ("empty", b""),
    ("only white space", b" \n\t\n"),
    ("null", b"null"),
    ("list at the top", b"[{\"version\": 2}]"),
    ("byte order mark", b"\xef\xbb\xbf{\"version\": 2}"),
    ("not UTF-8", b"{\n  \"owners\": {\"irc\": [\"M\xfcller\"]}\n}"),
    ("truncated in a text", b"{\n  \"owners\": {\n    \"irc\": [\"di"),
    ("truncated behind a value", b"{\n  \"owners\": {\"irc\": [\"dimi\"]"),
    ("two documents", b"{}\n{}"),
    ("comma at the end", b"{\n  \"version\": 2,\n}"),
    ("comma at the end of a list", b"{\"owners\": {\"irc\": [\n  \"dimi\",\n]}}"),
    ("missing comma", b"{\n  \"version\": 2\n  \"owners\": {}\n}"),
    ("missing colon", b"{\"version\" 2}"),
    ("missing quote", b"{\n  \"version: 2,\n  \"owners\": {}\n}"),
    ("single quotes", b"{'version': 2}"),
    ("key without quotes", b"{version: 2}"),
    ("comment", b"{\n  // who may talk\n  \"version\": 2\n}"),
    ("remark", b"{\n  \"version\": 2 # old\n}"),
    ("tab in a text", b"{\"owners\": {\"irc\": [\"di\tmi\"]}}"),
    ("single backslash", b"{\"defaults\": {\"personaFile\": \"C:\\personas\"}}"),
    ("wrong bracket", b"{\n  \"owners\": {\"irc\": [\"dimi\"},\n  \"version\": 2\n}"),
    ("words of Python", b"{\"runtime\": {\"reloadOnChange\": True}}"),
    ("YAML", b"version: 2\nowners:\n  irc: [dimi]\n"),
    ("tabs, and a text for a list", b"{\n\t\"owners\":\t{\n\t\t\"irc\": \"dimi\"\n\t}\n}"),
    ("line ends of DOS, and an unknown key", b"{\r\n  \"version\": 2,\r\n  \"owner\": {}\r\n}"),
    (
        "both spellings",
        b"{\"defaults\": {\n  \"whenToReply\": {},\n  \"when_to_reply\": {\"mode\": \"off\"}}}",
    ),
    ("list for an object", b"{\"defaults\": [{\"whoCanTalk\": {}}]}"),
    ("wrong word", b"{\"defaults\": {\"whoCanTalk\": {\"mode\": \"nobody\"}}}"),
    ("text out of range", b"{\"defaults\": {\"talkativeCooldown\": {\"streakThreshold\": \"99\"}}}"),
    ("NaN", b"{\"runtime\": {\"reloadCheckIntervalSeconds\": NaN}}"),
    ("half a pair in a key", b"{\n \"\\ud800\": 1}"),
    ("half a pair in a path", b"{\"fileAccess\": {\"blockedPaths\": [\"/a\\ud800\"]}}"),
    ("no path", b"{\"fileAccess\": {\"blockedPaths\": [\"docs\"]}}"),
    (
        "unknown tool",
        b"{\"defaults\": {\"allowedTools\": {\"mode\": \"allowlist\", \"tools\": [\"shell\"]}}}",
    ),
    ("no owner", b"{\"defaults\": {\"whoCanTalk\": {\"mode\": \"owner_only\"}}}"),
];

#[test]
fn every_broken_file_gets_one_line_that_helps() {
    let home = Home::empty();
    let deep = "[".repeat(600) + &"]".repeat(600);
    let large = vec![b' '; 17 << 20];
    let made: [(&str, &[u8]); 2] = [("600 lists in each other", deep.as_bytes()), ("17 MiB", &large)];
    let files: Vec<(&str, &[u8])> = FILES.into_iter().chain(made).collect();
    let paths = files.iter().map(|(name, bytes)| {
        let file = format!("{}.json", name.replace(' ', "-"));
        home.write(&file, bytes);
        home.path(&file).display().to_string()
    });
    let paths: Vec<String> = paths.collect();
    let args = ["policy", "check", "--apply-channels", "irc"].into_iter();
    let args: Vec<&str> = args.chain(paths.iter().map(String::as_str)).collect();
    let ran = home.cli(&args).exits(1);
    assert_eq!(ran.stderr, "");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 2 * files.len(), "{}", ran.stdout);
    let said = files.iter().zip(lines.chunks(2)).map(|((name, _), pair)| {
        assert!(pair[0].ends_with(".json: REFUSED"), "{pair:?}");
        format!("{name}: {}", pair[1].trim_start())
    });
    insta::assert_snapshot!(said.collect::<Vec<_>>().join("\n"), @r#"
    empty: line 1, column 1: the file is empty; a policy that says nothing is {}
    only white space: line 3, column 1: the file is empty; a policy that says nothing is {}
    null: line 1: the policy must be an object
    list at the top: line 1: the policy must be an object
    byte order mark: line 1, column 1: a byte order mark stands in front; save the file as UTF-8 without one
    not UTF-8: line 2: this is not UTF-8; save the file in that encoding
    truncated in a text: line 3, column 16: the file ends inside a text; the rest is missing
    truncated behind a value: line 2, column 29: the file ends here; the rest is missing
    two documents: line 2, column 1: the document ends in front of this; take out what follows
    comma at the end: line 3, column 1: nothing follows the last comma; take it out
    comma at the end of a list: line 3, column 1: nothing follows the last comma; take it out
    missing comma: line 3, column 3: a comma or the end of the object is expected here
    missing colon: line 1, column 12: a colon is expected here
    missing quote: line 2, column 15: the line ends inside a text; its closing quote is missing
    single quotes: line 1, column 2: texts and keys stand in double quotes, not in single ones
    key without quotes: line 1, column 2: a key in double quotes is expected here
    comment: line 2, column 3: this is no JSON; if it is a comment, take it out
    remark: line 2, column 16: this is no JSON; if it is a comment, take it out
    tab in a text: line 1, column 24: a tab or another control character stands in a text; write it as \t or \u00..
    single backslash: line 1, column 33: this escape means nothing; a backslash itself is written twice
    wrong bracket: line 2, column 28: a comma or the end of the list is expected here
    words of Python: line 1, column 32: a value is expected here: a text in double quotes, a number, true, false, null, a list or an object
    YAML: line 1, column 1: a value is expected here: a text in double quotes, a number, true, false, null, a list or an object
    tabs, and a text for a list: line 3: owners.irc: must be a list
    line ends of DOS, and an unknown key: line 3: owner: is not a key of a policy
    both spellings: line 3: defaults.when_to_reply: is another spelling of whenToReply, which stands there too; keep one of them
    list for an object: line 1: defaults: must be an object
    wrong word: line 1: defaults.whoCanTalk.mode: must be one of everyone, allowlist, owner_only
    text out of range: line 1: defaults.talkativeCooldown.streakThreshold: must be at most 30
    NaN: line 1: runtime.reloadCheckIntervalSeconds: must be at least 0.1
    half a pair in a key: line 1: the policy has a key that is no text: half of a surrogate pair stands in it
    half a pair in a path: line 1: fileAccess.blockedPaths: must not hold characters that no path has
    no path: line 1: fileAccess.blockedPaths: must be an absolute path, not "docs"
    unknown tool: unknown tools in allowlist at defaults.allowedTools: ['shell']
    no owner: policy owner_only configured but owners.irc is empty
    600 lists in each other: line 1, column 501: this nests deeper than 500 levels
    17 MiB: the file is larger than 16777216 bytes; no larger policy is read
    "#);
}
