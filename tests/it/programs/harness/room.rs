//! A shell inside bubblewrap, where the file system is as bad as a test wants it: read-only, or full.
//!
//! Each command's output goes to a folder outside, which is never full.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::process::Ran;
use super::{Home, binaries, complaints};

/// The shell. It, and everything that it started, ends when this is dropped.
pub(crate) struct Room {
    shell: Child,
    input: ChildStdin,
    answers: BufReader<ChildStdout>,
    outside: tempfile::TempDir,
}

impl Room {
    /// A room in which the home cannot be written.
    pub(crate) fn read_only(home: &Home) -> Self {
        Self::open(home, &[])
    }

    /// A room in which one folder of the home cannot be written.
    pub(crate) fn read_only_folder(home: &Home, folder: &str) -> Self {
        let (root, folder) = (home.root().display().to_string(), home.path(folder).display().to_string());
        Self::open(home, &["--bind", &root, &root, "--ro-bind", &folder, &folder])
    }

    /// A room whose home is a copy of `home` on a disk of this many bytes.
    pub(crate) fn small_disk(home: &Home, bytes: usize) -> Self {
        let mounted = home.root().display().to_string();
        let mut room = Self::open(home, &["--size", &bytes.to_string(), "--tmpfs", &mounted]);
        // What is mounted over can be copied from outside only.
        for (path, content) in home.files() {
            let staged = room.outside.path().join("staged");
            std::fs::write(&staged, content).unwrap();
            let (staged, path) = (staged.display(), path.display());
            room.sh(&format!("mkdir -p \"$(dirname '{path}')\" && cp {staged} '{path}'")).exits(0);
        }
        room
    }

    fn open(home: &Home, mounts: &[&str]) -> Self {
        assert!(
            Command::new("bwrap").arg("--version").stdout(Stdio::null()).status().is_ok_and(|s| s.success()),
            "NOT RUN: bubblewrap is missing; run apt-get install bubblewrap"
        );
        let outside = tempfile::tempdir().unwrap();
        let mut command = Command::new("bwrap");
        command.args(["--die-with-parent", "--unshare-pid", "--ro-bind", "/", "/", "--dev", "/dev"]);
        command.args(mounts).arg("--bind").args([outside.path(), outside.path()]).arg("sh");
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", home.folder.path());
        command.env("NANOBOT_API__ENABLED", "false");
        command.envs(home.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut shell = command.spawn().unwrap();
        let (input, answers) = (shell.stdin.take().unwrap(), BufReader::new(shell.stdout.take().unwrap()));
        Self { shell, input, answers, outside }
    }

    /// Runs a command line and waits for its end.
    #[track_caller]
    pub(crate) fn sh(&mut self, line: &str) -> Ran {
        let out = self.outside.path().join("out");
        let err = self.outside.path().join("err");
        writeln!(self.input, "( {line} ) >{} 2>{} </dev/null; echo $?", out.display(), err.display())
            .unwrap();
        let mut code = String::new();
        self.answers.read_line(&mut code).unwrap();
        let text = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
        let code = code.trim().parse().unwrap_or_else(|error| panic!("{error}: the shell said {code:?}"));
        Ran { code, stdout: text(&out), stderr: text(&err) }
    }

    /// Runs the operator command.
    #[track_caller]
    pub(crate) fn cli(&mut self, args: &str) -> Ran {
        self.sh(&format!("timeout 30 {} {args}", binaries::cli().display()))
    }

    /// The operator command's path, for command lines.
    pub(crate) fn program() -> String {
        binaries::cli().display().to_string()
    }

    /// Waits until the daemon has complained in these words.
    #[track_caller]
    pub(crate) fn wait_for_complaint(&mut self, words: &str) {
        let log = self.outside.path().join("daemon.log");
        let waited = self.sh(&format!(
            "n=0; until grep -q '{words}' {}; do n=$((n+1)); [ $n -lt 600 ] || exit 1; sleep 0.05; done",
            log.display()
        ));
        assert_eq!(waited.code, 0, "no {words:?} in {}", self.log());
    }

    /// Runs the daemon where it is expected to end by itself.
    #[track_caller]
    pub(crate) fn run_daemon(&mut self) -> Ran {
        self.sh(&format!("timeout 30 {}", binaries::daemon().display()))
    }

    /// Starts the daemon and waits until it is ready.
    #[track_caller]
    pub(crate) fn daemon(&mut self) {
        let log = self.outside.path().join("daemon.log");
        writeln!(self.input, "{} 2>{} </dev/null & daemon=$!", binaries::daemon().display(), log.display())
            .unwrap();
        let ready = self.sh(&format!(
            "n=0; until grep -q ready {log} 2>/dev/null; do n=$((n+1)); [ $n -lt 600 ] || exit 1; sleep 0.05; done",
            log = log.display()
        ));
        assert_eq!(ready.code, 0, "the daemon is not ready: {}", self.log());
    }

    /// Kills the daemon and waits until it is gone.
    #[track_caller]
    pub(crate) fn kill_daemon(&mut self) {
        writeln!(self.input, "kill -9 $daemon; wait $daemon 2>/dev/null; echo $?").unwrap();
        let mut code = String::new();
        self.answers.read_line(&mut code).unwrap();
        assert_eq!(code.trim(), "137", "it did not run: {}", self.log());
    }

    /// Whether the daemon still runs.
    #[track_caller]
    pub(crate) fn daemon_is_alive(&mut self) -> bool {
        self.sh("kill -0 $daemon").code == 0
    }

    /// The daemon's warnings and errors so far.
    pub(crate) fn complaints(&self) -> Vec<Value> {
        let log = self.log();
        complaints(&log.lines().map(str::to_owned).collect::<Vec<_>>())
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.outside.path().join("daemon.log")).unwrap_or_default()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}
