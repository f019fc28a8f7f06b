//! The sandbox with real boxes: what a command sees of workspace and grants, and for how long its shell lives.
//!
//! The walls of a single box have tests of their own. This file needs bubblewrap and a kernel that lets it work.

#![expect(clippy::unwrap_used, clippy::panic, reason = "test code")]

#[path = "../src/rig.rs"]
mod rig;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nanobot_core::cancel::CancelToken;
use nanobot_core::ids::SessionKey;
use nanobot_core::ports::{FileGrant, GrantsSeen, Sandbox, SandboxError, SandboxRequest, SandboxResult};
use nanobot_core::testing::contract::sandbox_contract;
use nanobot_core::testing::system::FakeClock;
use nanobot_core::units::ByteCount;
use nanobot_sandbox::{BubblewrapSandbox, LauncherSettings, Network, PoolSettings, Profile, SandboxSettings};
use rig::Rules;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use tempfile::TempDir;

/// Where distributions put it.
const BUBBLEWRAP: &str = "/usr/bin/bwrap";

/// In every file that no command may ever read.
const SECRET: &str = "outside-secret";

/// So many boxes are started in each race.
const ROUNDS: usize = 30;

struct Scene {
    folder: TempDir,
    rules: Arc<Rules>,
    clock: Arc<FakeClock>,
    sandbox: BubblewrapSandbox,
}

impl Scene {
    fn new(rules: impl FnOnce(Rules, &Path) -> Rules) -> Self {
        Self::with_shells(5, rules)
    }

