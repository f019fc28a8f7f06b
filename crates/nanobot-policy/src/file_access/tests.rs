//! What may be touched, one rule at a time.

use std::collections::HashMap;

use super::*;
use crate::places::{LexicalPlaces, NoSuchUser};
use crate::schema;

const WORKSPACE: &str = "/homes/ann/.nanobot/workspace";

/// One user, and links: each from a path to where it leads.
#[derive(Default)]
struct Linked {
    links: HashMap<&'static str, &'static str>,
}

impl Places for Linked {
    fn home(&self) -> Option<PathBuf> {
        Some("/homes/ann".into())
    }

    fn home_of(&self, user: &str) -> Result<PathBuf, NoSuchUser> {
        if user == "bob" { Ok("/homes/bob".into()) } else { Err(NoSuchUser(user.to_owned())) }
    }

    fn resolve(&self, path: &Path) -> PathBuf {
        let mut resolved = LexicalPlaces::default().resolve(path);
        for (from, to) in &self.links {
            if let Ok(rest) = resolved.strip_prefix(from) {
                resolved = Path::new(to).join(rest);
            }
        }
        resolved
    }
}

fn grant(id: &str, path: &str, mode: GrantMode) -> schema::Grant {
    schema::Grant { id: id.to_owned(), path: path.to_owned(), mode, ..schema::Grant::default() }
}

fn rules(file_access: &FileAccess) -> FileRules {
    FileRules::compile(Some(file_access), Path::new(WORKSPACE), &Linked::default())
}

/// The path that is allowed, or the words of the refusal; grants count.
fn decide(rules: &FileRules, path: &str, operation: Operation) -> Result<String, String> {
    let decided = rules.decide(path, operation, true, &Linked::default());
    decided.map(|allowed| allowed.path.display().to_string()).map_err(|refusal| refusal.to_string())
}

fn blocked_patterns(patterns: &[&str]) -> FileAccess {
    FileAccess {
        grants: vec![grant("all", "/", GrantMode::ReadWrite)],
        blocked_patterns: patterns.iter().map(|pattern| (*pattern).to_owned()).collect(),
        ..FileAccess::default()
    }
}

#[test]
fn without_rules_there_is_the_workspace_and_nothing_else() {
    let rules = FileRules::compile(None, Path::new(WORKSPACE), &Linked::default());
    assert!(!rules.has_grants() && rules.owner_only() && !rules.grants_are_active(true));
    assert_eq!(decide(&rules, &format!("{WORKSPACE}/a"), Operation::Write), Ok(format!("{WORKSPACE}/a")));
    let refused = decide(&rules, "/etc/passwd", Operation::Read);
    assert_eq!(refused, Err(format!("Path /etc/passwd is outside allowed directory {WORKSPACE}")));
    let neighbour = format!("{WORKSPACE}-evil/x");
    assert!(decide(&rules, &neighbour, Operation::Read).is_err(), "a name that only begins alike");
}

#[test]
fn relative_paths_start_in_the_workspace() {
    let rules = rules(&FileAccess::default());
    assert_eq!(decide(&rules, "notes/./a.txt", Operation::Read), Ok(format!("{WORKSPACE}/notes/a.txt")));
    assert_eq!(decide(&rules, "", Operation::List), Ok(WORKSPACE.to_owned()));
    let refused = decide(&rules, "../other/a", Operation::Read);
    assert_eq!(refused, Err(format!("Path ../other/a is outside allowed directory {WORKSPACE}")));
}

#[test]
fn a_tilde_is_a_home_and_a_home_of_nobody_is_nowhere() {
    let access = FileAccess { grants: vec![grant("h", "/homes", GrantMode::Read)], ..FileAccess::default() };
    let rules = rules(&access);
    for (path, home) in [
        ("~", "/homes/ann"),
        ("~/x", "/homes/ann/x"),
        ("~//etc", "/homes/ann/etc"),
        ("~bob/x", "/homes/bob/x"),
    ] {
        assert_eq!(decide(&rules, path, Operation::Read), Ok(home.to_owned()), "{path}");
    }
    let refused = decide(&rules, "~carl/x", Operation::Read);
    assert_eq!(refused, Err(format!("Path ~carl/x is outside allowed directory {WORKSPACE}")));
    assert_eq!(decide(&rules, "a/~/b", Operation::Read), Ok(format!("{WORKSPACE}/a/~/b")));
}

#[test]
fn a_link_out_of_the_workspace_is_followed_before_anything_is_decided() {
    let out = format!("{WORKSPACE}/out");
    let places = Linked { links: HashMap::from([(&*out.leak(), "/etc")]) };
    let access = FileAccess { blocked_paths: vec!["/etc/ssh".to_owned()], ..FileAccess::default() };
    let rules = FileRules::compile(Some(&access), Path::new(WORKSPACE), &places);
    let decide = |path: &str| rules.decide(path, Operation::Read, true, &places).unwrap_err();
    assert!(matches!(decide("out/passwd"), Refusal::Outside { path, .. } if path == "out/passwd"));
    assert_eq!(decide("out/ssh/key"), Refusal::Path { path: "/etc/ssh/key".into() });
}

