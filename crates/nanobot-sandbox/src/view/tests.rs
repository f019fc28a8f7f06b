//! What a box may show, settled on a real disk: refusals in words, and when two views are the same.

use std::fs;
use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;
use crate::MountKind;
use crate::rig::Rules;

struct Scene {
    folder: TempDir,
    rules: Arc<Rules>,
}

impl Scene {
    fn new(rules: impl FnOnce(Rules, &Path) -> Rules) -> Self {
        let folder = TempDir::new().unwrap();
        for inner in ["ws/sub", "docs/deep", "opt"] {
            fs::create_dir_all(folder.path().join(inner)).unwrap();
        }
        for file in ["ws/notes", "docs/readme", "docs/.hidden", "docs/deep/x"] {
            fs::write(folder.path().join(file), "").unwrap();
        }
        let rules = Arc::new(rules(Rules::at(folder.path().join("ws")), folder.path()));
        let scene = Self { folder, rules };
        let list = format!(r#"{{"allowedRoots": ["{}"]}}"#, scene.path("").display());
        scene.allow(&list);
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn allow(&self, list: &str) {
        fs::write(self.path("allow.json"), list).unwrap();
    }

    fn sources(&self) -> Sources {
        Sources {
            files: self.rules.clone(),
            bubblewrap: PathBuf::from("/bin/sh"),
            allowlist: self.path("allow.json"),
            home: None,
        }
    }

    fn settle(&self) -> Result<Settled, SandboxError> {
        let asker = Asker { grants: WhichGrants::InForce { is_owner: true }, directory: None };
        self.sources().settle(&asker, &AtomicBool::new(false))
    }

    fn view(&self) -> View {
        self.settle().unwrap().view
    }

    /// Why it is refused, with the scene's folder as `$R`.
    fn refused(&self) -> String {
        self.settle().unwrap_err().to_string().replace(&self.folder.path().display().to_string(), "$R")
    }
}

#[test]
fn a_plain_workspace_is_shown_without_a_look() {
    let scene = Scene::new(|rules, _| rules);
    let settled = scene.settle().unwrap();
    assert!(!settled.view.has_grants() && !settled.view.is_searched && settled.mounts.masks.is_empty());
    assert_eq!(settled.directory, "/workspace");
}

#[test]
fn grants_count_for_whom_they_are_given() {
    let scene = Scene::new(|rules, root| rules.granting("docs", root.join("docs"), true));
    let settled = scene.settle().unwrap();
    assert!(settled.view.has_grants());
    let mounted = &settled.mounts.grants[0];
    assert_eq!((mounted.target.as_path(), mounted.is_read_only), (Path::new("/grants/docs"), true));
    let asker = Asker { grants: WhichGrants::InForce { is_owner: false }, directory: None };
    let stranger = scene.sources().settle(&asker, &AtomicBool::new(false)).unwrap();
    assert!(!stranger.view.has_grants() && stranger.mounts.grants.is_empty());
}

#[test]
fn blocked_files_are_covered_in_workspace_and_grants() {
    let scene = Scene::new(|rules, root| {
        rules.granting("docs", root.join("docs"), true).blocking_name("x").blocking_name("notes")
    });
    let masks = scene.settle().unwrap().mounts.masks;
    let shown: Vec<_> = masks.iter().map(|mask| (mask.target.to_str().unwrap(), mask.kind)).collect();
    assert_eq!(shown, [("/grants/docs/deep/x", MountKind::File), ("/workspace/notes", MountKind::File)]);
}

#[test]
fn a_grant_of_one_file_is_mounted_as_a_file() {
    let scene = Scene::new(|rules, root| rules.granting("f", root.join("docs/readme"), true));
    assert_eq!(scene.settle().unwrap().mounts.grants[0].source.kind(), MountKind::File);
}

#[test]
fn grants_inside_of_the_workspace_and_the_workspace_itself_are_allowed() {
    let scene = Scene::new(|rules, root| {
        rules.granting("sub", root.join("ws/sub"), true).granting("w", root.join("ws"), false)
    });
    let settled = scene.settle().unwrap();
    assert_eq!(settled.mounts.grants.len(), 2);
    let masks = settled.mounts.masks;
    assert_eq!(masks.len(), 1, "beneath the writable grant the read-only one is covered");
    assert_eq!(masks[0].target, PathBuf::from("/grants/w/sub"));
}

#[test]
fn what_cannot_be_honoured_is_refused_with_the_reason() {
    let missing = Scene::new(|rules, root| rules.granting("m", root.join("none"), true));
    assert_eq!(missing.refused(), "Grant 'm' cannot be mounted: $R/none is not there");

    let through_link = Scene::new(|rules, root| {
        symlink(root.join("docs"), root.join("link")).unwrap();
        rules.granting("l", root.join("link"), true)
    });
    assert_eq!(through_link.refused(), "Grant 'l' cannot be mounted: $R/link has a link in its path");

    let blocked =
        Scene::new(|rules, root| rules.granting("docs", root.join("docs"), true).blocking(root.join("docs")));
    assert_eq!(
        blocked.refused(),
        "Grant 'docs' cannot be mounted: access to $R/docs is blocked by security policy"
    );

    let no_workspace = Scene::new(|rules, root| rules.blocking(root.join("ws")));
    assert_eq!(no_workspace.refused(), "Access to the workspace is blocked by security policy");
}

#[test]
fn the_allowlist_is_asked_about_workspace_and_grants() {
    let scene = Scene::new(|rules, root| rules.granting("opt", root.join("opt"), true));
    let roots = format!(r#"{{"allowedRoots": ["{}"]}}"#, scene.path("ws").display());
    scene.allow(&roots);
    assert_eq!(scene.refused(), "Workspace path $R/opt is outside allowedRoots ($R/ws)");
    fs::remove_file(scene.path("allow.json")).unwrap();
    assert_eq!(
        scene.refused(),
        "Mount allowlist not found at $R/allow.json. Create it or disable exec isolation."
    );
    scene.allow(r#"{"allowedRoots": ["/"]}"#);
    assert!(scene.settle().is_ok(), "a mended file counts at once");
}

#[test]
fn without_bubblewrap_nothing_is_looked_at() {
    let scene = Scene::new(|rules, _| rules);
    let sources = Sources { bubblewrap: PathBuf::from("bwrap"), ..scene.sources() };
    let asker = Asker { grants: WhichGrants::InForce { is_owner: true }, directory: None };
    let said = sources.settle(&asker, &AtomicBool::new(false)).unwrap_err().to_string();
    assert_eq!(said, "bubblewrap executable not found in PATH");
}

#[test]
fn a_view_changes_with_grants_covers_and_replaced_folders() {
    let scene =
        Scene::new(|rules, root| rules.granting("docs", root.join("docs"), true).blocking_name("key"));
    let first = scene.view();
    assert_eq!(scene.view(), first);
    fs::write(scene.path("docs/other"), "").unwrap();
    assert_eq!(scene.view(), first, "what is not blocked changes nothing");

    fs::write(scene.path("docs/deep/key"), "").unwrap();
    let second = scene.view();
    assert_ne!(second, first);
    fs::rename(scene.path("docs"), scene.path("moved")).unwrap();
    fs::create_dir_all(scene.path("docs/deep")).unwrap();
    fs::rename(scene.path("moved/deep/key"), scene.path("docs/deep/key")).unwrap();
    let third = scene.view();
    assert_ne!(third, second, "another folder under the same name");

    scene.rules.revoke_all();
    assert!(!scene.view().has_grants());
}

#[test]
fn a_view_changes_when_a_rule_goes_by_path_instead_of_by_name() {
    let scene = Scene::new(|rules, root| rules.granting("docs", root.join("docs"), false).blocking_name("x"));
    let by_name = scene.settle().unwrap();
    assert!(by_name.mounts.pins.is_empty());
    let rules = Rules::at(scene.path("ws")).granting("docs", scene.path("docs"), false);
    let scene = Scene { rules: Arc::new(rules.blocking(scene.path("docs/deep/x"))), ..scene };
    let by_path = scene.settle().unwrap();
    assert_eq!(by_path.mounts.masks, by_name.mounts.masks);
    assert_eq!(by_path.mounts.pins[0].target, PathBuf::from("/grants/docs/deep"));
    assert_ne!(by_path.view, by_name.view, "in a shell of the old view the folder can be renamed");
}

#[tokio::test]
async fn a_view_is_settled_off_the_event_loop() {
    let scene = Scene::new(|rules, _| rules);
    let views = Views::new(scene.sources());
    let asker =
        Asker { grants: WhichGrants::InForce { is_owner: true }, directory: Some("/elsewhere".to_owned()) };
    let said = views.settle(asker).await.unwrap_err().to_string();
    let workspace = scene.path("ws").display().to_string();
    assert_eq!(said, format!("Working directory /elsewhere is outside workspace {workspace}"));
}