    fn with_shells(max_shells: usize, rules: impl FnOnce(Rules, &Path) -> Rules) -> Self {
        assert!(
            Path::new(BUBBLEWRAP).is_file(),
            "NOT RUN: install bubblewrap (Debian: apt-get install bubblewrap)"
        );
        let folder = TempDir::new().unwrap();
        let root = folder.path();
        for inner in ["ws/sub", "docs/deep", "out", "outside"] {
            fs::create_dir_all(root.join(inner)).unwrap();
        }
        fs::write(root.join("ws/notes"), "inside notes").unwrap();
        fs::write(root.join("docs/readme"), "inside readme").unwrap();
        fs::write(root.join("docs/deep/page"), "inside page").unwrap();
        fs::write(root.join("outside/page"), SECRET).unwrap();
        let list = format!(r#"{{"allowedRoots": ["{}"], "blockedHostPatterns": []}}"#, root.display());
        fs::write(root.join("allow.json"), list).unwrap();
        let rules = Arc::new(rules(Rules::at(root.join("ws")), root));
        let clock = Arc::new(FakeClock::at("2026-01-01T00:00:00Z"));
        let settings = SandboxSettings {
            launcher: LauncherSettings {
                bubblewrap: PathBuf::from(BUBBLEWRAP),
                init: PathBuf::from(env!("CARGO_BIN_EXE_nanobot-sandbox-init")),
                locale: Vec::new(),
            },
            profile: Profile::default(),
            pool: PoolSettings { max_shells, ..PoolSettings::default() },
            allowlist: root.join("allow.json"),
            home: None,
        };
        let sandbox = BubblewrapSandbox::new(settings, rules.clone(), clock.clone()).unwrap();
        Self { folder, rules, clock, sandbox }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    async fn run(&self, request: SandboxRequest) -> Result<SandboxResult, SandboxError> {
        self.sandbox.run(&request).await
    }

    /// What a command of the owner's prints, or why it did not run, with the scene's folder as `$R`.
    async fn says(&self, command: &str) -> String {
        self.tell(self.run(request(command)).await)
    }

    async fn says_to_stranger(&self, command: &str) -> String {
        self.tell(self.run(SandboxRequest { grants: GrantsSeen::Everybodys, ..request(command) }).await)
    }

    fn tell(&self, ended: Result<SandboxResult, SandboxError>) -> String {
        match ended {
            Ok(ended) => ended.output.trim_end().to_owned(),
            Err(error) => error.to_string().replace(&self.folder.path().display().to_string(), "$R"),
        }
    }
}

fn request(command: &str) -> SandboxRequest {
    SandboxRequest {
        session: SessionKey::new("cli:default").unwrap(),
        grants: GrantsSeen::Owners,
        command: command.to_owned(),
        directory: None,
        timeout: Duration::from_secs(20),
        output_limit: ByteCount::kib(16),
        cancel: CancelToken::never(),
    }
}

#[tokio::test]
async fn it_keeps_the_contract() {
    // Folders have to outlive the sandboxes that the suite makes.
    let scenes = std::sync::Mutex::new(Vec::new());
    sandbox_contract(async || {
        let Scene { folder, sandbox, .. } = Scene::new(|rules, _| rules);
        scenes.lock().unwrap().push(folder);
        sandbox
    })
    .await;
}

#[tokio::test]
async fn a_session_keeps_its_state_and_shares_only_the_workspace() {
    let scene = Scene::new(|rules, _| rules);
    assert_eq!(scene.says("word=kept; cd sub; echo > made; cat ../notes").await, "inside notes");
    assert_eq!(scene.says("echo $word; pwd").await, "kept\n/workspace");
    let other = SandboxRequest {
        session: SessionKey::new("irc:#other").unwrap(),
        directory: Some(scene.path("ws/sub").display().to_string()),
        ..request("echo \"[$word]\" *")
    };
    assert_eq!(scene.tell(scene.run(other).await), "[] made");
    assert_eq!(scene.sandbox.live_shells(), 2);
}

#[tokio::test]
async fn grants_are_seen_by_those_for_whom_they_are_given() {
    let scene = Scene::new(|rules, root| {
        rules.granting("docs", root.join("docs"), true).granting("out", root.join("out"), false)
    });
    let seen = scene.run(request("cat /grants/docs/readme")).await.unwrap();
    assert_eq!((seen.output.as_str(), seen.sees_grants), ("inside readme", true));
    assert!(scene.says("echo x > /grants/docs/new; echo $?").await.ends_with('2'));
    assert_eq!(scene.says("echo written > /grants/out/new; cat /grants/out/new").await, "written");
    assert_eq!(fs::read_to_string(scene.path("out/new")).unwrap(), "written\n");
    assert!(!scene.path("docs/new").exists());

    let stranger = SandboxRequest { grants: GrantsSeen::Everybodys, ..request("ls /grants; echo end") };
    let ended = scene.run(stranger).await.unwrap();
    assert!(!ended.sees_grants && !ended.output.contains("docs"), "{}", ended.output);
}

#[tokio::test]
async fn a_withdrawn_grant_is_gone_with_the_next_command() {
    let scene = Scene::new(|rules, root| rules.granting("docs", root.join("docs"), true));
    assert_eq!(scene.says("cat /grants/docs/readme").await, "inside readme");
    scene.rules.revoke_all();
    assert!(!scene.says("cat /grants/docs/readme").await.contains("inside"));
}

#[tokio::test]
async fn blocked_entries_are_covered_in_workspace_and_grants() {
    let scene = Scene::new(|rules, root| {
        for name in ["ws/.env", "ws/sub/.env", "docs/.env"] {
            fs::write(root.join(name), SECRET).unwrap();
        }
        fs::create_dir(root.join("ws/.keys")).unwrap();
        fs::write(root.join("ws/.keys/one"), SECRET).unwrap();
        rules.granting("docs", root.join("docs"), false).blocking_name(".env").blocking(root.join("ws/.keys"))
    });
    let said = scene
        .says("cat .env sub/.env /grants/docs/.env .keys/one; ls .keys; cp -r . /tmp/x; cat /tmp/x/.env")
        .await;
    assert!(!said.contains(SECRET), "{said}");
    let tried = "echo x > .env; mv .env y; rm -f .env sub/.env; rm -rf .keys; ln .env link; cat link; mv sub moved; \
                 cat moved/.env y; rm -rf /grants/docs/.env; echo x > .keys/two";
    let said = scene.says(tried).await;
    assert!(!said.contains(SECRET), "{said}");
    for name in ["ws/.env", "ws/moved/.env", "docs/.env", "ws/.keys/one"] {
        assert_eq!(fs::read_to_string(scene.path(name)).unwrap(), SECRET, "{name} is untouched");
    }
    assert!(!scene.says("cat moved/.env").await.contains(SECRET), "the next command is looked at anew");
}

#[tokio::test]
async fn a_folder_above_a_blocked_path_cannot_be_moved_out_of_its_rule() {
    let scene = Scene::new(|rules, root| {
        for tree in ["ws", "out"] {
            fs::create_dir_all(root.join(tree).join("top/dir")).unwrap();
            fs::write(root.join(tree).join("top/dir/secret"), SECRET).unwrap();
        }
        rules
            .granting("out", root.join("out"), false)
            .blocking(root.join("ws/top/dir/secret"))
            .blocking(root.join("out/top/dir/secret"))
    });
    for (tree, host) in [("/workspace", "ws"), ("/grants/out", "out")] {
        for from in ["top", "top/dir"] {
            let tried = format!("cd {tree}; cat top/dir/secret; mv {from} x; mv -T {from} /tmp/x; echo end");
            let said = scene.says(&tried).await;
            assert!(said.ends_with("end") && !said.contains(SECRET), "{said}");
            assert!(scene.path(host).join("top/dir/secret").exists(), "{said}");
            let next = scene.says(&format!("cd {tree}; cat x/secret x/dir/secret top/dir/secret")).await;
            assert!(!next.contains(SECRET), "{next}");
        }
        let beside = format!("cd {tree}/top/dir && echo kept > new && mv new note && rm -f none && cat note");
        assert_eq!(scene.says(&beside).await, "kept");
        assert_eq!(fs::read_to_string(scene.path(host).join("top/dir/note")).unwrap(), "kept\n");
        assert_eq!(fs::read_to_string(scene.path(host).join("top/dir/secret")).unwrap(), SECRET);
    }
}

#[tokio::test]
async fn a_blocked_file_that_the_host_replaces_is_covered_again() {
    let scene = Scene::new(|rules, root| {
        fs::write(root.join("ws/.env"), SECRET).unwrap();
        rules.blocking_name(".env")
    });
    assert!(!scene.says("cat .env").await.contains(SECRET));
    scene.write("ws/new", SECRET);
    fs::rename(scene.path("ws/new"), scene.path("ws/.env")).unwrap();
    assert!(!scene.says("cat .env").await.contains(SECRET));
    fs::remove_file(scene.path("ws/.env")).unwrap();
    scene.write("ws/.env", SECRET);
    assert!(!scene.says("cat .env").await.contains(SECRET));
    fs::hard_link(scene.path("ws/.env"), scene.path("kept")).unwrap();
    fs::remove_file(scene.path("ws/.env")).unwrap();
    fs::rename(scene.path("kept"), scene.path("ws/.env")).unwrap();
    assert!(!scene.says("cat .env").await.contains(SECRET), "the same file, from which its cover has fallen");
    assert_eq!(scene.sandbox.live_shells(), 1);
}

#[tokio::test]
async fn a_grant_that_is_not_recursive_shows_its_files_only() {
    let scene = Scene::new(|rules, root| {
        rules.grant(FileGrant {
            id: "nr".to_owned(),
            path: root.join("docs"),
            container: "/grants/nr".to_owned(),
            is_read_only: true,
            is_recursive: false,
        });
        rules
    });
    assert_eq!(scene.says("cat /grants/nr/readme; ls -A /grants/nr/deep").await, "inside readme");
}

#[tokio::test]
async fn a_read_only_grant_cannot_be_written_through_a_wider_one() {
    let scene = Scene::new(|rules, root| {
        rules.granting("deep", root.join("docs/deep"), true).granting("docs", root.join("docs"), false)
    });
    let said =
        scene.says("cat /grants/deep/page; echo x > /grants/docs/deep/page; echo y > /grants/docs/new").await;
    assert!(said.starts_with("inside page"), "{said}");
    assert_eq!(fs::read_to_string(scene.path("docs/deep/page")).unwrap(), "inside page");
    assert!(scene.path("docs/new").exists());
}

#[tokio::test]
async fn refusals_are_words_and_nothing_runs() {
    let scene = Scene::new(|rules, root| rules.granting("none", root.join("none"), true));
    let missing = "Grant 'none' cannot be mounted: $R/none is not there";
    assert_eq!(scene.says("touch /workspace/ran").await, missing);
    assert_eq!(scene.says_to_stranger("echo ran").await, "ran", "whom it is not given for is not refused");
    let outside = SandboxRequest {
        grants: GrantsSeen::Everybodys,
        directory: Some("/etc".to_owned()),
        ..request("touch /workspace/ran")
    };
    assert_eq!(scene.tell(scene.run(outside).await), "Working directory /etc is outside workspace $R/ws");
    scene.write("allow.json", "{nope");
    assert!(
        scene.says_to_stranger("touch /workspace/ran").await.starts_with("Failed to parse allowlist file")
    );
    assert!(!scene.path("ws/ran").exists());
}

#[tokio::test]
async fn shells_give_way_end_when_idle_and_end_with_the_sandbox() {
    let scene = Scene::with_shells(1, |rules, _| rules);
    assert_eq!(scene.says("word=kept").await, "");
    let other = SandboxRequest { session: SessionKey::new("irc:#other").unwrap(), ..request("echo other") };
    assert_eq!(scene.tell(scene.run(other).await), "other");
    assert_eq!(scene.says("echo \"[$word]\"").await, "[]");
    scene.clock.advance(Duration::from_mins(10));
    scene.sandbox.sweep().await;
    assert_eq!(scene.sandbox.live_shells(), 0);
    assert_eq!(scene.says("echo again").await, "again");
    scene.sandbox.close().await;
    assert_eq!(scene.sandbox.live_shells(), 0);
    assert_eq!(scene.says("echo again").await, "the sandbox is closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_that_runs_longest_is_interrupted_when_there_is_no_room() {
    let scene = Arc::new(Scene::with_shells(1, |rules, _| rules));
    let waiting = Arc::clone(&scene);
    let first = tokio::spawn(async move { waiting.says("echo > started; sleep 60").await });
    eventually(|| scene.path("ws/started").exists()).await;
    let other = SandboxRequest { session: SessionKey::new("irc:#other").unwrap(), ..request("echo other") };
    assert_eq!(scene.tell(scene.run(other).await), "other");
    assert_eq!(first.await.unwrap(), "the command was interrupted: preempted by capacity policy");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_swapped_for_a_link_shows_nothing_of_the_outside() {
    let scene = Scene::new(|rules, root| rules.granting("docs", root.join("docs/deep"), true));
    symlink(scene.path("outside"), scene.path("docs/link")).unwrap();
    assert_eq!(scene.says("cat /grants/docs/page").await, "inside page", "without a race the grant is seen");
    let (folder, link) = (scene.path("docs/deep"), scene.path("docs/link"));
    let swapping = repeat(move || exchange(&folder, &link));
    let mut seen = 0;
    for round in 0..ROUNDS {
        let session = SessionKey::new(format!("irc:#{round}")).unwrap();
        let said =
            scene.tell(scene.run(SandboxRequest { session, ..request("cat /grants/docs/page") }).await);
        assert!(!said.contains(SECRET), "{said}");
        seen += usize::from(said == "inside page");
    }
    let swaps = swapping.stop();
    assert!(swaps > 100, "the race was run: {swaps} swaps, the grant was seen {seen} times");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_file_stays_covered_while_its_folder_is_swapped() {
    let scene = Scene::new(|rules, root| {
        for name in ["ws/a", "ws/b"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        fs::write(root.join("ws/a/.env"), SECRET).unwrap();
        rules.blocking_name(".env")
    });
    let covered = "cat: a/.env: Permission denied";
    assert_eq!(scene.says("cat a/.env").await, covered, "without a race it is covered");
    // A decoy takes the place of the blocked file, now and then, for as long as a cover may be on its way.
    let (real, decoy) = (scene.path("ws/a"), scene.path("ws/b"));
    let swapping = repeat(move || {
        fs::write(decoy.join("new"), "decoy").unwrap();
        fs::rename(decoy.join("new"), decoy.join(".env")).unwrap();
        exchange(&real, &decoy);
        exchange(&real, &decoy);
        fs::remove_file(decoy.join(".env")).unwrap();
    });
    let mut refused = 0;
    for round in 0..ROUNDS {
        let session = SessionKey::new(format!("irc:#{round}")).unwrap();
        let said = scene.tell(scene.run(SandboxRequest { session, ..request("cat a/.env b/.env") }).await);
        assert!(!said.contains(SECRET), "{said}");
        refused += usize::from(said.contains("changed while it started"));
    }
    let swaps = swapping.stop();
    assert!(swaps > 100, "the race was run: {swaps} swaps, {refused} boxes were given up");
}

#[tokio::test]
async fn what_the_box_is_made_of_is_found_out_and_found_out_again_once_it_is_mended() {
    let scene = Scene::new(|rules, _| rules);
    let allowed = fs::read_to_string(scene.path("allow.json")).unwrap();
    scene.write("allow.json", "{}");
    let broken = scene.sandbox.protections().await;
    assert_eq!((broken.len(), broken[0].name, broken[0].is_live), (1, "mounts", false));
    assert!(broken[0].detail.ends_with("must define a non-empty allowedRoots array"));
    scene.write("allow.json", &allowed);
    let missing: Vec<_> = scene.sandbox.protections().await;
    let missing: Vec<_> = missing.into_iter().filter(|wall| wall.is_demanded && !wall.is_live).collect();
    assert_eq!(missing, []);
    assert_eq!(scene.sandbox.live_shells(), 0);
}

#[tokio::test]
async fn a_plan_starts_nothing_and_says_what_would_be_shown() {
    let scene = Scene::new(|rules, root| {
        fs::write(root.join("docs/.env"), SECRET).unwrap();
        rules.blocking_name(".env")
    });
    let grant = FileGrant {
        id: "docs".to_owned(),
        path: scene.path("docs"),
        container: "/grants/docs".to_owned(),
        is_read_only: true,
        is_recursive: true,
    };
    let plan = scene.sandbox.plan(vec![grant.clone()], None).await.unwrap();
    let argv: Vec<_> = plan.argv.iter().map(|word| word.to_string_lossy()).collect();
    assert!(
        argv.iter().any(|word| word == "--unshare-net") && argv.iter().any(|word| word == "/grants/docs")
    );
    let targets: Vec<_> = plan.mounts.iter().map(|mount| mount.target.to_string_lossy()).collect();
    assert!(targets.iter().any(|target| target == "/grants/docs/.env"), "{targets:?}");
    let open = scene.sandbox.plan(vec![], Some(Network::Host)).await.unwrap();
    assert!(!open.argv.iter().any(|word| word == "--unshare-net"));
    let twice = scene.sandbox.plan(vec![grant.clone(), grant], None).await.unwrap_err();
    assert!(twice.to_string().contains("have the same place /grants/docs"));
    assert_eq!(scene.sandbox.live_shells(), 0);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the tests are run once more, as another user")]
fn all_of_it_holds_for_an_ordinary_user_too() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"];
    let ended = std::process::Command::new("setpriv")
        .args(nobody)
        .arg(std::env::current_exe().unwrap())
        .args(["--skip", "ordinary_user", "--test-threads=2"])
        .env("RUST_BACKTRACE", "0")
        .output();
    let Ok(ended) = ended else { panic!("NOT RUN: install setpriv (Debian: apt-get install util-linux)") };
    let said = String::from_utf8_lossy(&ended.stdout);
    let reason = String::from_utf8_lossy(&ended.stderr);
    assert!(!reason.contains("failed to execute"), "NOT RUN: let others read the build folder: {reason}");
    assert!(ended.status.success(), "{said}{reason}");
}

/// A thread that does something over and over until it is stopped.
struct Repeating {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<usize>,
}

impl Repeating {
    /// How often it has been done.
    fn stop(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

fn repeat(work: impl Fn() + Send + 'static) -> Repeating {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    let thread = std::thread::spawn(move || {
        let mut count = 0;
        while !told.load(Ordering::Relaxed) {
            work();
            count += 1;
        }
        count
    });
    Repeating { stop, thread }
}

fn exchange(one: &Path, other: &Path) {
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).unwrap();
}

/// Waits until something has come about, at most ten seconds.
async fn eventually(has_come: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if has_come() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it has not come about within ten seconds");
}