#[test]
fn linked_rules_hold_for_what_they_lead_to() {
    let places = Linked { links: HashMap::from([("/srv/link", "/data"), ("/ws", "/homes/ann/ws")]) };
    let access =
        FileAccess { grants: vec![grant("g", "/srv/link", GrantMode::Read)], ..FileAccess::default() };
    let rules = FileRules::compile(Some(&access), Path::new("/ws"), &places);
    let allowed = rules.decide("/data/x", Operation::Read, true, &places).unwrap();
    assert_eq!(allowed, Allowed { path: "/data/x".into(), root: Path::new("/data"), grant: Some("g") });
    let inside = rules.decide("a", Operation::Write, false, &places).unwrap();
    assert_eq!(
        inside,
        Allowed { path: "/homes/ann/ws/a".into(), root: Path::new("/homes/ann/ws"), grant: None }
    );
}

#[test]
fn what_is_blocked_is_blocked_in_the_workspace_too() {
    let access = FileAccess {
        blocked_paths: vec![format!("{WORKSPACE}/secrets")],
        blocked_patterns: vec!["*.key".to_owned()],
        ..FileAccess::default()
    };
    let rules = rules(&access);
    let by_path = decide(&rules, "secrets/a", Operation::Read);
    assert_eq!(by_path, Err(format!("Access to {WORKSPACE}/secrets/a is blocked by security policy")));
    let by_pattern = decide(&rules, "a/b.key", Operation::Read);
    assert_eq!(by_pattern, Err("Access to b.key is blocked by security policy".to_owned()));
    assert!(decide(&rules, "secretsx", Operation::Read).is_ok());
}

#[test]
fn a_pattern_without_a_star_in_front_is_also_a_piece_of_the_path() {
    let rules = rules(&blocked_patterns(&["env", "[ab].txt"]));
    assert!(decide(&rules, "my.environment", Operation::Read).is_err());
    assert!(decide(&rules, "a.txt", Operation::Read).is_err());
    assert!(decide(&rules, "/srv/[ab].txt/c", Operation::Read).is_err());
    assert!(decide(&rules, "/srv/c.txt", Operation::Read).is_ok());
}

#[test]
fn a_pattern_with_a_star_in_front_is_no_piece_of_the_path() {
    let rules = rules(&blocked_patterns(&["*/secret/*"]));
    assert!(decide(&rules, "/srv/secret/f", Operation::Read).is_err());
    assert!(decide(&rules, "/srv/secrets/f", Operation::Read).is_ok());
}

#[test]
fn an_empty_pattern_blocks_everything() {
    let rules = rules(&blocked_patterns(&[""]));
    for path in ["a", "/", "/srv/x"] {
        assert!(
            matches!(decide(&rules, path, Operation::Read), Err(words) if words.contains("blocked")),
            "{path}"
        );
    }
}

#[test]
fn the_deepest_grant_decides() {
    let access = FileAccess {
        grants: vec![
            grant("wide", "/srv", GrantMode::ReadWrite),
            grant("deep", "/srv/docs/private", GrantMode::Read),
            grant("also deep", "/srv/docs/./private", GrantMode::ReadWrite),
        ],
        ..FileAccess::default()
    };
    let rules = rules(&access);
    assert_eq!(rules.grant_order().collect::<Vec<_>>(), ["deep", "also deep", "wide"]);
    assert!(decide(&rules, "/srv/docs/a", Operation::Write).is_ok());
    assert!(decide(&rules, "/srv/docs/private/a", Operation::List).is_ok());
    let refused = decide(&rules, "/srv/docs/private/a", Operation::Write);
    let words = "Grant deep allows read-only access; write to /srv/docs/private/a is denied";
    assert_eq!(refused, Err(words.to_owned()));
    let hosts: Vec<PathBuf> = rules.mounts().into_iter().map(|mount| mount.host).collect();
    assert_eq!(hosts, ["/srv/docs/private", "/srv/docs/private", "/srv"].map(PathBuf::from));
}

#[test]
fn a_grant_that_does_not_reach_down_holds_itself_and_what_lies_in_it() {
    let one = schema::Grant { recursive: false, ..grant("g", "/srv/docs", GrantMode::Read) };
    let rules = rules(&FileAccess { grants: vec![one], ..FileAccess::default() });
    assert!(decide(&rules, "/srv/docs", Operation::List).is_ok());
    assert!(decide(&rules, "/srv/docs/a", Operation::Read).is_ok());
    assert!(decide(&rules, "/srv/docs/a/b", Operation::Read).is_err());
    assert!(decide(&rules, "/srv", Operation::List).is_err());
}

#[test]
fn grants_count_for_owners_unless_the_policy_says_otherwise() {
    let access = FileAccess { grants: vec![grant("g", "/srv", GrantMode::Read)], ..FileAccess::default() };
    let closed = rules(&access);
    assert!(closed.grants_are_active(true) && !closed.grants_are_active(false));
    let open = rules(&FileAccess { owner_only: false, ..access });
    assert!(open.grants_are_active(false));
    let words = closed.decide("/srv/a", Operation::Read, false, &Linked::default()).unwrap_err().to_string();
    assert_eq!(words, format!("Path /srv/a is outside allowed directory {WORKSPACE}"));
}

#[test]
fn two_grants_can_have_one_place_in_the_sandbox() {
    let access = FileAccess {
        grants: vec![grant("a b", "/x", GrantMode::Read), grant("a/b", "/y", GrantMode::ReadWrite)],
        ..FileAccess::default()
    };
    let mounts = rules(&access).mounts();
    let shown: Vec<(&str, bool)> =
        mounts.iter().map(|mount| (mount.container.as_str(), mount.is_read_only)).collect();
    assert_eq!(shown, [("/grants/a-b", true), ("/grants/a-b", false)]);
}
