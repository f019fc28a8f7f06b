//! Documents: what is read, what is wrong and where, what is saved, and on which line a rule stands.

use super::*;
use crate::places::LexicalPlaces;
use schema::TalkMode;

mod properties;

fn places() -> LexicalPlaces {
    LexicalPlaces { home: Some("/people/somebody".into()) }
}

fn load(text: &str) -> Document {
    Document::parse(text.as_bytes(), &places()).unwrap_or_else(|fault| panic!("{text}: {:?}", fault.lines()))
}

fn lines(text: &str) -> Vec<String> {
    Document::parse(text.as_bytes(), &places()).expect_err(text).lines()
}

#[test]
fn the_policy_of_an_empty_home_has_the_hash_of_the_original() {
    let hash = "383270f61c45d4dbeff263294341919e3d80921215b4f13229f93eb37ba48b46";
    assert_eq!(Document::builtin().hash(), hash);
    assert_eq!(load("{}").hash(), hash);
    assert_eq!(load("{}").text(), Document::builtin().text());
}

#[test]
fn both_spellings_are_read_and_the_other_one_is_unknown_beside_it() {
    let snake = load(r#"{"defaults":{"who_can_talk":{"mode":"owner_only"}}}"#);
    assert_eq!(snake.policy().defaults.who_can_talk.mode, TalkMode::OwnerOnly);
    assert_eq!(
        lines(r#"{"memory_notes":{},"memoryNotes":{"enabled":"maybe"}}"#),
        [
            "line 1: memoryNotes.enabled: must be true or false",
            "line 1: memory_notes: is another spelling of memoryNotes, which stands there too; keep one of them"
        ]
    );
}

#[test]
fn every_fault_is_listed_in_the_order_of_the_table_then_of_the_file() {
    let text = r#"{
 "zzz": 1, "version": "x",
 "owners": {"telegram": [1, "a", 2]},
 "defaults": {
  "nope": 1,
  "whoCanTalk": {"bogus": 1, "mode": "x"}
 },
 "fileAccess": {"grants": [{"mode": null}]}
}"#;
    assert_eq!(
        lines(text),
        [
            "line 2: version: must be an integer",
            "line 3: owners.telegram.0: must be a text",
            "line 3: owners.telegram.2: must be a text",
            "line 6: defaults.whoCanTalk.mode: must be one of everyone, allowlist, owner_only",
            "line 6: defaults.whoCanTalk.bogus: is not a key of a policy",
            "line 5: defaults.nope: is not a key of a policy",
            "line 8: fileAccess.grants.0.id: is missing",
            "line 8: fileAccess.grants.0.path: is missing",
            "line 8: fileAccess.grants.0.mode: must be one of read, read-write",
            "line 2: zzz: is not a key of a policy",
        ]
    );
    assert_eq!(lines("[]"), ["line 1: the policy must be an object"]);
}

#[test]
fn what_is_quoted_of_a_file_is_short_and_on_one_line() {
    let key = "k\\n".repeat(1000);
    let shown = lines(&format!("{{\"{key}\":1}}"));
    assert_eq!(shown.len(), 1);
    assert!(shown[0].len() < 200 && !shown[0].contains('\n'), "{}", shown[0]);
    let path = lines(&format!(r#"{{"fileAccess":{{"blockedPaths":["{}"]}}}}"#, "x".repeat(1000)));
    assert!(path[0].len() < 200, "{}", path[0]);
}

#[test]
fn the_number_of_faults_has_a_limit() {
    let many = vec!["1"; 50_000].join(",");
    let shown = lines(&format!(r#"{{"owners":{{"telegram":[{many}]}}}}"#));
    assert_eq!(shown.len(), MAX_FAULTS + 1);
    let long = "k".repeat(MAX_BYTES / 4);
    let Err(Fault::Schema(faults)) =
        Document::parse(format!(r#"{{"owners":{{"{long}":[1,2,3]}}}}"#).as_bytes(), &places())
    else {
        panic!("three faults")
    };
    assert_eq!(faults.len(), 1, "long keys are not kept again and again");
}

#[test]
fn the_size_of_a_file_has_a_limit() {
    let large = vec![b' '; MAX_BYTES + 1];
    assert_eq!(Document::parse(&large, &places()), Err(Fault::TooLarge { bytes: MAX_BYTES + 1 }));
}

#[test]
fn what_is_no_utf8_or_no_json_is_shown_with_its_line() {
    assert_eq!(Document::parse(b"{\n\n\"\xff\":1}", &places()), Err(Fault::NotUtf8 { line: 3 }));
    assert_eq!(lines("{\n\"a\" 1}"), ["line 2, column 5: a colon is expected here"]);
}

#[test]
fn paths_of_grants_are_trimmed_and_resolved() {
    let text = r#"{"fileAccess":{"grants":[{"id":"","path":" ~/a/../b "},{"id":"x","path":"//srv//x/"}],"blockedPaths":["~"]}}"#;
    let document = load(text);
    let access = document.policy().file_access.clone().expect("file access");
    let paths: Vec<_> = access.grants.iter().map(|grant| grant.path.as_str()).collect();
    assert_eq!(paths, ["/people/somebody/b", "/srv/x"]);
    assert_eq!(access.blocked_paths, ["/people/somebody"]);
}

#[test]
fn a_path_that_leads_nowhere_is_a_fault_at_its_place() {
    let grant =
        |path: &str| lines(&format!(r#"{{"fileAccess":{{"grants":[{{"id":"a","path":"{path}"}}]}}}}"#));
    assert_eq!(grant("docs"), ["line 1: fileAccess.grants.0.path: must be an absolute path, not \"docs\""]);
    assert_eq!(grant("  "), ["line 1: fileAccess.grants.0.path: must not be empty"]);
    assert_eq!(
        grant("~bob/x"),
        ["line 1: fileAccess.grants.0.path: names a home that is not there: \"bob\""]
    );
    assert_eq!(
        grant("/a\\u0000"),
        ["line 1: fileAccess.grants.0.path: must not hold characters that no path has"]
    );
    let blocked = lines(r#"{"fileAccess":{"blockedPaths":["/ok"," "]}}"#);
    assert_eq!(blocked, ["line 1: fileAccess.blockedPaths: must not be empty"]);
    let twice = lines(r#"{"fileAccess":{"grants":[{"id":"a","path":"/a"},{"id":"a","path":"/b"}]}}"#);
    assert_eq!(twice, ["line 1: fileAccess: has two grants with the id \"a\""]);
}

#[test]
fn ranges_hold_for_both_kinds_of_numbers() {
    let brake = |member: &str| {
        Document::parse(
            format!(r#"{{"defaults":{{"talkativeCooldown":{{{member}}}}}}}"#).as_bytes(),
            &places(),
        )
    };
    for good in [
        r#""streakThreshold":3"#,
        r#""streakThreshold":"30""#,
        r#""delaySeconds":0"#,
        r#""topicOverlapThreshold":true"#,
    ] {
        assert!(brake(good).is_ok(), "{good}");
    }
    for bad in [
        r#""streakThreshold":2"#,
        r#""streakThreshold":31"#,
        r#""streakThreshold":100000000000000000000000000"#,
        r#""streakThreshold":-100000000000000000000000000"#,
        r#""delaySeconds":NaN"#,
        r#""delaySeconds":Infinity"#,
        r#""delaySeconds":30.1"#,
    ] {
        assert!(brake(bad).is_err(), "{bad}");
    }
    let interval = lines(r#"{"runtime":{"reloadCheckIntervalSeconds":NaN}}"#);
    assert_eq!(interval, ["line 1: runtime.reloadCheckIntervalSeconds: must be at least 0.1"]);
    assert!(
        load(r#"{"runtime":{"reloadCheckIntervalSeconds":Infinity}}"#).text().unwrap().contains(": Infinity")
    );
}

#[test]
fn half_a_surrogate_pair_can_be_judged_and_not_saved() {
    let document = load(r#"{"owners":{"\udc00":["x"]}}"#);
    assert_eq!(document.text(), Err(Unwritable));
    assert_eq!(document.changed(Policy::default()).text(), Err(Unwritable));
    assert_eq!(
        lines(r#"{"owners":{},"\udc00":1}"#),
        ["line 1: the policy has a key that is no text: half of a surrogate pair stands in it"]
    );
}

#[test]
fn the_line_of_a_rule_is_found_in_either_spelling() {
    let text = r#"{
 "channels": {
  "whatsapp": {
   "chats": {
    "who_can_talk": {
     "who_can_talk": {
      "mode": "owner_only"
     },
     "whenToReply": null
    }
   }
  }
 },
 "fileAccess": {"grants": [
  {"id": "a", "path": "/a"}]}
}"#;
    let document = load(text);
    let chat = ["channels", "whatsapp", "chats", "who_can_talk"];
    let line = |rest: &[&str]| document.line_of(&[&chat, rest].concat());
    assert_eq!(line(&[]), Some(5));
    assert_eq!(line(&["whoCanTalk"]), Some(6));
    assert_eq!(line(&["whoCanTalk", "mode"]), Some(7));
    assert_eq!(line(&["whoCanTalk", "senders"]), None);
    assert_eq!(line(&["whenToReply"]), None, "null says nothing");
    assert_eq!(line(&["who_can_talk"]), None, "asked for in canonical spelling only");
    assert_eq!(
        document.line_of(&["channels", "whatsapp", "chats", "whoCanTalk"]),
        None,
        "an id has one spelling"
    );
    assert_eq!(document.line_of(&["fileAccess", "grants", "0", "path"]), Some(15));
    assert_eq!(Document::builtin().line_of(&["version"]), None);
}
